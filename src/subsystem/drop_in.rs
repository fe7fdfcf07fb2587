//! Drop-in directories: which file of a name counts, and in which order the files apply.
//!
//! Source: sysctl.d(5), modules-load.d(5), modprobe.d(5); conf-files of systemd 252 and 257.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;

use crate::fact::Origin;
use crate::host::{Files, HostError, HostErrorKind, HostPath, Kind, Read};
use crate::parse::systemd::conf_paths;
use crate::subsystem::{Unreadable, early_boot};

/// No directory of configuration of an honest host holds more.
pub const MAX_FILES: usize = 2048;

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

/// The files of one kind of configuration that count at a boot: `sysctl.d`, `systemd/network`.
#[must_use]
pub fn at_boot(files: &Files, name: &str, suffix: &str) -> DropIns {
    merge(files, &conf_paths(name), suffix)
}

/// A main file with its drop-ins, in the order in which they apply: of `systemd/system.conf` the highest file of that name,
/// then those of all `systemd/system.conf.d` (`config_parse_standard_file_with_dropins`).
#[must_use]
pub fn standard_file(files: &Files, name: &str) -> DropIns {
    let mut gaps = Vec::new();
    let mut main = None;
    for path in conf_paths(name) {
        match files.lstat(&path) {
            Read::There(_) => main = Some(DropIn { path: HostPath::new(path), hides: Vec::new() }),
            Read::Missing(_) => continue,
            Read::Hidden(error) => gaps.push(error.into()),
        }
        break;
    }
    let drop_ins = at_boot(files, &format!("{name}.d"), ".conf");
    gaps.extend(drop_ins.gaps);
    DropIns { files: main.into_iter().chain(drop_ins.files).collect(), gaps }
}

/// Merges directories, given from the highest precedence to the lowest: the first directory that has a name
/// claims it, whatever is behind the name. Hidden files and those without the suffix don't count.
#[must_use]
pub fn merge(files: &Files, directories: &[impl AsRef<str>], suffix: &str) -> DropIns {
    let mut names: BTreeMap<OsString, DropIn> = BTreeMap::new();
    let mut gaps = Vec::new();
    for directory in files.distinct(directories.iter().map(AsRef::as_ref)) {
        let entries = match list(files, directory) {
            Read::There(entries) => entries,
            // A file by the name of a directory holds none.
            Read::Missing(_) | Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => continue,
            Read::Hidden(error) => {
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

/// The names in a directory of configuration, sorted bytewise; hidden if it holds more than any that is honest.
pub fn list(files: &Files, directory: impl AsRef<Path>) -> Read<Rc<[OsString]>> {
    let directory = directory.as_ref();
    files.list(directory).and_then(|names| {
        if names.len() <= MAX_FILES {
            return Read::There(names);
        }
        let why = "it holds more than 2048 files";
        Read::Hidden(HostError::new(HostPath::new(directory), HostErrorKind::OverBudget(why)))
    })
}

/// What is in a file that counts.
#[must_use]
pub fn read(files: &Files, path: &HostPath) -> Content {
    // What can't be read as a link is read as a file, which tells why it can't be read.
    if let Read::There(target) = files.read_link(path) {
        if target.as_os_str() == "/dev/null" {
            return Content::Masked;
        }
        if let Some(gap) = early_boot::leads_to_memory(files, path) {
            return Content::Unread(gap);
        }
    }
    match files.read(path) {
        Read::There(bytes) => Content::Bytes(bytes),
        Read::Missing(_) => Content::Masked,
        Read::Hidden(error) => match error.kind {
            HostErrorKind::NotAFile(Kind::CharDevice) => Content::Masked,
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
