//! Other starters of swap: native units, services of distributions, scripts, cloud tools.

use super::{Area, Swap, kind_of};
use crate::fact::{Confidence, Origin};
use crate::format::assignments;
use crate::subsystem::Subsystems;
use crate::subsystem::units::Starts;

/// `*.swap` units that are files: they start if the graph reaches them.
pub(super) fn native_units(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let files = subsystems.host().files();
    for directory in ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"] {
        let names = match files.list(directory) {
            Ok(names) => names,
            Err(error) => {
                swap.not_read(error);
                continue;
            }
        };
        for name in names.iter().filter_map(|name| name.to_str()).filter(|name| has_suffix(name, "swap")) {
            let path = format!("{directory}/{name}");
            let origin = || Origin::file(&path);
            let Some(unit) = subsystems.units().merged(subsystems, name) else { continue };
            let device = unit.last("Swap", "What").map_or(name, |what| what.value.as_str()).to_owned();
            match subsystems.units().starts(subsystems, name) {
                Starts::Yes(_) => swap.areas.push(Area { kind: kind_of(&device), device, origin: origin() }),
                Starts::No(origins) => swap.off.extend(origins),
                Starts::Unknown(reason) => swap.doubt(Some(&device), reason, Some(origin())),
            }
        }
    }
}

/// Services that make swap: Debian's zram-tools, Raspberry Pi OS's dphys-swapfile.
pub(super) fn services(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let services = [
        ("zramswap.service", "/dev/zram0", "zram", "/etc/default/zramswap", None),
        (
            "dphys-swapfile.service",
            "/var/swap",
            "file",
            "/etc/dphys-swapfile",
            Some(("CONF_SWAPSIZE", "CONF_SWAPFILE")),
        ),
        ("zram-config.service", "/dev/zram0", "zram", "/etc/default/zram-config", None),
    ];
    for (unit, usual, kind, configuration, names) in services {
        let origin = match subsystems.units().starts(subsystems, unit) {
            Starts::Yes(origins) => origins.into_iter().next().unwrap_or_else(|| Origin::file(unit)),
            Starts::Unknown(reason) if exists(subsystems, unit) => {
                swap.doubt(Some(usual), reason, Some(Origin::file(unit)));
                continue;
            }
            Starts::No(_) | Starts::Unknown(_) => continue,
        };
        let read = subsystems.host().files().read(configuration);
        let assignments = match read {
            Ok(bytes) => assignments::parse(&bytes),
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => {
                swap.doubt(Some(usual), error.to_string(), Some(origin));
                continue;
            }
        };
        let value = |name| assignments::last(&assignments, name);
        let mut device = usual.to_owned();
        if let Some((size, file)) = names {
            if let Some(zero) = value(size).filter(|size| size.value == "0") {
                swap.off.push(Origin::line(configuration, zero.line).says("CONF_SWAPSIZE=0"));
                continue;
            }
            device = value(file).map_or(device, |file| file.value.clone());
        }
        swap.areas.push(Area { device, kind, origin: origin.says(format!("starts {unit}")) });
    }
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|found| found == suffix)
}

fn exists(subsystems: &Subsystems<'_>, unit: &str) -> bool {
    subsystems.units().merged(subsystems, unit).is_some()
}

/// `swapon` in a command of a started service or in a script that the boot runs. What the script does before is
/// not known, so that this is a rule of thumb.
pub(super) fn scripts(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let commands = subsystems.units().started_commands(subsystems);
    let lines = commands.iter().chain(&subsystems.boot_scripts().lines);
    for (origin, command) in lines.filter(|(_, command)| command.contains("swapon")) {
        let words: Vec<&str> =
            command.split([' ', '\t', ';', '&', '|', '\'', '"']).filter(|word| !word.is_empty()).collect();
        let Some(at) = words.iter().position(|word| *word == "swapon" || word.ends_with("/swapon")) else {
            continue;
        };
        let device = words[at + 1..].iter().find(|word| !word.starts_with('-'));
        let all = words[at + 1..]
            .iter()
            .any(|word| matches!(*word, "-a" | "--all" | "-s" | "--show" | "--summary"));
        let Some(device) = device.filter(|_| !all) else { continue };
        swap.confidence = Confidence::Heuristic;
        swap.notes.push(format!("{origin} runs `swapon {device}`; what else it does is not known"));
        let origin = origin.clone().says(format!("swapon {device}"));
        swap.areas.push(Area { device: (*device).to_owned(), kind: kind_of(device), origin });
    }
}

/// Scripts that run and can't be read may turn swap on.
pub(super) fn unread_scripts(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    for gap in &subsystems.boot_scripts().unread {
        swap.doubt(None, format!("it may run swapon: {}", gap.reason), Some(gap.origin.clone()));
    }
}

/// cloud-init and Azure's agent write or turn on swap when an instance boots.
pub(super) fn cloud(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let files = subsystems.host().files();
    if let Some(bytes) = swap.read(files, "/etc/waagent.conf") {
        let line = crate::format::lines(&bytes).find(|(_, line)| {
            line.split_once('=').is_some_and(|(key, value)| {
                key.trim() == "ResourceDisk.EnableSwap" && value.trim().eq_ignore_ascii_case("y")
            })
        });
        if let Some((line, _)) = line {
            let origin = Origin::line("/etc/waagent.conf", line).says("ResourceDisk.EnableSwap=y");
            swap.doubt(None, "Azure's agent makes a swap file on the resource disk", Some(origin));
        }
    }
    if files.lstat("/etc/cloud/cloud-init.disabled").is_ok() {
        return;
    }
    let mut paths = vec!["/etc/cloud/cloud.cfg".to_owned()];
    let listed = files.list("/etc/cloud/cloud.cfg.d");
    if let Err(error) = &listed {
        swap.not_read(error.clone());
    }
    if let Ok(names) = listed {
        let names = names.iter().filter_map(|name| name.to_str()).filter(|name| has_suffix(name, "cfg"));
        paths.extend(names.map(|name| format!("/etc/cloud/cloud.cfg.d/{name}")));
    }
    for path in paths {
        let Some(bytes) = swap.read(files, &path) else { continue };
        let line = crate::format::lines(&bytes).find(|(_, line)| line.starts_with("swap:"));
        if let Some((line, _)) = line {
            let origin = Origin::line(&path, line).says("configures swap");
            swap.doubt(None, "cloud-init makes swap at the first boot of an instance", Some(origin));
        }
    }
}
