//! What a boot makes of paths before any service runs: file systems in memory, mounts of fstab, and what tmpfiles.d(5) makes,
//! empties or removes.

use std::cell::OnceCell;

use foldhash::HashMap;

use crate::host::{Files, HostError, HostPath, Read};
use crate::parse::fstab::{self, Mount};
use crate::subsystem::tmpfiles::Tmpfile;
use crate::subsystem::{Subsystems, Unreadable};

/// File systems in memory that the kernel and PID 1 mount (file-hierarchy(7)).
const IN_MEMORY: [&str; 4] = ["/run", "/proc", "/sys", "/dev"];

/// Whether a path without links is below a file system that every boot makes again. The mount points
/// themselves are on disk.
#[must_use]
pub fn is_below_memory(path: &HostPath) -> bool {
    IN_MEMORY.iter().any(|directory| is_below(path, directory))
}

/// Whether a path as it is written is below such a file system; links are not followed but for `/var/run`.
#[must_use]
pub fn names_memory(path: &str) -> bool {
    let path = path.strip_prefix("/var").filter(|rest| rest.starts_with("/run/")).unwrap_or(path);
    is_below_memory(&HostPath::new(path))
}

/// Whether a path is one of those file systems itself.
#[must_use]
pub fn is_memory(path: &HostPath) -> bool {
    IN_MEMORY.iter().any(|directory| path.as_path() == std::path::Path::new(directory))
}

/// Whether a path is below a directory.
#[must_use]
pub fn is_below(path: &HostPath, directory: &str) -> bool {
    let rest = path.as_path().as_os_str().as_encoded_bytes().strip_prefix(directory.as_bytes());
    rest.is_some_and(|rest| directory == "/" && !rest.is_empty() || rest.starts_with(b"/") && rest.len() > 1)
}

/// A path without links. Every boot makes `/var/run` a link to `/run`, where nothing else has the name
/// (tmpfiles.d `var.conf`).
#[must_use]
pub fn real(files: &Files, path: &HostPath) -> HostPath {
    match path.as_path().strip_prefix("/var/run") {
        Ok(rest) if matches!(files.lstat("/var/run"), crate::host::Read::Missing(_)) => {
            files.real_path(HostPath::new("/run").join(rest))
        }
        _ => files.real_path(path),
    }
}

/// Whether the file at a path is a link to what every boot makes again: what its reader will find there can't be told.
#[must_use]
pub fn leads_to_memory(files: &Files, path: &HostPath) -> Option<Unreadable> {
    let end = real(files, path);
    (end != *path && !is_below_memory(path) && is_below_memory(&end)).then(|| Unreadable {
        origin: crate::fact::Origin::file(path).says(format!("leads to {end}")),
        reason: format!("{path} leads to {end}, which is made anew at boot"),
    })
}

/// Why the files of a path can't be looked at for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// The next boot removes what is there, and nothing is known to make it again.
    Lost(String),
    /// It is below `/run`, which begins empty, and tmpfiles.d makes nothing there: only a service may.
    InMemory(String),
    /// The kernel, udev, systemd-tmpfiles or a service makes it during the boot: what it makes can't be told.
    Remade(String),
    /// It can't be told which files they are.
    Unknown(String),
}

impl Unavailable {
    /// In words.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Unavailable::Lost(why)
            | Unavailable::InMemory(why)
            | Unavailable::Remade(why)
            | Unavailable::Unknown(why) => why,
        }
    }
}

