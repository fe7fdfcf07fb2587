//! `meta.toml` of a recording: what a copy of files can't keep.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fact::printable;
use crate::host::error::{HostError, HostErrorKind};
use crate::host::path::HostPath;
use crate::host::tree::Kind;

/// `meta.toml`: by path, what a copy of the files doesn't say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Meta {
    pub(super) root: Entries,
    pub(super) live: Entries,
}

/// What is said of the places of one tree, sorted: all that lies below a place follows it at once.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Entries(BTreeMap<PathBuf, Entry>);

impl Entries {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Entry)> {
        self.0.iter()
    }

    pub(super) fn get(&self, place: &HostPath) -> Option<&Entry> {
        self.0.get(place.as_path())
    }

    /// The names in a directory that lead to entries, each once.
    pub(super) fn names_in<'e>(&'e self, place: &'e HostPath) -> impl Iterator<Item = &'e OsStr> {
        let after = (Bound::Excluded(place.as_path()), Bound::Unbounded);
        let below = self.0.range::<Path, _>(after).map_while(move |(path, _)| path.strip_prefix(place).ok());
        let mut last = None;
        below.filter_map(|path| path.iter().next()).filter(move |name| last.replace(*name) != Some(*name))
    }

    /// What is said of a place: a directory that holds only entries is not kept by a copy.
    pub(super) fn kind(&self, place: &HostPath) -> Option<Kind> {
        let implied = || self.names_in(place).next().map(|_| Kind::Directory);
        self.get(place).and_then(|entry| entry.kind).map(Kind::from).or_else(implied)
    }

    /// Whether a place, or a directory above it, could not be looked into when the recording was made.
    pub(super) fn hides(&self, place: &HostPath) -> bool {
        let hides = |hiding: Hiding| hiding != Hiding::TooLarge;
        place.as_path().ancestors().any(|part| self.hiding(part).is_some_and(hides))
    }

    /// Why a place can't be read.
    pub(super) fn hiding(&self, place: &Path) -> Option<Hiding> {
        self.0.get(place).and_then(Entry::hiding)
    }

    /// Why nobody can find out what a name in a directory is.
    pub(super) fn barrier(&self, place: &Path) -> Option<Hiding> {
        // What is only denied may be searched (mode 0711): who knows a name can look at it.
        let hidden = |place: &Path| self.0.get(place).and_then(|entry| entry.hidden);
        let above = place.parent().and_then(hidden).filter(|hiding| *hiding != Hiding::TooLarge);
        above.or(hidden(place).filter(|hiding| *hiding == Hiding::IoError))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    /// Octal, `0640`.
    pub(super) mode: Option<Mode>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    /// In seconds since 1970.
    pub(super) modified: Option<i64>,
    pub(super) kind: Option<EntryKind>,
    /// Whether its content could not be read when the recording was made.
    denied: bool,
    /// Why it could not be looked at when the recording was made.
    hidden: Option<Hiding>,
}

impl Entry {
    /// Why the place, or what is below it, can't be read.
    pub(super) fn hiding(&self) -> Option<Hiding> {
        self.hidden.or(self.denied.then_some(Hiding::Denied))
    }
}

/// Why a place could not be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Hiding {
    /// Its content can't be read; nothing in a directory can be looked at (mode 000).
    Denied,
    /// A directory whose names can be read, and nothing else of them (mode 444).
    Unsearchable,
    /// The system reports an error (`EIO`) to whoever asks for it.
    IoError,
    /// Larger than anything that is read.
    TooLarge,
}

impl Hiding {
    /// The error of whoever asks for a path that leads there.
    pub(super) fn error(self, path: &HostPath, limit: u64) -> HostError {
        let kind = match self {
            Hiding::Denied | Hiding::Unsearchable => HostErrorKind::Denied,
            Hiding::IoError => HostErrorKind::Io("Input/output error (os error 5)".into()),
            Hiding::TooLarge => HostErrorKind::TooLarge { limit },
        };
        HostError::new(path, kind)
    }
}

/// Permission bits, written in octal.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Mode(pub(super) u32);

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.bytes().all(|digit| digit.is_ascii_digit());
        let bits = u32::from_str_radix(&text, 8).ok().filter(|bits| digits && *bits <= 0o7777);
        bits.map(Mode).ok_or_else(|| format!("`{}` is not an octal mode such as 0640", printable(&text)))
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EntryKind {
    Directory,
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
}

impl From<EntryKind> for Kind {
    fn from(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Directory => Kind::Directory,
            EntryKind::Fifo => Kind::Fifo,
            EntryKind::Socket => Kind::Socket,
            EntryKind::CharDevice => Kind::CharDevice,
            EntryKind::BlockDevice => Kind::BlockDevice,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_a_place_is_found_beside_it() {
        let text = "[\"/a/b/c\"]\nkind = \"socket\"\n[\"/a/b/d\"]\ndenied = true\n[\"/a.d\"]\n[\"/a/b-c/e\"]\n[\"/z\"]\n";
        let entries: Entries = toml::from_str(text).unwrap();
        let names = |path: &str| -> Vec<String> {
            let place = HostPath::new(path);
            entries.names_in(&place).map(|name| name.to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names("/"), ["a", "a.d", "z"]);
        assert_eq!(names("/a"), ["b", "b-c"]);
        assert_eq!(names("/a/b"), ["c", "d"]);
        assert_eq!(names("/a/b/c"), [""; 0]);
        assert_eq!(names("/none"), [""; 0]);
        let kind = |path: &str| entries.kind(&HostPath::new(path));
        assert_eq!(
            [kind("/a"), kind("/a/b/c"), kind("/z")],
            [Some(Kind::Directory), Some(Kind::Socket), None]
        );
        let hides = |path: &str| entries.hides(&HostPath::new(path));
        assert_eq!([hides("/a/b/d/e/f"), hides("/a/b"), hides("/a/b/c")], [true, false, false]);
    }
}
