//! Several file systems as one tree, put together by where they are mounted.

use std::path::PathBuf;

use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::tree::{Content, DirEntry, Kind, Metadata, Tree};

/// File systems by their mount points; of two that hold a path, the deeper one answers.
pub(super) struct MountTable {
    mounts: Vec<(HostPath, Box<dyn Tree>)>,
}

impl MountTable {
    /// The file system at the root.
    pub(super) fn new(root: Box<dyn Tree>) -> Self {
        MountTable { mounts: vec![(HostPath::new("/"), root)] }
    }

    /// Another file system. One that is mounted later at the same place, or above, hides what was there.
    #[must_use]
    pub(super) fn mount(mut self, at: HostPath, tree: Box<dyn Tree>) -> Self {
        self.mounts.retain(|(other, _)| !other.as_path().starts_with(&at));
        self.mounts.push((at, tree));
        self
    }

    /// The file system that answers for a path, and the path in it.
    fn at(&self, path: &HostPath) -> Option<(&dyn Tree, HostPath)> {
        let holding = self.mounts.iter().filter(|(at, _)| path.as_path().starts_with(at));
        let (at, tree) = holding.max_by_key(|(at, _)| at.as_path().components().count())?;
        Some((tree.as_ref(), HostPath::new(path.as_path().strip_prefix(at).ok()?)))
    }

    fn ask<T>(
        &self,
        path: &HostPath,
        ask: impl FnOnce(&dyn Tree, &HostPath) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let (tree, inside) = self.at(path).ok_or_else(|| HostError::new(path, HostErrorKind::NotFound))?;
        // The reader knows the path on the host, not that in the file system.
        ask(tree, &inside).map_err(|error| HostError { path: path.to_string(), ..error })
    }
}

impl Tree for MountTable {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.ask(path, |tree, inside| tree.lstat(inside))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.ask(path, |tree, inside| tree.read_link(inside))
    }

    fn link_target(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.ask(path, |tree, inside| tree.link_target(inside))
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        self.ask(path, |tree, inside| tree.list(inside, limit))
    }

    fn open(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Box<dyn Content>, HostError> {
        self.ask(path, |tree, inside| tree.open(inside, limit, known))
    }
}
