//! Plan and facts to findings: `needs`, `when`, `check`, in this visible order, at each moment.

use std::sync::Arc;

use super::describe::describe;
use super::facts::Facts;
use super::finding::{Finding, Judgement, Verdict};
use super::logic::{Missing, evidence, truth};
use super::plan::{Check, Condition, Plan, PlannedRule};
use super::truth::Truth;
use crate::fact::{Confidence, Moment, Reason, ReasonCode};
use crate::rule::{Diagnostic, Text};
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
        .announce(sockets.map(|question| question.key.as_str()).filter(|socket| !socket.is_empty()));
    let mut judge = Judge {
        facts: Facts::new(subsystems, plan),
        moments,
        detail,
        pass: Arc::new(Judgement::of(Verdict::Pass)),
        skip: Arc::new(skipped("does not apply", false)),
        blocked: Arc::new(skipped("needs a rule that failed", true)),
    };
    let mut findings: Vec<Option<Finding>> = plan.rules.iter().map(|_| None).collect();
    for index in needed_first(&plan.rules) {
        let rule = &plan.rules[index];
        let [now, boot] = judge.rule(rule, &findings);
        let PlannedRule { id, severity, tags, prose, .. } = rule;
        let (tags, prose) = (tags.clone(), prose.clone());
        findings[index] = Some(Finding { rule: id.clone(), severity: *severity, tags, prose, now, boot });
    }
    findings.into_iter().flatten().collect()
}

/// The rules in an order in which every rule comes after those it needs. Compiling has refused circles.
fn needed_first(rules: &[PlannedRule]) -> Vec<usize> {
    let mut order = Vec::with_capacity(rules.len());
    let mut entered = vec![false; rules.len()];
    let mut stack = Vec::new();
    for start in 0..rules.len() {
        stack.push((start, false));
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

/// Judges rules, one after the other.
struct Judge<'r> {
    facts: Facts<'r>,
    moments: &'r [Moment],
    detail: Detail,
    /// What most rules come to, if it isn't told.
    pass: Arc<Judgement>,
    skip: Arc<Judgement>,
    blocked: Arc<Judgement>,
}

impl Judge<'_> {
    /// What a rule comes to at each moment.
    fn rule(&mut self, rule: &PlannedRule, findings: &[Option<Finding>]) -> [Option<Arc<Judgement>>; 2] {
        let facts = &mut self.facts;
        let gates = Moment::ALL.map(|moment| {
            let is_judged = self.moments.contains(&moment) && rule.moments.contains(&moment);
            is_judged.then(|| gate(facts, rule, findings, moment))
        });
        let applies = gates.iter().flatten().any(Result::is_ok);
        let later = match &rule.check {
            Check::Later(expression) if applies => Some(facts.resolve(expression)),
            Check::Later(_) | Check::Ready(_) => None,
        };
        let check = match (&rule.check, &later) {
            (Check::Ready(condition), _) | (Check::Later(_), Some(Ok(condition))) => Ok(condition),
            (Check::Later(_), Some(Err(mistakes))) => Err(mistakes.as_slice()),
            (Check::Later(_), None) => Err(&[][..]),
        };
        let [now, boot] = gates;
        let judged = [(Moment::Now, now), (Moment::Boot, boot)].map(|(moment, gate)| {
            let decided = match gate? {
                Ok(doubt) => by_check(facts, check, doubt, moment),
                Err(skipped) => skipped,
            };
            Some((moment, decided))
        });
        let is_told =
            self.detail == Detail::Full || judged.iter().flatten().any(|(_, decided)| decided.is_trouble());
        judged.map(|judged| {
            let (moment, judged) = judged?;
            Some(match judged {
                Decided::Blocked(..) if !is_told => Arc::clone(&self.blocked),
                Decided::Shut(_) if !is_told => Arc::clone(&self.skip),
                Decided::ByCheck(_, Verdict::Pass) if !is_told => Arc::clone(&self.pass),
                judged => Arc::new(judged.tell(&self.facts, moment)),
            })
        })
    }
}

