//! Which tree answers for a path at a moment: what a boot empties, makes again or mounts over isn't what is on disk.

use std::cell::OnceCell;

use foldhash::HashMap;

use crate::fact::Moment;
use crate::host::{Files, HostError, HostPath, Read};
use crate::parse::fstab::{self, Mount};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;
use crate::subsystem::tmpfiles::{Tmpfile, is_below, is_memory};
pub use crate::subsystem::tmpfiles::{is_below_memory, real};

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

/// What becomes of a path without links at the next boot: nothing if it stays as it is on disk.
///
/// # Errors
/// Why what is on disk doesn't tell.
pub fn lost_at_boot(subsystems: &Subsystems<'_>, path: &HostPath) -> Result<(), Unavailable> {
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
        if matches!(mount.kind.as_str(), "tmpfs" | "ramfs") {
            in_memory = Some(format!("{} is in memory (/etc/fstab:{})", mount.target, mount.line));
        } else if HostPath::new(&mount.target) == HostPath::new("/tmp")
            && subsystems.host().running().is_none()
        {
            let reason = format!("/etc/fstab:{}: /tmp is on a device of its own", mount.line);
            return Err(Unavailable::Unknown(reason));
        }
    }
    if mounted.is_none_or(|mount| mount.target == "/") && is_below(path, "/tmp") {
        in_memory = in_memory.or(tmp_mount(subsystems).map_err(Unavailable::Unknown)?);
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

/// Whether systemd's own unit puts `/tmp` into memory.
fn tmp_mount(subsystems: &Subsystems<'_>) -> Result<Option<String>, String> {
    let units = subsystems.units();
    let is_unit =
        units.masked_by(subsystems, "tmp.mount").is_none() && units.merged(subsystems, "tmp.mount").is_some();
    match units.starts(subsystems, "tmp.mount") {
        Starts::Yes(_) if is_unit => Ok(Some("/tmp is in memory (tmp.mount)".into())),
        Starts::Unknown(reason) if is_unit => {
            Err(format!("whether /tmp is in memory can't be told: {reason}"))
        }
        _ => Ok(None),
    }
}

/// The files in which a path without links is found at a moment: the running system's where it is in memory, else
/// those on disk.
///
/// # Errors
/// If the next boot makes it again, or nothing runs here.
pub fn files<'h>(
    subsystems: &Subsystems<'h>,
    path: &HostPath,
    moment: Moment,
) -> Result<&'h Files, Unavailable> {
    let disk = subsystems.host().files();
    match (moment, subsystems.host().running()) {
        (Moment::Now, None) => Err(Unavailable::Unknown("nothing is running here".into())),
        (Moment::Now, Some(running)) if is_below_memory(path) => Ok(running.files()),
        (Moment::Now, Some(_)) => Ok(disk),
        (Moment::Boot, _) => lost_at_boot(subsystems, path).map(|()| disk),
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

/// The nearest mount of fstab above a path.
fn mounted<'s>(subsystems: &'s Subsystems<'_>, path: &HostPath) -> Result<Option<&'s Mount>, String> {
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
