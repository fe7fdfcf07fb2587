//! Paths on a host: always absolute, and shown with control characters made visible.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::fact::printable;

/// Links that the kernel follows in one path (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

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
    pub(super) fn without_links(&self, read_link: impl Fn(&Path) -> Option<PathBuf>) -> Self {
        let parts = |path: &Path| -> Vec<OsString> {
            HostPath::new(path).relative().iter().rev().map(OsString::from).collect()
        };
        let mut real = PathBuf::from("/");
        let mut pending = parts(&self.0);
        let mut links = 0;
        while let Some(part) = pending.pop() {
            match part.as_encoded_bytes() {
                b"." => continue,
                b".." => {
                    real.pop();
                    continue;
                }
                _ => real.push(part),
            }
            if links < MOST_LINKS
                && let Some(target) = read_link(&real)
            {
                links += 1;
                real.pop();
                if target.is_absolute() {
                    real = PathBuf::from("/");
                }
                pending.extend(parts(&target));
            }
        }
        HostPath(real)
    }

    /// The directory that holds this path; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<HostPath> {
        self.0.parent().map(|parent| HostPath(parent.to_owned()))
    }

    /// The last component; empty for the root.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        self.0.file_name().unwrap_or_default()
    }

    /// The path itself.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The path without its leading slash, as system calls relative to a root take it; `.` for the root.
    #[must_use]
    pub(super) fn relative(&self) -> &Path {
        match self.0.strip_prefix("/") {
            Ok(relative) if !relative.as_os_str().is_empty() => relative,
            _ => Path::new("."),
        }
    }
}

/// Whether a path is already written as a [`HostPath`] writes it: nearly all are, and looking costs little.
pub(super) fn is_plain(path: &Path) -> bool {
    let Some(rest) = path.as_os_str().as_encoded_bytes().strip_prefix(b"/") else { return false };
    let mut names = rest.split(|b| *b == b'/');
    rest.is_empty() || names.all(|name| !name.is_empty() && name != b".")
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
