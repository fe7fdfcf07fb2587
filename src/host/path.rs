//! Paths on a host: always absolute, and shown with control characters made visible.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use crate::fact::printable;

/// Links that the kernel follows in one path (`path_resolution(7)`).
pub(super) const MOST_LINKS: usize = 40;

/// An absolute path on a host. `..` and links are resolved by the tree, inside the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPath(PathBuf);

impl HostPath {
    /// An absolute path from any path: a relative one starts at the root; `.` and `//` are dropped.
    pub fn new(path: impl AsRef<Path>) -> Self {
        if is_plain(path.as_ref()) {
            return HostPath(path.as_ref().to_owned());
        }
        let mut absolute = PathBuf::from("/");
        for component in path.as_ref().components() {
            match component {
                Component::Normal(name) => absolute.push(name),
                Component::ParentDir => absolute.push(".."),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        HostPath(absolute)
    }

    /// The root of a host.
    pub(super) fn root() -> Self {
        HostPath(PathBuf::from("/"))
    }

    /// A path below this one; an absolute `name` is taken relative to this path, never instead of it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> Self {
        let relative = name.as_ref().strip_prefix("/").unwrap_or(name.as_ref());
        HostPath::new(self.0.join(relative))
    }

    /// Where a link found at this path leads: an absolute target starts at the root.
    #[must_use]
    pub fn link_target(&self, target: impl AsRef<Path>) -> Self {
        if target.as_ref().is_absolute() {
            HostPath::new(target)
        } else {
            HostPath::new(self.0.parent().unwrap_or(Path::new("/")).join(target))
        }
    }

    /// The path with all links replaced by what they lead to, as far as they are known; the 41st and all later
    /// ones stay as they are.
    #[must_use]
    pub(super) fn without_links(&self, look: impl Fn(&Path) -> Look) -> Self {
        let mut real = PathBuf::from("/");
        let mut own = self.parts();
        // What targets of links leave to be walked, the next part last, before the own parts go on.
        let mut pending: Vec<OsString> = Vec::new();
        let mut links = 0;
        // How deep the first directory is that is missing: below it there is nothing to look at.
        let mut missing = usize::MAX;
        let mut depth: usize = 0;
        while let Some(part) = pending.pop().map(Cow::Owned).or_else(|| own.next().map(Cow::Borrowed)) {
            match part.as_bytes() {
                b"." => continue,
                b".." => {
                    real.pop();
                    depth = depth.saturating_sub(1);
                    continue;
                }
                _ => real.push(&part),
            }
            depth += 1;
            if depth > missing {
                continue;
            }
            missing = usize::MAX;
            match look(&real) {
                Look::Link(target) if links < MOST_LINKS => {
                    links += 1;
                    real.pop();
                    depth -= 1;
                    if target.is_absolute() {
                        real = PathBuf::from("/");
                        depth = 0;
                    }
                    let target = HostPath::new(target);
                    let parts: Vec<_> = target.parts().map(OsString::from).collect();
                    pending.extend(parts.into_iter().rev());
                }
                Look::Missing => missing = depth,
                Look::Link(_) | Look::Other => {}
            }
        }
        HostPath(real)
    }

    /// The directory that holds this path; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<HostPath> {
        self.above().map(|parent| HostPath(parent.to_owned()))
    }

    /// As [`HostPath::parent`], without a copy.
    pub(super) fn above(&self) -> Option<&Path> {
        above(&self.0)
    }

    /// The nearest directory above this path of which something holds; the root if it holds of none.
    pub(super) fn nearest_above(&self, holds: impl Fn(&Path) -> bool) -> Self {
        let mut directories = std::iter::successors(self.above(), |path| above(path));
        HostPath(directories.find(|path| holds(path)).unwrap_or(Path::new("/")).to_owned())
    }

    /// The path from a directory above it on, without a leading slash; none if the directory is no such.
    pub(super) fn below(&self, directory: &Path) -> Option<&Path> {
        let directory = directory.as_os_str().as_bytes();
        let rest = self.0.as_os_str().as_bytes().strip_prefix(directory)?;
        let rest = if directory == b"/" { rest } else { rest.strip_prefix(b"/")? };
        (!rest.is_empty()).then(|| Path::new(OsStr::from_bytes(rest)))
    }

    /// The names on the way to the path; none for the root.
    pub(super) fn parts(&self) -> impl Iterator<Item = &OsStr> {
        let parts = self.0.as_os_str().as_bytes().split(|byte| *byte == b'/');
        parts.filter(|part| !part.is_empty()).map(OsStr::from_bytes)
    }

    /// What has this name in the directory of this path. The name is one: without a slash, not empty and not a dot.
    #[must_use]
    pub(super) fn child(&self, name: &OsStr) -> Self {
        let mut text = OsString::with_capacity(self.0.as_os_str().len() + 1 + name.len());
        text.push(&self.0);
        if text.len() > 1 {
            text.push("/");
        }
        text.push(name);
        HostPath(text.into())
    }

