//! What becomes of one unit at a boot: started, skipped, failed, or never reached.

use std::collections::BTreeMap;

use super::BootScenario;
use super::conditions::{self, Truth};
use super::graph::{Graph, Node};
use super::merged::MergedUnit;
use super::order::Dropped;
use super::refused;
use super::search_path::{Found, place, suffix};
use super::start::{self, Start};
use super::triggers::{Triggered, dead_socket};
use crate::fact::{Confidence, Origin};
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
    /// It is started, fails, and is started again and again.
    Retrying(Vec<Origin>),
    /// It is masked.
    Masked(Origin),
    /// systemd refuses to load it.
    Refused(Origin),
    /// There is such a unit, and nothing starts it; what may do so later.
    NotReached(Option<String>),
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
pub(super) fn of(subsystems: &Subsystems<'_>, scenario: &BootScenario, name: &str) -> Answer {
    judge(subsystems, scenario, name, 0)
}

/// What becomes of a unit to which `depth` requirements lead: asked once, so that units which require each other don't cost
/// a walk along each way between them.
pub(super) fn judge(
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    name: &str,
    depth: usize,
) -> Answer {
    let key = (name.to_owned(), depth);
    if let Some(known) = scenario.judged.borrow().get(&key) {
        return known.clone();
    }
    let answer = judge_now(subsystems, scenario, name, depth);
    scenario.judged.borrow_mut().insert(key, answer.clone());
    answer
}

fn judge_now(subsystems: &Subsystems<'_>, scenario: &BootScenario, name: &str, depth: usize) -> Answer {
    let units = subsystems.units();
    let found = units.search.resolve(subsystems.host().files(), name);
    let key = found.own_name(name);
    if scenario.options.masks.iter().any(|mask| mask == key || mask == name) {
        let says = format!("systemd.mask={key}");
        return Answer::certain(Outcome::Masked(Origin::file("kernel command line").says(says)));
    }
    if let Some(reason) = &scenario.graph.stuck {
        return Answer::certain(Outcome::Unknown(reason.clone()));
    }
    let node = scenario.graph.nodes.get(key);
    match found {
        Found::Masked(origin) => Answer::certain(Outcome::Masked(origin)),
        Found::Unreadable(gap) => Answer::certain(Outcome::Unknown(gap.reason)),
        Found::Missing => Answer::certain(without_file(subsystems, scenario, key, node)),
        Found::Fragment { .. } => match node {
            Some(node) => reached(subsystems, scenario, node, depth),
            None => not_reached(subsystems, scenario, key, depth),
        },
    }
}

/// What becomes of a unit that the walk doesn't reach.
fn not_reached(subsystems: &Subsystems<'_>, scenario: &BootScenario, name: &str, depth: usize) -> Answer {
    if let Some(unknown) = blind_spot(subsystems, scenario) {
        return Answer::certain(unknown);
    }
    if depth >= MAX_DEPTH {
        return Answer::heuristic(Outcome::NotReached(None));
    }
    match scenario.triggers(subsystems).of(subsystems, scenario, name, depth) {
        Triggered::Starts { by, again } => triggered(subsystems, scenario, name, (by, again), depth),
        Triggered::Soon(reason) => Answer::certain(Outcome::Unknown(reason)),
        Triggered::Later(note) => {
            Answer { outcome: Outcome::NotReached(Some(note)), confidence: Confidence::High }
        }
        Triggered::Not => Answer::certain(Outcome::NotReached(None)),
    }
}

/// What was not read could have reached the unit.
fn blind_spot(subsystems: &Subsystems<'_>, scenario: &BootScenario) -> Option<Outcome> {
    let reason = scenario.blind_spot.get_or_init(|| find_blind_spot(subsystems, scenario));
    reason.clone().map(Outcome::Unknown)
}

