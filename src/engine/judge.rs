//! Plan and facts to findings: `needs`, `when`, `check`, in this visible order, at each moment.

use std::sync::Arc;

use super::describe::describe;
use super::facts::Facts;
use super::finding::{Finding, Judgement, Verdict};
use super::fixing;
use super::logic::{Explain, evidence, truth};
use super::plan::{Condition, Plan, PlannedRule};
use super::truth::Truth;
use crate::fact::{Confidence, DepthFirst, Moment, Reason, ReasonCode};
use crate::probe;
use crate::rule::Text;
use crate::subsystem::Subsystems;

/// How much of what was judged is put into words, which costs as much as judging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every judgement says what decided it.
    Full,
    /// Only those of rules that fail, or can't be known, at a moment; of the others there are the verdicts.
    FailuresOnly,
}

/// Judges every rule of a plan at the moments asked for, in full detail. Findings are in the order of the plan.
#[must_use]
pub fn judge(plan: &Plan, subsystems: &Subsystems<'_>, moments: &[Moment]) -> Vec<Finding> {
    judge_with(plan, &Facts::new(subsystems, plan), moments, Detail::Full)
}

/// As [`judge`], in as much detail as is needed, and with a memory of answers that stays the caller's.
#[must_use]
pub fn judge_with(plan: &Plan, facts: &Facts<'_>, moments: &[Moment], detail: Detail) -> Vec<Finding> {
    let questions = plan.questions.iter().map(|question| (question.probe, &question.key));
    probe::prepare(facts.subsystems(), questions);
    let wordless = Wordless::default();
    let mut findings: Vec<Option<Finding>> = plan.rules.iter().map(|_| None).collect();
    for index in needed_first(&plan.rules) {
        let rule = &plan.rules[index];
        let outcomes = Moment::ALL.map(|moment| {
            let is_judged = moments.contains(&moment) && rule.moments.contains(&moment);
            is_judged.then(|| outcome(facts, rule, &findings, moment))
        });
        let has_words = detail == Detail::Full || outcomes.iter().flatten().any(Outcome::is_failure);
        let [now, boot] = [Moment::Now, Moment::NextBoot].map(|moment| {
            let outcome = outcomes[moment as usize].as_ref()?;
            let wordless = if has_words { None } else { wordless.judgement(outcome) };
            Some(wordless.unwrap_or_else(|| Arc::new(outcome.describe(facts, moment))))
        });
        let PlannedRule { id, severity, tags, prose, .. } = rule;
        let (tags, prose) = (tags.clone(), prose.clone());
        let fix = has_words.then(|| fixing::of(facts, rule, now.as_deref(), boot.as_deref())).flatten();
        findings[index] =
            Some(Finding { rule: id.clone(), severity: *severity, tags, prose, fix, now, boot });
    }
    findings.into_iter().flatten().collect()
}

/// One judgement for all rules that come to the same and whose words nobody will read ([`Detail::FailuresOnly`]).
struct Wordless {
    pass: Arc<Judgement>,
    not_applicable: Arc<Judgement>,
    blocked: Arc<Judgement>,
}

impl Default for Wordless {
    fn default() -> Self {
        Wordless {
            pass: Arc::new(Judgement::of(Verdict::Pass)),
            not_applicable: Arc::new(skipped("does not apply", false)),
            blocked: Arc::new(skipped("needs a rule that failed", true)),
        }
    }
}

impl Wordless {
    fn judgement(&self, outcome: &Outcome<'_>) -> Option<Arc<Judgement>> {
        match outcome {
            Outcome::Blocked(..) => Some(Arc::clone(&self.blocked)),
            Outcome::NotApplicable(_) => Some(Arc::clone(&self.not_applicable)),
            Outcome::Evaluated(_, Verdict::Pass) => Some(Arc::clone(&self.pass)),
            Outcome::Evaluated(..) => None,
        }
    }
}

/// The rules in an order in which every rule comes after those it needs. Compiling has refused circles.
fn needed_first(rules: &[PlannedRule]) -> Vec<usize> {
    let needs: Vec<Vec<usize>> = rules.iter().map(|rule| rule.needs.clone()).collect();
    DepthFirst::new(&needs).whole_order()
}

/// What a rule comes to at a moment, and what decided.
enum Outcome<'p> {
    /// Skipped, as a rule that it needs failed, or was skipped for such a reason: which rule, and what became of it.
    Blocked(Text, &'static str),
    /// Skipped, as this condition doesn't hold.
    NotApplicable(&'p Condition),
    /// Whether its check holds.
    Evaluated(&'p Condition, Verdict),
}

/// `needs`, `when`, `check`: what comes first decides.
fn outcome<'p>(
    facts: &Facts<'_>,
    rule: &'p PlannedRule,
    findings: &[Option<Finding>],
    moment: Moment,
) -> Outcome<'p> {
    let needs = rule.needs.iter().filter_map(|need| findings[*need].as_ref());
    for (needed, judgement) in needs.filter_map(|finding| Some((&finding.rule, finding.at(moment)?))) {
        match &judgement.verdict {
            Verdict::Fail => return Outcome::Blocked((*needed).clone(), "failed"),
            Verdict::Skip(_) if judgement.blocked => {
                return Outcome::Blocked((*needed).clone(), "was skipped");
            }
            // Failures are waived when all is judged.
            Verdict::Pass | Verdict::Unknown(_) | Verdict::Skip(_) | Verdict::Waived(_) => {}
        }
    }
    let doubt = match rule.when.as_ref().map(|when| (when, truth(facts, when, moment))) {
        Some((when, Truth::No)) => return Outcome::NotApplicable(when),
        Some((_, Truth::Unknown(reason))) => Some(reason),
        Some((_, Truth::Yes)) | None => None,
    };
    let verdict = match (truth(facts, &rule.check, moment), doubt) {
        (Truth::Yes, _) => Verdict::Pass,
        (Truth::No, None) => Verdict::Fail,
        // Whether it applies makes no difference to a rule that holds.
        (Truth::No, Some(doubt)) => {
            Verdict::Unknown(doubt.reworded(|doubt| format!("can't tell whether the rule applies: {doubt}")))
        }
        (Truth::Unknown(reason), _) => Verdict::Unknown(reason),
    };
    Outcome::Evaluated(&rule.check, verdict)
}

impl Outcome<'_> {
    fn is_failure(&self) -> bool {
        matches!(self, Outcome::Evaluated(_, Verdict::Fail | Verdict::Unknown(_)))
    }

    /// The verdict, with what decided it in words: all that is asked again here is known by now, but for what is missing
    /// besides.
    fn describe(&self, facts: &Facts<'_>, moment: Moment) -> Judgement {
        match self {
            Outcome::Blocked(needed, how) => skipped(format!("needs {needed}, which {how}"), true),
            Outcome::NotApplicable(when) => {
                let judgement = describe(facts, &evidence(facts, when, moment, Explain::First), moment);
                let text = format!("does not apply: {}", judgement.found);
                let reason = Reason::new(ReasonCode::DoesNotApply, text);
                Judgement { verdict: Verdict::Skip(reason), ..judgement }
            }
            Outcome::Evaluated(check, verdict) => {
                let evidence = evidence(facts, check, moment, Explain::All);
                Judgement { verdict: verdict.clone(), ..describe(facts, &evidence, moment) }
            }
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
