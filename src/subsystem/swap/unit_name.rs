//! Names of swap units: systemd.unit(5), "String escaping for inclusion in unit names".

use std::fmt::Write as _;

/// The swap unit of a device as fstab writes it: `/dev/sda2` is `dev-sda2.swap`, `UUID=x` is
/// `dev-disk-by\x2duuid-x.swap`.
pub(super) fn of_device(device: &str) -> String {
    let tags = [
        ("UUID=", "/dev/disk/by-uuid/"),
        ("LABEL=", "/dev/disk/by-label/"),
        ("PARTUUID=", "/dev/disk/by-partuuid/"),
        ("PARTLABEL=", "/dev/disk/by-partlabel/"),
    ];
    let tagged = tags.iter().find_map(|(tag, directory)| {
        let value = device.strip_prefix(tag)?.trim_matches('"');
        Some(format!("{directory}{}", encoded(value)))
    });
    format!("{}.swap", escaped(tagged.as_deref().unwrap_or(device)))
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

/// `systemd-escape --path`.
fn escaped(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() {
        return "-".into();
    }
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push('-');
        }
        for (position, byte) in part.bytes().enumerate() {
            let leading_dot = byte == b'.' && position == 0 && index == 0;
            if byte.is_ascii_alphanumeric() || (b":_.".contains(&byte) && !leading_dot) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::of_device;

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
        ] {
            assert_eq!(of_device(device), unit, "{device}");
        }
    }
}
