//! Drop-in directories: which file of a name counts, and in which order the files apply.
//!
//! Source: sysctl.d(5), modules-load.d(5), modprobe.d(5); conf-files of systemd 252 and 257.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::rc::Rc;

use super::Gap;
use crate::fact::Origin;
use crate::host::{Files, HostPath, Kind, Trouble};

/// The files of several directories of one kind, merged.
#[derive(Clone, Debug, Default)]
pub struct DropIns {
    /// The files that count, sorted bytewise by name.
    pub files: Vec<DropIn>,
    /// Directories that could not be read: they may hold anything.
    pub gaps: Vec<Gap>,
}

/// One file that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropIn {
    /// Where it is.
    pub path: HostPath,
    /// Files of the same name in directories below, which it hides.
    pub hides: Vec<HostPath>,
}

/// What is in a file that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its bytes.
    Bytes(Rc<[u8]>),
    /// Nothing: a link to `/dev/null` or into the void. Its name is taken all the same.
    Masked,
    /// Its reader will fail on it (it is a directory, say): it contributes nothing.
    Broken(Gap),
    /// It may hold anything: this program could not read it.
    Unread(Gap),
}

/// Merges directories, given from the highest precedence to the lowest: the first directory that has a name
/// claims it, whatever is behind the name. Hidden files and those without the suffix don't count.
#[must_use]
pub fn merge(files: &Files, directories: &[&str], suffix: &str) -> DropIns {
    let mut names: BTreeMap<OsString, DropIn> = BTreeMap::new();
    let mut gaps = Vec::new();
    for directory in directories {
        if directory.starts_with("/lib/") && is_link(files, "/lib") {
            continue;
        }
        let entries = match files.list(directory) {
            Ok(entries) => entries,
            Err(error) if matches!(error.trouble, Trouble::NotFound | Trouble::NotAFile(_)) => continue,
            Err(error) => {
                gaps.push(error.into());
                continue;
            }
        };
        for name in entries.iter() {
            let bytes = name.as_encoded_bytes();
            if bytes.starts_with(b".") || !bytes.ends_with(suffix.as_bytes()) {
                continue;
            }
            let path = HostPath::new(directory).join(name);
            match names.get_mut(name) {
                Some(winner) => winner.hides.push(path),
                None => {
                    names.insert(name.clone(), DropIn { path, hides: Vec::new() });
                }
            }
        }
    }
    DropIns { files: names.into_values().collect(), gaps }
}

/// On merged-usr hosts `/lib` is `/usr/lib`, which would otherwise be listed twice.
fn is_link(files: &Files, path: &str) -> bool {
    files.lstat(path).is_ok_and(|metadata| metadata.kind == Kind::Link)
}

/// What is in a file that counts.
#[must_use]
pub fn read(files: &Files, path: &HostPath) -> Content {
    if files.read_link(path).is_ok_and(|target| target.as_os_str() == "/dev/null") {
        return Content::Masked;
    }
    match files.read(path) {
        Ok(bytes) => Content::Bytes(bytes),
        Err(error) => match error.trouble {
            Trouble::NotFound | Trouble::NotAFile(Kind::CharDevice) => Content::Masked,
            Trouble::NotAFile(Kind::Directory | Kind::Socket) | Trouble::Loop => {
                Content::Broken(error.into())
            }
            _ => Content::Unread(error.into()),
        },
    }
}

impl DropIn {
    /// The place of a line in this file.
    #[must_use]
    pub fn line(&self, line: u32) -> Origin {
        Origin::line(&self.path, line)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::host::Host;

    fn put(root: &Path, path: &str, text: &str) {
        let place = root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    #[test]
    fn the_highest_directory_claims_a_name_and_names_are_in_byte_order() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        put(root, "usr/lib/x.d/10-a.conf", "vendor");
        put(root, "usr/lib/x.d/20-b.conf", "vendor");
        put(root, "usr/lib/x.d/9-c.conf", "vendor");
        put(root, "etc/x.d/Z.conf", "");
        put(root, "etc/x.d/.hidden.conf", "");
        put(root, "etc/x.d/10-a.conf.bak", "");
        put(root, "etc/x.d/40-d.conf/inner", "");
        symlink("/dev/null", root.join("etc/x.d/10-a.conf")).unwrap();
        symlink("nowhere", root.join("etc/x.d/20-b.conf")).unwrap();
        symlink("loop.conf", root.join("etc/x.d/loop.conf")).unwrap();
        symlink("usr/lib", root.join("lib")).unwrap();
        let host = Host::directory(root).unwrap();
        let merged = merge(host.files(), &["/etc/x.d", "/usr/lib/x.d", "/lib/x.d"], ".conf");
        let shown: Vec<_> = merged
            .files
            .iter()
            .map(|file| {
                let content = match read(host.files(), &file.path) {
                    Content::Bytes(_) => "bytes",
                    Content::Masked => "masked",
                    Content::Broken(_) => "broken",
                    Content::Unread(_) => "unread",
                };
                (file.path.to_string(), content, file.hides.len())
            })
            .collect();
        let expected = [
            ("/etc/x.d/10-a.conf", "masked", 1),
            ("/etc/x.d/20-b.conf", "masked", 1),
            ("/etc/x.d/40-d.conf", "broken", 0),
            ("/usr/lib/x.d/9-c.conf", "bytes", 0),
            ("/etc/x.d/Z.conf", "bytes", 0),
            ("/etc/x.d/loop.conf", "broken", 0),
        ]
        .map(|(path, content, hides)| (path.to_owned(), content, hides));
        assert_eq!(shown, expected);
        assert!(merged.gaps.is_empty());
    }
}
