//! What starts units that no target pulls in: timers, paths, sockets, udev, other units' ends, generators.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use memchr::memmem;

use super::BootScenario;
use super::conditions::{self, Truth};
use super::merged::MergedUnit;
use super::outcome::{self, Outcome};
use super::paths::{Sight, Viewer};
use super::search_path::{Found, place, suffix};
use super::start;
use crate::fact::Origin;
use crate::host::{Files, Read};
use crate::parse::{lines, systemd, unit};
use crate::subsystem::Subsystems;
use crate::subsystem::drop_in::{self, Content};

/// A timer that waits longer is not counted as a part of the boot.
const BOOT_TAKES: Duration = Duration::from_secs(300);

/// Units that systemd's own generators start where the host has what they are for (systemd.generator(7)): by the start of
/// their name.
const BY_GENERATORS: [&str; 12] = [
    "debug-shell.service",
    "getty@",
    "local-fs-pre.target",
    "quotaon",
    "serial-getty@",
    "system-update.target",
    "systemd-cryptsetup@",
    "systemd-fsck",
    "systemd-growfs",
    "systemd-hibernate-resume",
    "systemd-remount-fs.service",
    "systemd-zram-setup@",
];

/// What may start units that no target pulls in.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    by_unit: BTreeMap<String, Vec<Trigger>>,
    /// A generator that is no part of systemd, in the directories of the administrator.
    generator: Option<Origin>,
    /// The generator of cloud-init, which starts its target on machines of a cloud.
    cloud_init: Option<Origin>,
    /// A rule of udev that wants a unit whose name depends on the device, by the start of that name.
    patterns: Vec<(String, Origin)>,
}

/// Something that may start a unit.
#[derive(Debug)]
struct Trigger {
    when: When,
    origin: Origin,
}

/// When a trigger starts its unit.
#[derive(Debug)]
enum When {
    /// During the boot, or so it may be.
    Soon,
    /// As soon as this path unit is started: what it waits for is there.
    IsThere(String),
    /// When somebody connects, or later.
    Later,
    /// If the unit fails.
    Fails(String),
    /// If the unit does its work and ends.
    Succeeds(String),
}

/// What is known of a unit that no target pulls in.
pub(super) enum Triggered {
    /// This starts it during the boot; whether the unit is started again when it ends.
    Starts { by: Origin, again: bool },
    /// Something starts it during the boot, or may.
    Soon(String),
    /// Something may start it later.
    Later(String),
    /// Nothing that is known.
    Not,
}

/// When something starts its unit, as far as it can be told.
enum Expected {
    /// During the boot; whether it does so again when the unit ends.
    Surely {
        again: bool,
    },
    Maybe,
    Later,
}

impl When {
    /// None if it never does.
    fn at_boot(
        &self,
        subsystems: &Subsystems<'_>,
        scenario: &BootScenario,
        depth: usize,
    ) -> Option<Expected> {
        let judge = |other: &str| outcome::judge(subsystems, scenario, other, depth).outcome;
        let is_plain = |other: &str, holds: &dyn Fn(&MergedUnit) -> bool| {
            let unit = scenario.graph.nodes.get(other).and_then(|node| node.unit.as_deref());
            if unit.is_some_and(holds) { Expected::Surely { again: false } } else { Expected::Maybe }
        };
        let expected = match self {
            When::Soon => Expected::Maybe,
            When::Later => Expected::Later,
            When::IsThere(other) => match judge(other) {
                Outcome::Active(_) => Expected::Surely { again: true },
                Outcome::Unknown(_) => Expected::Maybe,
                _ => return None,
            },
            When::Fails(other) => match judge(other) {
                // A unit that is started again has not failed before it is given up.
                Outcome::Failed(_) => is_plain(other, &|unit| unit.last("Service", "Restart").is_none()),
                Outcome::Retrying(_) | Outcome::Unknown(_) => Expected::Maybe,
                Outcome::Active(_) | Outcome::Finished(_) => Expected::Later,
                _ => return None,
            },
            When::Succeeds(other) => match judge(other) {
                // Since systemd 249.
                Outcome::Finished(_) if subsystems.systemd().version.is_some_and(|v| v >= 249) => {
                    is_plain(other, &start::surely_succeeds)
                }
                Outcome::Finished(_) | Outcome::Unknown(_) => Expected::Maybe,
                Outcome::Active(_) => Expected::Later,
                _ => return None,
            },
        };
        Some(expected)
    }
}

