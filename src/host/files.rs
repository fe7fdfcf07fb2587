//! A file tree in which everything is read at most once a run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::HostError;
use super::path::HostPath;
use super::tree::{Metadata, Tree};

/// No configuration file is larger; a larger one is an accident or an attack.
pub const CONFIG_LIMIT: u64 = 4 << 20;
/// Package databases and module indices: a few megabytes on real hosts.
pub const DATABASE_LIMIT: u64 = 64 << 20;
/// No directory that is asked for has more entries.
const LIST_LIMIT: usize = 1 << 16;

type Memo<T> = RefCell<HashMap<PathBuf, Result<T, HostError>>>;

/// A tree with a memory.
pub struct Files {
    tree: Box<dyn Tree>,
    contents: Memo<Rc<[u8]>>,
    lists: Memo<Rc<[OsString]>>,
}

impl Files {
    pub(super) fn new(tree: Box<dyn Tree>) -> Self {
        Files { tree, contents: Memo::default(), lists: Memo::default() }
    }

    /// The bytes of a configuration file, links followed.
    ///
    /// # Errors
    /// If the path leads to no readable regular file, or to one larger than any configuration.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Rc<[u8]>, HostError> {
        self.read_up_to(path, CONFIG_LIMIT)
    }

    /// The bytes of a package database or another large index, links followed.
    ///
    /// # Errors
    /// If the path leads to no readable regular file, or to one of more than 64 MiB.
    pub fn read_database(&self, path: impl AsRef<Path>) -> Result<Rc<[u8]>, HostError> {
        self.read_up_to(path, DATABASE_LIMIT)
    }

    fn read_up_to(&self, path: impl AsRef<Path>, limit: u64) -> Result<Rc<[u8]>, HostError> {
        remember(&self.contents, path.as_ref(), |path| self.tree.read(path, limit).map(Rc::from))
    }

    /// The names in a directory, sorted bytewise.
    ///
    /// # Errors
    /// If the path is not a readable directory.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Rc<[OsString]>, HostError> {
        remember(&self.lists, path.as_ref(), |path| {
            let mut names = self.tree.list(path, LIST_LIMIT)?;
            names.sort_unstable();
            Ok(Rc::from(names))
        })
    }

    /// Metadata; a link at the end of the path is described, not followed.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at.
    pub fn lstat(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.tree.lstat(&HostPath::new(path))
    }

    /// Metadata of what the path leads to.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at; a dangling link is "not found".
    pub fn stat(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.tree.stat(&HostPath::new(path))
    }

    /// The text of a link.
    ///
    /// # Errors
    /// If the path is missing or not a link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, HostError> {
        self.tree.read_link(&HostPath::new(path))
    }
}

fn remember<T: Clone>(
    memo: &Memo<T>,
    path: &Path,
    look: impl FnOnce(&HostPath) -> Result<T, HostError>,
) -> Result<T, HostError> {
    if let Some(known) = memo.borrow().get(path) {
        return known.clone();
    }
    let path = HostPath::new(path);
    let answer = look(&path);
    memo.borrow_mut().insert(path.as_path().to_owned(), answer.clone());
    answer
}
