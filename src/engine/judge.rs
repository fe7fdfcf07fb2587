//! Plan and facts to findings: `needs`, `when`, `check`, in this visible order, at each moment.

use super::facts::Facts;
use super::finding::{Finding, Judgement, Verdict};
use super::logic::{Evidence, Outcome, evaluate, holds, same_subject};
use super::plan::{Matcher, Plan, PlannedRule, Subject};
use super::truth::Truth;
use crate::fact::{Confidence, Moment, Origin, Reason, State, Value};
use crate::subsystem::Subsystems;

/// Judges every rule of a plan at the moments asked for. Findings are in the order of the plan.
#[must_use]
pub fn judge(plan: &Plan, subsystems: &Subsystems<'_>, moments: &[Moment]) -> Vec<Finding> {
    // All sockets are asked together, so that all that hang cost the time of one.
    let sockets = plan.questions.iter().filter(|question| question.probe.name == "cri");
    subsystems
        .cri()
        .expect(sockets.map(|question| question.key.as_str()).filter(|socket| !socket.is_empty()));
    let facts = Facts::new(subsystems, &plan.questions);
    let mut findings: Vec<Option<Finding>> = plan.rules.iter().map(|_| None).collect();
    for index in needed_first(&plan.rules) {
        let rule = &plan.rules[index];
        let judged = |moment| {
            (moments.contains(&moment) && rule.moments.contains(&moment))
                .then(|| Box::new(judge_at(&facts, rule, &findings, moment)))
        };
        let (now, boot) = (judged(Moment::Now), judged(Moment::Boot));
        let finding = Finding { rule: index, id: rule.id.clone(), severity: rule.severity, now, boot };
        findings[index] = Some(finding);
    }
    findings.into_iter().flatten().collect()
}

/// The rules in an order in which every rule comes after those it needs. Compiling has refused circles.
fn needed_first(rules: &[PlannedRule]) -> Vec<usize> {
    let mut order = Vec::with_capacity(rules.len());
    let mut entered = vec![false; rules.len()];
    for start in 0..rules.len() {
        let mut stack = vec![(start, false)];
        while let Some((index, needs_done)) = stack.pop() {
            if needs_done {
                order.push(index);
            } else if !entered[index] {
                entered[index] = true;
                stack.push((index, true));
                stack.extend(rules[index].needs.iter().map(|need| (*need, false)));
            }
        }
    }
    order
}

fn judge_at(
    facts: &Facts<'_>,
    rule: &PlannedRule,
    findings: &[Option<Finding>],
    moment: Moment,
) -> Judgement {
    let needs = rule.needs.iter().filter_map(|need| findings[*need].as_ref());
    for (needed, judgement) in needs.filter_map(|finding| Some((&finding.id, finding.at(moment)?))) {
        match &judgement.verdict {
            Verdict::Fail => return skipped(format!("needs {needed}, which failed")),
            Verdict::Skip(Reason { .. }) if judgement.blocked => {
                return skipped(format!("needs {needed}, which was skipped"));
            }
            // Failures are waived when all is judged.
            Verdict::Pass | Verdict::Unknown(_) | Verdict::Skip(_) | Verdict::Waived(_) => {}
        }
    }
    let applies = rule.when.as_ref().map(|when| holds(facts, when, moment));
    match applies {
        Some(Outcome { truth: Truth::No, evidence }) => {
            let mut judgement = describe(facts, &evidence, moment);
            judgement.verdict = Verdict::Skip(Reason::new(format!("does not apply: {}", judgement.found)));
            judgement
        }
        Some(Outcome { truth: Truth::Unknown(reason), .. }) => {
            let mut judgement = decide(facts, rule, moment);
            // Whether it applies makes no difference to a rule that holds.
            if judgement.verdict == Verdict::Fail {
                judgement.verdict =
                    Verdict::Unknown(Reason::new(format!("can't tell whether the rule applies: {reason}")));
            }
            judgement
        }
        Some(Outcome { truth: Truth::Yes, .. }) | None => decide(facts, rule, moment),
    }
}

fn decide(facts: &Facts<'_>, rule: &PlannedRule, moment: Moment) -> Judgement {
    let Outcome { truth, evidence } = evaluate(facts, &rule.check, moment);
    let mut judgement = describe(facts, &evidence, moment);
    judgement.verdict = match truth {
        Truth::Yes => Verdict::Pass,
        Truth::No => Verdict::Fail,
        Truth::Unknown(reason) => Verdict::Unknown(reason),
    };
    judgement
}

fn skipped(reason: String) -> Judgement {
    Judgement { blocked: true, ..Judgement::of(Verdict::Skip(Reason::new(reason))) }
}

