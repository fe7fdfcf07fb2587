//! Swap partitions that nobody configured: systemd-gpt-auto-generator(8) turns on a swap partition on the disk
//! of the root file system, unless fstab has a swap line. Deleting that line, the usual way to get rid of swap,
//! switches this on.

use super::fstab::{has_swap_line, is_false, masked_generator};
use super::{Area, Swap};
use crate::fact::{Confidence, Origin};
use crate::host::Running;
use crate::subsystem::Subsystems;

/// The type of swap partitions (Discoverable Partitions Specification).
const SWAP_TYPE: &str = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f";
/// Bit 63 of a partition's attributes: not to be mounted automatically.
const NO_AUTO: u64 = 1 << 63;
const GENERATOR: &str = "/usr/lib/systemd/system-generators/systemd-gpt-auto-generator";

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    if has_swap_line(subsystems) || is_switched_off(subsystems, swap) {
        return;
    }
    let Some(running) = subsystems.host().running() else {
        note(swap, "a directory has no partition table");
        return;
    };
    match partitions(running) {
        Ok(found) => swap.areas.extend(found),
        Err(reason) => note(swap, reason),
    }
}

fn note(swap: &mut Swap, reason: &str) {
    if swap.areas.is_empty() && swap.doubts.is_empty() {
        swap.confidence = swap.confidence.min(Confidence::High);
        swap.notes.push(format!(
            "a swap partition on the root file system's GPT disk would be turned on without configuration; {reason}"
        ));
    }
}

fn is_switched_off(subsystems: &Subsystems<'_>, swap: &mut Swap) -> bool {
    if subsystems.host().files().stat(GENERATOR).is_err() {
        return true;
    }
    if let Some(mask) = masked_generator(subsystems, "systemd-gpt-auto-generator") {
        swap.off.push(mask);
        return true;
    }
    // systemd.swap= is heeded by newer versions only: 257 does, 252 doesn't.
    let heeds_swap = subsystems.systemd().version.is_some_and(|version| version >= 257);
    let keys: &[&str] =
        if heeds_swap { &["systemd.gpt_auto", "systemd.swap"] } else { &["systemd.gpt_auto"] };
    keys.iter().any(|key| {
        let parameter = subsystems.next_boot().parameter(key);
        parameter.is_ok_and(|parameter| parameter.value.as_deref().is_some_and(is_false))
    })
}

/// Swap partitions on the root's disk, as udev knows them (`/run/udev/data`).
fn partitions(running: &dyn Running) -> Result<Vec<Area>, &'static str> {
    let files = running.files();
    let mounts = files.read("/proc/self/mountinfo").map_err(|_| "the mounts can't be read")?;
    let root = crate::format::lines(&mounts).find_map(|(_, line)| {
        let words: Vec<&str> = line.split(' ').collect();
        (words.get(4) == Some(&"/")).then(|| words[2].to_owned())
    });
    let root = root.ok_or("the root file system is not among the mounts")?;
    if root.starts_with("0:") {
        return Err("the root file system is not on a plain block device");
    }
    // Without a partition number the file system fills the whole disk: there is no table.
    if files.stat(format!("/sys/dev/block/{root}")).is_ok()
        && files.stat(format!("/sys/dev/block/{root}/partition")).is_err()
    {
        return Ok(Vec::new());
    }
    let disk = udev(running, &root).and_then(|properties| property(&properties, "ID_PART_ENTRY_DISK"));
    let disk = disk.ok_or("udev doesn't say which disk it is on")?;
    let names = files.list("/run/udev/data").map_err(|_| "udev's data can't be read")?;
    let mut found = Vec::new();
    for device in names.iter().filter_map(|name| name.to_str()?.strip_prefix('b')) {
        let Some(properties) = udev(running, device) else { continue };
        let is = |name: &str, value: &str| property(&properties, name).as_deref() == Some(value);
        if !is("ID_PART_ENTRY_DISK", &disk)
            || !is("ID_PART_ENTRY_SCHEME", "gpt")
            || !is("ID_PART_ENTRY_TYPE", SWAP_TYPE)
        {
            continue;
        }
        let flags = property(&properties, "ID_PART_ENTRY_FLAGS").unwrap_or_default();
        let flags = u64::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or(0);
        if flags & NO_AUTO == 0 {
            let uuid = property(&properties, "ID_PART_ENTRY_UUID").unwrap_or_else(|| device.to_owned());
            found.push(Area {
                device: format!("/dev/disk/by-partuuid/{uuid}"),
                kind: "partition",
                origin: Origin::file(format!("/run/udev/data/b{device}"))
                    .says("a swap partition on the root's GPT disk"),
            });
        }
    }
    Ok(found)
}

/// udev's record of a block device, by `major:minor`.
fn udev(running: &dyn Running, device: &str) -> Option<String> {
    let bytes = running.files().read(format!("/run/udev/data/b{device}")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn property(properties: &str, name: &str) -> Option<String> {
    properties
        .lines()
        .find_map(|line| Some(line.strip_prefix("E:")?.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}
