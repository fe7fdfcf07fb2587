//! The cgroup hierarchy: which one is mounted, and which one the next boot mounts.

mod controllers;

use crate::fact::{Answer, Confidence, Knowledge, Moment, Origin, Reason, Version};
use crate::host::{Read, Running};
use crate::parse::mountinfo::{self, Mount};
use crate::parse::systemd;
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::os_release::OsRelease;

/// Where systemd mounts the hierarchy.
const HIERARCHY: &str = "/sys/fs/cgroup";

/// The mounts.
const MOUNTS: &str = "/proc/self/mountinfo";
/// The controllers of v2.
const CONTROLLERS: &str = "/sys/fs/cgroup/cgroup.controllers";
/// What tells the hierarchy that there is now.
const READ_NOW: [&str; 2] = [MOUNTS, CONTROLLERS];

/// The words for hierarchies.
pub const MODES: &[&str] = &["v2", "hybrid", "v1"];

/// A hierarchy and its controllers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroups {
    /// One of `MODES`.
    pub mode: Knowledge<&'static str>,
    /// The controllers, sorted.
    pub controllers: Knowledge<Vec<String>>,
}

/// The cgroup hierarchy at a moment.
pub fn cgroup(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<Cgroups> {
    match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) => now(running),
        (Moment::Now, None) => Answer::unknown(Reason::not_running()),
        (Moment::NextBoot, _) => at_boot(subsystems),
    }
}

