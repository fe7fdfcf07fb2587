//! What the deciding tests say, in words: what was found, what was expected, and where.

use std::fmt;

use super::facts::Facts;
use super::finding::{Judgement, Verdict};
use super::logic::{Evidence, same_subject};
use super::plan::{Matcher, Subject, Test};
use crate::fact::{Moment, Origin, State, Value, bounded, cut};

/// Everything that the deciding tests say, each subject once.
pub(super) fn describe(facts: &Facts<'_>, evidence: &[Evidence<'_>], moment: Moment) -> Judgement {
    let mut judgement = Judgement::of(Verdict::Pass);
    let mut found: Vec<Clause> = Vec::new();
    let mut expected: Vec<String> = Vec::new();
    let mut seen: Vec<(usize, Option<&str>)> = Vec::new();
    for (index, Evidence { test, story, negated }) in evidence.iter().enumerate() {
        if !evidence[..index].iter().any(|earlier| same_subject(&earlier.test.subject, &test.subject)) {
            let clause = match story {
                Some(story) => Clause::story(story),
                None => clause(facts, test, moment, evidence.len() == 1),
            };
            clause.join(&mut found);
        }
        let words = if *negated { negation } else { expectation };
        let phrase = wanted_phrase(facts, test, *negated);
        expected.push(phrase.unwrap_or_else(|| words(facts, &test.matcher, moment)));
        let sources = [Some(&test.subject), operand(&test.matcher)].into_iter().flatten();
        for origin in sources.filter_map(origin) {
            if !judgement.because.contains(origin) {
                judgement.because.push(origin.clone());
            }
        }
        for (question, attribute) in
            [Some(&test.subject), operand(&test.matcher)].into_iter().flatten().filter_map(question)
        {
            if seen.contains(&(question, attribute)) {
                continue;
            }
            let is_new = seen.iter().all(|(known, _)| *known != question);
            seen.push((question, attribute));
            let fact = facts.answer(question, moment);
            let decides = |place: &&Origin| match (place.decides, attribute) {
                (Some(of), Some(asked)) => of == asked,
                (None, _) => is_new,
                (Some(_), None) => true,
            };
            judgement.because.extend(fact.because.iter().filter(decides).cloned());
            if !is_new {
                continue;
            }
            judgement.overruled.extend(fact.overruled.iter().cloned());
            judgement.notes.extend(
                fact.notes.iter().filter(|n| !judgement.notes.contains(n)).cloned().collect::<Vec<_>>(),
            );
            judgement.confidence = judgement.confidence.min(fact.confidence);
        }
    }
    expected.dedup();
    judgement.found = cut(found.iter().map(Clause::to_string).collect::<Vec<_>>().join(", "));
    judgement.expected = cut(expected.join(", "));
    judgement
}

/// What is said of one or several things: `NET_NS and PID_NS are available`.
struct Clause {
    /// Who it is said of; nobody in a story.
    names: Vec<String>,
    /// The attribute that is spoken of.
    attribute: Option<&'static str>,
    /// What is said: a value, `absent`, `there`; or a story.
    says: String,
}

impl Clause {
    fn story(text: &str) -> Self {
        Clause { names: Vec::new(), attribute: None, says: text.to_owned() }
    }

    fn of(name: String, says: impl Into<String>) -> Self {
        Clause { names: vec![name], attribute: None, says: says.into() }
    }

