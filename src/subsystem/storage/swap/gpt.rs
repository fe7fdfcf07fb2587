//! Swap partitions that nobody configured: systemd-gpt-auto-generator(8) turns on a swap partition on the disk
//! of the root file system, unless fstab has a swap line. Deleting that line, the usual way to get rid of swap,
//! switches this on.

use super::command_line::{is_off, may_know};
use super::fstab::has_swap_line;
use super::generated::{decide, is_installed, runs};
use super::unit_name::of_device;
use super::{Area, Swap};
use crate::fact::{Confidence, Origin};
use crate::host::{HostError, HostErrorKind, Read, Running};
use crate::parse::lines;
use crate::subsystem::Subsystems;

/// The type of swap partitions (Discoverable Partitions Specification).
const SWAP_TYPE: &str = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f";
/// Bit 63 of a partition's attributes: not to be mounted automatically.
const NO_AUTO: u64 = 1 << 63;
const GENERATOR: &str = "systemd-gpt-auto-generator";
/// Root file systems that are on no block device of their own.
const NO_DEVICE: [&str; 9] =
    ["zfs", "nfs", "nfs4", "overlay", "tmpfs", "9p", "virtiofs", "cifs", "glusterfs"];
/// Encryption, logical volumes, and both.
const MAX_LAYERS: usize = 8;

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    match is_installed(subsystems.host().files(), GENERATOR) {
        Ok(true) => {}
        Ok(false) => return,
        Err(gap) => return swap.gaps.push(gap),
    }
    if has_swap_line(subsystems, swap) {
        return;
    }
    let unclear = match is_switched_off(subsystems, swap) {
        Ok(true) => return,
        Ok(false) => None,
        Err(reason) => Some(reason),
    };
    let Some(running) = subsystems.host().running() else {
        let root = swap.mounts.iter().find(|mount| mount.target == "/");
        if root.is_none_or(|root| !NO_DEVICE.contains(&root.kind.as_str())) {
            note(swap, "a directory has no partition table");
        }
        return;
    };
    match partition(running, swap) {
        Ok(Some(area)) => match unclear {
            Some(reason) => swap.doubt(Some(&area.device), reason, None),
            None => activate(subsystems, swap, area),
        },
        Ok(None) => {}
        Err(NotSeen::Unclear(reason)) => note(swap, reason),
        Err(NotSeen::Hidden(error)) => {
            let reason = format!("whether the root's GPT disk has a swap partition can't be told: {error}");
            swap.doubt(None, reason, None);
        }
    }
}

