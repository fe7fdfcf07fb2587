//! Swap lines of fstab, as systemd-fstab-generator of 252 and 257 turns them into units.

use std::collections::BTreeSet;

use super::{Area, Swap, kind_of, unit_name};
use crate::fact::{Confidence, Origin};
use crate::format::fstab;
use crate::subsystem::Subsystems;
use crate::subsystem::next_boot::Parameter;
use crate::subsystem::units::Starts;

const FSTAB: &str = "/etc/fstab";

/// Whether fstab has an active line of type swap, even `noauto`: what keeps the GPT generator quiet.
pub(super) fn has_swap_line(subsystems: &Subsystems<'_>) -> bool {
    let bytes = subsystems.host().files().read(FSTAB);
    bytes.is_ok_and(|bytes| fstab::parse(&bytes).iter().any(|mount| mount.kind == "swap"))
}

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let bytes = match subsystems.host().files().read(FSTAB) {
        Ok(bytes) => bytes,
        Err(error) => {
            if !error.is_not_found() {
                swap.gaps.push(error.into());
            }
            return;
        }
    };
    // Only the type counts, letter by letter; a second line for a device is refused.
    let mut seen = BTreeSet::new();
    let lines: Vec<fstab::Mount> = fstab::parse(&bytes)
        .into_iter()
        .filter(|mount| mount.kind == "swap" && seen.insert(unit_name::of_device(&mount.device)))
        .collect();
    if lines.is_empty() {
        return;
    }
    match switched_off(subsystems, swap) {
        Ok(None) => {}
        Ok(Some(origins)) => {
            swap.off.extend(origins);
            return;
        }
        Err(reason) => {
            for line in &lines {
                swap.doubt(Some(&line.device), reason.clone(), Some(place(line)));
            }
            return;
        }
    }
    let target = target(subsystems);
    // A masked unit that swap.target requires cuts the start of its siblings short, in no fixed order.
    let disturbed = lines.iter().find(|line| {
        let unit = unit_name::of_device(&line.device);
        line.is_auto() && !line.has("nofail") && subsystems.units().masked_by(subsystems, &unit).is_some()
    });
    for line in &lines {
        decide(subsystems, swap, line, &target, disturbed);
    }
}

fn decide(
    subsystems: &Subsystems<'_>,
    swap: &mut Swap,
    line: &fstab::Mount,
    target: &Target,
    disturbed: Option<&fstab::Mount>,
) {
    let units = subsystems.units();
    let unit = unit_name::of_device(&line.device);
    if let Some(mask) = units.masked_by(subsystems, &unit) {
        swap.off.push(mask.says(format!("masks {unit}")));
        return;
    }
    let pulled = units.pulled_in_by(subsystems, &unit);
    let origin = pulled.into_iter().next();
    match (line.is_auto(), origin, target) {
        (_, Some(unit), _) if !line.is_auto() => {
            swap.areas.push(area(line, place(line).says(format!("noauto, but pulled in by {unit}"))));
        }
        (false, ..) => swap.off.push(place(line).says("noauto")),
        (true, Some(unit), Target::Off(_)) => {
            swap.areas.push(area(line, place(line).says(format!("pulled in by {unit}"))));
        }
        (true, None, Target::Off(origin)) => swap.off.extend(origin.clone()),
        (true, None, Target::Unknown(reason)) => {
            swap.doubt(Some(&line.device), reason.clone(), Some(place(line)));
        }
        (true, ..) => match disturbed {
            Some(masked) => {
                let reason = format!(
                    "{} is masked, and a masked swap that is required may keep others from starting",
                    unit_name::of_device(&masked.device)
                );
                swap.doubt(Some(&line.device), reason, Some(place(line)));
            }
            None => swap.areas.push(area(line, place(line))),
        },
    }
}

fn area(line: &fstab::Mount, origin: Origin) -> Area {
    Area { device: line.device.clone(), kind: kind_of(&line.device), origin }
}

fn place(line: &fstab::Mount) -> Origin {
    Origin::line(FSTAB, line.line)
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

/// What keeps the generator from looking at swap lines at all: a mask, `fstab=0`, `systemd.swap=0`.
fn switched_off(subsystems: &Subsystems<'_>, swap: &mut Swap) -> Result<Option<Vec<Origin>>, String> {
    if let Some(mask) = masked_generator(subsystems, "systemd-fstab-generator") {
        return Ok(Some(vec![mask]));
    }
    for key in ["fstab", "systemd.swap"] {
        let Parameter { value, confidence, because } = subsystems.next_boot().parameter(key)?;
        // Without a known command line the lines count: nothing says otherwise.
        if value.is_some() {
            swap.confidence = swap.confidence.min(confidence);
        } else {
            swap.confidence = swap.confidence.min(confidence.max(Confidence::High));
        }
        if value.as_deref().is_some_and(is_false) {
            return Ok(Some(because.into_iter().map(|origin| origin.says(format!("{key}=0"))).collect()));
        }
    }
    Ok(None)
}

/// The link to `/dev/null` that masks a generator (systemd.generator(7)).
pub(super) fn masked_generator(subsystems: &Subsystems<'_>, name: &str) -> Option<Origin> {
    let files = subsystems.host().files();
    ["/etc/systemd/system-generators", "/usr/local/lib/systemd/system-generators"].iter().find_map(
        |directory| {
            let path = format!("{directory}/{name}");
            let target = files.read_link(&path).ok()?;
            (target.as_os_str() == "/dev/null").then(|| Origin::file(path).says("masks the generator"))
        },
    )
}

/// `parse_boolean` of systemd; a bare parameter is true.
pub(super) fn is_false(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "0" | "no" | "n" | "false" | "f" | "off")
}
