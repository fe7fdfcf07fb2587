//! Which tables of a file hold the settings of the CRI, by the version of the file and the release: later releases convert older
//! files. Every row was measured with containerd 1.7.28, 2.0.7, 2.1.8, 2.2.7 and 2.3.4.

use super::release::{FIRST, LAST, Minor, minor};
use super::{IMAGES, RUNTIME, SHORT, WHOLE};
use crate::fact::Version;

struct Layout {
    /// Versions of the file.
    files: (i64, i64),
    /// Releases, the first with it and the first without.
    releases: (Minor, Minor),
    /// The tables whose settings all count.
    all: &'static [&'static str],
    /// Those of which only the server of streams counts.
    server: &'static [&'static str],
}

const SPLIT: Minor = (2, 0);
const CONVERTED: Minor = (2, 3);
const NEWEST: i64 = i64::MAX;

/// A file without a version is of the first. 2.0 to 2.2 pass over what such a file says of the CRI; 2.3 takes the old table in a
/// file of version 3, too.
const LAYOUTS: &[Layout] = &[
    Layout { files: (0, 1), releases: (FIRST, SPLIT), all: &[SHORT], server: &[] },
    Layout { files: (2, 2), releases: (FIRST, SPLIT), all: &[WHOLE], server: &[] },
    Layout { files: (3, NEWEST), releases: (FIRST, SPLIT), all: &[], server: &[] },
    Layout { files: (0, 1), releases: (SPLIT, CONVERTED), all: &[RUNTIME, IMAGES], server: &[SHORT, WHOLE] },
    Layout { files: (2, 2), releases: (SPLIT, LAST), all: &[WHOLE, RUNTIME, IMAGES], server: &[] },
    Layout { files: (3, NEWEST), releases: (SPLIT, CONVERTED), all: &[RUNTIME, IMAGES], server: &[WHOLE] },
    Layout { files: (0, 1), releases: (CONVERTED, LAST), all: &[SHORT, WHOLE, RUNTIME, IMAGES], server: &[] },
    Layout { files: (3, 3), releases: (CONVERTED, LAST), all: &[WHOLE, RUNTIME, IMAGES], server: &[] },
    Layout { files: (4, NEWEST), releases: (CONVERTED, LAST), all: &[RUNTIME, IMAGES], server: &[WHOLE] },
];

/// Which tables of a file count for a release.
pub(crate) struct Tables {
    /// All settings of these do.
    pub(crate) read: Vec<&'static str>,
    /// Of these only what the server of streams is set with.
    pub(crate) server: Vec<&'static str>,
    /// Whether these do depends on the release, which isn't known.
    pub(crate) doubtful: Vec<&'static str>,
}

/// The tables of the CRI's settings that count in a file of a version; none stands for a release that isn't known.
pub(crate) fn tables(file: i64, release: Option<&Version>) -> Tables {
    let of_file = || LAYOUTS.iter().filter(|layout| (layout.files.0..=layout.files.1).contains(&file.max(0)));
    if let Some(release) = release {
        let minor = minor(release);
        let layout = of_file().find(|layout| (layout.releases.0..layout.releases.1).contains(&minor));
        let (all, server) = layout.map_or((&[][..], &[][..]), |layout| (layout.all, layout.server));
        return Tables { read: all.to_vec(), server: server.to_vec(), doubtful: Vec::new() };
    }
    // Nobody but 2.0 and later gets far with a file of version 3.
    let possible = || of_file().filter(|layout| file < 3 || layout.releases.0 >= SPLIT);
    let is_sure = |table: &&'static str| possible().all(|layout| layout.all.contains(table));
    let is_possible = |table: &&'static str| possible().any(|layout| layout.all.contains(table));
    let names = [SHORT, WHOLE, RUNTIME, IMAGES];
    Tables {
        read: names.into_iter().filter(is_sure).collect(),
        server: Vec::new(),
        doubtful: names.into_iter().filter(|table| is_possible(table) && !is_sure(table)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_by_file_and_release() {
        for (file, installed, read, server, doubtful) in [
            (1, "1.6.20", vec![SHORT], vec![], vec![]),
            (1, "2.1.0", vec![RUNTIME, IMAGES], vec![SHORT, WHOLE], vec![]),
            (1, "2.3.4", vec![SHORT, WHOLE, RUNTIME, IMAGES], vec![], vec![]),
            (1, "", vec![], vec![], vec![SHORT, WHOLE, RUNTIME, IMAGES]),
            (2, "1.7.27", vec![WHOLE], vec![], vec![]),
            (2, "2.2.1", vec![WHOLE, RUNTIME, IMAGES], vec![], vec![]),
            (2, "", vec![WHOLE], vec![], vec![RUNTIME, IMAGES]),
            (3, "2.0.0", vec![RUNTIME, IMAGES], vec![WHOLE], vec![]),
            (3, "2.3.0", vec![WHOLE, RUNTIME, IMAGES], vec![], vec![]),
            (3, "1.6.20", vec![], vec![], vec![]),
            (3, "", vec![RUNTIME, IMAGES], vec![], vec![WHOLE]),
            (4, "2.3.0", vec![RUNTIME, IMAGES], vec![WHOLE], vec![]),
            (4, "", vec![RUNTIME, IMAGES], vec![], vec![]),
        ] {
            let found = tables(file, Version::parse(installed).as_ref());
            assert_eq!(
                (found.read, found.server, found.doubtful),
                (read, server, doubtful),
                "{file} {installed}"
            );
        }
    }
}