    /// The last component; empty for the root, and where that is `..`.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        let bytes = self.0.as_os_str().as_bytes();
        let name = &bytes[memchr::memrchr(b'/', bytes).map_or(0, |slash| slash + 1)..];
        OsStr::from_bytes(if name == b".." { b"" } else { name })
    }

    /// The path itself.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The path without its leading slash, as system calls relative to a root take it; `.` for the root.
    #[must_use]
    pub(super) fn relative(&self) -> &Path {
        match self.0.as_os_str().as_bytes() {
            [b'/', relative @ ..] if !relative.is_empty() => Path::new(OsStr::from_bytes(relative)),
            _ => Path::new("."),
        }
    }

    /// The text of the path, as memories know it.
    pub(super) fn into_text(self) -> OsString {
        self.0.into_os_string()
    }
}

/// The directory that holds a path which is written as a [`HostPath`] writes it.
fn above(path: &Path) -> Option<&Path> {
    let bytes = path.as_os_str().as_bytes();
    let slash = memchr::memrchr(b'/', bytes)?;
    (bytes.len() > 1).then(|| Path::new(OsStr::from_bytes(&bytes[..slash.max(1)])))
}

/// Whether a path is already written as a [`HostPath`] writes it: nearly all are, and looking costs little.
pub(super) fn is_plain(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    let ends_a_name = |place: usize| bytes.get(place).is_none_or(|next| *next == b'/');
    // After a slash neither another one, nor the end, nor a lone dot.
    let is_odd =
        |slash: usize| ends_a_name(slash + 1) || (bytes[slash + 1] == b'.' && ends_a_name(slash + 2));
    bytes.starts_with(b"/") && (bytes.len() == 1 || !memchr::memchr_iter(b'/', bytes).any(is_odd))
}

/// What a path itself is, as far as it matters to those who walk along it.
#[derive(Clone, Debug)]
pub(super) enum Look {
    /// A link, with its text.
    Link(PathBuf),
    /// Certainly not there.
    Missing,
    /// There and no link; or it can't be looked at.
    Other,
}

impl std::borrow::Borrow<Path> for HostPath {
    fn borrow(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for HostPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_looks_plain_is_written_as_it_is(path in "/?([a.]{0,2}/{0,2}){0,5}") {
            let slow = HostPath::new(Path::new(".").join(path.trim_start_matches('/')));
            prop_assert_eq!(HostPath::new(&path), slow.clone());
            prop_assert_eq!(is_plain(Path::new(&path)), path == slow.to_string());
        }
    }

    #[test]
    fn nothing_below_what_is_missing_is_looked_at() {
        let looked = std::cell::RefCell::new(Vec::new());
        let look = |path: &Path| {
            looked.borrow_mut().push(path.display().to_string());
            match path.to_str() {
                Some("/var/run") => Look::Link("../run".into()),
                Some("/loop") => Look::Link("loop".into()),
                Some("/var" | "/run" | "/etc") => Look::Other,
                _ => Look::Missing,
            }
        };
        let real = |path: &str| {
            looked.borrow_mut().clear();
            let real = HostPath::new(path).without_links(look).to_string();
            (real, looked.borrow().join(" "))
        };
        assert_eq!(real("/var/run/a/b/c"), ("/run/a/b/c".into(), "/var /var/run /run /run/a".into()));
        // Back out of it, there is something to look at again.
        assert_eq!(real("/a/b/../../etc/x"), ("/etc/x".into(), "/a /etc /etc/x".into()));
        assert_eq!(real("/a/b/../c"), ("/a/c".into(), "/a".into()));
        assert_eq!(real("/a/../var/run"), ("/run".into(), "/a /var /var/run /run".into()));
        let (end, looks) = real("/loop/x");
        assert_eq!((end.as_str(), looks.split(' ').count()), ("/loop/x", 42));
    }

    #[test]
    fn what_lies_below_a_directory_is_told_from_what_begins_like_it() {
        let below =
            |path, directory: &str| HostPath::new(path).below(Path::new(directory)).map(Path::to_owned);
        for (path, directory, expected) in [
            ("/etc/a/b", "/etc", Some("a/b")),
            ("/etc/a", "/", Some("etc/a")),
            ("/etc", "/etc", None),
            ("/etcetera/a", "/etc", None),
            ("/", "/", None),
            ("/var", "/etc", None),
        ] {
            assert_eq!(below(path, directory), expected.map(PathBuf::from), "{path} {directory}");
        }
    }

    #[test]
    fn paths_are_absolute_by_construction() {
        for (given, expected) in
            [("etc/fstab", "/etc/fstab"), ("/etc//./fstab/", "/etc/fstab"), ("", "/"), ("/a/../b", "/a/../b")]
        {
            assert_eq!(HostPath::new(given).to_string(), expected);
        }
        assert_eq!(HostPath::new("/etc").join("/fstab").to_string(), "/etc/fstab");
        assert_eq!(HostPath::new("/etc/a/link").link_target("../b").to_string(), "/etc/a/../b");
        assert_eq!(HostPath::new("/etc/a/link").link_target("/b").to_string(), "/b");
    }
}
