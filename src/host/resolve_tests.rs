//! One table for both ways to resolve a path inside a root: by the kernel and by this program.

#![expect(clippy::disallowed_methods, reason = "the hostile roots are made here")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use nix::sys::stat::Mode;

use super::directory::Directory;
use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::resolve::Resolved;
use super::tree::Kind;

const SECRET: &[u8] = b"outside the root";

/// A root beside a secret, so that a wrong step reads it.
fn hostile_root() -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    fs::write(top.path().join("secret"), SECRET).unwrap();
    let root = top.path().join("root");
    fs::create_dir_all(root.join("etc/deep/er")).unwrap();
    fs::create_dir(root.join("run")).unwrap();
    fs::write(root.join("etc/file"), "inside").unwrap();
    let link = |at: &str, target: &str| symlink(target, root.join(at)).unwrap();
    link("etc/absolute", "/etc/file");
    link("etc/relative", "deep/../file");
    link("etc/up", "../../../../../../etc/file");
    link("etc/escape", "../../secret");
    link("etc/escape-absolute", top.path().join("secret").to_str().unwrap());
    link("etc/escape-directory", "../..");
    link("etc/loop", "loop");
    link("etc/ping", "pong");
    link("etc/pong", "ping");
    link("etc/dangling", "nowhere");
    link("etc/slash", "file/");
    link("etc/directory", "deep/");
    link("etc/root", "/");
    link("etc/long", &format!("{}file", "./".repeat(100)));
    link("etc/longer", &"x".repeat(200));
    link("etc/deep/er/parent", "..");
    link("magic", "/proc/self/fd/0");
    link("chain-0", "etc/file");
    for number in 1..42 {
        link(&format!("chain-{number}"), &format!("chain-{}", number - 1));
    }
    nix::unistd::mkfifo(&root.join("run/fifo"), Mode::from_bits_truncate(0o666)).unwrap();
    link("etc/fifo", "/run/fifo");
    drop(UnixListener::bind(root.join("run/socket")).unwrap());
    fs::File::create(root.join("etc/sparse")).unwrap().set_len(10 << 30).unwrap();
    fs::write(root.join("etc").join(OsStr::from_bytes(b"caf\xe9")), "latin").unwrap();
    top
}

