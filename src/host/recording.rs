//! A host kept for later: `root/` holds its files, `live/` what the running system answered, and
//! `meta.toml` what a copy can't keep: owners, modes, sockets, empty directories.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;

use super::directory::Directory;
use super::error::{HostError, Trouble};
use super::files::Files;
use super::path::HostPath;
use super::recorded::Recorded;
use super::running::Running;
use super::tree::{Kind, Metadata, Tree};

/// The parts of a recording.
pub(super) struct Recording {
    pub(super) files: Rc<Files>,
    pub(super) running: Option<Box<dyn Running>>,
}

impl Recording {
    pub(super) fn open(path: &Path) -> Result<Self, HostError> {
        let top = Files::new(Box::new(Directory::open(path)?));
        let meta: Meta = match top.read("/meta.toml") {
            Ok(bytes) => toml::from_slice(&bytes)
                .map_err(|error| HostError::new("meta.toml", Trouble::Corrupt(error.to_string())))?,
            Err(error) if error.is_not_found() => Meta::default(),
            Err(error) => return Err(error),
        };
        let tree = |name: &str, entries| -> Result<Files, HostError> {
            let directory = Directory::open(&path.join(name))?;
            Ok(Files::new(Box::new(RecordedTree { directory, entries })))
        };
        let running: Option<Box<dyn Running>> = match top.stat("/live") {
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
    root: BTreeMap<PathBuf, Entry>,
    live: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    /// Octal, `0640`.
    mode: Option<String>,
    uid: Option<u32>,
    gid: Option<u32>,
    kind: Option<EntryKind>,
    /// Whether it could not be read when the recording was made.
    denied: bool,
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
    entries: BTreeMap<PathBuf, Entry>,
}

impl RecordedTree {
    /// What the recording says of what a path leads to: of the path itself, or of where its links end.
    fn entry(&self, path: &HostPath) -> Option<&Entry> {
        let followed = || path.without_links(|link| self.directory.read_link(&HostPath::new(link)).ok());
        self.entries.get(path.as_path()).or_else(|| self.entries.get(followed().as_path()))
    }

    fn amend(
        path: &HostPath,
        entry: Option<&Entry>,
        found: Result<Metadata, HostError>,
    ) -> Result<Metadata, HostError> {
        let kind = entry.and_then(|entry| entry.kind).map(Kind::from);
        let found = match (found, kind) {
            (Err(_), Some(kind)) => Metadata { kind, size: 0, mode: 0o755, uid: None, gid: None },
            (found, kind) => {
                let found = found?;
                Metadata { kind: kind.unwrap_or(found.kind), ..found }
            }
        };
        let usual = match found.kind {
            Kind::Directory => 0o755,
            Kind::Link => 0o777,
            _ if found.mode & 0o111 != 0 => 0o755,
            _ => 0o644,
        };
        let recorded = entry.and_then(|entry| entry.mode.as_deref());
        let mode = match recorded {
            Some(text) => u32::from_str_radix(text, 8).map_err(|_| {
                HostError::new(
                    "meta.toml",
                    Trouble::Corrupt(format!("{path}: `{text}` is not an octal mode")),
                )
            })?,
            None => usual,
        };
        Ok(Metadata {
            mode,
            uid: Some(entry.and_then(|entry| entry.uid).unwrap_or(0)),
            gid: Some(entry.and_then(|entry| entry.gid).unwrap_or(0)),
            ..found
        })
    }

    fn refuse_special(&self, path: &HostPath) -> Result<(), HostError> {
        match self.entry(path) {
            Some(entry) if entry.denied => Err(HostError::new(path, Trouble::Denied)),
            Some(Entry { kind: Some(kind), .. }) => {
                Err(HostError::new(path, Trouble::NotAFile(Kind::from(*kind))))
            }
            _ => Ok(()),
        }
    }
}

impl Tree for RecordedTree {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        Self::amend(path, self.entries.get(path.as_path()), self.directory.lstat(path))
    }

    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        Self::amend(path, self.entry(path), self.directory.stat(path))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.directory.read_link(path)
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<OsString>, HostError> {
        let entry = self.entry(path);
        if entry.is_some_and(|entry| entry.denied) {
            return Err(HostError::new(path, Trouble::Denied));
        }
        let mut names = match self.directory.list(path, limit) {
            Err(error) if error.is_not_found() && entry.is_some() => Vec::new(),
            listed => listed?,
        };
        // Entries that exist only in meta.toml: sockets, devices, empty directories.
        for recorded in self.entries.keys().filter(|recorded| recorded.parent() == Some(path.as_path())) {
            let name = recorded.file_name().unwrap_or_default();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    fn read(&self, path: &HostPath, limit: u64) -> Result<Vec<u8>, HostError> {
        self.refuse_special(path)?;
        self.directory.read(path, limit)
    }
}
