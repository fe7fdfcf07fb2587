//! Plan and facts to findings: `needs`, `when`, `check`, in this visible order, at each moment.

use super::describe::describe;
use super::facts::Facts;
use super::finding::{Finding, Judgement, Verdict};
use super::logic::{Outcome, evaluate, holds};
use super::plan::{Plan, PlannedRule};
use super::truth::Truth;
use crate::fact::{Confidence, Moment, Reason};
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

impl Judgement {
    pub(super) fn of(verdict: Verdict) -> Self {
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
