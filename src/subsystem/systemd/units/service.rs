//! The answer for `service:UNIT` at the next boot.

use super::outcome::{self, Outcome};
use super::search_path::{Found, place};
use super::{Units, World, enablement};
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::subsystem::Subsystems;

/// The answer for a unit at boot; unknown where the plausible boots disagree.
pub(super) fn at_boot(units: &Units, subsystems: &Subsystems<'_>, name: &str) -> Fact {
    let mut facts = units.worlds(subsystems).iter().map(|world| in_world(units, subsystems, world, name));
    let Some(first) = facts.next() else { return Fact::unknown("no boot is known") };
    if facts.any(|other| other.state != first.state) {
        return Fact::unknown("the kernel command lines that could boot disagree").because_all(first.because);
    }
    let known = units.worlds(subsystems).iter().all(|world| world.options.words.is_some());
    if known {
        return first;
    }
    first
        .at_most(Confidence::High)
        .note("the next kernel command line is not known; no special parameters assumed")
}

fn in_world(units: &Units, subsystems: &Subsystems<'_>, world: &World, name: &str) -> Fact {
    let files = subsystems.host().files();
    let answer = outcome::of(subsystems, world, name);
    if answer.outcome == Outcome::Missing {
        let pulled_by = units.pulled_in_by(subsystems, name);
        let fact = Fact::absent().because_all(pulled_by.iter().cloned());
        return if pulled_by.is_empty() { fact } else { fact.note("it is wanted, but no file describes it") };
    }
    let fragment = match units.search.resolve(files, name) {
        Found::Fragment { path, .. } => State::from(path),
        _ => State::Absent,
    };
    let mut because = Vec::new();
    let mut notes = Vec::new();
    let mut confidence = answer.confidence;
    let active = active(subsystems, world, name, answer.outcome, &mut because, &mut notes, &mut confidence);
    let (word, decider) = enabled(units, subsystems, world, name);
    if let Some(decider) = decider.filter(|place| !because.contains(place)) {
        because.push(decider);
    }
    let record = Value::record([("active", active), ("enabled", word), ("fragment", fragment)]);
    let mut fact = Fact::new(record).because_all(because).at_most(confidence);
    fact.notes = notes;
    if world.graph.assumed {
        fact = fact
            .at_most(Confidence::High)
            .note("the tree has no units of systemd itself; the usual targets are assumed");
    }
    fact
}

fn active(
    subsystems: &Subsystems<'_>,
    world: &World,
    name: &str,
    outcome: Outcome,
    because: &mut Vec<Origin>,
    notes: &mut Vec<String>,
    confidence: &mut Confidence,
) -> State {
    let (word, origins) = match outcome {
        Outcome::Active(origins) => {
            if super::suffix(name) == "service" {
                *confidence = Confidence::High.min(*confidence);
                notes.push("it is started; that it stays up is assumed".into());
            }
            ("active", origins)
        }
        Outcome::Finished(origins) => {
            *confidence = Confidence::High.min(*confidence);
            notes.push(
                "it is started, does its work once and is inactive again; that it succeeds is assumed".into(),
            );
            ("inactive", origins)
        }
        Outcome::Skipped(origins) => {
            notes.push("something wants it, but what it needs does not hold".into());
            ("inactive", origins)
        }
        Outcome::Failed(origins) => ("failed", origins),
        Outcome::Masked(origin) | Outcome::Refused(origin) => ("inactive", vec![origin]),
        Outcome::NotReached | Outcome::Missing => {
            if let Some(trigger) = outcome::trigger(subsystems, world, name) {
                notes.push(format!("it is not started by itself; {trigger} may start it later"));
            }
            ("inactive", Vec::new())
        }
        Outcome::Unknown(reason) => return State::unknown(reason),
    };
    because.extend(origins);
    State::from(word)
}

fn enabled(units: &Units, subsystems: &Subsystems<'_>, world: &World, name: &str) -> (State, Option<Origin>) {
    let real = units.real_name(subsystems, name);
    if world.options.masks.contains(&real) {
        return (State::from("masked-runtime"), None);
    }
    if let Some(script) = world.scripts.get(name) {
        return (State::from("generated"), Some(script.clone()));
    }
    let found = enablement::of(subsystems.host().files(), &units.search, name);
    let is_off = ["disabled", "indirect"].iter().any(|word| found.state == State::from(*word));
    match world.presets.get(name).filter(|_| is_off) {
        Some(origin) => (State::from("enabled"), Some(origin.clone())),
        None if is_off && world.options.first_boot.is_none() => (
            State::unknown("/etc/machine-id can't be read: a first boot would apply presets"),
            Some(place("/etc/machine-id")),
        ),
        None => (found.state, found.because),
    }
}