    /// Adds it to what is said already, to the things of which the same is said if there are any.
    fn join(self, clauses: &mut Vec<Clause>) {
        let same = |clause: &&mut Clause| {
            clause.attribute == self.attribute
                && clause.says == self.says
                && clause.names.is_empty() == self.names.is_empty()
        };
        match clauses.iter_mut().find(same) {
            Some(clause) => {
                for name in self.names {
                    if !clause.names.contains(&name) {
                        clause.names.push(name);
                    }
                }
            }
            None => clauses.push(self),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Clause { names, attribute, says } = self;
        match (names.as_slice(), attribute) {
            ([], _) => f.write_str(says),
            ([name], None) => write!(f, "{name} is {says}"),
            ([name], Some(attribute)) => write!(f, "{name} {attribute} is {says}"),
            ([first @ .., last], None) => write!(f, "{} and {last} are {says}", first.join(", ")),
            ([first @ .., last], Some(attribute)) => {
                write!(f, "{attribute} is {says} for {} and {last}", first.join(", "))
            }
        }
    }
}

/// What a test wants of an attribute that is true or false.
fn wanted_phrase(facts: &Facts<'_>, test: &Test, negated: bool) -> Option<String> {
    let attribute = facts.attribute(&test.subject)?;
    let (operand, is_equal) = match &test.matcher {
        Matcher::Equals(operand) => (operand, !negated),
        Matcher::NotEquals(operand) => (operand, negated),
        _ => return None,
    };
    match operand {
        Subject::Constant { state: State::Known(Value::Bool(flag)), .. } => {
            Some(attribute.says(*flag == is_equal))
        }
        _ => None,
    }
}

/// What is said of the subject of a test.
fn clause(facts: &Facts<'_>, test: &Test, moment: Moment, is_alone: bool) -> Clause {
    let Test { subject, matcher } = test;
    let state = facts.state(subject, moment);
    let value = show(state);
    match (matcher, state) {
        (_, State::Absent) if is_absent_whole(facts, subject, moment) => {
            Clause::of(name(facts, &whole(subject)), "absent")
        }
        (Matcher::Exists(_), State::Known(_)) => Clause::of(name(facts, subject), "there"),
        _ if is_alone && speaks_for_itself(state, subject) => Clause::story(&value),
        (_, State::Absent) if matches!(subject, Subject::Constant { .. }) => {
            Clause::of(name(facts, subject), "not set")
        }
        _ => {
            let attribute = facts.attribute(subject);
            let name = name(facts, &whole(subject));
            match (attribute, state) {
                (Some(attribute), State::Known(Value::Bool(flag))) => Clause::of(name, attribute.says(*flag)),
                _ => Clause {
                    names: vec![name],
                    attribute: attribute.map(|attribute| attribute.name),
                    says: value,
                },
            }
        }
    }
}

/// The question, and the attribute of its answer that is looked at.
fn question(subject: &Subject) -> Option<(usize, Option<&'static str>)> {
    match subject {
        Subject::Fact { question, attribute } => Some((*question, *attribute)),
        Subject::Constant { .. } => None,
    }
}

/// The place that set a variable.
fn origin(subject: &Subject) -> Option<&Origin> {
    match subject {
        Subject::Constant { origin, .. } => origin.as_deref(),
        Subject::Fact { .. } => None,
    }
}

/// Whether a value is understood without saying what has it: `0` is, `absent` and `false` are not.
fn speaks_for_itself(state: &State, subject: &Subject) -> bool {
    let is_bare = matches!(state, State::Absent | State::Known(Value::Bool(_)));
    !is_bare && matches!(subject, Subject::Fact { .. })
}

/// Whether it is an attribute of a record that is not there.
fn is_absent_whole(facts: &Facts<'_>, subject: &Subject, moment: Moment) -> bool {
    matches!(subject, Subject::Fact { question, attribute: Some(_) }
        if facts.answer(*question, moment).state == State::Absent)
}

/// The record that an attribute is of.
fn whole(subject: &Subject) -> Subject {
    match subject {
        Subject::Fact { question, .. } => Subject::Fact { question: *question, attribute: None },
        constant @ Subject::Constant { .. } => constant.clone(),
    }
}

/// `net.ipv4.ip_forward`, `crio.service active`, `variable cni`.
pub(super) fn name(facts: &Facts<'_>, subject: &Subject) -> String {
    match subject {
        Subject::Constant { variable: Some(variable), .. } => format!("variable {variable}"),
        Subject::Constant { state, .. } => show(state),
        Subject::Fact { question, attribute } => {
            let question = facts.question(*question);
            let key = question.key.as_str();
            let subject = if key.is_empty() { question.probe.name } else { key };
            match attribute {
                Some(attribute) => format!("{subject} {attribute}"),
                None => subject.to_owned(),
            }
        }
    }
}

fn show(state: &State) -> String {
    match state {
        State::Known(Value::Text(text)) if text.is_empty() => "empty".into(),
        State::Known(value) => bounded(value),
        State::Absent => "absent".into(),
        State::Unknown(reason) => format!("unknown ({reason})"),
    }
}

fn operand(matcher: &Matcher) -> Option<&Subject> {
    match matcher {
        Matcher::Equals(operand)
        | Matcher::NotEquals(operand)
        | Matcher::AtLeast(operand)
        | Matcher::AtMost(operand)
        | Matcher::Contains(operand)
        | Matcher::Skew { from: operand, .. }
        | Matcher::Overlaps(operand) => Some(operand),
        Matcher::Each(matchers)
        | Matcher::None(matchers)
        | Matcher::ContainsSuch(matchers)
        | Matcher::Attribute(_, matchers) => matchers.iter().find_map(operand),
        Matcher::In(_) | Matcher::Matches(_) | Matcher::Exists(_) | Matcher::Version(_) => None,
    }
}

/// The value that something is compared with.
fn value(facts: &Facts<'_>, subject: &Subject, moment: Moment) -> String {
    match subject {
        Subject::Constant { state, .. } => show(state),
        Subject::Fact { .. } => format!("{} ({})", show(facts.state(subject, moment)), name(facts, subject)),
    }
}

fn expectations(facts: &Facts<'_>, matchers: &[Matcher], moment: Moment) -> String {
    matchers.iter().map(|matcher| expectation(facts, matcher, moment)).collect::<Vec<_>>().join(", ")
}

/// What the negation of a matcher wants, in words: `not 1`, `less than 1700MiB`, `none of built-in, loaded`.
fn negation(facts: &Facts<'_>, matcher: &Matcher, moment: Moment) -> String {
    let value = |subject: &Subject| value(facts, subject, moment);
    match matcher {
        Matcher::NotEquals(wanted) => value(wanted),
        Matcher::In(unwanted) => {
            format!("none of {}", unwanted.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        Matcher::AtLeast(bound) => format!("less than {}", value(bound)),
        Matcher::AtMost(bound) => format!("more than {}", value(bound)),
        Matcher::Matches(pattern) => format!("does not match {}", pattern.as_str()),
        Matcher::Contains(part) => format!("does not contain {}", value(part)),
        Matcher::ContainsSuch(matchers) => {
            format!("no item is such: {}", expectations(facts, matchers, moment))
        }
        Matcher::None(matchers) => format!("one item is such: {}", expectations(facts, matchers, moment)),
        Matcher::Exists(wanted) => expectation(facts, &Matcher::Exists(!wanted), moment),
        Matcher::Overlaps(other) => format!("no overlap with {}", listed(&value(other))),
        Matcher::Equals(_)
        | Matcher::Each(_)
        | Matcher::Attribute(..)
        | Matcher::Version(_)
        | Matcher::Skew { .. } => format!("not {}", expectation(facts, matcher, moment)),
    }
}

/// A list without its brackets.
fn listed(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

/// What a matcher wants, in words: `1`, `at least 1700MiB`, `one of built-in, loaded`.
fn expectation(facts: &Facts<'_>, matcher: &Matcher, moment: Moment) -> String {
    let value = |subject: &Subject| value(facts, subject, moment);
    let all = |matchers: &[Matcher]| expectations(facts, matchers, moment);
    match matcher {
        Matcher::Equals(wanted) => value(wanted),
        Matcher::NotEquals(unwanted) => format!("not {}", value(unwanted)),
        Matcher::In(wanted) => format!("one of {}", wanted.iter().map(value).collect::<Vec<_>>().join(", ")),
        Matcher::AtLeast(bound) => format!("at least {}", value(bound)),
        Matcher::AtMost(bound) => format!("at most {}", value(bound)),
        Matcher::Matches(pattern) => format!("matches {}", pattern.as_str()),
        Matcher::Contains(part) => format!("contains {}", value(part)),
        Matcher::ContainsSuch(matchers) => format!("one item is such: {}", all(matchers)),
        Matcher::Each(matchers) => format!("each item is such: {}", all(matchers)),
        Matcher::None(matchers) => format!("no item is such: {}", all(matchers)),
        Matcher::Attribute(attribute, matchers) => format!("{} {}", attribute.word, all(matchers)),
        Matcher::Exists(true) => "is there".into(),
        Matcher::Exists(false) => "is not there".into(),
        Matcher::Version(requirement) => requirement.to_string(),
        Matcher::Skew { from, older: 0, newer: 0 } => format!("the minor version of {}", value(from)),
        Matcher::Skew { from, older, newer } => {
            let other = value(from);
            format!("at most {older} minor versions older, {newer} newer than {other}")
        }
        Matcher::Overlaps(other) => format!("overlaps {}", listed(&value(other))),
    }
}