fn both(root: &Path) -> [(&'static str, Resolved); 2] {
    let open = || Directory::open(root).unwrap();
    let resolved = |tree| Resolved::new(Box::new(tree));
    [("by the kernel", resolved(open())), ("by hand", resolved(open().without_openat2()))]
}

fn described(answer: Result<std::rc::Rc<[u8]>, HostError>) -> String {
    match answer {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => match error.kind {
            HostErrorKind::NotFound => "not found".into(),
            HostErrorKind::Loop => "loop".into(),
            HostErrorKind::TooLarge { .. } => "too large".into(),
            HostErrorKind::NotAFile(kind) => kind.name().into(),
            other => other.to_string(),
        },
    }
}

#[test]
fn both_ways_read_the_same_and_never_leave_the_root() {
    let top = hostile_root();
    for (way, tree) in both(&top.path().join("root")) {
        for (path, expected) in [
            ("/etc/file", "inside"),
            ("/etc/./deep//../file", "inside"),
            ("/../../../etc/file", "inside"),
            ("/etc/../../etc/file", "inside"),
            ("/etc/absolute", "inside"),
            ("/etc/relative", "inside"),
            ("/etc/up", "inside"),
            ("/etc/long", "inside"),
            ("/etc/root/etc/root/etc/file", "inside"),
            ("/etc/directory/../file", "inside"),
            ("/etc/deep/er/parent/../file", "inside"),
            ("/etc/escape", "not found"),
            ("/etc/escape-absolute", "not found"),
            ("/etc/escape-directory/secret", "not found"),
            ("/../secret", "not found"),
            ("/etc/dangling", "not found"),
            ("/etc/longer", "not found"),
            ("/etc/none/../file", "not found"),
            ("/etc/file/../file", "not found"),
            ("/etc/file/below", "not found"),
            ("/etc/slash", "not found"),
            ("/magic", "not found"),
            ("/etc/loop", "loop"),
            ("/etc/ping", "loop"),
            ("/etc/loop/below", "loop"),
            ("/chain-39", "inside"),
            ("/chain-40", "loop"),
            ("/chain-41", "loop"),
            ("/etc", "directory"),
            ("/", "directory"),
            ("/etc/escape-directory", "directory"),
            ("/etc/directory", "directory"),
            ("/run/fifo", "fifo"),
            ("/etc/fifo", "fifo"),
            ("/run/socket", "socket"),
            ("/etc/sparse", "too large"),
        ] {
            assert_eq!(described(tree.read(&HostPath::new(path), 1 << 16, None)), expected, "{way}: {path}");
        }
        let long = format!("/{}", "y".repeat(300));
        assert!(tree.read(&HostPath::new(long), 10, None).is_err(), "{way}");
        let latin = HostPath::new(OsStr::from_bytes(b"/etc/caf\xe9"));
        assert_eq!(described(tree.read(&latin, 10, None)), "latin", "{way}");
    }
}

#[test]
fn both_ways_describe_the_same() {
    let top = hostile_root();
    for (way, tree) in both(&top.path().join("root")) {
        for (path, own, followed) in [
            ("/", Some(Kind::Directory), Some(Kind::Directory)),
            ("/etc/file", Some(Kind::File), Some(Kind::File)),
            ("/etc/absolute", Some(Kind::Link), Some(Kind::File)),
            ("/etc/root", Some(Kind::Link), Some(Kind::Directory)),
            ("/etc/root/etc/root", Some(Kind::Link), Some(Kind::Directory)),
            ("/etc/loop", Some(Kind::Link), None),
            ("/etc/dangling", Some(Kind::Link), None),
            ("/etc/fifo", Some(Kind::Link), Some(Kind::Fifo)),
            ("/run/socket", Some(Kind::Socket), Some(Kind::Socket)),
            ("/none", None, None),
        ] {
            let path = HostPath::new(path);
            assert_eq!(tree.lstat(&path).ok().map(|found| found.kind), own, "{way}: {path}");
            assert_eq!(tree.stat(&path).ok().map(|found| found.kind), followed, "{way}: {path}");
        }
        let text = |path: &str| tree.read_link(&HostPath::new(path));
        assert_eq!(text("/etc/longer").unwrap().as_os_str().len(), 200, "{way}");
        assert_eq!(text("/etc/root/etc/ping").unwrap(), Path::new("pong"), "{way}");
        assert_eq!(text("/etc/file").unwrap_err().kind, HostErrorKind::NotAFile(Kind::File), "{way}");
        assert_eq!(text("/etc").unwrap_err().kind, HostErrorKind::NotAFile(Kind::Directory), "{way}");
        let names = |path: &str| tree.list(&HostPath::new(path), 100).map(|names| names.len());
        assert_eq!(names("/etc/root/run"), Ok(2), "{way}");
        assert_eq!(names("/etc/directory"), Ok(1), "{way}");
        for path in ["/etc/file", "/run/fifo", "/etc/dangling", "/etc/loop"] {
            assert!(names(path).is_err(), "{way}: {path}");
        }
    }
}

#[test]
fn devices_are_never_opened() {
    let top = hostile_root();
    let root = top.path().join("root");
    let (kind, mode) = (nix::sys::stat::SFlag::S_IFCHR, Mode::from_bits_truncate(0o666));
    if let Err(errno) = nix::sys::stat::mknod(&root.join("zero"), kind, mode, nix::sys::stat::makedev(1, 5)) {
        drop(writeln!(std::io::stderr(), "SKIPPED devices_are_never_opened: mknod says {errno}"));
        return;
    }
    for (way, tree) in both(&root) {
        assert_eq!(described(tree.read(&HostPath::new("/zero"), 10, None)), "char-device", "{way}");
    }
}

#[test]
fn a_directory_of_70_000_entries_is_refused_and_not_kept() {
    let top = tempfile::tempdir().unwrap();
    let file = top.path().join("0");
    fs::write(&file, "").unwrap();
    for number in 1..70_000 {
        // Hard links are cheap; a file system takes a limited number of them to one file.
        let name = top.path().join(number.to_string());
        if fs::hard_link(&file, &name).is_err() {
            fs::write(name, "").unwrap();
        }
    }
    for (way, tree) in both(top.path()) {
        assert_eq!(
            tree.list(&HostPath::new("/"), 1 << 16).unwrap_err().kind,
            HostErrorKind::TooLarge { limit: 1 << 16 },
            "{way}"
        );
        assert_eq!(tree.list(&HostPath::new("/"), 70_000).unwrap().len(), 70_000, "{way}");
    }
}

/// `/proc/self` is an ordinary link, `/proc/self/exe` and `/proc/self/fd/0` are magic.
#[test]
fn magic_links_inside_a_root_are_refused() {
    for (way, tree) in both(Path::new("/")) {
        assert!(
            described(tree.read(&HostPath::new("/proc/self/stat"), 1 << 16, None)).contains('('),
            "{way}"
        );
        for path in ["/proc/self/exe", "/proc/self/fd/0", "/proc/self/root/etc/passwd", "/proc/self/cwd/x"] {
            assert_eq!(described(tree.read(&HostPath::new(path), 1 << 16, None)), "loop", "{way}: {path}");
            assert!(tree.stat(&HostPath::new(path)).is_err(), "{way}: {path}");
        }
        assert!(tree.read_link(&HostPath::new("/proc/self/exe")).is_ok(), "{way}");
    }
}
