//! A file tree in which everything is read at most once a run.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::{HostError, Trouble};
use super::path::HostPath;
use super::tree::{Metadata, Tree};

/// No configuration file is larger; a larger one is an accident or an attack.
const CONFIG_LIMIT: u64 = 4 << 20;
/// Package databases and module indices: a few megabytes on real hosts.
const DATABASE_LIMIT: u64 = 64 << 20;
/// No directory that is asked for has more entries.
const LIST_LIMIT: usize = 1 << 16;

type Memo<T> = RefCell<HashMap<PathBuf, Result<T, HostError>>>;

/// A tree with a memory.
pub struct Files {
    tree: Box<dyn Tree>,
    contents: Memo<Rc<[u8]>>,
    lists: Memo<Rc<[OsString]>>,
    own: Memo<Metadata>,
    followed: Memo<Metadata>,
    links: Memo<PathBuf>,
    opened: RefCell<Vec<HostPath>>,
    /// Whether `/lib` is a link to `usr/lib`, as on every distribution with a merged `/usr`.
    merged_usr: OnceCell<bool>,
}

impl Files {
    pub(super) fn new(tree: Box<dyn Tree>) -> Self {
        Files {
            tree,
            contents: Memo::default(),
            lists: Memo::default(),
            own: Memo::default(),
            followed: Memo::default(),
            links: Memo::default(),
            opened: RefCell::default(),
            merged_usr: OnceCell::new(),
        }
    }

    /// The bytes of a configuration file, links followed.
    ///
    /// # Errors
    /// If the path leads to no readable regular file, or to one larger than any configuration.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Rc<[u8]>, HostError> {
        self.read_up_to(path.as_ref(), CONFIG_LIMIT)
    }

    /// The bytes of a package database or another large index, links followed.
    ///
    /// # Errors
    /// If the path leads to no readable regular file, or to one of more than 64 MiB.
    pub fn read_database(&self, path: impl AsRef<Path>) -> Result<Rc<[u8]>, HostError> {
        self.read_up_to(path.as_ref(), DATABASE_LIMIT)
    }

    /// One memory serves both limits: content is measured by the limit of the one who asks, and a file that
    /// was too large for a smaller limit is looked at again for a larger one.
    fn read_up_to(&self, path: &Path, limit: u64) -> Result<Rc<[u8]>, HostError> {
        let path = HostPath::new(self.unmerged(path));
        let known = self.contents.borrow().get(path.as_path()).cloned();
        let answer = match known {
            Some(Err(HostError { trouble: Trouble::TooLarge { limit: before }, .. })) if before < limit => {
                None
            }
            known => known,
        };
        let answer = answer.unwrap_or_else(|| {
            self.opened.borrow_mut().push(path.clone());
            let answer = self.tree.read(&path, limit).map(Rc::from);
            self.contents.borrow_mut().insert(path.as_path().to_owned(), answer.clone());
            answer
        })?;
        if answer.len() as u64 > limit {
            return Err(HostError::new(path, Trouble::TooLarge { limit }));
        }
        Ok(answer)
    }

    /// The names in a directory, sorted bytewise.
    ///
    /// # Errors
    /// If the path is not a readable directory.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Rc<[OsString]>, HostError> {
        remember(&self.lists, &self.unmerged(path.as_ref()), |path| {
            self.opened.borrow_mut().push(path.clone());
            let mut names = self.tree.list(path, LIST_LIMIT)?;
            names.sort_unstable();
            Ok(Rc::from(names))
        })
    }

    /// `/lib/x` is `/usr/lib/x` where `/usr` is merged: so that a directory that has two names is read once.
    fn unmerged<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let Ok(rest) = path.strip_prefix("/lib") else { return Cow::Borrowed(path) };
        let merged = self.merged_usr.get_or_init(|| {
            self.read_link("/lib")
                .is_ok_and(|target| target == Path::new("usr/lib") || target == Path::new("/usr/lib"))
        });
        if *merged { Cow::Owned(Path::new("/usr/lib").join(rest)) } else { Cow::Borrowed(path) }
    }

    /// Metadata; a link at the end of the path is described, not followed.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at.
    pub fn lstat(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        remember(&self.own, path.as_ref(), |path| self.tree.lstat(path))
    }

    /// Metadata of what the path leads to.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at; a dangling link is "not found".
    pub fn stat(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        remember(&self.followed, path.as_ref(), |path| self.tree.stat(path))
    }

    /// The text of a link.
    ///
    /// # Errors
    /// If the path is missing or not a link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, HostError> {
        remember(&self.links, path.as_ref(), |path| self.tree.read_link(path))
    }

    /// The path without links, as far as it exists: what is missing or can't be looked at stays as it is
    /// written, and so does everything from the 41st link on.
    #[must_use]
    pub fn real_path(&self, path: impl AsRef<Path>) -> HostPath {
        HostPath::new(path).without_links(|link| self.read_link(link).ok())
    }

    /// The files and directories whose content was asked of the tree, in order, as they were named: the
    /// promise that nothing is opened twice in a run can be checked by it.
    #[must_use]
    pub fn opened(&self) -> Vec<HostPath> {
        self.opened.borrow().clone()
    }
}

fn remember<T: Clone>(
    memo: &Memo<T>,
    path: &Path,
    look: impl FnOnce(&HostPath) -> Result<T, HostError>,
) -> Result<T, HostError> {
    let path = HostPath::new(path);
    if let Some(known) = memo.borrow().get(path.as_path()) {
        return known.clone();
    }
    let answer = look(&path);
    memo.borrow_mut().insert(path.as_path().to_owned(), answer.clone());
    answer
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the files are made here")]
mod tests {
    use super::super::directory::Directory;
    use super::*;

    #[test]
    fn each_limit_measures_for_itself_and_nothing_is_opened_twice_in_vain() {
        let directory = tempfile::tempdir().unwrap();
        for (name, size) in [("small", 10), ("middle", CONFIG_LIMIT + 1), ("huge", DATABASE_LIMIT + 1)] {
            std::fs::File::create(directory.path().join(name)).unwrap().set_len(size).unwrap();
        }
        for database_first in [false, true] {
            let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
            for database_turn in [database_first, !database_first] {
                for name in ["small", "/middle", "/huge"] {
                    if database_turn {
                        assert_eq!(files.read_database(name).is_ok(), name != "/huge");
                    } else {
                        assert_eq!(files.read(name).is_ok(), name == "small");
                    }
                }
            }
            let before = files.opened().len();
            assert_eq!(before, if database_first { 3 } else { 5 });
            for path in ["/small", "small", "./small", "/middle", "/huge"] {
                drop((files.read(path), files.read_database(path)));
            }
            assert_eq!(files.opened().len(), before);
        }
    }
}
