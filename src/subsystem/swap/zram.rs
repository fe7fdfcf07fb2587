//! Compressed swap in memory: systemd's zram-generator and Debian's zram-tools.

use super::fstab::{is_false, masked_generator};
use super::{Area, Swap};
use crate::fact::{Confidence, Origin};
use crate::format::ini;
use crate::subsystem::{Subsystems, drop_in};

const GENERATOR: &str = "/usr/lib/systemd/system-generators/zram-generator";
const NAME: &str = "systemd/zram-generator.conf";

/// zram-generator.conf(5): the main file of the highest directory hides those below, drop-ins are merged over it.
pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    let files = subsystems.host().files();
    if files.stat(GENERATOR).is_err() {
        return;
    }
    if let Some(mask) = masked_generator(subsystems, "zram-generator") {
        swap.off.push(mask);
        return;
    }
    let parameter = match subsystems.next_boot().parameter("systemd.zram") {
        Ok(parameter) => parameter,
        Err(reason) => return swap.doubt(Some("/dev/zram0"), reason, None),
    };
    if parameter.value.as_deref().is_some_and(is_false) {
        swap.off.extend(parameter.because.into_iter().map(|origin| origin.says("systemd.zram=0")));
        return;
    }
    let mut sections: Vec<Section> = Vec::new();
    for path in configuration(subsystems, swap) {
        match files.read(&path) {
            Ok(bytes) => merge(&mut sections, &path, &ini::parse(&bytes)),
            Err(error) if error.is_not_found() => {}
            Err(error) => swap.gaps.push(error.into()),
        }
    }
    for section in sections.iter().filter(|section| !section.mounts) {
        let device = format!("/dev/{}", section.name);
        if section.is_empty {
            swap.off.push(section.origin.clone().says("zram-size = 0"));
        } else if let Some(limit) = section.memory_limit
            && let Some(reason) = exceeds(subsystems, limit)
        {
            match reason {
                Limit::Exceeded => {
                    swap.off.push(section.origin.clone().says("host-memory-limit is exceeded"));
                }
                Limit::Unknown(reason) => swap.doubt(Some(&device), reason, Some(section.origin.clone())),
            }
        } else {
            swap.confidence = swap.confidence.min(parameter.confidence.max(Confidence::High));
            swap.areas.push(Area { device, kind: "zram", origin: section.origin.clone() });
        }
    }
}

/// The main file, then the drop-ins; `/run` is empty at boot.
fn configuration(subsystems: &Subsystems<'_>, swap: &mut Swap) -> Vec<String> {
    const DIRECTORIES: [&str; 3] = ["/etc", "/usr/local/lib", "/usr/lib"];
    let files = subsystems.host().files();
    let main = DIRECTORIES.iter().map(|directory| format!("{directory}/{NAME}"));
    let mut paths: Vec<String> = main.filter(|path| files.lstat(path).is_ok()).take(1).collect();
    let directories: Vec<String> =
        DIRECTORIES.iter().map(|directory| format!("{directory}/{NAME}.d")).collect();
    let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
    let drop_ins = drop_in::merge(files, &directories, ".conf");
    swap.gaps.extend(drop_ins.gaps);
    paths.extend(drop_ins.files.into_iter().map(|file| file.path.to_string()));
    paths
}

/// A `[zramN]` section, all files merged.
struct Section {
    name: String,
    origin: Origin,
    /// It becomes a file system and no swap.
    mounts: bool,
    is_empty: bool,
    /// In MiB; none for no limit.
    memory_limit: Option<u64>,
}

fn merge(sections: &mut Vec<Section>, path: &str, file: &ini::Ini) {
    for entry in &file.entries {
        if !entry.section.starts_with("zram") {
            continue;
        }
        let known = sections.iter().position(|section| section.name == entry.section);
        let index = known.unwrap_or_else(|| {
            sections.push(Section {
                name: entry.section.clone(),
                origin: Origin::line(path, entry.line),
                mounts: false,
                is_empty: false,
                memory_limit: None,
            });
            sections.len() - 1
        });
        let section = &mut sections[index];
        match entry.key.as_str() {
            "mount-point" => section.mounts = !entry.value.is_empty(),
            "zram-size" => section.is_empty = entry.value == "0",
            "host-memory-limit" | "memory-limit" => section.memory_limit = entry.value.parse().ok(),
            _ => {}
        }
    }
    for name in &file.sections {
        if name.0.starts_with("zram") && !sections.iter().any(|section| section.name == name.0) {
            sections.push(Section {
                name: name.0.clone(),
                origin: Origin::line(path, name.1),
                mounts: false,
                is_empty: false,
                memory_limit: None,
            });
        }
    }
}

enum Limit {
    Exceeded,
    Unknown(String),
}

/// Whether the host has more memory than the limit; none if it has not.
fn exceeds(subsystems: &Subsystems<'_>, limit_mib: u64) -> Option<Limit> {
    let unknown = || {
        Some(Limit::Unknown(format!(
            "zram is used up to {limit_mib} MiB of memory, and how much the host has is not known"
        )))
    };
    let Some(running) = subsystems.host().running() else { return unknown() };
    let Ok(bytes) = running.files().read("/proc/meminfo") else { return unknown() };
    let text = String::from_utf8_lossy(&bytes);
    let total = text.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?.split_ascii_whitespace().next()?.parse::<u64>().ok()
    });
    match total {
        Some(kib) if kib / 1024 > limit_mib => Some(Limit::Exceeded),
        Some(_) => None,
        None => unknown(),
    }
}