/// Everything that the deciding tests say, each subject once.
fn describe(facts: &Facts<'_>, evidence: &[Evidence<'_>], moment: Moment) -> Judgement {
    let mut judgement = Judgement::of(Verdict::Pass);
    let mut found: Vec<String> = Vec::new();
    let mut expected: Vec<String> = Vec::new();
    let mut seen: Vec<usize> = Vec::new();
    for (index, Evidence { test, story }) in evidence.iter().enumerate() {
        if !evidence[..index].iter().any(|earlier| same_subject(&earlier.test.subject, &test.subject)) {
            let state = facts.state(&test.subject, moment);
            let value = show(state);
            found.push(match story {
                Some(story) => story.clone(),
                None if *state == State::Absent && is_absent_whole(facts, &test.subject, moment) => {
                    format!("{} is absent", name(facts, &whole(&test.subject)))
                }
                None if matches!((&test.matcher, state), (Matcher::Exists(_), State::Known(_))) => {
                    format!("{} is there", name(facts, &test.subject))
                }
                None if evidence.len() == 1 && speaks_for_itself(state, &test.subject) => value,
                None if *state == State::Absent && matches!(test.subject, Subject::Constant { .. }) => {
                    format!("{} is not set", name(facts, &test.subject))
                }
                None => format!("{} is {value}", name(facts, &test.subject)),
            });
        }
        expected.push(expectation(facts, &test.matcher, moment));
        let sources = [Some(&test.subject), operand(&test.matcher)].into_iter().flatten();
        for origin in sources.filter_map(origin) {
            if !judgement.because.contains(origin) {
                judgement.because.push(origin.clone());
            }
        }
        for question in
            [Some(&test.subject), operand(&test.matcher)].into_iter().flatten().filter_map(question)
        {
            if seen.contains(&question) {
                continue;
            }
            seen.push(question);
            let fact = facts.answer(question, moment);
            judgement.because.extend(fact.because.iter().cloned());
            judgement.overruled.extend(fact.overruled.iter().cloned());
            judgement.notes.extend(
                fact.notes.iter().filter(|n| !judgement.notes.contains(n)).cloned().collect::<Vec<_>>(),
            );
            judgement.confidence = judgement.confidence.min(fact.confidence);
        }
    }
    found.dedup();
    expected.dedup();
    judgement.found = found.join(", ");
    judgement.expected = expected.join(", ");
    judgement
}

fn question(subject: &Subject) -> Option<usize> {
    match subject {
        Subject::Fact { question, .. } => Some(*question),
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
fn name(facts: &Facts<'_>, subject: &Subject) -> String {
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
        State::Known(value) => value.to_string(),
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
        Matcher::In(_) | Matcher::Matches(_) | Matcher::Exists(_) | Matcher::Version(_) => None,
    }
}

/// What a matcher wants, in words: `1`, `at least 1700MiB`, `one of built-in, loaded`.
fn expectation(facts: &Facts<'_>, matcher: &Matcher, moment: Moment) -> String {
    let value = |subject: &Subject| match subject {
        Subject::Constant { state, .. } => show(state),
        Subject::Fact { .. } => format!("{} ({})", show(facts.state(subject, moment)), name(facts, subject)),
    };
    match matcher {
        Matcher::Equals(wanted) => value(wanted),
        Matcher::NotEquals(unwanted) => format!("not {}", value(unwanted)),
        Matcher::In(wanted) => format!("one of {}", wanted.iter().map(value).collect::<Vec<_>>().join(", ")),
        Matcher::AtLeast(bound) => format!("at least {}", value(bound)),
        Matcher::AtMost(bound) => format!("at most {}", value(bound)),
        Matcher::Matches(pattern) => format!("matches {}", pattern.as_str()),
        Matcher::Contains(part) => format!("contains {}", value(part)),
        Matcher::Exists(true) => "is there".into(),
        Matcher::Exists(false) => "is not there".into(),
        Matcher::Version(requirement) => requirement.to_string(),
        Matcher::Skew { from, older: 0, newer: 0 } => format!("the minor version of {}", value(from)),
        Matcher::Skew { from, older, newer } => {
            let other = value(from);
            format!("at most {older} minor versions older, {newer} newer than {other}")
        }
        Matcher::Overlaps(other) => format!("overlaps {}", value(other)),
    }
}

impl Judgement {
    fn of(verdict: Verdict) -> Self {
        Judgement {
            verdict,
            found: String::new(),
            expected: String::new(),
            because: Vec::new(),
            overruled: Vec::new(),
            notes: Vec::new(),
            confidence: Confidence::Certain,
            blocked: false,
        }
    }
}
