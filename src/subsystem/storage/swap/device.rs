//! Devices by their names: which names are of one device, and which devices are not there.

use std::path::{Component, Path, PathBuf};

use super::unit_name::node;
use crate::host::{Host, HostError, HostErrorKind, Read, Running, Source};
use crate::parse::fstab::Mount;
use crate::parse::lines;

/// udev's links are one hop long; device-mapper's, too.
const MAX_HOPS: usize = 8;

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
pub(super) fn compare(host: &Host, one: &str, other: &str) -> Same {
    let (one, other) = (resolve(host.running(), one), resolve(host.running(), other));
    let is_hidden = one.is_hidden || other.is_hidden;
    let (one, other) = (one.path, other.path);
    if one == other {
        return Same::Yes;
    }
    if is_hidden {
        return Same::Unclear;
    }
    if is_there(host, &one) == Some(false) || is_there(host, &other) == Some(false) {
        return Same::No;
    }
    compare_names(&one, &other)
}

/// Whether two names without links are of one device, as far as the names tell.
fn compare_names(one: &str, other: &str) -> Same {
    match (class(one), class(other)) {
        (Class::Other, _) | (_, Class::Other) => Same::Unclear,
        (Class::File, _) | (_, Class::File) | (Class::Kernel, Class::Kernel) => Same::No,
        // A device has one UUID and one label, and each mapping is a device of its own.
        (Class::Link(here), Class::Link(there))
            if here == there && !matches!(here, "/dev/disk/by-id" | "/dev/disk/by-path") =>
        {
            Same::No
        }
        _ if is_zram(one) || is_zram(other) => Same::No,
        _ => Same::Unclear,
    }
}

/// Says that a device or file isn't there now and that nothing known makes it at boot. Only a running
/// system can tell: an image is made for disks that it doesn't hold.
pub(super) fn missing(host: &Host, mounts: &[Mount], device: &str) -> Option<String> {
    let path = node(device);
    if is_zram(&path) || may_be_mapped(host, &path) || may_be_mounted(mounts, &path) {
        return None;
    }
    let what = if class(&path) == Class::File { "file" } else { "device" };
    (is_there(host, &path) == Some(false)).then(|| format!("there is no {what} {path}"))
}

/// Says that a directory doesn't hold a swap file, which may be made before the host boots.
pub(super) fn not_in_directory(host: &Host, mounts: &[Mount], device: &str) -> Option<String> {
    let path = node(device);
    let may_tell = matches!(host.source(), Source::Directory(_)) && class(&path) == Class::File;
    let is_missing = may_tell && !may_be_mounted(mounts, &path) && on_disk(host, &path) == Some(false);
    is_missing.then(|| format!("there is no file {path}; swap stays off unless it is made"))
}

/// Encrypted and logical volumes may be closed now and are opened at boot.
fn may_be_mapped(host: &Host, path: &str) -> bool {
    let is_plain = match class(path) {
        Class::Kernel => !path.starts_with("/dev/dm-"),
        Class::Link(directory) => directory.starts_with("/dev/disk/by-part"),
        Class::File | Class::Other => return false,
    };
    let has_line = |bytes: &[u8]| {
        lines(bytes).any(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    };
    let has_crypttab = || match host.files().read("/etc/crypttab") {
        Read::There(bytes) => has_line(&bytes),
        Read::Missing(_) => false,
        Read::Hidden(_) => true,
    };
    let has_volumes = || match host.files().list("/etc/lvm/backup") {
        Read::There(names) => !names.is_empty(),
        Read::Missing(_) => false,
        Read::Hidden(_) => true,
    };
    !is_plain && (!path.starts_with("/dev/disk/") || has_crypttab() || has_volumes())
}

/// A file may be on a file system that isn't mounted now.
fn may_be_mounted(mounts: &[Mount], path: &str) -> bool {
    class(path) == Class::File
        && mounts.iter().any(|mount| {
            mount.target.len() > 1
                && mount.target.starts_with('/')
                && Path::new(path).starts_with(&mount.target)
        })
}

/// Whether a device or file is there now, where that can be told. A recording holds the files that were asked
/// for, so that only a complete list counts in it.
fn is_there(host: &Host, path: &str) -> Option<bool> {
    let running = host.running()?;
    let is_live = *host.source() == Source::Live;
    match class(path) {
        Class::Kernel => {
            // None is unknown.
            let Read::There(bytes) = running.files().read("/proc/partitions") else { return None };
            let name = path.strip_prefix("/dev/");
            let mut names = lines(&bytes).filter_map(|(number, line)| {
                (number > 2).then(|| line.split_ascii_whitespace().nth(3).map(str::to_owned))?
            });
            let first = names.next()?;
            Some(name == Some(&first) || names.any(|known| name == Some(&known)))
        }
        Class::Link(directory) if is_live => {
            let name = path.rsplit_once('/').map(|(_, name)| name);
            // None is unknown.
            let Read::There(names) = running.files().list(directory) else { return None };
            (!names.is_empty()).then_some(())?;
            Some(names.iter().any(|known| known.to_str() == name))
        }
        Class::File if is_live => on_disk(host, path),
        Class::Link(_) | Class::File | Class::Other => None,
    }
}

/// Whether a file is there, if it can be looked at.
fn on_disk(host: &Host, path: &str) -> Option<bool> {
    match host.files().lstat(path) {
        Read::There(_) => Some(true),
        Read::Missing(_) => Some(false),
        Read::Hidden(_) => None,
    }
}

/// Where a name of a device leads.
struct Resolved {
    path: String,
    /// Whether it may lead elsewhere, through a link that can't be looked at.
    is_hidden: bool,
}

/// The kernel's name of a device, as far as links of the running system lead to it.
fn resolve(running: Option<&dyn Running>, device: &str) -> Resolved {
    let mut path = normal(Path::new(node(device).as_ref()));
    let mut is_hidden = false;
    for _ in 0..MAX_HOPS {
        let Some(running) = running.filter(|_| path.starts_with("/dev")) else { break };
        match running.files().read_link(&path) {
            Read::There(target) => path = normal(&path.parent().unwrap_or(Path::new("/")).join(target)),
            Read::Missing(_) | Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => break,
            Read::Hidden(_) => {
                is_hidden = true;
                break;
            }
        }
    }
    Resolved { path: path.to_string_lossy().into_owned(), is_hidden }
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
            let (one, other) = (resolve(None, one).path, resolve(None, other).path);
            let found = if one == other { Same::Yes } else { compare_names(&one, &other) };
            assert_eq!(found, expected, "{one} {other}");
            assert_eq!(compare_names(&one, &other), compare_names(&other, &one), "{other} {one}");
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