impl Triggers {
    pub(super) fn read(subsystems: &Subsystems<'_>, scenario: &BootScenario) -> Self {
        let mut triggers = Triggers::default();
        for node in scenario.graph.nodes.values().filter(|node| node.refused.is_none()) {
            if let Some(unit) = node.unit.as_deref() {
                triggers.of_unit(subsystems, scenario, unit);
            }
        }
        triggers.of_udev(subsystems);
        triggers.generator = foreign_generator(subsystems);
        triggers.cloud_init = cloud_generator(subsystems);
        triggers
    }

    fn add(&mut self, unit: &str, when: When, origin: Origin) {
        self.by_unit.entry(unit.to_owned()).or_default().push(Trigger { when, origin });
    }

    fn of_unit(&mut self, subsystems: &Subsystems<'_>, scenario: &BootScenario, unit: &MergedUnit) {
        for (key, succeeds) in [("OnFailure", false), ("OnSuccess", true)] {
            for setting in unit.every("Unit", key) {
                for name in unit::names(&setting.value) {
                    let by = unit.name.clone();
                    let when = if succeeds { When::Succeeds(by) } else { When::Fails(by) };
                    let name = unit::of_template(name, &unit.name);
                    self.add(&name, when, setting.origin().says(format!("{key}={name}")));
                }
            }
        }
        let (section, key, when) = match suffix(&unit.name) {
            "timer" => ("Timer", "Unit", timer(unit)),
            "path" => ("Path", "Unit", path(Viewer { subsystems, scenario, unit })),
            "socket" => ("Socket", "Service", When::Later),
            _ => return,
        };
        let holds = conditions::hold(subsystems, scenario, unit, "Condition");
        if matches!(holds, Truth::False(..)) {
            return;
        }
        let stem = unit.name.rsplit_once('.').map_or(unit.name.as_str(), |(stem, _)| stem);
        let named = unit.last(section, key).map(|setting| setting.value.clone());
        let name = named.unwrap_or_else(|| format!("{stem}.service"));
        self.add(&name, when, place(&unit.name).says("may start it later"));
    }

    /// `SYSTEMD_WANTS` of rules: which devices there are isn't known.
    fn of_udev(&mut self, subsystems: &Subsystems<'_>) {
        let files = subsystems.host().files();
        for file in drop_in::at_boot(files, "udev/rules.d", ".rules").files {
            let Content::Bytes(bytes) = drop_in::read(files, &file.path) else { continue };
            if memmem::find(&bytes, b"SYSTEMD_WANTS").is_none() {
                continue;
            }
            for (line, text) in lines(&bytes).filter(|(_, text)| !text.trim_start().starts_with('#')) {
                for rest in text.split("SYSTEMD_WANTS").skip(1) {
                    let Some(value) = rest.split('"').nth(1) else { continue };
                    for name in value.split_ascii_whitespace() {
                        let origin = file.line(line).says("wants it for a device");
                        match name.find(['$', '%', '*']) {
                            Some(start) => self.patterns.push((name[..start].to_owned(), origin)),
                            None => self.add(name, When::Soon, origin),
                        }
                    }
                }
            }
        }
    }

    /// What may start a unit that no target pulls in; `depth` says how far a chain of questions has led already.
    pub(super) fn of(
        &self,
        subsystems: &Subsystems<'_>,
        scenario: &BootScenario,
        name: &str,
        depth: usize,
    ) -> Triggered {
        let mut later = None;
        for trigger in self.by_unit.get(name).into_iter().flatten() {
            let origin = &trigger.origin;
            match trigger.when.at_boot(subsystems, scenario, depth + 8) {
                None => {}
                Some(Expected::Surely { again }) => return Triggered::Starts { by: origin.clone(), again },
                Some(Expected::Maybe) => {
                    let says = origin.says.as_deref().unwrap_or_default();
                    return Triggered::Soon(format!(
                        "no target pulls it in, but {origin} may start it during the boot ({says})"
                    ));
                }
                Some(Expected::Later) => {
                    let says = || format!("it is not started by itself; {origin} may start it later");
                    later.get_or_insert_with(says);
                }
            }
        }
        if name.len() > 1
            && let Some((_, origin)) =
                self.patterns.iter().find(|(start, _)| !start.is_empty() && name.starts_with(start))
        {
            return Triggered::Soon(format!("no target pulls it in, but {origin} may start it for a device"));
        }
        if let Some(origin) = self.cloud_init.as_ref().filter(|_| name.starts_with("cloud-")) {
            return Triggered::Soon(format!(
                "no target pulls it in, but the generator {origin} may start it"
            ));
        }
        if BY_GENERATORS.iter().any(|start| name.starts_with(start)) {
            return Triggered::Soon("a generator of systemd may start it".into());
        }
        let by_generator = || {
            let origin = self.generator.as_ref()?;
            Some(format!("the generator {origin} may start it, and isn't followed"))
        };
        later.or_else(by_generator).map_or(Triggered::Not, Triggered::Later)
    }

