//! The files of a recording: a directory with what `meta.toml` adds.

use std::cell::{Cell, RefCell};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use super::meta::{Entries, Entry, Hiding};
use crate::fact::printable;
use crate::host::directory::Directory;
use crate::host::error::{HostError, HostErrorKind};
use crate::host::path::{HostPath, Look};
use crate::host::tree::{Content, DirEntry, Kind, Metadata, Script, Tree};

/// No host that is recorded has more directories and links on the way to what is asked.
const MAX_LOOKS: usize = 1 << 14;

/// A directory with what `meta.toml` adds. Owners and modes of the copy say nothing: unless the recording
/// says otherwise, everything belongs to root, with the usual modes.
pub(super) struct RecordedTree {
    directory: Directory,
    entries: Entries,
    /// What is at a path: a link, something else, or nothing.
    links: RefCell<HashMap<OsString, Look>>,
}

impl RecordedTree {
    pub(super) fn new(directory: Directory, entries: Entries) -> Result<Self, HostError> {
        let tree = RecordedTree { directory, entries, links: RefCell::default() };
        // Those of one directory follow each other.
        let parent = RefCell::new((HostPath::new("/"), Some(Kind::Directory)));
        for (path, entry) in tree.entries.iter() {
            if let Some(wrong) = tree.mistake(path, entry, &parent) {
                let wrong = format!("`{}` {wrong}", printable(&path.to_string_lossy()));
                return Err(HostError::new("meta.toml", HostErrorKind::Corrupt(wrong)));
            }
        }
        Ok(tree)
    }

    /// Why an entry would never be looked up, or would describe nothing.
    fn mistake(
        &self,
        path: &Path,
        entry: &Entry,
        last: &RefCell<(HostPath, Option<Kind>)>,
    ) -> Option<&'static str> {
        let found = HostPath::new(path);
        if found.as_path().as_os_str() != path.as_os_str() || path.iter().any(|part| part == "..") {
            return Some("is not an absolute path without `.`, `..` and `//`");
        }
        // A place that `meta.toml` itself hides is where it is said to be.
        if self.own_place(&found).is_ok_and(|place| place != found) {
            return Some("leads through a symbolic link; name the place it leads to");
        }
        // An entry for what can't be looked at is refused: the recording itself has to be readable.
        let is_there = |path: &HostPath| self.directory.lstat(path).is_ok();
        if entry.kind.is_none() && entry.hiding().is_none() {
            return (!is_there(&found)).then_some("is not in the recording and has no `kind`");
        }
        let parent = found.parent()?;
        if last.borrow().0 != parent {
            // As a directory that only `meta.toml` knows.
            let kind = self.directory.lstat(&parent).ok().map(|parent| parent.kind);
            last.replace((parent, kind));
        }
        let is_directory = last.borrow().1.is_none_or(|kind| kind == Kind::Directory);
        (!is_directory).then_some("is below something that is not a directory")
    }

    /// Where a path leads, if all that it leads through can be looked at.
    fn place(&self, path: &HostPath) -> Result<HostPath, HostError> {
        if self.entries.is_empty() {
            return Ok(path.clone());
        }
        let barrier = Cell::new(None);
        // Below what is missing there are no links; entries may say that there are barriers.
        let missing = RefCell::new(Vec::<u8>::new());
        let is_below_missing = |place: &Path| {
            let missing = missing.borrow();
            let rest = place.as_os_str().as_bytes().strip_prefix(missing.as_slice());
            !missing.is_empty() && rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        let place = path.without_links(|place| {
            if barrier.get().is_none() {
                barrier.set(self.entries.barrier(place));
            }
            if is_below_missing(place) {
                return Look::Other;
            }
            match self.look(place) {
                Look::Missing => {
                    missing.replace(place.as_os_str().as_bytes().to_vec());
                    Look::Other
                }
                found => found,
            }
        });
        barrier.get().map_or(Ok(place), |hiding| Err(hiding.error(path, 0)))
    }

    /// What is at a path, looked up once: nearly all paths of a host lie in a few directories.
    fn look(&self, path: &Path) -> Look {
        if let Some(known) = self.links.borrow().get(path.as_os_str()) {
            return known.clone();
        }
        let found = match self.directory.read_link(&HostPath::new(path)) {
            Ok(target) => Look::Link(target),
            Err(error) if error.is_not_found() => Look::Missing,
            // What can't be looked at fails again when the tree is asked for it.
            Err(_) => Look::Other,
        };
        let mut links = self.links.borrow_mut();
        if links.len() < MAX_LOOKS {
            links.insert(path.into(), found.clone());
        }
        found
    }

    /// Where a path leads if a link at its end is not followed.
    fn own_place(&self, path: &HostPath) -> Result<HostPath, HostError> {
        let (parent, name) = match (path.parent(), path.file_name()) {
            (Some(parent), name) if !name.is_empty() => (parent, name),
            _ => return self.place(path),
        };
        let place = self.place(&parent)?.join(name);
        match self.entries.barrier(place.as_path()) {
            Some(hiding) => Err(hiding.error(path, 0)),
            None => Ok(place),
        }
    }

    /// Where a path leads, unless `meta.toml` says that there is nothing to read.
    fn readable(&self, path: &HostPath, limit: u64) -> Result<HostPath, HostError> {
        let place = self.place(path)?;
        let entry = self.entries.get(place.as_path());
        match entry.and_then(Entry::hiding) {
            None => {}
            Some(Hiding::TooLarge) if limit == u64::MAX => {}
            Some(hiding) => return Err(hiding.error(path, limit)),
        }
        match entry.and_then(|entry| entry.kind) {
            Some(kind) => Err(HostError::new(path, HostErrorKind::NotAFile(kind.into()))),
            None => Ok(place),
        }
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
        let found = match (found, self.entries.kind(place)) {
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
        self.amend(&self.own_place(path)?, self.directory.lstat(path))
    }

    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.amend(&self.place(path)?, self.directory.stat(path))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        let place = self.own_place(path)?;
        self.directory.read_link(path).map_err(|error| self.missing(&place, error))
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        let place = self.place(path)?;
        let hiding = self.entries.hiding(place.as_path());
        match hiding {
            None | Some(Hiding::Unsearchable) => {}
            Some(hiding) => return Err(hiding.error(path, limit as u64)),
        }
        let mut listed = match (self.directory.list(path, limit), self.entries.kind(&place)) {
            (Err(error), Some(Kind::Directory)) if error.is_not_found() => Vec::new(),
            (listed, _) => listed.map_err(|error| self.missing(&place, error))?,
        };
        // Entries that exist only in meta.toml: sockets, devices, empty directories.
        let added: HashSet<&OsStr> = self.entries.names_in(&place).collect();
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

    fn read(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Rc<[u8]>, HostError> {
        let place = self.readable(path, limit)?;
        self.directory.read(path, limit, known).map_err(|error| self.missing(&place, error))
    }

    fn read_script(&self, path: &HostPath, limit: u64) -> Result<Script, HostError> {
        let place = self.readable(path, limit)?;
        self.directory.read_script(path, limit).map_err(|error| self.missing(&place, error))
    }

    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        // Of a file of any size parts can be read.
        let place = self.readable(path, u64::MAX)?;
        self.directory.content(path).map_err(|error| self.missing(&place, error))
    }
}
