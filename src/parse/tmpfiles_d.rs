//! tmpfiles.d(5): what kind of line speaks of which path (systemd 252).

use super::lines;
use super::unit::words;

/// A line of tmpfiles.d.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmpfilesLine {
    /// The letter of the type: `f`, `d`, `r`.
    pub kind: char,
    /// Path, or pattern where the type takes one.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
}

/// The lines that make or remove something, in order.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<TmpfilesLine> {
    lines(bytes)
        .filter_map(|(line, text)| {
            let text = text.trim();
            if text.starts_with('#') {
                return None;
            }
            let mut found = words(text).into_iter();
            let (kind, path) = (found.next()?.chars().next()?, found.next()?);
            let path = path.trim_end_matches('/').to_owned();
            path.starts_with('/').then_some(TmpfilesLine { kind, path, line })
        })
        .collect()
}

impl TmpfilesLine {
    /// Whether it makes its path where that is missing.
    #[must_use]
    pub fn makes(&self) -> bool {
        "fFdDvqQpLcbC".contains(self.kind)
    }

    /// Whether it removes what its pattern covers, or (`D`) what is in its directory.
    #[must_use]
    pub fn removes(&self) -> bool {
        "rRD".contains(self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_has_a_type_and_a_path() {
        let found = parse(b"# f /no\nf+ \"/a b\" 0644\nr! /x*\nd relative\n");
        let found: Vec<_> = found.iter().map(|l| (l.kind, l.path.as_str(), l.line)).collect();
        assert_eq!(found, [('f', "/a b", 2), ('r', "/x*", 3)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            for line in parse(&bytes) {
                prop_assert!(line.path.starts_with('/') || line.path.is_empty());
            }
        }
    }
}
