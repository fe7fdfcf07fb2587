//! A host kept for later: `root/` holds its files, `live/` what the running system answered, and
//! `meta.toml` what a copy can't keep: owners, modes, sockets, empty directories.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use foldhash::HashMap;
use serde::Deserialize;

use super::directory::Directory;
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::path::{HostPath, Look};
use super::recorded::Recorded;
use super::running::Running;
use super::tree::{Content, DirEntry, Kind, Metadata, Script, Tree};
use crate::fact::printable;

/// The parts of a recording.
pub(super) struct Recording {
    pub(super) files: Rc<Files>,
    pub(super) running: Option<Box<dyn Running>>,
}

impl Recording {
    pub(super) fn open(path: &Path) -> Result<Self, HostError> {
        let top = Files::new(Box::new(Directory::open(path)?));
        let meta: Meta = match top.read("/meta.toml").legacy() {
            Ok(bytes) => toml::from_slice(&bytes)
                .map_err(|error| HostError::new("meta.toml", HostErrorKind::Corrupt(error.to_string())))?,
            Err(error) if error.is_not_found() => Meta::default(),
            Err(error) => return Err(error),
        };
        let tree = |name: &str, entries| -> Result<Files, HostError> {
            let directory = Directory::open(&path.join(name))?;
            Ok(Files::new(Box::new(RecordedTree::new(directory, entries)?)))
        };
        let running: Option<Box<dyn Running>> = match top.stat("/live").legacy() {
            Ok(_) => Some(Box::new(Recorded::open(tree("live", meta.live)?)?)),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        Ok(Recording { files: Rc::new(tree("root", meta.root)?), running })
    }
}

/// `meta.toml`: by path, what a copy of the files doesn't say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Meta {
    root: Entries,
    live: Entries,
}

type Entries = BTreeMap<PathBuf, Entry>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    /// Octal, `0640`.
    mode: Option<Mode>,
    uid: Option<u32>,
    gid: Option<u32>,
    /// In seconds since 1970.
    modified: Option<i64>,
    kind: Option<EntryKind>,
    /// Whether its content could not be read when the recording was made.
    denied: bool,
}

/// Permission bits, written in octal.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Mode(u32);

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
enum EntryKind {
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

/// A directory with what `meta.toml` adds. Owners and modes of the copy say nothing: unless the recording
/// says otherwise, everything belongs to root, with the usual modes.
struct RecordedTree {
    directory: Directory,
    entries: Entries,
    /// The text of links by their path; none for what is no link.
    links: RefCell<HashMap<OsString, Option<PathBuf>>>,
}

impl RecordedTree {
    fn new(directory: Directory, entries: Entries) -> Result<Self, HostError> {
        let tree = RecordedTree { directory, entries, links: RefCell::default() };
        for (path, entry) in &tree.entries {
            if let Some(wrong) = tree.mistake(path, entry) {
                let wrong = format!("`{}` {wrong}", printable(&path.to_string_lossy()));
                return Err(HostError::new("meta.toml", HostErrorKind::Corrupt(wrong)));
            }
        }
        Ok(tree)
    }

    /// Why an entry would never be looked up, or would describe nothing.
    fn mistake(&self, path: &Path, entry: &Entry) -> Option<&'static str> {
        let found = HostPath::new(path);
        if found.as_path().as_os_str() != path.as_os_str() || path.iter().any(|part| part == "..") {
            return Some("is not an absolute path without `.`, `..` and `//`");
        }
        if self.own_place(&found) != found {
            return Some("leads through a symbolic link; name the place it leads to");
        }
        let is_there = |path: &HostPath| self.directory.lstat(path).is_ok();
        if entry.kind.is_none() && !entry.denied {
            return (!is_there(&found)).then_some("is not in the recording and has no `kind`");
        }
        let parent = found.parent().and_then(|parent| self.directory.lstat(&parent).ok());
        parent
            .is_some_and(|parent| parent.kind != Kind::Directory)
            .then_some("is below something that is not a directory")
    }

    /// Where a path leads.
    fn place(&self, path: &HostPath) -> HostPath {
        if self.entries.is_empty() {
            return path.clone();
        }
        path.without_links(|link| self.link(link).map_or(Look::Other, Look::Link))
    }

    /// The text of a link, looked up once: nearly all paths of a host lie in a few directories.
    fn link(&self, path: &Path) -> Option<PathBuf> {
        if let Some(known) = self.links.borrow().get(path.as_os_str()) {
            return known.clone();
        }
        let target = self.directory.read_link(&HostPath::new(path)).ok();
        self.links.borrow_mut().insert(path.into(), target.clone());
        target
    }

