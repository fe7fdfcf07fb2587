//! What becomes of one unit at a boot: started, skipped, failed, or never reached.

use std::collections::BTreeMap;

use super::World;
use super::conditions::{self, Truth};
use super::graph::{Graph, Node};
use super::merged::MergedUnit;
use super::order::Dropped;
use super::search_path::{Found, place, suffix};
use crate::fact::{Confidence, Origin};
use crate::host::Kind;
use crate::parse::unit;
use crate::subsystem::Subsystems;

/// No honest chain of requirements is longer.
const MAX_DEPTH: usize = 32;

/// What becomes of a unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It is active after the boot; what pulls it in.
    Active(Vec<Origin>),
    /// It is started, does its work once and is inactive again.
    Finished(Vec<Origin>),
    /// A condition or a failed requirement keeps it from starting.
    Skipped(Vec<Origin>),
    /// It is started and fails.
    Failed(Vec<Origin>),
    /// It is masked.
    Masked(Origin),
    /// systemd refuses to load it.
    Refused(Origin),
    /// There is such a unit, and nothing starts it.
    NotReached,
    /// There is no such unit.
    Missing,
    /// It can't be told, and why.
    Unknown(String),
}

/// An outcome with how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) confidence: Confidence,
}

impl Answer {
    fn certain(outcome: Outcome) -> Self {
        Answer { outcome, confidence: Confidence::Certain }
    }

    fn heuristic(outcome: Outcome) -> Self {
        Answer { outcome, confidence: Confidence::Heuristic }
    }
}

/// What becomes of a unit, by any of its names.
pub(super) fn of(subsystems: &Subsystems<'_>, world: &World, name: &str) -> Answer {
    judge(subsystems, world, name, 0)
}

fn judge(subsystems: &Subsystems<'_>, world: &World, name: &str, depth: usize) -> Answer {
    let units = subsystems.units();
    let found = units.search.resolve(subsystems.host().files(), name);
    let key = found.own_name(name);
    if world.options.masks.iter().any(|mask| mask == key || mask == name) {
        let says = format!("systemd.mask={key}");
        return Answer::certain(Outcome::Masked(Origin::file("kernel command line").says(says)));
    }
    if let Some(reason) = &world.graph.stuck {
        return Answer::certain(Outcome::Unknown(reason.clone()));
    }
    let node = world.graph.nodes.get(key);
    match found {
        Found::Masked(origin) => Answer::certain(Outcome::Masked(origin)),
        Found::Unreadable(gap) => Answer::certain(Outcome::Unknown(gap.reason)),
        Found::Missing => Answer::certain(without_file(subsystems, world, key, node)),
        Found::Fragment { .. } => match node {
            Some(node) => reached(subsystems, world, node, depth),
            None => Answer::certain(blind_spot(subsystems, world).unwrap_or(Outcome::NotReached)),
        },
    }
}

/// What was not read could have reached the unit.
fn blind_spot(subsystems: &Subsystems<'_>, world: &World) -> Option<Outcome> {
    if world.graph.cut {
        return Some(Outcome::Unknown("there are more units than are followed".into()));
    }
    let unread =
        world.graph.nodes.values().filter_map(|node| node.unit.as_deref()).flat_map(|unit| &unit.gaps);
    let gap = subsystems.units().search.gaps.iter().chain(&world.graph.gaps).chain(unread).next()?;
    Some(Outcome::Unknown(gap.reason.clone()))
}

fn without_file(subsystems: &Subsystems<'_>, world: &World, name: &str, node: Option<&Node>) -> Outcome {
    let pulled_by = node.map(|node| node.pulled_by.clone());
    if world.scripts.contains_key(name) {
        return pulled_by.map_or(Outcome::NotReached, Outcome::Active);
    }
    match suffix(name) {
        "swap" | "mount" | "automount" | "device" | "slice" | "scope" => {
            Outcome::Unknown("units made at boot, such as those of /etc/fstab, are not followed here".into())
        }
        _ if world.graph.assumed && pulled_by.is_some() => {
            Outcome::Unknown("the tree holds no unit files of systemd itself".into())
        }
        _ => blind_spot(subsystems, world).unwrap_or(Outcome::Missing),
    }
}

