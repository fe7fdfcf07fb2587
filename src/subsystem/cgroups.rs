//! The cgroup hierarchy: which one is mounted, and which one the next boot mounts.

use std::path::Path;

use procfs::FromRead as _;
use procfs::process::{MountInfo, MountInfos};

use super::Subsystems;
use super::os_release::OsRelease;
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value, Version};
use crate::format::cmdline;
use crate::host::Running;

/// The words for hierarchies.
pub const MODES: &[&str] = &["v2", "hybrid", "v1"];

/// The answer for `cgroup`: attributes `mode` and `controllers`.
pub fn cgroup(subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) => now(running),
        (Moment::Now, None) => Fact::unknown("nothing is running here"),
        (Moment::Boot, _) => at_boot(subsystems),
    }
}

fn record(mode: State, controllers: State) -> Value {
    Value::record([("mode", mode), ("controllers", controllers)])
}

/// systemd's layouts: cgroup2 at the top is v2; a tmpfs with `unified` below is hybrid; a tmpfs is v1.
fn now(running: &dyn Running) -> Fact {
    const MOUNTS: &str = "/proc/self/mountinfo";
    let mounts = match mounts(running, MOUNTS) {
        Ok(mounts) => mounts,
        Err(reason) => return Fact::unknown(reason),
    };
    // The last mount on a place hides those before it.
    let on = |place: &str| {
        let mount = mounts.iter().rev().find(|mount| mount.mount_point == Path::new(place));
        mount.map(|mount| mount.fs_type.as_str())
    };
    let mode = match (on("/sys/fs/cgroup"), on("/sys/fs/cgroup/unified")) {
        (Some("cgroup2"), _) => "v2",
        (Some("tmpfs"), Some("cgroup2")) => "hybrid",
        (Some("tmpfs"), _) => "v1",
        _ => {
            return Fact::new(State::from(record(
                State::unknown("no cgroup hierarchy is mounted"),
                State::Absent,
            )))
            .because(Origin::file(MOUNTS));
        }
    };
    let (controllers, place) = if mode == "v2" {
        (controllers_of_v2(running), "/sys/fs/cgroup/cgroup.controllers")
    } else {
        (controllers_of_v1(&mounts), MOUNTS)
    };
    Fact::new(State::from(record(mode.into(), controllers)))
        .because(
            Origin::file(MOUNTS)
                .says(format!("/sys/fs/cgroup is {}", on("/sys/fs/cgroup").unwrap_or_default())),
        )
        .because_all((place != MOUNTS).then(|| Origin::file(place)))
}

/// Every mount, in order.
fn mounts(running: &dyn Running, path: &str) -> Result<Vec<MountInfo>, String> {
    let bytes = running.files().read(path).map_err(|error| error.to_string())?;
    MountInfos::from_read(&*bytes)
        .map(|mounts| mounts.0)
        .map_err(|_| format!("{path} is not a table of mounts"))
}

fn controllers_of_v2(running: &dyn Running) -> State {
    match running.files().read("/sys/fs/cgroup/cgroup.controllers") {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let mut names: Vec<&str> = text.split_ascii_whitespace().collect();
            names.sort_unstable();
            State::from(Value::list(names))
        }
        Err(error) => State::unknown(error.to_string()),
    }
}

/// A v1 controller counts if it is mounted: the kubelet demands that, `/proc/cgroups` lists more.
fn controllers_of_v1(mounts: &[MountInfo]) -> State {
    let options =
        mounts.iter().filter(|mount| mount.fs_type == "cgroup").flat_map(|mount| &mount.super_options);
    let mut names: Vec<&str> = options
        .filter(|(name, value)| {
            value.is_none() && !matches!(name.as_str(), "rw" | "ro" | "xattr" | "noprefix" | "clone_children")
        })
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    State::from(Value::list(names))
}

fn at_boot(subsystems: &Subsystems<'_>) -> Fact {
    let systemd = subsystems.systemd();
    if let Some(doubt) = &systemd.doubt {
        return Fact::unknown(format!("what mounts the hierarchy is not known: {doubt}"))
            .because_all(systemd.because.iter().cloned());
    }
    let mode = match decide(subsystems) {
        Ok(mode) => mode,
        Err(reason) => return Fact::unknown(reason),
    };
    // Every occurrence counts, not the last alone (`cgroup_disable` of the kernel).
    let disabled = match subsystems.next_boot().values("cgroup_disable") {
        Ok(values) => values.join(","),
        Err(reason) => return Fact::unknown(reason),
    };
    let controllers = controllers_at_boot(subsystems, mode.name, &disabled);
    let because = if mode.because.is_empty() { systemd.because.clone() } else { mode.because };
    let mut fact = Fact::new(State::from(record(mode.name.into(), controllers)))
        .because_all(because)
        .at_most(mode.confidence);
    fact.notes.extend(mode.note);
    fact
}

