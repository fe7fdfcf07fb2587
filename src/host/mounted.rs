//! Several file systems as one tree, put together by where they are mounted.

use std::path::PathBuf;
use std::rc::Rc;

use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::resolve;
use super::tree::{Content, DirEntry, Kind, Lookup, Metadata, Script, Tree};

/// A file system, asked by paths that lead through no link: all that a disk image, an archive or a directory has to offer
/// to be a host.
pub(super) trait PlainTree: Lookup {
    /// What is in a directory, unsorted, without `.` and `..`.
    ///
    /// # Errors
    /// If the path is not a readable directory or has more than `limit` entries.
    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError>;

    /// A regular file, to read parts of.
    ///
    /// # Errors
    /// If the path is no readable regular file.
    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError>;
}

/// File systems by their mount points; of two that hold a path, the deeper one answers.
pub(super) struct MountTable {
    mounts: Vec<(HostPath, Box<dyn PlainTree>)>,
}

impl MountTable {
    /// The file system at the root.
    pub(super) fn new(root: Box<dyn PlainTree>) -> Self {
        MountTable { mounts: vec![(HostPath::new("/"), root)] }
    }

    /// Another file system. One that is mounted later at the same place, or above, hides what was there.
    #[must_use]
    pub(super) fn mount(mut self, at: HostPath, tree: Box<dyn PlainTree>) -> Self {
        self.mounts.retain(|(other, _)| !other.as_path().starts_with(&at));
        self.mounts.push((at, tree));
        self
    }

    /// The file system that answers for a path, and the path in it.
    fn at(&self, path: &HostPath) -> Option<(&dyn PlainTree, HostPath)> {
        let holding = self.mounts.iter().filter(|(at, _)| path.as_path().starts_with(at));
        let (at, tree) = holding.max_by_key(|(at, _)| at.as_path().components().count())?;
        Some((tree.as_ref(), HostPath::new(path.as_path().strip_prefix(at).ok()?)))
    }

    fn ask<T>(
        &self,
        path: &HostPath,
        ask: impl FnOnce(&dyn PlainTree, &HostPath) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let (tree, inside) = self.at(path).ok_or_else(|| HostError::new(path, HostErrorKind::NotFound))?;
        // The reader knows the path on the host, not that in the file system.
        ask(tree, &inside).map_err(|error| HostError { path: path.to_string(), ..error })
    }
}

impl Lookup for MountTable {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.ask(path, |tree, inside| tree.lstat(inside))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.ask(path, |tree, inside| tree.read_link(inside))
    }
}

impl PlainTree for MountTable {
    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        self.ask(path, |tree, inside| tree.list(inside, limit))
    }

    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        self.ask(path, |tree, inside| tree.open(inside))
    }
}

/// A tree whose links are followed by [`resolve`].
pub(super) struct Resolved<T>(pub(super) T);

impl<T: PlainTree> Resolved<T> {
    fn whole(&self, path: &HostPath, limit: u64) -> Result<Vec<u8>, HostError> {
        let content = Tree::open(self, path)?;
        if content.size() > limit {
            return Err(HostError::new(path, HostErrorKind::TooLarge { limit }));
        }
        let size = usize::try_from(content.size()).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size];
        let filled = content.read_at(0, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }
}