fn find_blind_spot(subsystems: &Subsystems<'_>, scenario: &BootScenario) -> Option<String> {
    if scenario.graph.cut {
        return Some("there are more units than are followed".into());
    }
    let unread =
        scenario.graph.nodes.values().filter_map(|node| node.unit.as_deref()).flat_map(|unit| &unit.gaps);
    let graph = &scenario.graph;
    let gaps = subsystems.units().search.gaps.iter().chain(&graph.gaps).chain(&graph.preset_gap);
    gaps.chain(unread).next().map(|gap| gap.reason.clone())
}

fn without_file(
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    name: &str,
    node: Option<&Node>,
) -> Outcome {
    let pulled_by = node.map(|node| node.pulled_by.clone());
    if scenario.scripts.services.contains_key(name) {
        let unread = || scenario.scripts.gaps.first().map(|gap| Outcome::Unknown(gap.reason.clone()));
        let not_started = || unread().unwrap_or(Outcome::NotReached(None));
        return pulled_by.map_or_else(not_started, Outcome::Active);
    }
    if scenario.options.has_credential("systemd.extra-unit", name) {
        return Outcome::Unknown("a credential on the kernel command line makes it, and isn't read".into());
    }
    match suffix(name) {
        "swap" | "mount" | "automount" | "device" | "slice" | "scope" => {
            Outcome::Unknown("units made at boot, such as those of /etc/fstab, are not followed here".into())
        }
        _ if scenario.graph.assumed && pulled_by.is_some() => {
            Outcome::Unknown("the tree holds no unit files of systemd itself".into())
        }
        "service" if !scenario.scripts.gaps.is_empty() => {
            let reason = scenario.scripts.gaps.first().map(|gap| gap.reason.clone());
            Outcome::Unknown(reason.unwrap_or_default())
        }
        _ => blind_spot(subsystems, scenario).unwrap_or(Outcome::Missing),
    }
}