/// A hierarchy, and what decided it.
struct Mode {
    name: &'static str,
    confidence: Confidence,
    because: Vec<Origin>,
    note: Option<String>,
}

/// systemd's decision (`cg_is_legacy_wanted` and its kin): the command line before the default of the build;
/// 256 and 257 ignore the wish for v1 unless it is forced; 258 has v2 only.
fn decide(subsystems: &Subsystems<'_>) -> Result<Mode, String> {
    let next = subsystems.next_boot();
    let version = subsystems.systemd().version;
    let unified = next.parameter("systemd.unified_cgroup_hierarchy")?;
    let no_v1 = next.parameter("cgroup_no_v1")?;
    let legacy = next.parameter("systemd.legacy_systemd_cgroup_controller")?;
    let forced = next.parameter("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE")?;
    let mode = |name, parameter: &crate::subsystem::next_boot::Parameter| Mode {
        name,
        confidence: parameter.confidence,
        because: parameter.because.clone(),
        note: None,
    };
    if version.is_some_and(|version| version >= 258) {
        return Ok(Mode { confidence: Confidence::Certain, because: Vec::new(), ..mode("v2", &unified) });
    }
    let legacy_name = if legacy.value.as_deref().is_some_and(is_true) { "v1" } else { "hybrid" };
    let wanted = match unified.value.as_deref() {
        Some(value) if is_true(value) => mode("v2", &unified),
        Some(value) if is_false(value) => mode(legacy_name, &unified),
        // What is no boolean counts as not given.
        _ if no_v1.value.as_deref() == Some("all") => mode("v2", &no_v1),
        _ => return build_default(subsystems, version, legacy_name, unified.confidence),
    };
    let refused =
        version.is_some_and(|version| version >= 256) && !forced.value.as_deref().is_some_and(is_true);
    if wanted.name != "v2" && refused {
        let note =
            "this systemd ignores the wish for cgroup v1 (SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE is not set)";
        return Ok(Mode { name: "v2", note: Some(note.into()), ..wanted });
    }
    if wanted.name != "v2" && version.is_none() {
        return Err(
            "the command line asks for cgroup v1, and whether this systemd still has it is not known".into(),
        );
    }
    Ok(wanted)
}

/// What a build of systemd mounts if nobody says otherwise: v2 since 248 at the latest, unless a distribution
/// chose hybrid (Debian until 10, the Red Hat family until 8, Ubuntu until 21.04, SUSE until 15).
fn build_default(
    subsystems: &Subsystems<'_>,
    version: Option<u32>,
    legacy: &'static str,
    confidence: Confidence,
) -> Result<Mode, String> {
    let os = subsystems.os_release();
    let mode = |name, confidence, note| {
        Ok(Mode { name, confidence, because: os.origin.iter().cloned().collect(), note })
    };
    if version.is_some_and(|version| version >= 256) {
        return mode("v2", confidence, None);
    }
    match hybrid_by_default(os) {
        Some(true) => mode(legacy, confidence, None),
        Some(false) => mode("v2", confidence, None),
        None if version.is_some_and(|version| version >= 248) => {
            let note = format!("assumed that {} builds systemd with its own default", os.name);
            mode("v2", Confidence::High.min(confidence), Some(note))
        }
        None => Err(format!("which cgroup hierarchy {} mounts by default is not known", describe(os))),
    }
}

fn describe(os: &OsRelease) -> &str {
    if os.name.is_empty() { "this system" } else { &os.name }
}

/// Whether a distribution's release mounts the hybrid layout by default; none for those not known.
fn hybrid_by_default(os: &OsRelease) -> Option<bool> {
    let before = |version: &str| Some(os.number()? < Version::parse(version)?);
    match os.id.as_str() {
        "debian" | "raspbian" => Some(before("11").unwrap_or(false)),
        "ubuntu" => before("21.10"),
        "fedora" => before("31"),
        "rhel" | "centos" | "rocky" | "almalinux" | "ol" => before("9"),
        "sles" | "opensuse-leap" => before("16"),
        "opensuse-tumbleweed" | "arch" | "flatcar" => Some(false),
        _ => None,
    }
}

