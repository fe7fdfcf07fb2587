//! `meta.toml` of a recording: what a copy of files can't keep.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use foldhash::HashMap;
use serde::Deserialize;

use super::sections::Sections;
use crate::fact::printable;
use crate::host::error::{HostError, HostErrorKind};
use crate::host::path::HostPath;
use crate::host::tree::Kind;

/// `meta.toml`: by path, what a copy of the files doesn't say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Meta {
    pub(super) root: HashMap<String, Entry>,
    pub(super) live: HashMap<String, Entry>,
}

impl Sections for Meta {
    const HEADS: &'static [&'static str] = &["[root.\"", "[live.\""];

    fn add(&mut self, one: Self) -> Result<(), String> {
        for (all, one) in [(&mut self.root, one.root), (&mut self.live, one.live)] {
            for (path, entry) in one {
                if all.contains_key(&path) {
                    return Err(path);
                }
                all.insert(path, entry);
            }
        }
        Ok(())
    }
}

/// What is said of the places of one tree. Paths are looked up by their text, which costs less than by their components.
#[derive(Debug, Default)]
pub(super) struct Entries {
    by_path: HashMap<OsString, Entry>,
    /// Sorted, so that all that lies below a place follows it at once.
    sorted: Vec<String>,
    /// Whether any place is hidden: most recordings hide none, and nobody has to look for one above each path.
    has_hidden: bool,
}

/// What paths are sorted by: a slash comes before all else that a name may hold.
fn order(path: &str) -> impl Iterator<Item = u8> {
    path.bytes().map(|byte| if byte == b'/' { 0 } else { byte })
}

impl Entries {
    pub(super) fn of(by_path: HashMap<String, Entry>) -> Self {
        let mut sorted: Vec<String> = by_path.keys().cloned().collect();
        sorted.sort_unstable_by(|a, b| order(a).cmp(order(b)));
        let has_hidden = by_path.values().any(|entry| entry.hiding().is_some());
        let by_path = by_path.into_iter().map(|(path, entry)| (path.into(), entry)).collect();
        Entries { by_path, sorted, has_hidden }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Those of one directory follow each other.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Entry)> {
        self.sorted.iter().filter_map(|path| Some((Path::new(path), self.get(Path::new(path))?)))
    }

    pub(super) fn get(&self, place: &Path) -> Option<&Entry> {
        self.by_path.get(place.as_os_str())
    }

    /// The names in a directory that lead to entries, each once; of each only the first path is looked at.
    pub(super) fn names_in(&self, place: &HostPath) -> impl Iterator<Item = &OsStr> {
        // Entries are UTF-8: no place that isn't is above one.
        let directory = place.as_path().to_str().map(|path| path.trim_end_matches('/'));
        let mut rest: &[String] = if directory.is_some() { &self.sorted } else { &[] };
        let directory = directory.unwrap_or_default();
        rest = &rest[rest.partition_point(|path| order(path).lt(order(directory).chain([0])))..];
        std::iter::from_fn(move || {
            let below = rest.first()?.strip_prefix(directory)?.strip_prefix('/')?;
            let name = below.split('/').next().filter(|name| !name.is_empty())?;
            let known = directory.len() + 1 + name.len();
            let is_same = |path: &String| path.len() == known || path.as_bytes().get(known) == Some(&b'/');
            let same = |path: &String| path.get(..known) == rest[0].get(..known) && is_same(path);
            rest = &rest[rest.partition_point(same)..];
            Some(OsStr::new(name))
        })
    }

    /// What is said of a place: a directory that holds only entries is not kept by a copy.
    pub(super) fn kind(&self, place: &HostPath) -> Option<Kind> {
        let implied = || self.names_in(place).next().map(|_| Kind::Directory);
        self.get(place.as_path()).and_then(|entry| entry.kind).map(Kind::from).or_else(implied)
    }

    /// Whether a place, or a directory above it, could not be looked into when the recording was made.
    pub(super) fn hides(&self, place: &HostPath) -> bool {
        let hides = |hiding: Hiding| hiding != Hiding::TooLarge;
        self.has_hidden && place.as_path().ancestors().any(|part| self.hiding(part).is_some_and(hides))
    }

    /// Why a place can't be read.
    pub(super) fn hiding(&self, place: &Path) -> Option<Hiding> {
        self.get(place).and_then(Entry::hiding)
    }

    /// Why nobody can find out what a name in a directory is.
    pub(super) fn barrier(&self, place: &Path) -> Option<Hiding> {
        if !self.has_hidden {
            return None;
        }
        // What is only denied may be searched (mode 0711): who knows a name can look at it.
        let hidden = |place: &Path| self.get(place).and_then(|entry| entry.hidden);
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
        let entries = Entries::of(toml::from_str(text).unwrap());
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
