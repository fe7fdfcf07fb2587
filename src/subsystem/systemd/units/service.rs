//! The answer for `service:UNIT` at the next boot.

use super::outcome::{self, Outcome};
use super::search_path::{Found, place};
use super::{BootScenario, UnitState, Units, enablement};
use crate::fact::{Answer, Confidence, Knowledge, Origin};
use crate::subsystem::Subsystems;

/// The answer for a unit at boot; unknown where the plausible boots disagree.
pub(super) fn at_boot(units: &Units, subsystems: &Subsystems<'_>, name: &str) -> Answer<UnitState> {
    let mut answers =
        units.scenarios(subsystems).iter().map(|scenario| in_scenario(units, subsystems, scenario, name));
    let Some(first) = answers.next() else { return Answer::unknown("no boot is known") };
    if answers.any(|other| other.state != first.state) {
        return Answer::unknown("the kernel command lines that could boot disagree")
            .because_all(first.because);
    }
    let known = units.scenarios(subsystems).iter().all(|scenario| scenario.options.words.is_some());
    if known {
        return first;
    }
    first
        .at_most(Confidence::High)
        .note("the next kernel command line is not known; no special parameters assumed")
}

fn in_scenario(
    units: &Units,
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    name: &str,
) -> Answer<UnitState> {
    let files = subsystems.host().files();
    let answer = outcome::of(subsystems, scenario, name);
    if answer.outcome == Outcome::Missing {
        let pulled_by = units.wanted_by(subsystems, name);
        let answer = Answer::absent().because_all(pulled_by.iter().cloned());
        return if pulled_by.is_empty() {
            answer
        } else {
            answer.note("it is wanted, but no file describes it")
        };
    }
    let is_made_at_boot =
        !matches!(units.search.resolve(files, name), Found::Fragment { .. } | Found::Masked(_));
    if let (Outcome::Unknown(reason), true) = (&answer.outcome, is_made_at_boot) {
        return Answer::unknown(reason.clone());
    }
    let fragment = match units.search.resolve(files, name) {
        Found::Fragment { path, .. } => Knowledge::Known(path),
        _ => Knowledge::Absent,
    };
    let mut because = Vec::new();
    let mut notes = Vec::new();
    let mut confidence = answer.confidence;
    let active = active(name, answer.outcome, &mut because, &mut notes, &mut confidence);
    let (word, decider) = enabled(units, subsystems, scenario, name);
    if let Some(decider) = decider.filter(|place| !because.contains(place)) {
        because.push(decider);
    }
    let state = UnitState { active, enabled: word, fragment };
    let mut answer = Answer::known(state).because_all(because).at_most(confidence);
    answer.notes = notes;
    if scenario.graph.assumed {
        answer = answer
            .at_most(Confidence::High)
            .note("the tree has no units of systemd itself; the usual targets are assumed");
    }
    answer
}

fn active(
    name: &str,
    outcome: Outcome,
    because: &mut Vec<Origin>,
    notes: &mut Vec<String>,
    confidence: &mut Confidence,
) -> Knowledge<&'static str> {
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
            return Knowledge::unknown(reason);
        }
    };
    because.extend(origins);
    Knowledge::Known(word)
}

fn enabled(
    units: &Units,
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    name: &str,
) -> (Knowledge<&'static str>, Option<Origin>) {
    let real = units.real_name(subsystems, name);
    if scenario.options.masks.contains(&real) {
        return (Knowledge::Known("masked-runtime"), None);
    }
    if let Some(script) = scenario.scripts.services.get(name) {
        return (Knowledge::Known("generated"), Some(script.clone()));
    }
    let found = enablement::of(subsystems.host().files(), &units.search, name);
    let is_off = ["disabled", "indirect"].iter().any(|word| found.state == Knowledge::Known(*word));
    if let Some(gap) = scenario.graph.preset_gap.as_ref().filter(|_| is_off) {
        return (Knowledge::unknown(gap.reason.as_str()), Some(gap.origin.clone()));
    }
    match scenario.presets.get(name).filter(|_| is_off) {
        Some(origin) => (Knowledge::Known("enabled"), Some(origin.clone())),
        None if is_off && scenario.options.first_boot.is_none() => (
            Knowledge::unknown("/etc/machine-id can't be read: a first boot would apply presets"),
            Some(place("/etc/machine-id")),
        ),
        None => (found.state, found.because),
    }
}
