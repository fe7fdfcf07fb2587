//! All kinds of trees answer alike: a directory by the kernel and by hand, one in memory, and several put together by a
//! mount table.

#![expect(clippy::disallowed_methods, reason = "the trees are made here")]

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proptest::prelude::*;

use super::directory::Directory;
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::mounted::MountTable;
use super::path::HostPath;
use super::resolve::Resolved;
use super::tree::{Content, DirEntry, Kind, Metadata, Tree};

/// What is at a place of a tree in memory.
enum Node {
    Directory,
    File(&'static str),
    Link(String),
}

/// A third kind of tree, which knows nothing of links and mounts: so little is asked of a file system in an image.
#[derive(Default)]
struct Memory(BTreeMap<PathBuf, Node>);

impl Memory {
    fn new() -> Self {
        Memory(BTreeMap::from([("/".into(), Node::Directory)]))
    }

    /// Something in a directory that is there already, as the system calls for it: what can't be made isn't.
    fn add(&mut self, path: &str, node: Node) {
        let path = PathBuf::from(path);
        let above = path.parent().and_then(|above| self.0.get(above));
        if matches!(above, Some(Node::Directory)) && !self.0.contains_key(&path) {
            self.0.insert(path, node);
        }
    }

    fn with(mut self, path: &str, node: Node) -> Self {
        self.add(path, node);
        self
    }

    fn node(&self, path: &HostPath) -> Result<&Node, HostError> {
        self.0.get(path.as_path()).ok_or_else(|| HostError::new(path, HostErrorKind::NotFound))
    }
}

fn kind(node: &Node) -> Kind {
    match node {
        Node::Directory => Kind::Directory,
        Node::File(_) => Kind::File,
        Node::Link(_) => Kind::Link,
    }
}

impl Tree for Memory {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        let kind = kind(self.node(path)?);
        Ok(Metadata { kind, size: 0, mode: 0o644, uid: Some(0), gid: Some(0), modified: None })
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        match self.node(path)? {
            Node::Link(target) => Ok(target.into()),
            other => Err(HostError::new(path, HostErrorKind::NotAFile(kind(other)))),
        }
    }

    fn list(&self, path: &HostPath, _limit: usize) -> Result<Vec<DirEntry>, HostError> {
        if !matches!(self.node(path)?, Node::Directory) {
            return Err(HostError::new(path, HostErrorKind::NotFound));
        }
        let inside = self.0.iter().filter(|(other, _)| other.parent() == Some(path.as_path()));
        let entry = |(path, node): (&PathBuf, &Node)| {
            Some(DirEntry { name: path.file_name()?.to_owned(), kind: Some(kind(node)) })
        };
        Ok(inside.filter_map(entry).collect())
    }

    fn open(
        &self,
        path: &HostPath,
        _limit: u64,
        _known: Option<Kind>,
    ) -> Result<Box<dyn Content>, HostError> {
        match self.node(path)? {
            Node::File(text) => Ok(Box::new(Rc::<[u8]>::from(text.as_bytes()))),
            other => Err(HostError::new(path, HostErrorKind::NotAFile(kind(other)))),
        }
    }
}

fn directory(path: &Path) -> Box<dyn Tree> {
    Box::new(Directory::open(path).unwrap())
}

fn text(tree: &Resolved, path: &str) -> Result<String, HostErrorKind> {
    let read = tree.read(&HostPath::new(path), 100, None);
    read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.kind)
}

/// Three file systems: a root, `/boot` and `/boot/efi`, each with links that lead out of it into the others.
fn in_memory() -> [Box<dyn Tree>; 3] {
    let link = |target: &str| Node::Link(target.into());
    let root = Memory::new()
        .with("/etc", Node::Directory)
        .with("/etc/hostname", Node::File("node"))
        .with("/boot", Node::Directory)
        .with("/boot/hidden", Node::File("below the mount"))
        .with("/vmlinuz", link("boot/vmlinuz"));
    let boot = Memory::new()
        .with("/vmlinuz", Node::File("kernel"))
        .with("/name", link("/etc/hostname"))
        .with("/efi", Node::Directory)
        .with("/efi/hidden", Node::File("below the mount"));
    let esp =
        Memory::new().with("/loader.conf", Node::File("loader")).with("/name", link("../../etc/hostname"));
    [root, boot, esp].map(|tree| Box::new(tree) as Box<dyn Tree>)
}

