//! The files of a recording: a directory with what `meta.toml` adds.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use foldhash::HashSet;

use super::meta::{Entries, Entry, Hiding};
use crate::fact::printable;
use crate::host::directory::Directory;
use crate::host::error::{HostError, HostErrorKind};
use crate::host::path::HostPath;
use crate::host::resolve::{self, Directories};
use crate::host::tree::{Content, DirEntry, Kind, Metadata, Tree};

/// A directory with what `meta.toml` adds. Owners and modes of the copy say nothing: unless the recording
/// says otherwise, everything belongs to root, with the usual modes.
pub(super) struct RecordedTree {
    directory: Directory,
    entries: Entries,
}

/// The directory of an entry in `meta.toml`.
struct Parent {
    path: HostPath,
    /// Whether a link leads to it by the path that the entry names.
    is_linked: bool,
    /// What it is in the copy; none for a directory that only `meta.toml` knows.
    kind: Option<Kind>,
}

impl RecordedTree {
    pub(super) fn new(directory: Directory, entries: Entries) -> Result<Self, HostError> {
        let tree = RecordedTree { directory, entries };
        let directories = Directories::default();
        let mut parent = Parent { path: HostPath::new("/"), is_linked: false, kind: Some(Kind::Directory) };
        for (path, entry) in tree.entries.iter() {
            let found = HostPath::new(path);
            // Those of one directory follow each other.
            if let Some(above) = found.parent().filter(|above| *above != parent.path) {
                parent = tree.parent(above, &directories);
            }
            if let Some(wrong) = tree.mistake(path, &found, entry, &parent) {
                let wrong = format!("`{}` {wrong}", printable(&path.to_string_lossy()));
                return Err(HostError::new("meta.toml", HostErrorKind::Corrupt(wrong)));
            }
        }
        Ok(tree)
    }

    fn parent(&self, path: HostPath, directories: &Directories) -> Parent {
        // A place that `meta.toml` itself hides is where it is said to be.
        let is_linked = resolve::walk(self, directories, &path, true).is_ok_and(|place| place.path != path);
        // An entry for what can't be looked at is refused: the recording itself has to be readable.
        let kind = self.directory.lstat(&path).ok().map(|parent| parent.kind);
        Parent { path, is_linked, kind }
    }

    /// Why an entry would never be looked up, or would describe nothing.
    fn mistake(&self, path: &Path, found: &HostPath, entry: &Entry, parent: &Parent) -> Option<&'static str> {
        if found.as_path().as_os_str() != path.as_os_str() || path.iter().any(|part| part == "..") {
            return Some("is not an absolute path without `.`, `..` and `//`");
        }
        if parent.is_linked {
            return Some("leads through a symbolic link; name the place it leads to");
        }
        if entry.kind.is_none() && entry.hiding().is_none() {
            // The same.
            let is_there = self.directory.lstat(found).is_ok();
            return (!is_there).then_some("is not in the recording and has no `kind`");
        }
        let is_directory = parent.kind.is_none_or(|kind| kind == Kind::Directory);
        (!is_directory).then_some("is below something that is not a directory")
    }

    /// Whether `meta.toml` says that a name could not be looked at.
    fn barrier(&self, path: &HostPath) -> Result<(), HostError> {
        self.entries.barrier(path.as_path()).map_or(Ok(()), |hiding| Err(hiding.error(path, 0)))
    }

    /// What the recording lacks at or below a place that could not be read may be there all the same.
    fn missing(&self, place: &HostPath, error: HostError) -> HostError {
        if error.is_not_found() && self.entries.hides(place) {
            return HostError { kind: HostErrorKind::Denied, ..error };
        }
        error
    }

    fn amend(&self, place: &HostPath, found: Result<Metadata, HostError>) -> Result<Metadata, HostError> {
        let entry = self.entries.get(place.as_path());
        let found = match found {
            Ok(found) => match entry.and_then(|entry| entry.kind) {
                Some(kind) => Metadata { kind: kind.into(), ..found },
                None => found,
            },
            Err(error) => match self.entries.kind(place) {
                Some(kind) => Metadata { kind, size: 0, mode: 0, uid: None, gid: None, modified: None },
                None => return Err(self.missing(place, error)),
            },
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
    fn follows_links(&self) -> bool {
        self.entries.is_empty() && self.directory.follows_links()
    }

    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.barrier(path)?;
        self.amend(path, self.directory.lstat(path))
    }

    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.amend(path, self.directory.stat(path))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.directory.read_link(path).map_err(|error| self.missing(path, error))
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        let hiding = self.entries.hiding(path.as_path());
        match hiding {
            None | Some(Hiding::Unsearchable) => {}
            Some(hiding) => return Err(hiding.error(path, limit as u64)),
        }
        let mut listed = match (self.directory.list(path, limit), self.entries.kind(path)) {
            (Err(error), Some(Kind::Directory)) if error.is_not_found() => Vec::new(),
            (listed, _) => listed.map_err(|error| self.missing(path, error))?,
        };
        // Entries that exist only in meta.toml: sockets, devices, empty directories.
        let added: HashSet<&OsStr> = self.entries.names_in(path).collect();
        let mut missing = added.clone();
        for known in &mut listed {
            // Some file systems don't tell kinds in a listing: what can't be looked at is known by its name alone.
            if hiding.is_some() || added.contains(known.name.as_os_str()) {
                known.kind = None;
                missing.remove(known.name.as_os_str());
            }
        }
        listed.extend(missing.into_iter().map(|name| DirEntry { name: name.to_owned(), kind: None }));
        Ok(listed)
    }

    fn open(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Box<dyn Content>, HostError> {
        let entry = self.entries.get(path.as_path());
        match entry.and_then(Entry::hiding) {
            None => {}
            // Of a file of any size parts can be read.
            Some(Hiding::TooLarge) if limit == u64::MAX => {}
            Some(hiding) => return Err(hiding.error(path, limit)),
        }
        match entry.and_then(|entry| entry.kind) {
            Some(kind) => Err(HostError::new(path, HostErrorKind::NotAFile(kind.into()))),
            None => self.directory.open(path, limit, known).map_err(|error| self.missing(path, error)),
        }
    }
}