    /// The units that something starts during the boot, or may.
    pub(super) fn soon(&self, subsystems: &Subsystems<'_>, scenario: &BootScenario) -> Vec<Rc<MergedUnit>> {
        let units = subsystems.units();
        let files = subsystems.host().files();
        let reached = |name: &str| scenario.graph.nodes.contains_key(name);
        self.by_unit
            .keys()
            .filter(|name| !reached(units.search.resolve(files, name).own_name(name)))
            .filter(|name| {
                let triggered = self.of(subsystems, scenario, name, 0);
                matches!(triggered, Triggered::Soon(_) | Triggered::Starts { .. })
            })
            .filter_map(|name| MergedUnit::load(&units.search, files, name))
            .collect()
    }
}

/// When a timer elapses for the first time.
fn timer(unit: &MergedUnit) -> When {
    let keys = ["OnBootSec", "OnStartupSec", "OnActiveSec"];
    let mut spans = keys.iter().flat_map(|key| unit.list("Timer", key));
    // What makes no sense may be soon.
    let is_soon =
        spans.any(|setting| systemd::time_span(&setting.value).is_none_or(|span| span <= BOOT_TAKES));
    if is_soon { When::Soon } else { When::Later }
}

/// Whether a path unit finds what it waits for during the boot.
fn path(viewer: Viewer<'_>) -> When {
    let mut when = When::Later;
    for key in ["PathExists", "DirectoryNotEmpty", "PathExistsGlob"] {
        for setting in viewer.unit.list("Path", key) {
            let is_there = match key {
                "PathExists" => match viewer.look(&setting.value) {
                    Sight::There(..) => Some(true),
                    Sight::Missing(_) => Some(false),
                    Sight::Unknown(_) => None,
                },
                "DirectoryNotEmpty" => {
                    viewer.has_entry(&setting.value, |_| true).map(|(is_there, _)| is_there)
                }
                _ => None,
            };
            match is_there {
                Some(true) => return When::IsThere(viewer.unit.name.clone()),
                Some(false) => {}
                None => when = When::Soon,
            }
        }
    }
    when
}

/// The generator of cloud-init, unless the host switches it off.
fn cloud_generator(subsystems: &Subsystems<'_>) -> Option<Origin> {
    let files = subsystems.host().files();
    // One that is hidden switches nothing off: the units stay unknown.
    if matches!(files.lstat("/etc/cloud/cloud-init.disabled"), Read::There(_)) {
        return None;
    }
    let mut paths = systemd::conf_paths("systemd/system-generators")
        .map(|directory| format!("{directory}/cloud-init-generator"))
        .into_iter();
    let found = paths.find(|path| !matches!(files.lstat(path), Read::Missing(_)))?;
    (!is_mask(files, &found)).then(|| place(&found))
}

fn is_mask(files: &Files, path: &str) -> bool {
    matches!(files.read_link(path), Read::There(target) if target.as_os_str() == "/dev/null")
}

/// A generator of the administrator's: it may make any unit.
fn foreign_generator(subsystems: &Subsystems<'_>) -> Option<Origin> {
    let files = subsystems.host().files();
    let search = &systemd::conf_paths("systemd/system-generators")[..2];
    search.iter().find_map(|directory| match files.list(directory) {
        Read::There(names) => names.iter().find_map(|name| {
            let path = format!("{directory}/{}", name.to_string_lossy());
            (!is_mask(files, &path)).then(|| place(&path))
        }),
        Read::Missing(_) => None,
        Read::Hidden(error) => Some(place(directory).says(error.to_string())),
    })
}

/// A socket whose service can't be loaded doesn't start: the place that says so.
pub(super) fn dead_socket(
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    unit: &MergedUnit,
) -> Option<Origin> {
    if suffix(&unit.name) != "socket" || unit.boolean("Socket", "Accept") == Some(true) {
        return None;
    }
    let stem = unit.name.strip_suffix(".socket")?;
    let named = unit.last("Socket", "Service").map(|setting| setting.value.clone());
    let service = named.unwrap_or_else(|| format!("{stem}.service"));
    let units = subsystems.units();
    let found = units.search.resolve(subsystems.host().files(), &service);
    let key = found.own_name(&service);
    let is_masked = scenario.options.masks.iter().any(|mask| mask == key || *mask == service);
    match found {
        Found::Masked(origin) => Some(origin),
        _ if is_masked => Some(place(&service).says("is masked on the kernel command line")),
        _ => None,
    }
}
