//! Services of systemd that turn files into kernel state: what keeps one from running at boot.

use crate::fact::Origin;
use crate::host::Files;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

/// What keeps a service from running at boot: a mask, a failed condition, or that nothing starts it. None if
/// it runs, which is also assumed where that can't be told: systemd ships these services started.
pub(in crate::subsystem) fn kept_from_running(subsystems: &Subsystems<'_>, unit: &str) -> Option<Origin> {
    let units = subsystems.units();
    units.masked_by(subsystems, unit).or_else(|| match units.starts(subsystems, unit) {
        Starts::No(origins) => origins.into_iter().next().or_else(|| {
            let path = unit_file(subsystems.host().files(), unit)?;
            Some(Origin::file(path).says("nothing starts it"))
        }),
        Starts::Yes(_) | Starts::Unknown(_) => None,
    })
}

/// Whether the next boot may start a unit; one without a unit file can't be.
pub(in crate::subsystem) fn may_start(subsystems: &Subsystems<'_>, unit: &str) -> bool {
    match subsystems.units().starts(subsystems, unit) {
        Starts::Yes(_) => true,
        Starts::No(_) => false,
        Starts::Unknown(_) => unit_file(subsystems.host().files(), unit).is_some(),
    }
}

fn unit_file(files: &Files, unit: &str) -> Option<String> {
    ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
        .iter()
        .map(|directory| format!("{directory}/{unit}"))
        .find(|path| files.stat(path).legacy().is_ok())
}
