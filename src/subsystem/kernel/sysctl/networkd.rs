//! Forwarding, as systemd-networkd switches it when it starts.
//!
//! Source: systemd.network(5) and networkd.conf(5) of systemd 252 and 257: `IPForward=` until 255, `IPv4Forwarding=`
//! and `IPv6Forwarding=` since 256, `IPMasquerade=`.

use crate::fact::Origin;
use crate::host::Files;
use crate::parse::{lines, systemd};
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content};

/// A variable that systemd-networkd writes.
#[derive(Debug)]
pub(super) struct Setting {
    /// Path below `/proc/sys`.
    pub(super) path: &'static str,
    pub(super) text: &'static str,
    pub(super) origin: Origin,
}

/// What the configuration of networks and of the daemon itself sets, and what could not be read of it.
pub(super) fn settings(files: &Files) -> (Vec<Setting>, Vec<Unreadable>) {
    let (mut settings, mut gaps) = (Vec::new(), Vec::new());
    let merged = drop_in::at_boot(files, "systemd/network", ".network");
    gaps.extend(merged.gaps);
    let mut paths = Vec::new();
    for network in merged.files {
        let name = network.path.file_name().to_string_lossy().into_owned();
        // systemd's own are for interfaces of nspawn containers and virtual machines.
        if !name.starts_with("80-") || network.path.as_path().starts_with("/etc") {
            paths.push(network.path);
        }
        let beside = drop_in::at_boot(files, &format!("systemd/network/{name}.d"), ".conf");
        gaps.extend(beside.gaps);
        paths.extend(beside.files.into_iter().map(|file| file.path));
    }
    let own = drop_in::standard_file(files, "systemd/networkd.conf");
    gaps.extend(own.gaps);
    paths.extend(own.files.into_iter().map(|file| file.path));
    for path in paths {
        match drop_in::read(files, &path) {
            Content::Bytes(bytes) => settings.extend(
                lines(&bytes).flat_map(|(line, text)| of_line(text.trim(), &Origin::line(&path, line))),
            ),
            Content::Unread(gap) => gaps.push(gap),
            Content::Masked | Content::Broken(_) => {}
        }
    }
    (settings, gaps)
}

fn of_line(text: &str, place: &Origin) -> Vec<Setting> {
    let Some((key, value)) = text.split_once('=') else { return Vec::new() };
    let value = value.trim().to_ascii_lowercase();
    let off = value.is_empty() || systemd::boolean(&value) == Some(false);
    let (v4, v6) = match key.trim() {
        "IPForward" => (!off && value != "ipv6", !off && value != "ipv4"),
        "IPMasquerade" => (!off && value != "ipv6", matches!(value.as_str(), "ipv6" | "both")),
        "IPv4Forwarding" => (true, false),
        "IPv6Forwarding" => (false, true),
        _ => return Vec::new(),
    };
    let origin = place.clone().says(format!("systemd-networkd: {text}"));
    let text = if off { "0" } else { "1" };
    [(v4, "net/ipv4/ip_forward"), (v6, "net/ipv6/conf/all/forwarding")]
        .into_iter()
        .filter(|(writes, _)| *writes)
        .map(|(_, path)| Setting { path, text, origin: origin.clone() })
        .collect()
}
