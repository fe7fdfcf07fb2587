//! The controllers at the next boot: as the running kernel shows them, else as the next kernel's configuration
//! builds them in, less those that the command line switches off.

use std::collections::BTreeSet;

use super::Cgroups;
use crate::fact::{Knowledge, Reason};
use crate::host::{HostError, Running};
use crate::parse::cmdline;
use crate::subsystem::Subsystems;
use crate::subsystem::loader::next_boot::BootEntry;

/// What every Kubernetes node needs.
const NEEDED: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];
/// More different kernels and command lines than these are not looked into.
const MOST_KERNELS: usize = 32;

/// Controllers by the option that builds them in: what for, the option, the names in v2 and in v1
/// (`init/Kconfig`, `block/Kconfig` and `net/Kconfig` of Linux 6.1; `dmem` since 6.14).
const CONTROLLERS: [(&str, &str, Option<&str>, Option<&str>); 15] = [
    ("CPU time", "CGROUP_SCHED", Some("cpu"), Some("cpu")),
    ("CPU accounting", "CGROUP_CPUACCT", None, Some("cpuacct")),
    ("CPU sets", "CPUSETS", Some("cpuset"), Some("cpuset")),
    ("memory", "MEMCG", Some("memory"), Some("memory")),
    ("memory of devices", "CGROUP_DMEM", Some("dmem"), Some("dmem")),
    ("block devices", "BLK_CGROUP", Some("io"), Some("blkio")),
    ("processes", "CGROUP_PIDS", Some("pids"), Some("pids")),
    ("huge pages", "CGROUP_HUGETLB", Some("hugetlb"), Some("hugetlb")),
    ("RDMA", "CGROUP_RDMA", Some("rdma"), Some("rdma")),
    ("scalar resources", "CGROUP_MISC", Some("misc"), Some("misc")),
    ("device nodes", "CGROUP_DEVICE", None, Some("devices")),
    ("freezing", "CGROUP_FREEZER", None, Some("freezer")),
    ("performance events", "CGROUP_PERF", None, Some("perf_event")),
    ("network classes", "CGROUP_NET_CLASSID", None, Some("net_cls")),
    ("network priorities", "CGROUP_NET_PRIO", None, Some("net_prio")),
];

/// The controllers that all kernels which may boot next have in a hierarchy, with all their command lines.
pub(super) fn at_boot(subsystems: &Subsystems<'_>, mode: &str) -> Knowledge<Vec<String>> {
    let next = subsystems.next_boot();
    if let (Some(gap), true) = (next.gaps.first(), next.entries.iter().any(|entry| entry.cmdline.is_none())) {
        return Knowledge::unknown(format!(
            "which controllers the command line switches off is not known: {}",
            gap.reason
        ));
    }
    let kernels: BTreeSet<Kernel<'_>> = next.entries.iter().map(|entry| Kernel::of(entry, mode)).collect();
    if kernels.len() > MOST_KERNELS {
        return Knowledge::unknown("too many different kernels may boot next");
    }
    let mut states = kernels.iter().map(|kernel| kernel.controllers(subsystems, mode));
    let Some(first) = states.next() else { return Knowledge::unknown("no kernel to boot next was found") };
    if states.any(|state| state != first) {
        return Knowledge::unknown("the kernels that may boot next don't have the same controllers");
    }
    first
}

/// What of an entry decides.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kernel<'e> {
    release: Option<&'e str>,
    disabled: Vec<String>,
    /// What a Raspberry Pi's firmware and kernel do to `memory`.
    memory: Memory,
}

/// Raspberry Pis boot with `cgroup_disable=memory` from the device tree, or from the kernel itself; their own
/// kernels heed `cgroup_enable=memory`, others have never heard of it (raspberrypi/linux pull request 7442).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Memory {
    AsBuilt,
    SwitchedOff,
    UpToTheFirmware,
}

impl<'e> Kernel<'e> {
    fn of(entry: &'e BootEntry, mode: &str) -> Self {
        let words = entry.cmdline.as_deref().unwrap_or_default();
        let mut disabled = listed(words, "cgroup_disable");
        // The old name is as good as the new one.
        if disabled.iter().any(|name| name == "blkio") {
            disabled.push("io".into());
        }
        if mode != "v2" {
            if disabled.iter().any(|name| name == "io") {
                disabled.push("blkio".into());
            }
            let not_in_v1 = listed(words, "cgroup_no_v1");
            let is_all = not_in_v1.iter().any(|name| name == "all");
            let all = in_hierarchy(mode).filter(|_| is_all).map(|(_, name)| name.to_owned());
            disabled.extend(all.chain(not_in_v1));
        }
        disabled.sort_unstable();
        disabled.dedup();
        Kernel { release: entry.release.as_deref(), disabled, memory: memory(entry, words) }
    }

