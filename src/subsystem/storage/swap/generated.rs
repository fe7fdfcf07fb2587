//! Swap units that generators make: `swap.target` pulls them in, masks and other units change that.

use super::unit_name::of_device;
use super::{Area, Swap};
use crate::fact::Origin;
use crate::host::Files;
use crate::parse::systemd::conf_paths;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

/// Decides about an area whose unit a generator makes; `auto` says that `swap.target` is to pull it in.
pub(super) fn decide(subsystems: &Subsystems<'_>, swap: &mut Swap, area: Area, auto: bool) {
    let Some(unit) = of_device(&area.device) else {
        swap.off.push(area.origin.says("is no path that a unit can be made of"));
        return;
    };
    let units = subsystems.units();
    if let Some(mask) = units.masked_by(subsystems, &unit) {
        swap.off.push(mask.says(format!("masks {unit}")));
        return;
    }
    let origin = area.origin.clone();
    if let Some(puller) = units.wanted_by(subsystems, &unit).into_iter().next() {
        let says = if auto { "pulled in by" } else { "noauto, but pulled in by" };
        let origin = if auto { origin } else { origin.says(format!("{says} {puller}")) };
        return swap.add(subsystems, Area { origin, ..area });
    }
    if !auto {
        swap.off.push(origin.says("noauto"));
        return;
    }
    match (target(subsystems), swap.target_doubt.clone()) {
        (Target::Off(place), _) => swap.off.extend(place.or(Some(origin))),
        (Target::Unknown(reason), _) | (Target::On, Some(reason)) => {
            swap.doubt(Some(&area.device), reason, Some(origin));
        }
        (Target::On, None) => swap.add(subsystems, area),
    }
}

/// Whether the next boot reaches `swap.target`.
enum Target {
    On,
    Off(Option<Origin>),
    Unknown(String),
}

fn target(subsystems: &Subsystems<'_>) -> Target {
    const TARGET: &str = "swap.target";
    if let Some(mask) = subsystems.units().masked_by(subsystems, TARGET) {
        return Target::Off(Some(mask.says("masks swap.target")));
    }
    match subsystems.units().starts(subsystems, TARGET) {
        Starts::No(origins) if !origins.is_empty() => Target::Off(origins.into_iter().next()),
        // A tree without systemd's own units: every boot of a full system reaches the target.
        _ if subsystems.units().merged(subsystems, TARGET).is_none() => Target::On,
        Starts::Yes(_) | Starts::No(_) => Target::On,
        Starts::Unknown(reason) => Target::Unknown(reason),
    }
}

/// Whether a generator is installed.
pub(super) fn is_installed(files: &Files, name: &str) -> bool {
    conf_paths("systemd/system-generators").iter().any(|directory| {
        let path = format!("{directory}/{name}");
        files.stat(path).legacy().is_ok_and(|found| found.kind == crate::host::Kind::File)
    })
}

/// The link to `/dev/null` or the empty file that masks a generator.
pub(super) fn masked(subsystems: &Subsystems<'_>, name: &str) -> Option<Origin> {
    let files = subsystems.host().files();
    // Those of packages are above no other.
    let [etc, local, ..] = conf_paths("systemd/system-generators");
    [etc, local].iter().find_map(|directory| {
        let path = format!("{directory}/{name}");
        let is_null = files.read_link(&path).legacy().is_ok_and(|target| target.as_os_str() == "/dev/null");
        let is_empty =
            || files.stat(&path).legacy().is_ok_and(|f| f.kind == crate::host::Kind::File && f.size == 0);
        (is_null || is_empty()).then(|| Origin::file(path).says("masks the generator"))
    })
}
