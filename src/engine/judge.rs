//! Plan and facts to findings: `needs`, `when`, `check`, in this visible order, at each moment.

use super::describe::describe;
use super::facts::Facts;
use super::finding::{Finding, Judgement, Verdict};
use super::logic::{Evidence, Outcome, evaluate, holds};
use super::plan::{Check, Condition, Plan, PlannedRule};
use super::truth::Truth;
use crate::fact::{Confidence, Moment, Reason};
use crate::subsystem::Subsystems;

/// How much of what was judged is put into words, which costs as much as judging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every judgement says what decided it.
    Full,
    /// Only those of rules that fail, or can't be known, at a moment; of the others there are the verdicts.
    Troubles,
}

/// Judges every rule of a plan at the moments asked for, in full detail. Findings are in the order of the plan.
#[must_use]
pub fn judge(plan: &Plan, subsystems: &Subsystems<'_>, moments: &[Moment]) -> Vec<Finding> {
    judge_with(plan, subsystems, moments, Detail::Full)
}

/// As [`judge`], in as much detail as is needed.
#[must_use]
pub fn judge_with(
    plan: &Plan,
    subsystems: &Subsystems<'_>,
    moments: &[Moment],
    detail: Detail,
) -> Vec<Finding> {
    // All sockets are asked together, so that all that hang cost the time of one.
    let sockets = plan.questions.iter().filter(|question| question.probe.name == "cri");
    subsystems
        .cri()
        .expect(sockets.map(|question| question.key.as_str()).filter(|socket| !socket.is_empty()));
    let mut facts = Facts::new(subsystems, plan);
    let mut findings: Vec<Option<Finding>> = plan.rules.iter().map(|_| None).collect();
    for index in needed_first(&plan.rules) {
        let rule = &plan.rules[index];
        let [now, boot] = judge_rule(&mut facts, rule, &findings, moments, detail);
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

/// What a rule comes to at each moment.
fn judge_rule(
    facts: &mut Facts<'_>,
    rule: &PlannedRule,
    findings: &[Option<Finding>],
    moments: &[Moment],
    detail: Detail,
) -> [Option<Box<Judgement>>; 2] {
    let gates = Moment::ALL.map(|moment| {
        let is_judged = moments.contains(&moment) && rule.moments.contains(&moment);
        is_judged.then(|| gate(facts, rule, findings, moment))
    });
    let applies = gates.iter().flatten().any(|gate| matches!(gate, Gate::Open(_)));
    let resolved;
    let check = match (&rule.check, applies) {
        (Check::Ready(condition), _) => Ok(condition),
        (Check::Later(_), false) => Err(Reason::new("it does not apply")),
        (Check::Later(expression), true) => {
            resolved = facts.resolve(expression).map_err(|mistakes| {
                let what = mistakes.first().map_or("it asks nothing", |mistake| &mistake.message);
                Reason::new(format!("the rule can't be resolved: {what}"))
            });
            resolved.as_ref().map_err(Clone::clone)
        }
    };
    let [now, boot] = gates;
    let judged = [(Moment::Now, now), (Moment::Boot, boot)]
        .map(|(moment, gate)| Some((moment, gate?.decide(facts, check.as_ref().copied(), moment))));
    let is_trouble = |judged: &Decided<'_>| matches!(judged.verdict, Verdict::Fail | Verdict::Unknown(_));
    let is_told = detail == Detail::Full || judged.iter().flatten().any(|(_, judged)| is_trouble(judged));
    judged.map(|judged| judged.map(|(moment, judged)| Box::new(judged.tell(facts, moment, is_told))))
}

/// Whether a rule is judged.
enum Gate<'p> {
    /// A rule that it needs failed; or was skipped for such a reason.
    Blocked(String),
    /// It does not apply.
    Shut(Vec<Evidence<'p>>),
    /// It applies, or that can't be known for a reason.
    Open(Option<Reason>),
}

fn gate<'p>(
    facts: &Facts<'_>,
    rule: &'p PlannedRule,
    findings: &[Option<Finding>],
    moment: Moment,
) -> Gate<'p> {
    let needs = rule.needs.iter().filter_map(|need| findings[*need].as_ref());
    for (needed, judgement) in needs.filter_map(|finding| Some((&finding.id, finding.at(moment)?))) {
        match &judgement.verdict {
            Verdict::Fail => return Gate::Blocked(format!("needs {needed}, which failed")),
            Verdict::Skip(Reason { .. }) if judgement.blocked => {
                return Gate::Blocked(format!("needs {needed}, which was skipped"));
            }
            // Failures are waived when all is judged.
            Verdict::Pass | Verdict::Unknown(_) | Verdict::Skip(_) | Verdict::Waived(_) => {}
        }
    }
    let Some(when) = &rule.when else { return Gate::Open(None) };
    match holds(facts, when, moment) {
        Outcome { truth: Truth::No, evidence } => Gate::Shut(evidence),
        Outcome { truth: Truth::Unknown(reason), .. } => Gate::Open(Some(reason)),
        Outcome { truth: Truth::Yes, .. } => Gate::Open(None),
    }
}

/// A verdict, and the tests that decided.
struct Decided<'c> {
    verdict: Verdict,
    evidence: Vec<Evidence<'c>>,
    is_blocked: bool,
}

impl<'c> Gate<'c> {
    /// What the rule comes to, by its check if that is needed.
    fn decide(self, facts: &Facts<'_>, check: Result<&'c Condition, &Reason>, moment: Moment) -> Decided<'c> {
        let without = |verdict| Decided { verdict, evidence: Vec::new(), is_blocked: false };
        let doubt = match self {
            Gate::Blocked(reason) => {
                return Decided { is_blocked: true, ..without(Verdict::Skip(Reason::new(reason))) };
            }
            Gate::Shut(evidence) => {
                return Decided { evidence, ..without(Verdict::Skip(Reason::new("does not apply"))) };
            }
            Gate::Open(doubt) => doubt,
        };
        let check = match check {
            Ok(check) => check,
            Err(reason) => return without(Verdict::Unknown(reason.clone())),
        };
        let Outcome { truth, evidence } = evaluate(facts, check, moment);
        let verdict = match (truth, doubt) {
            (Truth::Yes, _) => Verdict::Pass,
            (Truth::No, None) => Verdict::Fail,
            // Whether it applies makes no difference to a rule that holds.
            (Truth::No, Some(doubt)) => {
                Verdict::Unknown(Reason::new(format!("can't tell whether the rule applies: {doubt}")))
            }
            (Truth::Unknown(reason), _) => Verdict::Unknown(reason),
        };
        Decided { evidence, ..without(verdict) }
    }
}

impl Decided<'_> {
    /// The verdict with what decided it, in words if it is told.
    fn tell(self, facts: &Facts<'_>, moment: Moment, is_told: bool) -> Judgement {
        let Decided { verdict, evidence, is_blocked } = self;
        if !is_told || is_blocked {
            return Judgement { blocked: is_blocked, ..Judgement::of(verdict) };
        }
        let mut judgement = describe(facts, &evidence, moment);
        judgement.verdict = match verdict {
            Verdict::Skip(_) => Verdict::Skip(Reason::new(format!("does not apply: {}", judgement.found))),
            verdict => verdict,
        };
        judgement
    }
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
