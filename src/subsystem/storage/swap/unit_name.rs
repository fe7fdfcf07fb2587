//! Names of swap units: systemd.unit(5), "String escaping for inclusion in unit names".

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::parse::systemd::escape_path;

/// The swap unit of a device as fstab writes it: `/dev/sda2` is `dev-sda2.swap`, `UUID=x` is
/// `dev-disk-by\x2duuid-x.swap`. None for a path with `..`, of which systemd makes no unit.
pub(super) fn of_device(device: &str) -> Option<String> {
    let path = node(device);
    let is_normal = !path.split('/').any(|part| part == "..");
    is_normal.then(|| format!("{}.swap", escape_path(&path)))
}

/// The device of a swap unit: what `systemd-escape --unescape --path` says of its name.
pub(super) fn device_of(unit: &str) -> String {
    let name = unit.strip_suffix(".swap").unwrap_or(unit);
    let mut path = vec![b'/'];
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = rest.strip_prefix(b"\\x").and_then(|digits| digits.get(..2));
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (code, byte) {
            (Some(code), _) => path.push(code),
            (None, b'-') => path.push(b'/'),
            (None, byte) => path.push(byte),
        }
        rest = if code.is_some() { &rest[4..] } else { after };
    }
    String::from_utf8_lossy(&path).into_owned()
}

/// The path that a device of fstab stands for: `UUID=x` is `/dev/disk/by-uuid/x`. One pair of quotes around
/// the value is taken off.
pub(super) fn node(device: &str) -> Cow<'_, str> {
    let tags = [
        ("UUID=", "/dev/disk/by-uuid/"),
        ("LABEL=", "/dev/disk/by-label/"),
        ("PARTUUID=", "/dev/disk/by-partuuid/"),
        ("PARTLABEL=", "/dev/disk/by-partlabel/"),
    ];
    for (tag, directory) in tags {
        if let Some(value) = device.strip_prefix(tag) {
            let bare = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
            return format!("{directory}{}", encoded(bare.unwrap_or(value))).into();
        }
    }
    device.into()
}

/// udev's encoding of tags in names of links: what is neither plain nor UTF-8 becomes `\xNN`.
fn encoded(value: &str) -> String {
    let mut text = String::new();
    for c in value.chars() {
        if c.is_ascii_alphanumeric() || "#+-.:=@_".contains(c) || !c.is_ascii() {
            text.push(c);
        } else {
            let _ = write!(text, "\\x{:02x}", u32::from(c));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{device_of, of_device};

    #[test]
    fn devices_become_unit_names_as_systemd_escape_makes_them() {
        for (device, unit) in [
            ("/dev/sda2", "dev-sda2.swap"),
            ("/swap.img", "swap.img.swap"),
            ("/swap file", "swap\\x20file.swap"),
            ("/.swap", "\\x2eswap.swap"),
            ("UUID=ab-cd", "dev-disk-by\\x2duuid-ab\\x2dcd.swap"),
            ("LABEL=My Swap", "dev-disk-by\\x2dlabel-My\\x5cx20Swap.swap"),
            ("/dev//mapper/vg-swap", "dev-mapper-vg\\x2dswap.swap"),
            ("LABEL='Q'", "dev-disk-by\\x2dlabel-Q.swap"),
            ("/a\\043b", "a\\x5c043b.swap"),
            ("rel", "rel.swap"),
        ] {
            assert_eq!(of_device(device).as_deref(), Some(unit), "{device}");
        }
        assert_eq!(of_device("/swap/../x"), None);
    }

    proptest! {
        #[test]
        fn a_unit_name_tells_its_device(path in "(/[a-z.\\\\ -]{1,8}){1,4}") {
            if let Some(unit) = of_device(&path) {
                let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
                prop_assume!(!parts.is_empty());
                prop_assert_eq!(device_of(&unit), format!("/{}", parts.join("/")));
            }
        }

        #[test]
        fn any_name_has_some_device(name in ".{0,40}") {
            prop_assert!(device_of(&name).starts_with('/'));
        }
    }
}