fn reached(subsystems: &Subsystems<'_>, scenario: &BootScenario, node: &Node, depth: usize) -> Answer {
    let Some(unit) = node.unit.as_deref() else {
        return Answer::certain(Outcome::Unknown("the unit was not followed".into()));
    };
    if let Some(outcome) = not_loaded(scenario, node, unit) {
        return Answer::certain(outcome);
    }
    match scenario.dropped.get(&unit.name) {
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
    if let Some(reason) = scenario.conflicts.get(&unit.name) {
        return Answer::certain(Outcome::Unknown(reason.clone()));
    }
    started(subsystems, scenario, unit, &node.pulled_by, depth)
}

/// What keeps systemd from loading a unit, or may do so or change it.
fn not_loaded(scenario: &BootScenario, node: &Node, unit: &MergedUnit) -> Option<Outcome> {
    if let Some(gap) = unit.gaps.first() {
        return Some(Outcome::Unknown(gap.reason.clone()));
    }
    if scenario.options.has_credential("systemd.unit-dropin", &unit.name) {
        let reason = "a credential on the kernel command line changes it, and isn't read";
        return Some(Outcome::Unknown(reason.into()));
    }
    if let Some(origin) = &node.refused {
        return Some(Outcome::Refused(origin.clone()));
    }
    if !node.doubtful {
        return None;
    }
    if let Some(gap) = scenario.graph.preset_gap.iter().chain(&scenario.graph.gaps).next() {
        return Some(Outcome::Unknown(gap.reason.clone()));
    }
    let places: Vec<String> = node.pulled_by.iter().map(ToString::to_string).collect();
    let places = places.join(", ");
    let reason = format!("only {places} pulls it in, for a unit that requires what can't be started");
    Some(Outcome::Unknown(reason))
}

/// What becomes of a unit when systemd starts it.
fn started(
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    unit: &MergedUnit,
    pulled_by: &[Origin],
    depth: usize,
) -> Answer {
    // systemd leaves a unit whose assertion fails inactive, too: only its job fails.
    for prefix in ["Condition", "Assert"] {
        match conditions::hold(subsystems, scenario, unit, prefix) {
            Truth::True => {}
            Truth::False(origins, confidence) => {
                return Answer { outcome: Outcome::Skipped(origins), confidence };
            }
            Truth::Unknown(reason) => return Answer::certain(Outcome::Unknown(reason)),
        }
    }
    let broken = broken_requirement(subsystems, scenario, unit, depth);
    if let Some(origin) = broken.or_else(|| dead_socket(subsystems, scenario, unit)) {
        return Answer::heuristic(Outcome::Skipped(vec![origin]));
    }
    match start::of(subsystems, scenario, unit) {
        Start::Works => {}
        Start::Fails(origin, confidence) => {
            return Answer { outcome: Outcome::Failed(vec![origin]), confidence };
        }
        Start::Retries(origin) => return Answer::heuristic(Outcome::Retrying(vec![origin])),
        Start::Skipped(origin) => return Answer::certain(Outcome::Skipped(vec![origin])),
        Start::Unknown(reason) => return Answer::certain(Outcome::Unknown(reason)),
    }
    let confidence =
        if requires_nothing_odd(scenario, unit) { Confidence::Certain } else { Confidence::Heuristic };
    let pulled_by = pulled_by.to_vec();
    let is_finished = is_finished_after_start(unit);
    let outcome = if is_finished { Outcome::Finished(pulled_by) } else { Outcome::Active(pulled_by) };
    Answer { outcome, confidence }
}

/// What becomes of a unit that no target pulls in and that something starts during the boot; `again` if it is started
/// again when it ends.
fn triggered(
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    name: &str,
    (by, again): (Origin, bool),
    depth: usize,
) -> Answer {
    let says = by.says.as_deref().unwrap_or_default();
    let reason = format!("no target pulls it in, but {by} starts it during the boot ({says})");
    let unknown = || Answer::certain(Outcome::Unknown(reason.clone()));
    let units = subsystems.units();
    let Some(unit) = MergedUnit::load(&units.search, subsystems.host().files(), name) else {
        return unknown();
    };
    // What such a unit pulls in, or stops, is not followed.
    let pulls = |key: &str| unit.every("Unit", key).next().is_some();
    let is_followed =
        !["Requires", "BindsTo", "Requisite", "PartOf", "Conflicts"].iter().any(|key| pulls(key));
    let is_stopped = scenario.graph.nodes.values().filter_map(|node| node.unit.as_deref()).any(|other| {
        other.every("Unit", "Conflicts").any(|setting| unit::names(&setting.value).any(|rival| rival == name))
    });
    let (found, pulled_by) = (units.search.resolve(subsystems.host().files(), name), vec![by]);
    let refused = refused::refused(&unit);
    let node = Node { found, pulled_by, unit: None, refused, doubtful: false };
    if let Some(outcome) = not_loaded(scenario, &node, &unit) {
        return Answer::certain(outcome);
    }
    if !is_followed || is_stopped {
        return unknown();
    }
    let answer = started(subsystems, scenario, &unit, &node.pulled_by, depth);
    match answer.outcome {
        // Started too often, it fails.
        Outcome::Finished(_) | Outcome::Failed(_) | Outcome::Retrying(_) if again => unknown(),
        outcome => Answer { outcome, confidence: answer.confidence.min(Confidence::High) },
    }
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
    scenario: &BootScenario,
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
                let outcome = judge(subsystems, scenario, other, depth + 8).outcome;
                let broken = match outcome {
                    Outcome::Failed(_) | Outcome::Retrying(_) => true,
                    Outcome::Skipped(_) | Outcome::Finished(_) => key == "BindsTo",
                    // What is bound needs the other to be active (measured, 252); what requires it starts all the same.
                    Outcome::NotReached(_) | Outcome::Missing | Outcome::Masked(_) | Outcome::Refused(_) => {
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
fn requires_nothing_odd(scenario: &BootScenario, unit: &MergedUnit) -> bool {
    ["Requires", "BindsTo"].iter().all(|key| {
        unit.every("Unit", key).flat_map(|setting| unit::names(&setting.value)).all(|other| {
            let generated = ["swap", "mount", "device", "slice"].contains(&suffix(other));
            generated
                || scenario.graph.nodes.get(other).is_none_or(|n| matches!(n.found, Found::Fragment { .. }))
        })
    })
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