/// What becomes of a path without links before services start: nothing if it stays as it is on disk. `tmp` says why `/tmp` is
/// in memory where fstab has no line for it.
///
/// # Errors
/// Why what is on disk doesn't tell.
pub fn lost_before_services(
    subsystems: &Subsystems<'_>,
    path: &HostPath,
    tmp: impl FnOnce() -> Result<Option<String>, String>,
) -> Result<(), Unavailable> {
    if is_below_memory(path) {
        let why = format!("{path} is made anew at boot");
        let is_empty = || subsystems.tmpfiles().of(path) == Tmpfile::Stays;
        let only_services = is_below(path, "/run") && is_empty();
        return Err(if only_services { Unavailable::InMemory(why) } else { Unavailable::Remade(why) });
    }
    // PID 1 needs the mount points before it can do anything to what is below them.
    if is_memory(path) {
        return Ok(());
    }
    let mounted = mounted(subsystems, path).map_err(Unavailable::Unknown)?;
    let mut in_memory = None;
    if let Some(mount) = mounted {
        if is_in_memory(mount) {
            in_memory = Some(format!("{} is in memory (/etc/fstab:{})", mount.target, mount.line));
        } else if HostPath::new(&mount.target) == HostPath::new("/tmp")
            && subsystems.host().running().is_none()
        {
            let reason = format!("/etc/fstab:{}: /tmp is on a device of its own", mount.line);
            return Err(Unavailable::Unknown(reason));
        }
    }
    if mounted.is_none_or(|mount| mount.target == "/") && is_below(path, "/tmp") {
        in_memory = in_memory.or(tmp().map_err(Unavailable::Unknown)?);
    }
    let tmpfile = subsystems.tmpfiles().of(path);
    if let Some(why) = in_memory {
        return Err(match tmpfile {
            Tmpfile::Made(made) | Tmpfile::Replaced(made) => Unavailable::Remade(made),
            Tmpfile::Unknown(reason) => Unavailable::Unknown(reason),
            Tmpfile::Stays | Tmpfile::Removed(_) => Unavailable::Lost(why),
        });
    }
    // What isn't there can't be emptied; what is there isn't made.
    let is_there = || !matches!(subsystems.host().files().stat(path), Read::Missing(_));
    match tmpfile {
        Tmpfile::Stays => Ok(()),
        Tmpfile::Removed(_) | Tmpfile::Unknown(_) if !is_there() => Ok(()),
        Tmpfile::Made(_) if is_there() => Ok(()),
        Tmpfile::Removed(why) => Err(Unavailable::Lost(why)),
        Tmpfile::Made(why) | Tmpfile::Replaced(why) => Err(Unavailable::Remade(why)),
        Tmpfile::Unknown(reason) => Err(Unavailable::Unknown(reason)),
    }
}

/// The mounts of `/etc/fstab` that a boot makes, by their directory: of several for one place the last is on top.
#[derive(Debug)]
pub struct Fstab {
    mounts: Vec<Mount>,
    by_target: HashMap<HostPath, usize>,
    hidden: Option<HostError>,
}

/// What `/etc/fstab` says, parsed once.
#[derive(Debug, Default)]
pub struct Mounts(OnceCell<Fstab>);

impl Mounts {
    pub(in crate::subsystem) fn get(&self, subsystems: &Subsystems<'_>) -> &Fstab {
        self.0.get_or_init(|| {
            let (bytes, hidden) = match subsystems.host().files().read("/etc/fstab") {
                Read::There(bytes) => (Some(bytes), None),
                Read::Missing(_) => (None, None),
                Read::Hidden(error) => (None, Some(error)),
            };
            let mut mounts = bytes.map(|bytes| fstab::parse(&bytes)).unwrap_or_default();
            mounts.retain(|mount| mount.kind != "swap" && mount.target.starts_with('/'));
            let targets = mounts.iter().enumerate();
            let by_target = targets.map(|(at, mount)| (HostPath::new(&mount.target), at)).collect();
            Fstab { mounts, by_target, hidden }
        })
    }
}

impl Fstab {
    /// The last line that mounts something at a directory.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn at(&self, directory: &HostPath) -> Result<Option<&Mount>, HostError> {
        match &self.hidden {
            Some(error) => Err(error.clone()),
            None => Ok(self.by_target.get(directory).map(|at| &self.mounts[*at])),
        }
    }
}

/// Whether a mount of fstab is a file system in memory.
#[must_use]
pub fn is_in_memory(mount: &Mount) -> bool {
    matches!(mount.kind.as_str(), "tmpfs" | "ramfs")
}

/// The nearest mount of fstab above a path.
///
/// # Errors
/// That fstab can't be read.
pub fn mounted<'s>(subsystems: &'s Subsystems<'_>, path: &HostPath) -> Result<Option<&'s Mount>, String> {
    let fstab = subsystems.fstab();
    for directory in path.as_path().ancestors().skip(1) {
        match fstab.at(&HostPath::new(directory)) {
            Ok(Some(mount)) if mount.is_auto() => return Ok(Some(mount)),
            Ok(_) => {}
            Err(error) => return Err(format!("whether {path} is in memory can't be told: {error}")),
        }
    }
    Ok(None)
}
