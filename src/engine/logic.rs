//! Three-valued logic (Kleene): what can't be known stays unknown unless it makes no difference.

use super::facts::Facts;
use super::matcher::{self, Comparison};
use super::plan::{Condition, Subject, Test};
use super::truth::Truth;
use crate::fact::{Moment, Reason};

/// A truth and the tests that decided it.
struct Outcome<'p> {
    truth: Truth,
    evidence: Vec<Evidence<'p>>,
}

/// A test that decided, and the story that it tells.
pub(super) struct Evidence<'p> {
    pub(super) test: &'p Test,
    pub(super) story: Option<String>,
    /// Whether the condition wants the test not to hold.
    pub(super) negated: bool,
}

/// Whether a condition holds at a moment; no more is asked than decides it, and nothing is put into words.
pub(super) fn truth(facts: &Facts<'_>, condition: &Condition, moment: Moment) -> Truth {
    let fold = |parts: &[Condition], decider: Truth| {
        let mut unknown = None;
        for part in parts {
            let truth = truth(facts, part, moment);
            if truth == decider {
                return decider;
            }
            if matches!(truth, Truth::Unknown(_)) {
                unknown.get_or_insert(truth);
            }
        }
        unknown.unwrap_or_else(|| decider.not())
    };
    match condition {
        Condition::Test(test) => matcher::compare(facts, test, moment).truth,
        Condition::Not(inner) => truth(facts, inner, moment).not(),
        Condition::All(parts) => fold(parts, Truth::No),
        Condition::Any(parts) => fold(parts, Truth::Yes),
    }
}

/// How much of what is missing is told of a condition that doesn't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Everything.
    All,
    /// One reason suffices, and nothing more is asked. Authors of rules write first what is cheap to ask.
    One,
}

/// The tests that decide a condition at a moment.
pub(super) fn evidence<'p>(
    facts: &Facts<'_>,
    condition: &'p Condition,
    moment: Moment,
    missing: Missing,
) -> Vec<Evidence<'p>> {
    let Outcome { truth, evidence } = look(facts, condition, moment, missing == Missing::All);
    debug_assert_eq!(truth, self::truth(facts, condition, moment));
    evidence
}

fn look<'p>(facts: &Facts<'_>, condition: &'p Condition, moment: Moment, thorough: bool) -> Outcome<'p> {
    match condition {
        Condition::Test(test) => {
            let Comparison { truth, story } = matcher::compare(facts, test, moment);
            Outcome { truth, evidence: vec![Evidence { test, story, negated: false }] }
        }
        Condition::Not(inner) => {
            let Outcome { truth, mut evidence } = look(facts, inner, moment, thorough);
            for part in &mut evidence {
                part.negated = !part.negated;
            }
            Outcome { truth: truth.not(), evidence }
        }
        Condition::All(parts) => combine(facts, parts, moment, &Truth::No, thorough),
        Condition::Any(parts) => combine(facts, parts, moment, &Truth::Yes, thorough),
    }
}

/// `All` is decided by any No, `Any` by any Yes. The evidence is that of the parts that decided: the
/// deciding ones; else those that can't be known; else all.
fn combine<'p>(
    facts: &Facts<'_>,
    parts: &'p [Condition],
    moment: Moment,
    decider: &Truth,
    thorough: bool,
) -> Outcome<'p> {
    let mut deciding = Vec::new();
    let mut unknown: Option<(Reason, Vec<Evidence<'p>>)> = None;
    let mut others = Vec::new();
    for part in parts {
        let Outcome { truth, evidence } = look(facts, part, moment, thorough);
        match truth {
            truth if truth == *decider => {
                deciding.extend(evidence);
                // One alternative suffices, but a reader wants to see everything that is missing.
                if *decider == Truth::Yes || !thorough {
                    break;
                }
            }
            Truth::Unknown(reason) => unknown.get_or_insert_with(|| (reason, Vec::new())).1.extend(evidence),
            Truth::Yes | Truth::No => others.extend(evidence),
        }
    }
    if !deciding.is_empty() {
        return Outcome { truth: decider.clone(), evidence: deciding };
    }
    match unknown {
        Some((reason, evidence)) => Outcome { truth: Truth::Unknown(reason), evidence },
        None => Outcome { truth: decider.clone().not(), evidence: others },
    }
}

/// Whether two subjects are the same question, so that it is shown once.
pub(super) fn same_subject(a: &Subject, b: &Subject) -> bool {
    match (a, b) {
        (
            Subject::Fact { question, attribute },
            Subject::Fact { question: other, attribute: other_attribute },
        ) => question == other && attribute == other_attribute,
        _ => false,
    }
}
