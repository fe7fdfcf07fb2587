//! Devices by their names: which names are of one device, and which devices are not there.

use std::path::{Component, Path, PathBuf};

use super::unit_name::node;
use crate::format::lines;
use crate::host::Running;
use crate::subsystem::Subsystems;

/// udev's links are one hop long; device-mapper's, too.
const MOST_HOPS: usize = 8;

/// Whether two names are of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Yes,
    No,
    Unclear,
}

/// What a name is, as far as the name tells.
#[derive(PartialEq)]
enum Class<'a> {
    /// `/dev/sda2`: the kernel's own name, of which every device has one.
    Kernel,
    /// `/dev/disk/by-uuid/...`, `/dev/mapper/...`: a link in this directory.
    Link(&'a str),
    /// `/swapfile`.
    File,
    /// `$SWAPFILE`.
    Other,
}

/// `partition`, `file` or `zram`, as the name tells.
pub(super) fn kind_of(device: &str) -> &'static str {
    match class(&node(device)) {
        Class::Kernel if is_zram(device) => "zram",
        Class::File => "file",
        _ => "partition",
    }
}

/// Whether two names, as fstab writes them, are of one device. Links of the running system are followed.
pub(super) fn compare(running: Option<&dyn Running>, one: &str, other: &str) -> Same {
    let (one, other) = (resolve(running, one), resolve(running, other));
    if one == other {
        return Same::Yes;
    }
    let there = |path: &str| match running {
        Some(running) if path.starts_with("/dev/") => is_there(running, path),
        _ => None,
    };
    if there(&one) == Some(false) || there(&other) == Some(false) {
        return Same::No;
    }
    match (class(&one), class(&other)) {
        (Class::Other, _) | (_, Class::Other) => Same::Unclear,
        (Class::File, _) | (_, Class::File) | (Class::Kernel, Class::Kernel) => Same::No,
        // A device has one UUID and one label, and each mapping is a device of its own.
        (Class::Link(here), Class::Link(there))
            if here == there && !matches!(here, "/dev/disk/by-id" | "/dev/disk/by-path") =>
        {
            Same::No
        }
        _ if is_zram(&one) || is_zram(&other) => Same::No,
        _ => Same::Unclear,
    }
}

/// Says that a device or file isn't there now and that nothing known makes it at boot. Only a running
/// system can tell: an image is made for disks that it doesn't hold.
pub(super) fn missing(subsystems: &Subsystems<'_>, device: &str) -> Option<String> {
    let running = subsystems.host().running()?;
    let path = node(device);
    match class(&path) {
        Class::File => {
            let file = subsystems.host().files().lstat(path.as_ref());
            file.is_err_and(|error| error.is_not_found()).then(|| format!("{path} isn't there"))
        }
        Class::Kernel | Class::Link(_) if is_zram(&path) || may_be_mapped(subsystems, &path) => None,
        Class::Kernel | Class::Link(_) => {
            (is_there(running, &path) == Some(false)).then(|| format!("there is no device {path}"))
        }
        Class::Other => None,
    }
}

/// Encrypted and logical volumes may be closed now and are opened at boot.
fn may_be_mapped(subsystems: &Subsystems<'_>, path: &str) -> bool {
    let files = subsystems.host().files();
    let has_line = |bytes: &[u8]| {
        lines(bytes).any(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    };
    let crypttab = match files.read("/etc/crypttab") {
        Ok(bytes) => has_line(&bytes),
        Err(error) => !error.is_not_found(),
    };
    let has_volumes = || files.list("/etc/lvm/backup").is_ok_and(|names| !names.is_empty());
    let is_plain = match class(path) {
        Class::Kernel => true,
        Class::Link(directory) => directory.starts_with("/dev/disk/by-part"),
        _ => false,
    };
    !is_plain && (crypttab || has_volumes() || !path.starts_with("/dev/disk/"))
}

/// Whether a device is there, where the running system's directories tell.
fn is_there(running: &dyn Running, path: &str) -> Option<bool> {
    let files = running.files();
    let (directory, name) = path.rsplit_once('/')?;
    let listing = match class(path) {
        Class::Kernel => "/sys/class/block",
        Class::Link(_) => directory,
        _ => return None,
    };
    let names = files.list(listing).ok().filter(|names| !names.is_empty())?;
    Some(names.iter().any(|known| known.to_str() == Some(name)))
}

/// The kernel's name of a device, as far as links of the running system lead to it.
fn resolve(running: Option<&dyn Running>, device: &str) -> String {
    let mut path = PathBuf::from(node(device).as_ref());
    if !path.starts_with("/dev") {
        return normal(&path).to_string_lossy().into_owned();
    }
    for _ in 0..MOST_HOPS {
        let Some(target) = running.and_then(|running| running.files().read_link(&path).ok()) else { break };
        path = path.parent().unwrap_or(Path::new("/")).join(target);
        path = normal(&path);
    }
    normal(&path).to_string_lossy().into_owned()
}

/// Without `.`, `..` and double slashes. Relative paths stay relative: they name no device.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

fn class(path: &str) -> Class<'_> {
    if path.contains(['$', '`']) || !path.starts_with('/') {
        return Class::Other;
    }
    match path.strip_prefix("/dev/") {
        None => Class::File,
        Some(name) if !name.contains('/') => Class::Kernel,
        Some(_) => Class::Link(path.rsplit_once('/').map_or(path, |(directory, _)| directory)),
    }
}

fn is_zram(path: &str) -> bool {
    path.strip_prefix("/dev/zram")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_devices_apart_where_they_can() {
        for (one, other, expected) in [
            ("/dev/sda2", "/dev//sda2", Same::Yes),
            ("UUID=a", "/dev/disk/by-uuid/a", Same::Yes),
            ("/dev/sda2", "/dev/sda3", Same::No),
            ("/dev/sda2", "UUID=a", Same::Unclear),
            ("UUID=a", "UUID=b", Same::No),
            ("UUID=a", "LABEL=b", Same::Unclear),
            ("/swapfile", "/dev/sda2", Same::No),
            ("/swapfile", "/swap/../swapfile", Same::Yes),
            ("/dev/zram0", "UUID=a", Same::No),
            ("/dev/mapper/vg-swap", "/dev/dm-1", Same::Unclear),
            ("$SWAP", "/dev/sda2", Same::Unclear),
        ] {
            assert_eq!(compare(None, one, other), expected, "{one} {other}");
            assert_eq!(compare(None, other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn the_kind_is_told_by_the_name() {
        for (device, kind) in [
            ("/dev/zram0", "zram"),
            ("/swap.img", "file"),
            ("UUID=a", "partition"),
            ("/dev/mapper/vg-swap", "partition"),
        ] {
            assert_eq!(kind_of(device), kind, "{device}");
        }
    }
}
