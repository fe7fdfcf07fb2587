//! cloud-init and Azure's agent: they write or turn on swap when an instance boots.

use super::Swap;
use crate::fact::Origin;
use crate::host::{HostPath, Read};
use crate::parse::document::{Content, Node};
use crate::parse::{lines, yaml};
use crate::subsystem::systemd::units::Starts;
use crate::subsystem::{Subsystems, cloud_init};

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    azure(subsystems, swap);
    cloud_init(subsystems, swap);
}

fn azure(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    const CONFIGURATION: &str = "/etc/waagent.conf";
    let Some(bytes) = swap.read(subsystems.host().files(), CONFIGURATION) else { return };
    let units = subsystems.units();
    let runs = ["walinuxagent.service", "waagent.service"]
        .iter()
        .any(|unit| !matches!(units.starts(subsystems, unit), Starts::No(_)));
    // A tree without units of systemd holds only what an administrator wrote.
    if !runs && units.merged(subsystems, "basic.target").is_some() {
        return;
    }
    let line = lines(&bytes).find(|(_, line)| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "ResourceDisk.EnableSwap" && value.trim().eq_ignore_ascii_case("y")
        })
    });
    if let Some((line, _)) = line {
        let origin = Origin::line(CONFIGURATION, line).says("ResourceDisk.EnableSwap=y");
        swap.doubt(None, "Azure's agent makes a swap file on the resource disk", Some(origin));
    }
}

/// The module `mounts` of cloud-init runs once an instance and writes swap into fstab.
fn cloud_init(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let files = subsystems.host().files();
    let off = subsystems.next_boot().parameter("cloud-init");
    // What can't be looked at switches nothing off.
    if matches!(files.lstat(cloud_init::DISABLED), Read::There(_))
        // Nor does a command line that isn't known.
        || off.is_ok_and(|parameter| parameter.value.as_deref() == Some("disabled"))
    {
        return;
    }
    // A running machine stays the instance that it is; an image becomes another.
    if subsystems.host().running().is_some()
        // What can't be looked at leaves the doubt.
        && matches!(files.lstat("/var/lib/cloud/instance/sem/config_mounts"), Read::There(_))
    {
        return;
    }
    let (mut paths, hidden) = cloud_init::files(files);
    swap.gaps.extend(hidden.map(Into::into));
    let seeds = ["nocloud", "nocloud-net"].iter();
    paths.extend(seeds.map(|seed| HostPath::new(format!("/var/lib/cloud/seed/{seed}/user-data"))));
    for path in paths {
        let Some(bytes) = files.read_document(&path).or_hidden(&mut swap.gaps) else { continue };
        if let Some(origin) = makes_swap(&bytes, &path) {
            let reason = "cloud-init makes swap at the first boot of an instance";
            swap.doubt(None, reason, Some(origin.says("configures swap")));
        }
    }
}

/// The place in a file that configures swap.
fn makes_swap(bytes: &[u8], path: &HostPath) -> Option<Origin> {
    let Ok(document) = yaml::parse(bytes) else {
        let (line, _) = lines(bytes).find(|(_, line)| line.starts_with("swap:"))?;
        return Some(Origin::line(path, line));
    };
    let Content::Table(table) = &document.content else { return None };
    let file = table.get("swap").filter(|swap| {
        swap.at("size").is_some_and(|size| match &size.content {
            Content::Integer(size) => *size != 0,
            Content::Text(size) => size != "0",
            _ => false,
        })
    });
    let mount = table.get("mounts").filter(|mounts| match &mounts.content {
        Content::List(mounts) => mounts.iter().any(is_swap),
        _ => false,
    });
    file.or(mount).map(|node| Origin::at(path, node.line))
}

/// Whether a line for fstab is of type swap. The device `swap` stands for one that few clouds ever had.
fn is_swap(mount: &Node) -> bool {
    let Content::List(fields) = &mount.content else { return false };
    let is = |at: usize, text: &str| {
        fields.get(at).is_some_and(|field| matches!(&field.content, Content::Text(found) if found == text))
    };
    is(2, "swap") && !is(0, "swap")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_is_configured_by_size_or_as_a_mount() {
        for (text, expected) in [
            ("swap:\n  filename: /swap.img\n  size: auto\n", true),
            ("# swap\nswap: {size: 1G}\n", true),
            ("swap: {size: 0}\n", false),
            ("swap: {filename: /s}\n", false),
            ("mounts:\n  - [vdb, none, swap, sw, '0', '0']\n", true),
            ("mounts:\n  - [swap, none, swap, sw, '0', '0']\n  - [a, /b, ext4]\n", false),
            ("swap:\n  size: [\n", true),
            ("#cloud-config\nusers: [default]\n", false),
        ] {
            assert_eq!(makes_swap(text.as_bytes(), &HostPath::new("/c")).is_some(), expected, "{text}");
        }
    }
}