/// The same three in directories.
fn in_directories(top: &Path) -> [Box<dyn Tree>; 3] {
    let make = |path: &str, content: &str| {
        let path = top.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    make("root/etc/hostname", "node");
    make("root/boot/hidden", "below the mount");
    make("boot/vmlinuz", "kernel");
    make("boot/efi/hidden", "below the mount");
    make("esp/loader.conf", "loader");
    let link = |target: &str, path: &str| symlink(target, top.join(path)).unwrap();
    link("boot/vmlinuz", "root/vmlinuz");
    link("/etc/hostname", "boot/name");
    link("../../etc/hostname", "esp/name");
    ["root", "boot", "esp"].map(|name| directory(&top.join(name)))
}

fn mounted([root, boot, esp]: [Box<dyn Tree>; 3]) -> MountTable {
    MountTable::new(root).mount(HostPath::new("/boot"), boot).mount(HostPath::new("/boot/efi"), esp)
}

#[test]
fn several_file_systems_are_one_tree() {
    let top = tempfile::tempdir().unwrap();
    for (kind, trees) in [("in memory", in_memory()), ("in directories", in_directories(top.path()))] {
        let tree = Resolved::new(Box::new(mounted(trees)));
        for (path, expected) in [
            ("/etc/hostname", "node"),
            ("/vmlinuz", "kernel"),
            ("/boot/name", "node"),
            ("/boot/efi/name", "node"),
            ("/boot/efi/../../boot/efi/loader.conf", "loader"),
            ("/boot/efi/../name", "node"),
        ] {
            assert_eq!(text(&tree, path).as_deref(), Ok(expected), "{kind}: {path}");
        }
        for path in ["/boot/hidden", "/boot/efi/hidden", "/bootx"] {
            assert_eq!(text(&tree, path), Err(HostErrorKind::NotFound), "{kind}: {path}");
        }
        let error = tree.stat(&HostPath::new("/boot/efi/none")).unwrap_err();
        assert_eq!(error.to_string(), "/boot/efi/none: not found", "{kind}");
        assert_eq!(tree.list(&HostPath::new("/boot/efi"), 9).unwrap().len(), 2, "{kind}");
        assert_eq!(tree.read_link(&HostPath::new("/vmlinuz")).unwrap(), Path::new("boot/vmlinuz"), "{kind}");
    }
}

#[test]
fn a_file_system_that_is_mounted_later_hides_what_was_mounted_below() {
    let [_, _, esp] = in_memory();
    let tree = Resolved::new(Box::new(mounted(in_memory()).mount(HostPath::new("/boot"), esp)));
    assert_eq!(text(&tree, "/boot/loader.conf").as_deref(), Ok("loader"));
    assert_eq!(text(&tree, "/boot/efi/loader.conf"), Err(HostErrorKind::NotFound));
}

#[test]
fn a_host_of_mounted_file_systems_is_read_through_its_memory_as_any_other() {
    let files = Files::new(Box::new(mounted(in_memory())));
    assert_eq!(files.read("/boot/efi/name").required().as_deref(), Ok(&b"node"[..]));
    assert_eq!(files.real_path("/boot/efi/name").to_string(), "/etc/hostname");
    assert_eq!(*files.list("/boot").required().unwrap(), ["efi", "name", "vmlinuz"]);
    assert_eq!(files.kind("/boot/efi").required(), Ok(Kind::Directory));
}

/// What a tree says of a path, in all ways.
fn described(tree: &Resolved, path: &HostPath) -> String {
    let kind = |found: Result<Metadata, HostError>| match found {
        Ok(found) => found.kind.name().to_owned(),
        Err(error) => error.kind.to_string(),
    };
    let link = tree.read_link(path).map_err(|error| error.kind.to_string());
    let names = tree.list(path, 100).map(|names| names.len()).map_err(|error| error.kind.to_string());
    let bytes = tree.read(path, 100, None).map(|bytes| bytes.len()).map_err(|error| error.kind.to_string());
    format!("{} {} {link:?} {names:?} {bytes:?}", kind(tree.lstat(path)), kind(tree.stat(path)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn all_kinds_of_trees_follow_links_to_the_same(
        made in prop::collection::vec(("([ab]/){0,2}[abc]", "(dir|file|[abc./]{1,6}|/[abc./]{0,5})"), 1..14),
        asked in prop::collection::vec("/([abc.]{1,2}/){0,3}[abc.]{0,2}", 12),
    ) {
        let top = tempfile::tempdir().unwrap();
        let mut memory = Memory::new();
        for (path, what) in &made {
            let place = top.path().join(path);
            // On disk a link in the way would be followed; in memory nothing is made there.
            if HostPath::new(path).as_path().ancestors().skip(1).any(|above| top.path().join(&above.to_string_lossy()[1..]).is_symlink()) {
                continue;
            }
            let node = match what.as_str() {
                "dir" => {
                    drop(std::fs::create_dir(place));
                    Node::Directory
                }
                "file" => {
                    drop(std::fs::OpenOptions::new().write(true).create_new(true).open(place));
                    Node::File("")
                }
                target => {
                    drop(symlink(target, place));
                    Node::Link(target.to_owned())
                }
            };
            memory.add(&format!("/{path}"), node);
        }
        let by_kernel = Resolved::new(directory(top.path()));
        let others: [(&str, Box<dyn Tree>); 3] = [
            ("by hand", Box::new(Directory::open(top.path()).unwrap().without_openat2())),
            ("mounted", Box::new(MountTable::new(directory(top.path())))),
            ("in memory", Box::new(memory)),
        ];
        let others = others.map(|(kind, tree)| (kind, Resolved::new(tree)));
        for path in asked.iter().map(HostPath::new) {
            let expected = described(&by_kernel, &path);
            for (kind, tree) in &others {
                prop_assert_eq!(described(tree, &path), expected.clone(), "{}: {} {:?}", kind, path, made);
            }
        }
    }
}