/// Why a partition that systemd would turn on isn't seen.
enum NotSeen {
    /// It can't be looked at.
    Hidden(HostError),
    /// What is there doesn't tell.
    Unclear(&'static str),
}

impl From<HostError> for NotSeen {
    fn from(error: HostError) -> Self {
        NotSeen::Hidden(error)
    }
}

impl From<&'static str> for NotSeen {
    fn from(reason: &'static str) -> Self {
        NotSeen::Unclear(reason)
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

fn activate(subsystems: &Subsystems<'_>, swap: &mut Swap, area: Area) {
    let mask = of_device(&area.device).and_then(|unit| subsystems.units().masked_by(subsystems, &unit));
    // Newer versions name the unit by the disk's sequence number, which no mask knows in advance.
    match mask {
        Some(mask) if may_know(subsystems, 253) => {
            let reason = "whether the mask is for the unit that newer versions of systemd make is not known";
            swap.doubt(Some(&area.device), reason, Some(mask));
        }
        _ => decide(subsystems, swap, area, true),
    }
}

/// # Errors
/// Why that can't be told.
fn is_switched_off(subsystems: &Subsystems<'_>, swap: &mut Swap) -> Result<bool, String> {
    if !runs(subsystems, swap, GENERATOR) {
        return Ok(true);
    }
    // systemd.swap= is heeded by newer versions only: 252 turns the partition on all the same.
    let is_known = subsystems.systemd().version.is_some_and(|version| version >= 254);
    let keys: &[&str] = if is_known { &["systemd.gpt_auto", "systemd.swap"] } else { &["systemd.gpt_auto"] };
    for key in keys {
        if let Some(origins) = is_off(subsystems, swap, key)? {
            swap.off.extend(origins);
            return Ok(true);
        }
    }
    Ok(false)
}

/// The swap partition on the root's disk, as udev knows it (`/run/udev/data`): the one with the lowest number.
fn partition(running: &dyn Running, swap: &mut Swap) -> Result<Option<Area>, NotSeen> {
    let Some(root) = root_device(running)? else { return Ok(None) };
    // Without a partition number the file system fills the whole disk: there is no table.
    let files = running.files();
    let device = files.stat(format!("/sys/dev/block/{root}")).found()?;
    let partition = files.stat(format!("/sys/dev/block/{root}/partition")).found()?;
    if device.is_some() && partition.is_none() {
        return Ok(None);
    }
    let mut found = candidates(running, &root)?.into_iter();
    let Some((_, device, properties)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        swap.notes.push("the root's disk has several swap partitions; the first is turned on".into());
    }
    let origin = Origin::file(format!("/run/udev/data/b{device}"));
    // What blkid doesn't take for swap, swapon doesn't either.
    if !matches!(property(&properties, "ID_FS_TYPE").as_deref(), Some("swap" | "crypto_LUKS")) {
        swap.off.push(origin.says("a swap partition on the root's GPT disk, not formatted as swap"));
        swap.confidence = swap.confidence.min(Confidence::High);
        return Ok(None);
    }
    let name = files.read_link(format!("/sys/dev/block/{device}")).found()?;
    let name = name.and_then(|link| Some(format!("/dev/{}", link.file_name()?.to_str()?)));
    let uuid = || property(&properties, "ID_PART_ENTRY_UUID").map(|uuid| format!("PARTUUID={uuid}"));
    let name = name.or_else(uuid).ok_or("the partition's name is not known")?;
    Ok(Some(Area::new(name, origin.says("a swap partition on the root's GPT disk, which systemd turns on"))))
}

/// The swap partitions of the root's disk by their numbers, with `major:minor` and udev's record.
fn candidates(running: &dyn Running, root: &str) -> Result<Vec<(u32, String, String)>, NotSeen> {
    let disk = udev(running, root)?.and_then(|properties| property(&properties, "ID_PART_ENTRY_DISK"));
    let disk = disk.ok_or("udev doesn't say which disk it is on")?;
    let names = running.files().list("/run/udev/data").found()?;
    let names = names.ok_or("udev's data can't be read")?;
    let mut found = Vec::new();
    for device in names.iter().filter_map(|name| name.to_str()?.strip_prefix('b')) {
        if let Some(properties) = udev(running, device)?.filter(|properties| is_swap(properties, &disk)) {
            let number = property(&properties, "ID_PART_ENTRY_NUMBER");
            let number = number.and_then(|number| number.parse().ok()).unwrap_or(u32::MAX);
            found.push((number, device.to_owned(), properties));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether udev's record is of a swap partition that may be turned on, on this disk.
fn is_swap(properties: &str, disk: &str) -> bool {
    let is = |name: &str, value: &str| property(properties, name).as_deref() == Some(value);
    let flags = property(properties, "ID_PART_ENTRY_FLAGS").unwrap_or_default();
    let flags = u64::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or(0);
    is("ID_PART_ENTRY_DISK", disk)
        && is("ID_PART_ENTRY_SCHEME", "gpt")
        && is("ID_PART_ENTRY_TYPE", SWAP_TYPE)
        && flags & NO_AUTO == 0
}

/// The block device that the root file system is on, as `major:minor`, below encryption and logical volumes;
/// none if it is on none or on several.
fn root_device(running: &dyn Running) -> Result<Option<String>, NotSeen> {
    let files = running.files();
    let mounts = files.read("/proc/self/mountinfo").found()?.ok_or("the mounts can't be read")?;
    // The last mount covers those before it.
    let root = lines(&mounts).filter_map(|(_, line)| root_mount(&line)).last();
    let (mut device, kind, source) = root.ok_or("the root file system is not among the mounts")?;
    if device.starts_with("0:") {
        // btrfs has a number of its own and names one of its devices.
        let name = source.strip_prefix("/dev/").filter(|_| kind == "btrfs");
        let Some(name) = name else { return Ok(None) };
        // A device that is no link has the kernel's own name.
        let target = match files.read_link(format!("/dev/{name}")) {
            Read::There(target) => Some(target),
            Read::Missing(_) | Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => None,
            Read::Hidden(error) => return Err(error.into()),
        };
        let last = target.as_deref().and_then(|target| target.file_name()?.to_str()).unwrap_or(name);
        device = number(running, &format!("/sys/class/block/{last}"))?
            .ok_or("the root file system's device is not known")?;
    }
    for _ in 0..MAX_LAYERS {
        let slaves = files.list(format!("/sys/dev/block/{device}/slaves")).found()?;
        match slaves.as_deref().unwrap_or_default() {
            [] => return Ok(Some(device)),
            [slave] => {
                let path = format!("/sys/dev/block/{device}/slaves/{}", slave.to_string_lossy());
                device = number(running, &path)?.ok_or("the root file system's device is not known")?;
            }
            _ => return Ok(None),
        }
    }
    Err("the root file system is on too many layers of devices".into())
}

/// Number, type and source of the root mount (`proc_pid_mountinfo(5)`).
fn root_mount(line: &str) -> Option<(String, String, String)> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(2);
    let number = before.next()?;
    let mut after = after.split(' ');
    (before.nth(1)? == "/").then_some(())?;
    Some((number.to_owned(), after.next()?.to_owned(), after.next()?.to_owned()))
}

fn number(running: &dyn Running, path: &str) -> Result<Option<String>, HostError> {
    let bytes = running.files().read(format!("{path}/dev")).found()?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()))
}

/// udev's record of a block device, by `major:minor`.
fn udev(running: &dyn Running, device: &str) -> Result<Option<String>, HostError> {
    let bytes = running.files().read(format!("/run/udev/data/b{device}")).found()?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn property(properties: &str, name: &str) -> Option<String> {
    properties
        .lines()
        .find_map(|line| Some(line.strip_prefix("E:")?.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}
