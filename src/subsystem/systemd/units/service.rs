//! The answer for `service:UNIT` at the next boot.

use super::outcome::{self, Outcome};
use super::search_path::{Found, place};
use super::{BootScenario, Units, enablement};
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::subsystem::Subsystems;

/// The answer for a unit at boot; unknown where the plausible boots disagree.
pub(super) fn at_boot(units: &Units, subsystems: &Subsystems<'_>, name: &str) -> Fact {
    let mut facts =
        units.scenarios(subsystems).iter().map(|scenario| in_scenario(units, subsystems, scenario, name));
    let Some(first) = facts.next() else { return Fact::unknown("no boot is known") };
    if facts.any(|other| other.state != first.state) {
        return Fact::unknown("the kernel command lines that could boot disagree").because_all(first.because);
    }
    let known = units.scenarios(subsystems).iter().all(|scenario| scenario.options.words.is_some());
    if known {
        return first;
    }
    first
        .at_most(Confidence::High)
        .note("the next kernel command line is not known; no special parameters assumed")
}

fn in_scenario(units: &Units, subsystems: &Subsystems<'_>, scenario: &BootScenario, name: &str) -> Fact {
    let files = subsystems.host().files();
    let answer = outcome::of(subsystems, scenario, name);
    if answer.outcome == Outcome::Missing {
        let pulled_by = units.wanted_by(subsystems, name);
        let fact = Fact::absent().because_all(pulled_by.iter().cloned());
        return if pulled_by.is_empty() { fact } else { fact.note("it is wanted, but no file describes it") };
    }
    let is_made_at_boot =
        !matches!(units.search.resolve(files, name), Found::Fragment { .. } | Found::Masked(_));
    if let (Outcome::Unknown(reason), true) = (&answer.outcome, is_made_at_boot) {
        return Fact::unknown(reason.clone());
    }
    let fragment = match units.search.resolve(files, name) {
        Found::Fragment { path, .. } => State::from(path),
        _ => State::Absent,
    };
    let mut because = Vec::new();
    let mut notes = Vec::new();
    let mut confidence = answer.confidence;
    let active = active(name, answer.outcome, &mut because, &mut notes, &mut confidence);
    let (word, decider) = enabled(units, subsystems, scenario, name);
    if let Some(decider) = decider.filter(|place| !because.contains(place)) {
        because.push(decider);
    }
    let record = Value::record([("active", active), ("enabled", word), ("fragment", fragment)]);
    let mut fact = Fact::new(record).because_all(because).at_most(confidence);
    fact.notes = notes;
    if scenario.graph.assumed {
        fact = fact
            .at_most(Confidence::High)
            .note("the tree has no units of systemd itself; the usual targets are assumed");
    }
    fact
}

fn active(
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
        Outcome::Retrying(origins) => ("activating", origins),
        Outcome::NotReached(note) => {
            notes.extend(note);
            ("inactive", Vec::new())
        }
        Outcome::Missing => ("inactive", Vec::new()),
        Outcome::Unknown(reason) => {
            *confidence = Confidence::High.min(*confidence);
            return State::unknown(reason);
        }
    };
    because.extend(origins);
    State::from(word)
}

fn enabled(
    units: &Units,
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    name: &str,
) -> (State, Option<Origin>) {
    let real = units.real_name(subsystems, name);
    if scenario.options.masks.contains(&real) {
        return (State::from("masked-runtime"), None);
    }
    if let Some(script) = scenario.scripts.services.get(name) {
        return (State::from("generated"), Some(script.clone()));
    }
    let found = enablement::of(subsystems.host().files(), &units.search, name);
    let is_off = ["disabled", "indirect"].iter().any(|word| found.state == State::from(*word));
    if let Some(gap) = scenario.graph.preset_gap.as_ref().filter(|_| is_off) {
        return (State::unknown(gap.reason.as_str()), Some(gap.origin.clone()));
    }
    match scenario.presets.get(name).filter(|_| is_off) {
        Some(origin) => (State::from("enabled"), Some(origin.clone())),
        None if is_off && scenario.options.first_boot.is_none() => (
            State::unknown("/etc/machine-id can't be read: a first boot would apply presets"),
            Some(place("/etc/machine-id")),
        ),
        None => (found.state, found.because),
    }
}