fn reached(subsystems: &Subsystems<'_>, world: &World, node: &Node, depth: usize) -> Answer {
    let Some(unit) = node.unit.as_deref() else {
        return Answer::certain(Outcome::Unknown("the unit was not followed".into()));
    };
    if let Some(gap) = unit.gaps.first() {
        return Answer::certain(Outcome::Unknown(gap.reason.clone()));
    }
    if let Some(origin) = &node.refused {
        return Answer::certain(Outcome::Refused(origin.clone()));
    }
    if node.doubtful {
        let places: Vec<String> = node.pulled_by.iter().map(ToString::to_string).collect();
        return Answer::certain(Outcome::Unknown(format!(
            "only {} pulls it in, for a unit that requires what can't be started",
            places.join(", ")
        )));
    }
    match world.dropped.get(&unit.name) {
        Some(Dropped::Surely(why)) => {
            let says = format!("{why}, and systemd drops it");
            return Answer::heuristic(Outcome::Skipped(vec![place(&unit.name).says(says)]));
        }
        Some(Dropped::Maybe(why)) => {
            let reason = format!("{why}, and systemd drops one of them");
            return Answer::certain(Outcome::Unknown(reason));
        }
        None => {}
    }
    if let Some(reason) = world.conflicts.get(&unit.name) {
        return Answer::certain(Outcome::Unknown(reason.clone()));
    }
    match conditions::hold(subsystems, &world.options, unit, "Condition") {
        Truth::True => {}
        Truth::False(origins) => return Answer::certain(Outcome::Skipped(origins)),
        Truth::Unknown(reason) => return Answer::certain(Outcome::Unknown(reason)),
    }
    match conditions::hold(subsystems, &world.options, unit, "Assert") {
        Truth::True => {}
        // systemd leaves a unit whose assertion fails inactive: only its job fails.
        Truth::False(origins) => return Answer::certain(Outcome::Skipped(origins)),
        Truth::Unknown(reason) => return Answer::certain(Outcome::Unknown(reason)),
    }
    if let Some(origin) = broken_requirement(subsystems, world, unit, depth) {
        return Answer::heuristic(Outcome::Skipped(vec![origin]));
    }
    if let Some(origin) = sure_failure(subsystems, unit) {
        return Answer::certain(Outcome::Failed(vec![origin]));
    }
    let confidence =
        if requires_nothing_odd(world, unit) { Confidence::Certain } else { Confidence::Heuristic };
    let outcome = if is_finished_after_start(unit) {
        Outcome::Finished(node.pulled_by.clone())
    } else {
        Outcome::Active(node.pulled_by.clone())
    };
    Answer { outcome, confidence }
}

/// By the name of a unit, why it can't run beside another unit of the same boot: systemd drops one of the two.
pub(super) type Conflicts = BTreeMap<String, String>;

/// Who conflicts with whom; `real` tells the own name of a unit. If the target that boots requires both, systemd
/// gives up.
pub(super) fn conflicts(graph: &mut Graph, real: impl Fn(&str) -> String) -> Conflicts {
    let started =
        |name: &str| graph.nodes.get(name).is_some_and(|node| matches!(node.found, Found::Fragment { .. }));
    let mut pairs = Vec::new();
    for unit in graph.nodes.values().filter_map(|node| node.unit.as_deref()) {
        for setting in unit.every("Unit", "Conflicts") {
            let others = unit::names(&setting.value).map(|name| real(&unit::of_template(name, &unit.name)));
            let rivals = others.filter(|other| *other != unit.name && started(other));
            pairs.extend(rivals.map(|other| (unit.name.clone(), other, setting.origin())));
        }
    }
    let matter = graph.what_matters();
    if let Some((unit, other, origin)) =
        pairs.iter().find(|(unit, other, _)| matter.contains(unit) && matter.contains(other))
    {
        graph.stuck =
            Some(format!("{origin} says that {unit} conflicts with {other}, and both are required"));
    }
    let mut all = Conflicts::new();
    for (unit, other, origin) in &pairs {
        let says = || format!("{origin} says that it conflicts with {other}, which starts, too");
        all.entry(unit.clone()).or_insert_with(says);
    }
    for (unit, other, origin) in pairs {
        let says = || format!("{origin} says that {unit} conflicts with it, and both start");
        all.entry(other).or_insert_with(says);
    }
    all
}

