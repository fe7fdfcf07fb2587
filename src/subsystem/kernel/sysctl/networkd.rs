//! Forwarding, as systemd-networkd switches it when it starts.
//!
//! Source: systemd.network(5) and networkd.conf(5) of systemd 252 and 257: `IPForward=` until 255, `IPv4Forwarding=`
//! and `IPv6Forwarding=` since 256, `IPMasquerade=`.

use crate::fact::Origin;
use crate::host::{Files, HostPath};
use crate::parse::lines;
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content};

const NETWORKS: [&str; 4] = [
    "/etc/systemd/network",
    "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network",
    "/lib/systemd/network",
];
const MAIN: [&str; 4] = [
    "/etc/systemd/networkd.conf",
    "/usr/local/lib/systemd/networkd.conf",
    "/usr/lib/systemd/networkd.conf",
    "/lib/systemd/networkd.conf",
];

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
    let merged = drop_in::merge(files, &NETWORKS, ".network");
    gaps.extend(merged.gaps);
    let mut paths = Vec::new();
    for network in merged.files {
        let name = network.path.file_name().to_string_lossy().into_owned();
        // systemd's own are for interfaces of nspawn containers and virtual machines.
        if !name.starts_with("80-") || network.path.as_path().starts_with("/etc") {
            paths.push(network.path);
        }
        paths.extend(beside(files, &NETWORKS.map(|directory| format!("{directory}/{name}.d")), &mut gaps));
    }
    paths.extend(MAIN.into_iter().find(|path| files.lstat(path).legacy().is_ok()).map(HostPath::new));
    paths.extend(beside(files, &MAIN.map(|path| format!("{path}.d")), &mut gaps));
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

/// The drop-ins of several directories, merged.
fn beside(files: &Files, directories: &[String], gaps: &mut Vec<Unreadable>) -> Vec<HostPath> {
    let names: Vec<&str> = directories.iter().map(String::as_str).collect();
    let merged = drop_in::merge(files, &names, ".conf");
    gaps.extend(merged.gaps);
    merged.files.into_iter().map(|file| file.path).collect()
}

fn of_line(text: &str, place: &Origin) -> Vec<Setting> {
    let Some((key, value)) = text.split_once('=') else { return Vec::new() };
    let value = value.trim().to_ascii_lowercase();
    let off = matches!(value.as_str(), "" | "no" | "false" | "off" | "0" | "n" | "f");
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
