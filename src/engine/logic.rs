//! Three-valued logic (Kleene): what can't be known stays unknown unless it makes no difference.

use super::facts::Facts;
use super::matcher;
use super::plan::{Condition, Subject, Test};
use super::truth::Truth;
use crate::fact::Moment;

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
        Condition::Test(test) => {
            let found = facts.state(&test.subject, moment);
            matcher::compare(facts, test, found, moment).truth
        }
        Condition::Not(inner) => truth(facts, inner, moment).not(),
        Condition::All(parts) => fold(parts, Truth::No),
        Condition::Any(parts) => fold(parts, Truth::Yes),
    }
}

/// How many reasons are given for a condition that doesn't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Explain {
    /// Everything.
    All,
    /// One reason suffices, and nothing more is asked. Authors of rules write first what is cheap to ask.
    First,
}

/// The tests that decide a condition at a moment.
pub(super) fn evidence<'p>(
    facts: &Facts<'_>,
    condition: &'p Condition,
    moment: Moment,
    explain: Explain,
) -> Vec<Evidence<'p>> {
    match condition {
        Condition::Test(test) => {
            let found = facts.state(&test.subject, moment);
            let story = matcher::compare(facts, test, found, moment).story;
            vec![Evidence { test, story, negated: false }]
        }
        Condition::Not(inner) => {
            let mut evidence = evidence(facts, inner, moment, explain);
            for part in &mut evidence {
                part.negated = !part.negated;
            }
            evidence
        }
        Condition::All(parts) | Condition::Any(parts) => {
            let whole = truth(facts, condition, moment);
            // One alternative suffices, but a reader wants to see everything that is missing.
            let suffices = match (condition, &whole) {
                (Condition::Any(_), Truth::Yes) => true,
                (Condition::All(_), Truth::No) => explain == Explain::First,
                _ => false,
            };
            let decide = |part: &&Condition| same_kind(&truth(facts, part, moment), &whole);
            let deciding = parts.iter().filter(decide).take(if suffices { 1 } else { parts.len() });
            deciding.flat_map(|part| evidence(facts, part, moment, explain)).collect()
        }
    }
}

/// Whether both hold, neither does, or neither can be known, for whatever reasons: of a condition with parts, those of its
/// own kind decided.
fn same_kind(a: &Truth, b: &Truth) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
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