    /// Where a path leads if a link at its end is not followed.
    fn own_place(&self, path: &HostPath) -> HostPath {
        match (path.parent(), path.file_name()) {
            (Some(parent), name) if !name.is_empty() => self.place(&parent).join(name),
            _ => self.place(path),
        }
    }

    fn is_denied(&self, place: &HostPath) -> bool {
        self.entries.get(place.as_path()).is_some_and(|entry| entry.denied)
    }

    /// Where a path leads, unless `meta.toml` says that there is nothing to read.
    fn readable(&self, path: &HostPath) -> Result<HostPath, HostError> {
        let place = self.place(path);
        match self.entries.get(place.as_path()) {
            Some(entry) if entry.denied => Err(HostError::new(path, HostErrorKind::Denied)),
            Some(Entry { kind: Some(kind), .. }) => {
                Err(HostError::new(path, HostErrorKind::NotAFile(Kind::from(*kind))))
            }
            _ => Ok(place),
        }
    }

    /// What `meta.toml` says of a place: a directory that holds only such entries is not kept by a copy.
    fn kind(&self, place: &HostPath) -> Option<Kind> {
        let implied = || self.below(place).next().map(|_| Kind::Directory);
        let recorded = self.entries.get(place.as_path()).and_then(|entry| entry.kind);
        recorded.map(Kind::from).or_else(implied)
    }

    /// The names in a directory that lead to entries of `meta.toml`; some come several times.
    fn below<'e>(&'e self, place: &'e HostPath) -> impl Iterator<Item = &'e OsStr> {
        self.entries.keys().filter_map(move |path| path.strip_prefix(place).ok()?.iter().next())
    }

    /// What the recording lacks at or below a place that could not be read may be there all the same.
    fn missing(&self, place: &HostPath, error: HostError) -> HostError {
        let denied = |part: &Path| self.entries.get(part).is_some_and(|entry| entry.denied);
        if error.is_not_found() && place.as_path().ancestors().any(denied) {
            return HostError { kind: HostErrorKind::Denied, ..error };
        }
        error
    }

    fn amend(&self, place: &HostPath, found: Result<Metadata, HostError>) -> Result<Metadata, HostError> {
        let entry = self.entries.get(place.as_path());
        let found = match (found, self.kind(place)) {
            (Err(_), Some(kind)) => Metadata { kind, size: 0, mode: 0, uid: None, gid: None, modified: None },
            (found, kind) => {
                let found = found.map_err(|error| self.missing(place, error))?;
                Metadata { kind: kind.unwrap_or(found.kind), ..found }
            }
        };
        let usual = match found.kind {
            Kind::Directory => 0o755,
            Kind::Link => 0o777,
            _ if found.mode & 0o111 != 0 => 0o755,
            _ => 0o644,
        };
        Ok(Metadata {
            mode: entry.and_then(|entry| entry.mode).map_or(usual, |mode| mode.0),
            uid: Some(entry.and_then(|entry| entry.uid).unwrap_or(0)),
            gid: Some(entry.and_then(|entry| entry.gid).unwrap_or(0)),
            modified: entry.and_then(|entry| entry.modified),
            ..found
        })
    }
}

impl Tree for RecordedTree {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.amend(&self.own_place(path), self.directory.lstat(path))
    }

    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.amend(&self.place(path), self.directory.stat(path))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.directory.read_link(path).map_err(|error| self.missing(&self.own_place(path), error))
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        let place = self.place(path);
        if self.is_denied(&place) {
            return Err(HostError::new(path, HostErrorKind::Denied));
        }
        let mut listed = match (self.directory.list(path, limit), self.kind(&place)) {
            (Err(error), Some(Kind::Directory)) if error.is_not_found() => Vec::new(),
            (listed, _) => listed.map_err(|error| self.missing(&place, error))?,
        };
        // Entries that exist only in meta.toml: sockets, devices, empty directories.
        for name in self.below(&place) {
            match listed.iter_mut().find(|known| known.name == name) {
                Some(known) => known.kind = None,
                None => listed.push(DirEntry { name: name.to_owned(), kind: None }),
            }
        }
        Ok(listed)
    }

    fn read(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Rc<[u8]>, HostError> {
        let place = self.readable(path)?;
        self.directory.read(path, limit, known).map_err(|error| self.missing(&place, error))
    }

    fn read_script(&self, path: &HostPath, limit: u64) -> Result<Script, HostError> {
        let place = self.readable(path)?;
        self.directory.read_script(path, limit).map_err(|error| self.missing(&place, error))
    }

    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        let place = self.readable(path)?;
        self.directory.content(path).map_err(|error| self.missing(&place, error))
    }
}
