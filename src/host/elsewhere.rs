//! File systems of a root directory that aren't in it: where it mounts one over a directory that is empty or missing here, what
//! would be there can't be known.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::directory::Directory;
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::mounted::MountTable;
use super::path::HostPath;
use super::read::Read;
use super::tree::{Content, DirEntry, Kind, Metadata, Tree};
use crate::parse::systemd::UNITS_AT_BOOT;
use crate::parse::{fstab, unit};

/// A place where another file system is mounted, and what mounts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Elsewhere {
    /// Where.
    at: HostPath,
    /// The file and line.
    by: String,
}

impl std::fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is a file system of its own: {}", self.at, self.by)
    }
}

/// Types whose content the kernel makes: nothing of them is stored, so that nothing is missing.
const MADE: [&str; 20] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "proc",
    "pstore",
    "ramfs",
    "securityfs",
    "sysfs",
    "tmpfs",
    "tracefs",
];

/// All of them, those above first.
pub(super) fn find(files: &Files, directory: &Directory) -> Vec<Elsewhere> {
    let mut found = of_fstab(files);
    found.extend(of_units(files));
    // mount(8) follows links to the place.
    for place in &mut found {
        place.at = files.real_path(&place.at);
    }
    let mut seen = BTreeSet::new();
    found.retain(|place| {
        seen.insert(place.at.clone()) && is_empty(files, &place.at) && !directory.is_mount_point(&place.at)
    });
    found.sort_by_key(|place| place.at.as_path().components().count());
    found
}

/// The directory with all of them mounted.
pub(super) fn mounted(directory: Directory, places: Vec<Elsewhere>) -> Box<dyn Tree> {
    let mount =
        |table: MountTable, place: Elsewhere| table.mount(place.at.clone(), Box::new(Unseen { place }));
    Box::new(places.into_iter().fold(MountTable::new(Box::new(directory)), mount))
}

fn of_fstab(files: &Files) -> Vec<Elsewhere> {
    const FSTAB: &str = "/etc/fstab";
    // Without it nothing is mounted; one that can't be read is told of by whoever asks what it mounts.
    let Read::There(bytes) = files.read(FSTAB) else { return Vec::new() };
    let is_stored = |mount: &fstab::Mount| {
        let is_started =
            mount.is_auto() || mount.options.split(',').any(|option| option == "x-systemd.automount");
        mount.target.starts_with('/')
            && !MADE.contains(&mount.kind.as_str())
            && mount.kind != "swap"
            && is_started
    };
    let mounts = fstab::parse(&bytes).into_iter().filter(is_stored);
    let places = mounts
        .map(|mount| Elsewhere { at: HostPath::new(&mount.target), by: format!("{FSTAB}:{}", mount.line) });
    places.filter(|place| place.at != HostPath::new("/")).collect()
}

/// Units of type mount (or automount) that something wants.
fn of_units(files: &Files) -> Vec<Elsewhere> {
    let listed = |path: &str| match files.list(path) {
        Read::There(names) => names.iter().filter_map(|name| name.to_str().map(str::to_owned)).collect(),
        // What can't be listed is told of by whoever asks for units.
        Read::Missing(_) | Read::Hidden(_) => Vec::new(),
    };
    let mut wanted = BTreeSet::new();
    for directory in UNITS_AT_BOOT {
        for name in listed(directory) {
            let kind = name.rsplit_once('.').map(|(_, kind)| kind);
            if matches!(kind, Some("wants" | "requires")) {
                wanted.extend(listed(&format!("{directory}/{name}")));
            }
        }
    }
    let stems = wanted.iter().filter_map(|name| {
        name.strip_suffix(".automount").or_else(|| name.strip_suffix(".mount")).map(str::to_owned)
    });
    let stems: BTreeSet<String> = stems.collect();
    stems.into_iter().filter_map(|stem| of_unit(files, &format!("{stem}.mount"))).collect()
}

fn of_unit(files: &Files, name: &str) -> Option<Elsewhere> {
    let (path, bytes) = UNITS_AT_BOOT.iter().find_map(|directory| {
        let path = format!("{directory}/{name}");
        match files.read(&path) {
            Read::There(bytes) => Some((path, bytes)),
            // One that can't be read is told of by whoever asks for the unit.
            Read::Missing(_) | Read::Hidden(_) => None,
        }
    })?;
    let lines = unit::parse(&bytes);
    let last = |key: &str| {
        let of_key = |line: &&unit::Assignment| &*line.section == "Mount" && line.key == key;
        lines.iter().rev().find(of_key).map(|line| (line.value.as_str(), line.line))
    };
    let (what, (at, line)) = (last("What")?.0, last("Where")?);
    // A device, a label of one, or a share of a server.
    let is_stored = what.starts_with("/dev/") || what.contains(['=', ':']);
    let is_made = last("Type").is_some_and(|(kind, _)| MADE.contains(&kind));
    let is_place = at.starts_with('/') && at.len() > 1;
    (is_stored && !is_made && is_place)
        .then(|| Elsewhere { at: HostPath::new(at), by: format!("{path}:{line}") })
}

fn is_empty(files: &Files, path: &HostPath) -> bool {
    match files.list(path) {
        Read::There(names) => names.is_empty(),
        Read::Missing(_) => true,
        Read::Hidden(_) => false,
    }
}

/// What answers there: nothing is known.
struct Unseen {
    place: Elsewhere,
}

impl Unseen {
    fn tell<T>(&self, path: &HostPath) -> Result<T, HostError> {
        Err(HostError::new(path, HostErrorKind::Elsewhere(self.place.to_string())))
    }
}

impl Tree for Unseen {
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.tell(path)
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.tell(path)
    }

    fn list(&self, path: &HostPath, _limit: usize) -> Result<Vec<DirEntry>, HostError> {
        self.tell(path)
    }

    fn open(
        &self,
        path: &HostPath,
        _limit: u64,
        _known: Option<Kind>,
    ) -> Result<Box<dyn Content>, HostError> {
        self.tell(path)
    }
}
