//! Swap units that generators make: `swap.target` pulls them in, masks and other units change that.

use super::unit_name::of_device;
use super::{Area, Swap};
use crate::fact::Origin;
use crate::host::{Files, Kind, Read};
use crate::parse::systemd::conf_paths;
use crate::subsystem::systemd::units::Starts;
use crate::subsystem::{Subsystems, Unreadable};

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
    if let Some(condition) = condition(subsystems, swap, &unit) {
        let reason = format!("{condition}: {unit} starts only if a condition holds");
        return swap.doubt(Some(&area.device), reason, Some(condition));
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
///
/// # Errors
/// That it isn't seen, and may be where nobody may look.
pub(super) fn is_installed(files: &Files, name: &str) -> Result<bool, Unreadable> {
    let mut hidden = None;
    for directory in conf_paths("systemd/system-generators") {
        match files.stat(format!("{directory}/{name}")) {
            Read::There(found) if found.kind == Kind::File => return Ok(true),
            Read::There(_) | Read::Missing(_) => {}
            Read::Hidden(error) => hidden = Some(error),
        }
    }
    hidden.map_or(Ok(false), |error| Err(error.into()))
}

/// Whether a generator is not masked; swap that it would turn on stays off otherwise, or its mask is a gap.
pub(super) fn runs(subsystems: &Subsystems<'_>, swap: &mut Swap, generator: &str) -> bool {
    match masked(subsystems, generator) {
        Ok(None) => return true,
        Ok(Some(mask)) => swap.off.push(mask),
        Err(gap) => swap.gaps.push(gap),
    }
    false
}

/// The link to `/dev/null` or the empty file that masks a generator.
///
/// # Errors
/// That there may be one, and it can't be looked at.
fn masked(subsystems: &Subsystems<'_>, name: &str) -> Result<Option<Origin>, Unreadable> {
    let files = subsystems.host().files();
    // An administrator masks in the directories above the vendor's (systemd.generator(7)); `/run` is empty at boot.
    for directory in conf_paths("systemd/system-generators").iter().take(2) {
        let path = format!("{directory}/{name}");
        let is_link = files.lstat(&path).found()?.is_some_and(|found| found.kind == Kind::Link);
        let is_null =
            is_link && files.read_link(&path).found()?.is_some_and(|to| to.as_os_str() == "/dev/null");
        // A link into the void masks nothing: the generator below it runs.
        let is_empty = !is_null
            && files.stat(&path).found()?.is_some_and(|found| found.kind == Kind::File && found.size == 0);
        if is_null || is_empty {
            return Ok(Some(Origin::file(path).says("masks the generator")));
        }
    }
    Ok(None)
}

/// A condition that a drop-in adds to the unit that a generator makes: `dev-sda2.swap.d`, or `swap.d` for all.
fn condition(subsystems: &Subsystems<'_>, swap: &mut Swap, unit: &str) -> Option<Origin> {
    let drop_ins = subsystems.units().drop_ins_only(subsystems, unit);
    swap.gaps.extend(drop_ins.gaps.iter().cloned());
    let mut conditions = drop_ins.settings.iter().filter(|setting| {
        setting.section.as_ref() == "Unit"
            && (setting.key.starts_with("Condition") || setting.key.starts_with("Assert"))
    });
    let last = conditions.next_back()?;
    Some(last.origin().says(format!("{}={}", last.key, last.value)))
}