/// systemd's layouts: cgroup2 at the top is v2; a tmpfs with `unified` below is hybrid; a tmpfs is v1.
fn now(running: &dyn Running) -> Answer<Cgroups> {
    let bytes = match running.files().read(MOUNTS) {
        Read::There(bytes) => bytes,
        Read::Missing(path) => return Answer::unknown(format!("{path}: not found")),
        Read::Hidden(error) => return Answer::unknown(error),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut mounts = mountinfo::parse(&text).peekable();
    if mounts.peek().is_none() {
        return Answer::unknown(format!("{MOUNTS} is not a table of mounts"));
    }
    let mounts: Vec<Mount<'_>> =
        mounts.filter(|mount| mount.kind == "cgroup" || mount.point.starts_with(HIERARCHY)).collect();
    // The last mount on a place hides those before it.
    let on = |place: &str| mounts.iter().rev().find(|mount| mount.point == place).map(|mount| mount.kind);
    let mode = match (on(HIERARCHY), on("/sys/fs/cgroup/unified")) {
        (Some("cgroup2"), _) => "v2",
        (Some("tmpfs"), Some("cgroup2")) => "hybrid",
        (Some("tmpfs"), _) => "v1",
        _ => {
            let mode = Knowledge::unknown("no cgroup hierarchy is mounted");
            return Answer::known(Cgroups { mode, controllers: Knowledge::Absent })
                .because(Origin::file(MOUNTS));
        }
    };
    let (controllers, place) = if mode == "v2" {
        (controllers_of_v2(running), CONTROLLERS)
    } else {
        (Knowledge::Known(controllers_of_v1(&mounts)), MOUNTS)
    };
    Answer::known(Cgroups { mode: Knowledge::Known(mode), controllers })
        .because(Origin::file(MOUNTS).says(format!("{HIERARCHY} is {}", on(HIERARCHY).unwrap_or_default())))
        .because_all((place != MOUNTS).then(|| Origin::file(place)))
}

fn controllers_of_v2(running: &dyn Running) -> Knowledge<Vec<String>> {
    match running.files().read(CONTROLLERS) {
        Read::There(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let mut names: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
            names.sort_unstable();
            Knowledge::Known(names)
        }
        Read::Missing(path) => Knowledge::unknown(format!("{path}: not found")),
        Read::Hidden(error) => Knowledge::unknown(error),
    }
}

/// A v1 controller counts if it is mounted: the kubelet demands that, `/proc/cgroups` lists more.
fn controllers_of_v1(mounts: &[Mount<'_>]) -> Vec<String> {
    let options = mounts
        .iter()
        .filter(|mount| mount.kind == "cgroup")
        .flat_map(|mount| mount.super_options.split(','))
        .filter(|option| !option.contains('='));
    let mut names: Vec<String> = options
        .filter(|option| !matches!(*option, "rw" | "ro" | "xattr" | "noprefix" | "clone_children"))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn at_boot(subsystems: &Subsystems<'_>) -> Answer<Cgroups> {
    let systemd = subsystems.systemd();
    if let Some(doubt) = &systemd.doubt {
        return Answer::unknown(format!("what mounts the hierarchy is not known: {doubt}"))
            .because_all(systemd.because.iter().cloned());
    }
    if systemd.is_init.is_none() {
        return Answer::unknown("what mounts the hierarchy is not known: no init was found");
    }
    let mode = match decide(subsystems) {
        Ok(mode) => mode,
        Err(reason) => return Answer::unknown(reason),
    };
    let controllers = controllers::at_boot(subsystems, mode.name);
    let because = if mode.because.is_empty() { systemd.because.clone() } else { mode.because };
    let mut answer = Answer::known(Cgroups { mode: Knowledge::Known(mode.name), controllers })
        .because_all(because)
        .at_most(mode.confidence);
    answer.notes.extend(mode.note);
    answer
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
    let mode = |name, parameter: &crate::subsystem::loader::next_boot::Parameter| Mode {
        name,
        confidence: parameter.confidence,
        because: parameter.because.clone(),
        note: None,
    };
    if version.is_some_and(|version| version >= 258) {
        return Ok(Mode { confidence: Confidence::Certain, because: Vec::new(), ..mode("v2", &unified) });
    }
    let legacy_name = match legacy.value.as_deref() {
        Some(value) if is_true(value) => "v1",
        Some(value) if is_false(value) => "hybrid",
        _ if default_hierarchy(subsystems.os_release()) == Some(Hierarchy::Legacy) => "v1",
        _ => "hybrid",
    };
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
/// chose another (`default-hierarchy` of the build).
fn build_default(
    subsystems: &Subsystems<'_>,
    version: Option<u32>,
    legacy: &'static str,
    confidence: Confidence,
) -> Result<Mode, String> {
    // No distribution can choose another default here: systemd itself decided.
    if version.is_some_and(|version| version >= 256) {
        let confidence = confidence.min(subsystems.systemd().confidence);
        return Ok(Mode { name: "v2", confidence, because: Vec::new(), note: None });
    }
    let os = subsystems.os_release();
    let mode = |name: &'static str, confidence, note| {
        let says = format!("{} mounts {name} by default", describe(os));
        let because = os.origin.clone().map(|origin| origin.says(says)).into_iter().collect();
        Ok(Mode { name, confidence, because, note })
    };
    match default_hierarchy(os) {
        Some(Hierarchy::Legacy | Hierarchy::Hybrid) => mode(legacy, confidence, None),
        Some(Hierarchy::Unified) => mode("v2", confidence, None),
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

/// The values of systemd's build option `default-hierarchy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hierarchy {
    Legacy,
    Hybrid,
    Unified,
}

/// What a distribution's release builds systemd with; none for those not known. The Red Hat family says
/// `default-hierarchy=legacy` in `systemctl --version` of 8 (239).
fn default_hierarchy(os: &OsRelease) -> Option<Hierarchy> {
    use Hierarchy::{Hybrid, Legacy, Unified};
    let (before, version) = match os.id.as_str() {
        // Testing and unstable have no version.
        "debian" | "raspbian" if os.number().is_none() => return Some(Unified),
        "debian" | "raspbian" => (Hybrid, "11"),
        "ubuntu" => (Hybrid, "21.10"),
        "fedora" => (Hybrid, "31"),
        "rhel" | "centos" | "rocky" | "almalinux" | "ol" => (Legacy, "9"),
        "amzn" => (Legacy, "3"),
        "sles" | "opensuse-leap" => (Hybrid, "16"),
        "opensuse-tumbleweed" | "arch" | "flatcar" => return Some(Unified),
        _ => return None,
    };
    Some(if os.number()? < Version::parse(version)? { before } else { Unified })
}

fn is_true(value: &str) -> bool {
    systemd::parameter(value) == Some(true)
}

fn is_false(value: &str) -> bool {
    systemd::parameter(value) == Some(false)
}