    fn controllers(&self, subsystems: &Subsystems<'_>, mode: &str) -> Knowledge<Vec<String>> {
        let is_disabled = |name: &str| {
            self.disabled.iter().any(|disabled| disabled == name)
                || (name == "memory" && self.memory == Memory::SwitchedOff)
        };
        match self.running(subsystems, mode) {
            Ok(Some(names)) => {
                return Knowledge::Known(names.into_iter().filter(|name| !is_disabled(name)).collect());
            }
            Ok(None) => {}
            Err(reason) => return Knowledge::unknown(reason),
        }
        if self.memory == Memory::UpToTheFirmware {
            return Knowledge::unknown(
                "whether the Raspberry Pi's firmware switches the memory controller off is not known: its own \
                 words on the command line are on no disk",
            );
        }
        let config = self.release.map(|release| subsystems.kernel_config().of_release(subsystems, release));
        let has: Box<dyn Fn(&str) -> bool> = match config {
            Some(Ok(Some(config))) => {
                Box::new(move |option| config.option(option).is_some_and(|(value, _)| value == "y"))
            }
            Some(Err(trouble)) => return Knowledge::unknown(trouble),
            // A list names all or nothing: without a configuration it is only told where one that is needed is
            // certainly missing.
            Some(Ok(None)) | None if NEEDED.iter().any(|name| is_disabled(name)) => Box::new(|_| true),
            Some(Ok(None)) | None => {
                return Knowledge::unknown(
                    "which controllers the next kernel has is not known: its configuration is not on disk",
                );
            }
        };
        let found = in_hierarchy(mode).filter(|(option, name)| has(option) && !is_disabled(name));
        let mut names: Vec<String> = found.map(|(_, name)| name.to_owned()).collect();
        names.sort_unstable();
        Knowledge::Known(names)
    }

    /// What a running system with the same kernel and the same hierarchy shows, and what it was told to leave out
    /// this time; sorted.
    ///
    /// # Errors
    /// What hides it.
    fn running(&self, subsystems: &Subsystems<'_>, mode: &str) -> Result<Option<Vec<String>>, Reason> {
        let Some(running) = subsystems.host().running() else { return Ok(None) };
        if Some(running.uname().release.as_str()) != self.release {
            return Ok(None);
        }
        for path in super::READ_NOW {
            running.files().read(path).found()?;
        }
        let Knowledge::Known(Cgroups { mode: Knowledge::Known(mode_now), controllers }) =
            super::now(running).state
        else {
            return Ok(None);
        };
        let Knowledge::Known(mut names) = controllers else { return Ok(None) };
        if mode_now != mode {
            return Ok(None);
        }
        let left_out = left_out_now(running)?;
        let back =
            in_hierarchy(mode).map(|(_, name)| name).filter(|name| left_out.iter().any(|now| now == name));
        // What the firmware switched off it will switch off again.
        let back = back.filter(|name| *name != "memory" || self.memory == Memory::AsBuilt);
        names.extend(back.map(str::to_owned));
        names.sort_unstable();
        names.dedup();
        Ok(Some(names))
    }
}

fn memory(entry: &BootEntry, words: &[String]) -> Memory {
    if !entry.is_raspberry_pi {
        return Memory::AsBuilt;
    }
    let is_its_own = entry.release.as_deref().is_some_and(|release| {
        ["rpi", "rpt", "raspi", "-v7", "-v8"].iter().any(|mark| release.contains(mark))
            || release.ends_with('+')
    });
    let is_enabled = listed(words, "cgroup_enable").iter().any(|name| name == "memory")
        || cmdline::parameter(words, "cgroup_memory") == Some("1");
    match (is_its_own, is_enabled) {
        (true, true) => Memory::AsBuilt,
        (true, false) => Memory::SwitchedOff,
        (false, _) => Memory::UpToTheFirmware,
    }
}

/// All names in the comma-separated values of a parameter: every occurrence counts, not the last alone.
fn listed(words: &[String], key: &str) -> Vec<String> {
    let values = cmdline::values(words, key);
    values
        .iter()
        .flat_map(|value| value.split(','))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Options and names of the controllers of a hierarchy.
fn in_hierarchy(mode: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_v2 = mode == "v2";
    CONTROLLERS
        .iter()
        .filter_map(move |(_, option, v2, v1)| Some((*option, if is_v2 { (*v2)? } else { (*v1)? })))
}

/// The controllers that the running kernel was told to leave out.
fn left_out_now(running: &dyn Running) -> Result<Vec<String>, HostError> {
    let Some(bytes) = running.files().read("/proc/cmdline").found()? else { return Ok(Vec::new()) };
    Ok(listed(&cmdline::words(&String::from_utf8_lossy(&bytes)), "cgroup_disable"))
}
