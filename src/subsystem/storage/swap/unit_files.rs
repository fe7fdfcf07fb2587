//! `*.swap` units that are files: they start if the graph of units reaches them.

use foldhash::HashSet;

use super::unit_name::{device_of, of_device};
use super::{Area, Swap};
use crate::fact::Origin;
use crate::parse::systemd::UNITS_AT_BOOT;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let files = subsystems.host().files();
    let mut seen: HashSet<String> = HashSet::default();
    for directory in files.distinct(UNITS_AT_BOOT) {
        let Some(names) = files.list(directory).or_hidden(&mut swap.gaps) else { continue };
        for name in names.iter().filter_map(|name| name.to_str()) {
            if name.strip_suffix(".swap").is_some() && seen.insert(name.to_owned()) {
                unit(subsystems, swap, name, &format!("{directory}/{name}"));
            }
        }
    }
}

fn unit(subsystems: &Subsystems<'_>, swap: &mut Swap, name: &str, path: &str) {
    let Some(unit) = subsystems.units().merged(subsystems, name) else { return };
    let what = unit.last("Swap", "What").map(|what| what.value.clone()).filter(|what| !what.is_empty());
    let device = what.unwrap_or_else(|| device_of(name));
    let origin = Origin::file(path);
    if of_device(&device).is_none_or(|expected| expected != unit.name) {
        swap.off.push(origin.says(format!("is refused: its name is not that of {device}")));
        return;
    }
    match (subsystems.units().starts(subsystems, name), swap.target_doubt.clone()) {
        (Starts::Yes(_), None) => swap.add(subsystems, Area::new(device, origin)),
        (Starts::Yes(_), Some(reason)) | (Starts::Unknown(reason), _) => {
            swap.doubt(Some(&device), reason, Some(origin));
        }
        (Starts::No(origins), _) => swap.off.extend(origins),
    }
}
