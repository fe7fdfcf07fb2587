//! Drop-in directories: which file of a name counts, and in which order the files apply.
//!
//! Source: sysctl.d(5), modules-load.d(5), modprobe.d(5); conf-files of systemd 252 and 257.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::rc::Rc;

use crate::fact::Origin;
use crate::host::{Files, HostErrorKind, HostPath, Kind};
use crate::subsystem::Unreadable;

/// The files of several directories of one kind, merged.
#[derive(Clone, Debug, Default)]
pub struct DropIns {
    /// The files that count, sorted bytewise by name.
    pub files: Vec<DropIn>,
    /// Directories that could not be read: they may hold anything.
    pub gaps: Vec<Unreadable>,
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
    Broken(Unreadable),
    /// It may hold anything: this program could not read it.
    Unread(Unreadable),
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
        let entries = match files.list(directory).legacy() {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind, HostErrorKind::NotFound | HostErrorKind::NotAFile(_)) => {
                continue;
            }
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
    files.lstat(path).legacy().is_ok_and(|metadata| metadata.kind == Kind::Link)
}

/// What is in a file that counts.
#[must_use]
pub fn read(files: &Files, path: &HostPath) -> Content {
    if files.read_link(path).legacy().is_ok_and(|target| target.as_os_str() == "/dev/null") {
        return Content::Masked;
    }
    match files.read(path).legacy() {
        Ok(bytes) => Content::Bytes(bytes),
        Err(error) => match error.kind {
            HostErrorKind::NotFound | HostErrorKind::NotAFile(Kind::CharDevice) => Content::Masked,
            HostErrorKind::NotAFile(Kind::Directory | Kind::Socket) | HostErrorKind::Loop => {
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