/// `parse_boolean` of systemd; a parameter without a value is true.
fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "" | "1" | "yes" | "y" | "true" | "t" | "on")
}

fn is_false(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "0" | "no" | "n" | "false" | "f" | "off")
}

/// What every Kubernetes node needs.
const NEEDED: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];

/// Controllers by the option that builds them in: what for, the option, the names in v2 and in v1
/// (`init/Kconfig` and `block/Kconfig` of Linux 6.1).
const CONTROLLERS: [(&str, &str, Option<&str>, Option<&str>); 12] = [
    ("CPU time", "CGROUP_SCHED", Some("cpu"), Some("cpu")),
    ("CPU accounting", "CGROUP_CPUACCT", None, Some("cpuacct")),
    ("CPU sets", "CPUSETS", Some("cpuset"), Some("cpuset")),
    ("memory", "MEMCG", Some("memory"), Some("memory")),
    ("block devices", "BLK_CGROUP", Some("io"), Some("blkio")),
    ("processes", "CGROUP_PIDS", Some("pids"), Some("pids")),
    ("huge pages", "CGROUP_HUGETLB", Some("hugetlb"), Some("hugetlb")),
    ("RDMA", "CGROUP_RDMA", Some("rdma"), Some("rdma")),
    ("scalar resources", "CGROUP_MISC", Some("misc"), Some("misc")),
    ("device nodes", "CGROUP_DEVICE", None, Some("devices")),
    ("freezing", "CGROUP_FREEZER", None, Some("freezer")),
    ("performance events", "CGROUP_PERF", Some("perf_event"), Some("perf_event")),
];

/// A running system with the same hierarchy and the same kernel shows the controllers of the next boot; else the
/// configuration of the next kernel says which are built in.
fn controllers_at_boot(subsystems: &Subsystems<'_>, mode: &str, disabled: &str) -> State {
    let disabled: Vec<&str> = disabled.split(',').filter(|name| !name.is_empty()).collect();
    let release = subsystems.next_boot().entries.first().and_then(|entry| entry.release.as_deref());
    let running =
        subsystems.host().running().filter(|running| Some(running.uname().release.as_str()) == release);
    if let Some(State::Known(Value::Record(attributes))) = running.map(|running| now(running).state)
        && attributes.get("mode") == Some(&State::from(mode))
        && let Some(State::Known(Value::List(names))) = attributes.get("controllers")
    {
        let mut names: Vec<&str> = names.iter().filter_map(Value::as_text).collect();
        // The kernel has what it was told to leave out this time.
        let disabled_now = running.map(disabled_now).unwrap_or_default();
        names.extend(
            controllers(mode).map(|(_, name)| name).filter(|name| disabled_now.iter().any(|now| now == name)),
        );
        names.retain(|name| !disabled.contains(name));
        names.sort_unstable();
        names.dedup();
        return State::from(Value::list(names));
    }
    let config = release.map(|release| subsystems.kernel_config().of_release(subsystems, release));
    let has: Box<dyn Fn(&str) -> bool> = match config {
        Some(Ok(Some(config))) => {
            Box::new(move |option| config.option(option).is_some_and(|(value, _)| value == "y"))
        }
        Some(Err(trouble)) => return State::unknown(trouble),
        // A list names all or nothing: without a configuration it is only told where one that is needed is
        // certainly missing.
        Some(Ok(None)) | None if disabled.iter().any(|name| NEEDED.contains(name)) => Box::new(|_| true),
        Some(Ok(None)) | None => {
            return State::unknown(
                "which controllers the next kernel has is not known: its configuration is not on disk",
            );
        }
    };
    let found = controllers(mode).filter(|(option, name)| has(option) && !disabled.contains(name));
    let mut names: Vec<&str> = found.map(|(_, name)| name).collect();
    names.sort_unstable();
    State::from(Value::list(names))
}

/// Options and names of the controllers of a hierarchy.
fn controllers(mode: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_v2 = mode == "v2";
    CONTROLLERS
        .iter()
        .filter_map(move |(_, option, v2, v1)| Some((*option, if is_v2 { (*v2)? } else { (*v1)? })))
}

/// The controllers that the running kernel was told to leave out.
fn disabled_now(running: &dyn Running) -> Vec<String> {
    let Ok(bytes) = running.files().read("/proc/cmdline") else { return Vec::new() };
    let words = cmdline::words(&String::from_utf8_lossy(&bytes));
    let values = words.iter().filter_map(|word| word.strip_prefix("cgroup_disable="));
    values.flat_map(|value| value.split(',')).map(str::to_owned).collect()
}
