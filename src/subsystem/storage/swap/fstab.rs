//! Swap lines of fstab, as systemd-fstab-generator turns them into units (measured with systemd 252 and 257).

use std::collections::BTreeSet;

use super::command_line::{extra, is_off, may_know};
use super::generated::{decide, runs};
use super::unit_name::of_device;
use super::{Area, MAX_AREAS, Swap};
use crate::fact::Origin;
use crate::parse::fstab::Mount;
use crate::subsystem::Subsystems;

pub(super) const FSTAB: &str = "/etc/fstab";

/// Whether fstab has an active line of type swap, even `noauto`: what keeps the GPT generator quiet. Since
/// systemd 254 a file that `fstab=0` switches off counts as empty.
pub(super) fn has_swap_line(subsystems: &Subsystems<'_>, swap: &mut Swap) -> bool {
    let ignored = may_know(subsystems, 254) && matches!(is_off(subsystems, swap, "fstab"), Ok(Some(_)));
    !ignored && swap.mounts.iter().any(|mount| mount.kind == "swap")
}

/// The devices that `swapon -a` turns on (swapon(8)): masks and the command line don't matter to it.
pub(super) fn auto(swap: &Swap) -> Vec<String> {
    let swaps = swap.mounts.iter().filter(|mount| mount.kind == "swap" && mount.is_auto());
    swaps.map(|mount| mount.device.clone()).take(MAX_AREAS).collect()
}

/// Lines for the same device again count only once; more than these are nobody's configuration.
const MAX_LINES: usize = 4 * MAX_AREAS;

/// A swap that the generator sees, and its place.
struct Entry {
    mount: Mount,
    origin: Origin,
}

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let entries = entries(subsystems, swap);
    if entries.is_empty() {
        return;
    }
    if !runs(subsystems, swap, "systemd-fstab-generator") {
        return;
    }
    if may_know(subsystems, 246) {
        match is_off(subsystems, swap, "systemd.swap") {
            Ok(None) => {}
            Ok(Some(origins)) => return swap.off.extend(origins),
            Err(reason) => {
                for Entry { mount, origin } in entries {
                    swap.doubt(Some(&mount.device), reason.clone(), Some(origin));
                }
                return;
            }
        }
    }
    // A masked unit that swap.target requires cuts the start of its siblings short, in no fixed order.
    let required = |entry: &&Entry| entry.mount.is_auto() && !entry.mount.may_fail();
    let disturbing = entries.iter().filter(required).find_map(|entry| {
        let unit = of_device(&entry.mount.device)?;
        subsystems.units().masked_by(subsystems, &unit).map(|_| unit)
    });
    swap.target_doubt = disturbing.map(|unit| {
        format!("{unit} is masked, and a masked swap that is required may keep others from starting")
    });
    for Entry { mount, origin } in entries {
        decide(subsystems, swap, Area::new(mount.device.as_str(), origin), mount.is_auto());
    }
}

/// What the generator sees: of several lines for a device the first, then the command line. Only the type
/// counts, letter by letter.
fn entries(subsystems: &Subsystems<'_>, swap: &mut Swap) -> Vec<Entry> {
    let swaps = swap.mounts.iter().filter(|mount| mount.kind == "swap");
    let mut mounts: Vec<Mount> = swaps.take(MAX_LINES + 1).cloned().collect();
    if let Some(more) = mounts.get(MAX_LINES) {
        let origin = Origin::line(FSTAB, more.line);
        swap.too_many(origin);
        mounts.truncate(MAX_LINES);
    }
    let mut entries: Vec<Entry> = Vec::new();
    if !mounts.is_empty() {
        match is_off(subsystems, swap, "fstab") {
            Ok(Some(origins)) => swap.off.extend(origins),
            Err(reason) => {
                for mount in &mounts {
                    let origin = Origin::line(FSTAB, mount.line);
                    swap.doubt(Some(&mount.device), reason.clone(), Some(origin));
                }
            }
            Ok(None) => entries.extend(mounts.into_iter().map(|mount| {
                let origin = Origin::line(FSTAB, mount.line);
                Entry { mount, origin }
            })),
        }
    }
    entries.extend(extra(subsystems).into_iter().map(|(device, options, origin)| {
        let mount = Mount { device, target: "none".into(), kind: "swap".into(), options, line: 0 };
        Entry { mount, origin }
    }));
    let mut seen = BTreeSet::new();
    entries.retain(|entry| seen.insert(of_device(&entry.mount.device)));
    if let Some(first) = entries.get(MAX_AREAS) {
        swap.too_many(first.origin.clone());
        entries.truncate(MAX_AREAS);
    }
    entries
}
