//! Which tree answers for a path at a moment: what a boot empties, makes again or mounts over isn't what is on disk.

use crate::fact::{Moment, Reason};
use crate::host::{Files, HostPath};
use crate::subsystem::Subsystems;
use crate::subsystem::early_boot::lost_before_services;
pub use crate::subsystem::early_boot::{Unavailable, is_below_memory, real};
use crate::subsystem::systemd::units::Starts;

/// What becomes of a path without links at the next boot: nothing if it stays as it is on disk.
///
/// # Errors
/// Why what is on disk doesn't tell.
pub fn lost_at_boot(subsystems: &Subsystems<'_>, path: &HostPath) -> Result<(), Unavailable> {
    lost_before_services(subsystems, path, || tmp_mount(subsystems))
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
        (Moment::Now, None) => Err(Unavailable::Unknown(Reason::not_running().to_string())),
        (Moment::Now, Some(running)) if is_below_memory(path) => Ok(running.files()),
        (Moment::Now, Some(_)) => Ok(disk),
        (Moment::NextBoot, _) => lost_at_boot(subsystems, path).map(|()| disk),
    }
}