/// A required unit that exists and fails, with `After=`: the dependent is not started (measured, 252).
fn broken_requirement(
    subsystems: &Subsystems<'_>,
    world: &World,
    unit: &MergedUnit,
    depth: usize,
) -> Option<Origin> {
    if depth >= MAX_DEPTH || suffix(&unit.name) == "target" {
        return None;
    }
    let after: Vec<&str> = unit.every("Unit", "After").flat_map(|s| unit::names(&s.value)).collect();
    for key in ["Requires", "BindsTo", "Requisite"] {
        for setting in unit.every("Unit", key) {
            for other in unit::names(&setting.value) {
                if suffix(other) == "target" || !after.contains(&other) || other == unit.name {
                    continue;
                }
                let outcome = judge(subsystems, world, other, depth + 8).outcome;
                let broken = match outcome {
                    Outcome::Failed(_) => true,
                    Outcome::Skipped(_) | Outcome::Finished(_) => key == "BindsTo",
                    // What is bound needs the other to be active (measured, 252); what requires it starts all the same.
                    Outcome::NotReached | Outcome::Missing | Outcome::Masked(_) | Outcome::Refused(_) => {
                        key != "Requires"
                    }
                    _ => false,
                };
                if broken {
                    return Some(setting.origin().says(format!("{key}={other}, which is not active")));
                }
            }
        }
    }
    None
}

/// Whether every required unit exists unmasked; else the unit starts by a rule of thumb (measured, 252).
fn requires_nothing_odd(world: &World, unit: &MergedUnit) -> bool {
    ["Requires", "BindsTo"].iter().all(|key| {
        unit.every("Unit", key).flat_map(|setting| unit::names(&setting.value)).all(|other| {
            let generated = ["swap", "mount", "device", "slice"].contains(&suffix(other));
            generated
                || world.graph.nodes.get(other).is_none_or(|n| matches!(n.found, Found::Fragment { .. }))
        })
    })
}

/// What makes a service fail for sure: a program or environment file that is missing, or `false`.
fn sure_failure(subsystems: &Subsystems<'_>, unit: &MergedUnit) -> Option<Origin> {
    if suffix(&unit.name) != "service" {
        return None;
    }
    let files = subsystems.host().files();
    for setting in unit.list("Service", "EnvironmentFile") {
        let path = setting.value.as_str();
        let fixed =
            path.starts_with('/') && !path.starts_with("/run/") && !path.contains(['*', '?', '[', '%']);
        if fixed && files.stat(path).legacy().is_err_and(|error| error.is_not_found()) {
            return Some(setting.origin().says(format!("EnvironmentFile={path} is missing")));
        }
    }
    for key in ["ExecStartPre", "ExecStart"] {
        for setting in unit.list("Service", key) {
            for command in unit::commands(&setting.value) {
                let path = command.program.as_str();
                let fixed = path.starts_with('/') && !path.starts_with("/run/") && !path.contains(['$', '%']);
                if !fixed || command.prefix.contains('-') {
                    continue;
                }
                let wrong = match files.stat(path).legacy() {
                    Ok(_) if matches!(path, "/bin/false" | "/usr/bin/false") => "always fails",
                    Ok(file) if file.kind == Kind::File && file.mode & 0o111 == 0 => "is not executable",
                    Err(error) if error.is_not_found() && is_complete(subsystems, path) => "is missing",
                    _ => continue,
                };
                return Some(setting.origin().says(format!("{path} {wrong}")));
            }
        }
    }
    None
}

/// Whether a tree would hold a program if the host had it: not so a tree of configuration files only.
fn is_complete(subsystems: &Subsystems<'_>, program: &str) -> bool {
    let files = subsystems.host().files();
    let directory = program.rsplit_once('/').map_or("/", |(directory, _)| directory);
    files.stat("/bin/sh").legacy().is_ok()
        || files.stat("/usr/bin/sh").legacy().is_ok()
        || files.stat(directory).legacy().is_ok()
}

fn is_finished_after_start(unit: &MergedUnit) -> bool {
    if suffix(&unit.name) != "service" || unit.boolean("Service", "RemainAfterExit") == Some(true) {
        return false;
    }
    match unit.last("Service", "Type") {
        Some(setting) => setting.value == "oneshot",
        None => unit.list("Service", "ExecStart").is_empty() && unit.last("Service", "BusName").is_none(),
    }
}

/// The unit that would start this one later, when something happens.
pub(super) fn trigger(subsystems: &Subsystems<'_>, world: &World, name: &str) -> Option<Origin> {
    let stem = name.strip_suffix(".service")?;
    ["socket", "timer", "path"].iter().find_map(|kind| {
        let trigger = format!("{stem}.{kind}");
        let active = world.graph.nodes.contains_key(&trigger)
            && matches!(of(subsystems, world, &trigger).outcome, Outcome::Active(_));
        active.then(|| place(&trigger).says("may start it later"))
    })
}
