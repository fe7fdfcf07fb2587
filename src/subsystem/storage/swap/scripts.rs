//! `swapon` in commands and scripts that the boot runs. What else a script does is not known, so that all of
//! this is a rule of thumb.

use super::services::PROGRAMS;
use super::{Area, Swap, fstab, swapon};
use crate::fact::{Confidence, Origin, printable};
use crate::parse::assignments;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::boot_scripts::Topic;

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let lines = &subsystems.boot_scripts().lines;
    for (origin, line) in lines.iter().filter(|(_, line)| line.contains("swapon")) {
        if PROGRAMS.contains(&origin.path.rsplit('/').next().unwrap_or_default()) {
            continue;
        }
        for call in swapon::calls(line) {
            let mut devices = call.devices;
            if call.all {
                devices.extend(fstab::auto(swap));
            }
            for device in devices {
                let device = value_of(&device, origin, lines);
                let says = format!("runs {}", printable(line.trim()));
                let area = Area::new(device, origin.clone().says(says)).at_most(Confidence::Heuristic);
                let note = format!("{origin} runs swapon; what else it does is not known");
                if !swap.areas.iter().any(|known| known.device == area.device) && !swap.notes.contains(&note)
                {
                    swap.notes.push(note);
                }
                swap.add_unchecked(area);
            }
        }
    }
    if let Some(line) = subsystems.boot_scripts().may_write(Topic::SwapOn) {
        swap.doubt(None, line.reason("which swap is on").as_str(), Some(line.origin.clone()));
    }
    swap.changed_by = subsystems.boot_scripts().names(Topic::SwapOff).cloned();
    for gap in &subsystems.boot_scripts().unread {
        swap.doubt(None, format!("it may run swapon: {}", gap.reason), Some(gap.origin.clone()));
    }
}

/// A variable's value, if the same script sets it to a plain word.
fn value_of(device: &str, origin: &Origin, lines: &[(Origin, String)]) -> String {
    let Some(name) = device.strip_prefix('$').map(|name| name.trim_matches(['{', '}'])) else {
        return device.to_owned();
    };
    let mut values =
        lines.iter().rev().filter(|(place, _)| place.path == origin.path).filter_map(|(_, line)| {
            let set = assignments::parse(line.trim().as_bytes()).pop()?;
            (set.name == name && !set.value.is_empty() && !set.value.contains(['$', '`']))
                .then_some(set.value)
        });
    values.next().unwrap_or_else(|| device.to_owned())
}
