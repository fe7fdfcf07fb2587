//! Compressed swap in memory: systemd's zram-generator (zram-generator.conf(5), 1.1).

use super::command_line::{is_false, is_true};
use super::generated::{decide, is_installed, runs};
use super::{Area, MAX_AREAS, Swap};
use crate::fact::{Confidence, Knowledge, Origin};
use crate::host::{HostError, HostPath};
use crate::parse::ini;
use crate::subsystem::Subsystems;
use crate::subsystem::drop_in::{self, Content, DropIn};
use crate::subsystem::kernel::modules::ModuleState;

const GENERATOR: &str = "zram-generator";
const NAME: &str = "systemd/zram-generator.conf";

/// The main file of the highest directory hides those below, drop-ins are merged over it.
pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    match is_installed(subsystems.host().files(), GENERATOR) {
        Ok(true) => {}
        Ok(false) => return,
        Err(gap) => return swap.gaps.push(gap),
    }
    if !runs(subsystems, swap, GENERATOR) {
        return;
    }
    let parameter = match subsystems.next_boot().parameter("systemd.zram") {
        Ok(parameter) => parameter,
        Err(reason) => return swap.doubt(Some("/dev/zram0"), reason, None),
    };
    let mut because = parameter.because.into_iter();
    let value = parameter.value.as_deref();
    if value.is_some_and(is_false) {
        swap.off.extend(because.map(|origin| origin.says("systemd.zram=0")));
        return;
    }
    let mut sections: Vec<Section> = Vec::new();
    if value.is_some_and(is_true) {
        let origin = because.next().unwrap_or_else(|| Origin::file("kernel command line"));
        sections.push(Section::new("zram0", origin.says("systemd.zram")));
    }
    let files = subsystems.host().files();
    let configuration = drop_in::standard_file(files, NAME);
    swap.gaps.extend(configuration.gaps);
    for DropIn { path, .. } in configuration.files {
        match drop_in::read(files, &path) {
            Content::Bytes(bytes) => merge(&mut sections, &path, &ini::parse(&bytes)),
            Content::Masked => {}
            Content::Broken(gap) | Content::Unread(gap) => swap.gaps.push(gap),
        }
    }
    if let Some(first) = sections.get(MAX_AREAS) {
        swap.too_many(first.origin.clone());
        sections.truncate(MAX_AREAS);
    }
    sections.retain(Section::is_swap);
    if sections.is_empty() {
        return;
    }
    if let Some(origin) = no_module(subsystems) {
        swap.off.push(origin);
        return;
    }
    let confidence = parameter.confidence.max(Confidence::High);
    for section in sections {
        decide_section(subsystems, swap, section, confidence);
    }
}

fn decide_section(subsystems: &Subsystems<'_>, swap: &mut Swap, section: Section, confidence: Confidence) {
    let device = format!("/dev/{}", section.name);
    if section.is_empty() {
        swap.off.push(section.origin.says("its size is 0"));
        return;
    }
    let memory = match memory_mib(subsystems) {
        Ok(memory) => memory,
        Err(error) => return swap.doubt(Some(&device), error.to_string(), Some(section.origin)),
    };
    match section.memory_limit.map(|limit| (limit, memory)) {
        Some((limit, Some(memory))) if memory > limit => {
            swap.off.push(section.origin.says("host-memory-limit is exceeded"));
        }
        Some((limit, None)) => {
            let reason =
                format!("zram is used up to {limit} MiB of memory, and how much the host has is not known");
            swap.doubt(Some(&device), reason, Some(section.origin));
        }
        Some((_, Some(_))) | None => {
            let area = Area::new(device, section.origin).at_most(confidence);
            decide(subsystems, swap, area, true);
        }
    }
}

/// A `[zramN]` section, all files merged.
struct Section {
    name: String,
    origin: Origin,
    mount_point: bool,
    /// `fs-type`.
    filesystem: Option<String>,
    /// `zram-size`, an expression; it beats the two older keys.
    size: Option<String>,
    fraction: Option<String>,
    most: Option<String>,
    /// In MiB; none for no limit.
    memory_limit: Option<u64>,
}

impl Section {
    fn new(name: &str, origin: Origin) -> Self {
        Section {
            name: name.to_owned(),
            origin,
            mount_point: false,
            filesystem: None,
            size: None,
            fraction: None,
            most: None,
            memory_limit: None,
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        match key {
            "mount-point" => self.mount_point = true,
            "fs-type" => self.filesystem = Some(value.to_owned()),
            "zram-size" => self.size = Some(value.to_owned()),
            "zram-fraction" => self.fraction = Some(value.to_owned()),
            "max-zram-size" => self.most = Some(value.to_owned()),
            "host-memory-limit" | "memory-limit" => self.memory_limit = value.parse().ok(),
            _ => {}
        }
    }

    /// With a mount point or a file system's type it becomes a file system.
    fn is_swap(&self) -> bool {
        !self.mount_point && self.filesystem.as_deref().is_none_or(|kind| kind == "swap")
    }

    /// A device of size 0 is not made. Expressions are not computed: only a plain 0 is known to be one.
    fn is_empty(&self) -> bool {
        let is_zero = |value: &Option<String>| {
            value.as_deref().is_some_and(|value| value.parse::<f64>().is_ok_and(|number| number <= 0.0))
        };
        match &self.size {
            Some(_) => is_zero(&self.size),
            None => is_zero(&self.fraction) || is_zero(&self.most),
        }
    }
}

fn merge(sections: &mut Vec<Section>, path: &HostPath, file: &ini::Ini) {
    let is_device = |name: &str| name.strip_prefix("zram").is_some_and(|n| n.parse::<u64>().is_ok());
    // One more than makes sense is kept, for the caller to see that there are too many.
    for (name, line) in file.sections.iter().filter(|(name, _)| is_device(name)).take(MAX_AREAS + 1) {
        if !sections.iter().any(|section| section.name == *name) {
            sections.push(Section::new(name, Origin::line(path, *line)));
        }
    }
    for entry in &file.entries {
        if let Some(section) = sections.iter_mut().find(|section| section.name == entry.section) {
            section.set(&entry.key, &entry.value);
        }
    }
}

/// The host's memory in MiB, where it runs.
fn memory_mib(subsystems: &Subsystems<'_>) -> Result<Option<u64>, HostError> {
    let Some(running) = subsystems.host().running() else { return Ok(None) };
    let Some(bytes) = running.files().read("/proc/meminfo").found()? else { return Ok(None) };
    Ok(crate::parse::lines(&bytes).find_map(|(_, line)| {
        let kib: u64 = line.strip_prefix("MemTotal:")?.split_ascii_whitespace().next()?.parse().ok()?;
        Some(kib / 1024)
    }))
}

/// Says that the next kernel has no zram, or that it can't be loaded.
fn no_module(subsystems: &Subsystems<'_>) -> Option<Origin> {
    let module = subsystems.modules().at_boot(subsystems, "zram");
    let word = match module.state {
        Knowledge::Known(state @ ModuleState::Blocked) => state.name(),
        Knowledge::Known(_) | Knowledge::Absent | Knowledge::Unknown(_) => return None,
    };
    let origin = module.because.first().cloned().unwrap_or_else(|| Origin::file("/lib/modules"));
    Some(origin.says(format!("the module zram is {word}")))
}