impl<T: PlainTree> Tree for Resolved<T> {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.0.lstat(&resolve::walk(&self.0, path, false)?)
    }

    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.0.lstat(&resolve::walk(&self.0, path, true)?)
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.0.read_link(&resolve::walk(&self.0, path, false)?)
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        self.0.list(&resolve::walk(&self.0, path, true)?, limit)
    }

    fn read(&self, path: &HostPath, limit: u64, _known: Option<Kind>) -> Result<Rc<[u8]>, HostError> {
        self.whole(path, limit).map(Rc::from)
    }

    fn read_script(&self, path: &HostPath, limit: u64) -> Result<Script, HostError> {
        let content = Tree::open(self, path)?;
        let mut mark = [0; 2];
        if content.read_at(0, &mut mark)? == mark.len() && mark == *b"#!" {
            return self.whole(path, limit).map(Script::Text);
        }
        Ok(Script::Other(content))
    }

    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        self.0.open(&resolve::walk(&self.0, path, true)?)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the trees are made here")]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::directory::Directory;
    use super::*;

    /// A directory of which no link is followed: as a file system offers itself.
    struct Plain(Directory);

    impl Lookup for Plain {
        fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
            self.0.lstat(path)
        }

        fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
            self.0.read_link(path)
        }
    }

    impl PlainTree for Plain {
        fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
            self.0.list(path, limit)
        }

        fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
            self.0.content(path)
        }
    }

    fn plain(path: &Path) -> Box<dyn PlainTree> {
        Box::new(Plain(Directory::open(path).unwrap()))
    }

    fn text(tree: &dyn Tree, path: &str) -> Result<String, HostErrorKind> {
        let read = tree.read(&HostPath::new(path), 100, None);
        read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.kind)
    }

    #[test]
    fn several_file_systems_are_one_tree() {
        let directory = tempfile::tempdir().unwrap();
        let make = |path: &str, content: &str| {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        make("root/etc/hostname", "node");
        make("root/boot/hidden", "below the mount");
        make("boot/vmlinuz", "kernel");
        make("boot/efi/hidden", "below the mount");
        make("esp/loader.conf", "loader");
        let link = |target: &str, path: &str| symlink(target, directory.path().join(path)).unwrap();
        link("boot/vmlinuz", "root/vmlinuz");
        link("/etc/hostname", "boot/name");
        link("../../etc/hostname", "esp/name");
        let place = |name: &str| plain(&directory.path().join(name));
        let table = MountTable::new(place("root"))
            .mount(HostPath::new("/boot"), place("boot"))
            .mount(HostPath::new("/boot/efi"), place("esp"));
        let tree = Resolved(table);
        for (path, expected) in [
            ("/etc/hostname", "node"),
            ("/vmlinuz", "kernel"),
            ("/boot/name", "node"),
            ("/boot/efi/name", "node"),
            ("/boot/efi/../../boot/efi/loader.conf", "loader"),
            ("/boot/efi/../name", "node"),
        ] {
            assert_eq!(text(&tree, path).as_deref(), Ok(expected), "{path}");
        }
        for path in ["/boot/hidden", "/boot/efi/hidden", "/bootx"] {
            assert_eq!(text(&tree, path), Err(HostErrorKind::NotFound), "{path}");
        }
        let error = tree.stat(&HostPath::new("/boot/efi/none")).unwrap_err();
        assert_eq!(error.to_string(), "/boot/efi/none: not found");
        assert_eq!(tree.list(&HostPath::new("/boot/efi"), 9).unwrap().len(), 2);
        // A file system that is mounted later hides what was mounted below.
        let table = tree.0.mount(HostPath::new("/boot"), place("esp"));
        assert_eq!(text(&Resolved(table), "/boot/loader.conf").as_deref(), Ok("loader"));
    }

    /// What a tree says of a path, in all ways.
    fn told(tree: &dyn Tree, path: &HostPath) -> String {
        let kind = |found: Result<Metadata, HostError>| match found {
            Ok(found) => found.kind.name().to_owned(),
            Err(error) => error.kind.to_string(),
        };
        let link = tree.read_link(path).map_err(|error| error.kind.to_string());
        let names = tree.list(path, 100).map(|names| names.len()).map_err(|error| error.kind.to_string());
        let bytes =
            tree.read(path, 100, None).map(|bytes| bytes.len()).map_err(|error| error.kind.to_string());
        format!("{} {} {link:?} {names:?} {bytes:?}", kind(tree.lstat(path)), kind(tree.stat(path)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn all_ways_to_follow_links_lead_to_the_same(
            made in prop::collection::vec(("([ab]/){0,2}[abc]", "(dir|file|[abc./]{1,6}|/[abc./]{0,5})"), 1..14),
            asked in prop::collection::vec("/([abc.]{1,2}/){0,3}[abc.]{0,2}", 12),
        ) {
            let directory = tempfile::tempdir().unwrap();
            for (path, what) in &made {
                let path = directory.path().join(path);
                match what.as_str() {
                    "dir" => drop(std::fs::create_dir(path)),
                    "file" => drop(std::fs::OpenOptions::new().write(true).create_new(true).open(path)),
                    target => drop(symlink(target, path)),
                }
            }
            let by_kernel = Directory::open(directory.path()).unwrap();
            let by_hand = Directory::open(directory.path()).unwrap().without_openat2();
            let resolved = Resolved(MountTable::new(plain(directory.path())));
            for path in asked.iter().map(HostPath::new) {
                let expected = told(&by_kernel, &path);
                prop_assert_eq!(told(&by_hand, &path), expected.clone(), "by hand: {} {:?}", path, made);
                prop_assert_eq!(told(&resolved, &path), expected, "resolved: {} {:?}", path, made);
            }
        }
    }
}