/// What a rule comes to at a moment, and what decided.
enum Decided<'c> {
    /// Skipped, as a rule that it needs failed, or was skipped for such a reason: which rule, and what became of it.
    Blocked(Text, &'static str),
    /// Skipped, as this condition doesn't hold.
    Shut(&'c Condition),
    /// Whether its check holds.
    ByCheck(&'c Condition, Verdict),
    /// What must hold could not be resolved.
    Unresolved(Reason),
}

/// Whether a rule is judged by its check, with why it can't be known that it applies; or that it is skipped.
fn gate<'p>(
    facts: &Facts<'_>,
    rule: &'p PlannedRule,
    findings: &[Option<Finding>],
    moment: Moment,
) -> Result<Option<Reason>, Decided<'p>> {
    let needs = rule.needs.iter().filter_map(|need| findings[*need].as_ref());
    for (needed, judgement) in needs.filter_map(|finding| Some((&finding.rule, finding.at(moment)?))) {
        match &judgement.verdict {
            Verdict::Fail => return Err(Decided::Blocked((*needed).clone(), "failed")),
            Verdict::Skip(_) if judgement.blocked => {
                return Err(Decided::Blocked((*needed).clone(), "was skipped"));
            }
            // Failures are waived when all is judged.
            Verdict::Pass | Verdict::Unknown(_) | Verdict::Skip(_) | Verdict::Waived(_) => {}
        }
    }
    let Some(when) = rule.when.as_deref() else { return Ok(None) };
    match truth(facts, when, moment) {
        Truth::No => Err(Decided::Shut(when)),
        Truth::Unknown(reason) => Ok(Some(reason)),
        Truth::Yes => Ok(None),
    }
}

/// What a rule comes to by its check, if there is doubt whether it applies or none.
fn by_check<'c>(
    facts: &Facts<'_>,
    check: Result<&'c Condition, &[Diagnostic]>,
    doubt: Option<Reason>,
    moment: Moment,
) -> Decided<'c> {
    let check = match check {
        Ok(check) => check,
        Err(mistakes) => {
            let what = mistakes.first().map_or("it asks nothing", |mistake| &mistake.message);
            return Decided::Unresolved(Reason::from(format!("the rule can't be resolved: {what}")));
        }
    };
    let verdict = match (truth(facts, check, moment), doubt) {
        (Truth::Yes, _) => Verdict::Pass,
        (Truth::No, None) => Verdict::Fail,
        // Whether it applies makes no difference to a rule that holds.
        (Truth::No, Some(doubt)) => {
            Verdict::Unknown(doubt.reworded(|doubt| format!("can't tell whether the rule applies: {doubt}")))
        }
        (Truth::Unknown(reason), _) => Verdict::Unknown(reason),
    };
    Decided::ByCheck(check, verdict)
}

impl Decided<'_> {
    fn is_trouble(&self) -> bool {
        match self {
            Decided::Blocked(..) | Decided::Shut(_) => false,
            Decided::ByCheck(_, verdict) => matches!(verdict, Verdict::Fail | Verdict::Unknown(_)),
            Decided::Unresolved(_) => true,
        }
    }

    /// The verdict, with what decided it in words: all that is asked again here is known by now, but for what is missing
    /// besides.
    fn tell(self, facts: &Facts<'_>, moment: Moment) -> Judgement {
        match self {
            Decided::Blocked(needed, how) => skipped(format!("needs {needed}, which {how}"), true),
            Decided::Shut(when) => {
                let judgement = describe(facts, &evidence(facts, when, moment, Missing::One), moment);
                let text = format!("does not apply: {}", judgement.found);
                let reason = Reason::new(ReasonCode::DoesNotApply, text);
                Judgement { verdict: Verdict::Skip(reason), ..judgement }
            }
            Decided::ByCheck(check, verdict) => {
                let evidence = evidence(facts, check, moment, Missing::All);
                Judgement { verdict, ..describe(facts, &evidence, moment) }
            }
            Decided::Unresolved(reason) => Judgement::of(Verdict::Unknown(reason)),
        }
    }
}

fn skipped(reason: impl Into<String>, blocked: bool) -> Judgement {
    let code = if blocked { ReasonCode::Blocked } else { ReasonCode::DoesNotApply };
    Judgement { blocked, ..Judgement::of(Verdict::Skip(Reason::new(code, reason))) }
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
