//! What judging says: one finding a rule, one judgement a moment.

use std::sync::Arc;

use crate::fact::{Confidence, Date, Moment, Origin, Reason};
use crate::rule::{Fix, RuleText, Severity, Text};

/// What a rule came to at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It doesn't.
    Fail,
    /// It can't be known.
    Unknown(Reason),
    /// It doesn't apply, or another rule's failure makes it pointless.
    Skip(Reason),
    /// It doesn't hold, or can't be known, and somebody accepts that.
    Waived(Box<Waived>),
}

impl Verdict {
    /// The word in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unknown(_) => "unknown",
            Verdict::Skip(_) => "skip",
            Verdict::Waived(_) => "waived",
        }
    }

    /// Why it can't be known, or doesn't apply.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Verdict::Pass | Verdict::Fail => None,
            Verdict::Unknown(reason) | Verdict::Skip(reason) => Some(reason),
            Verdict::Waived(waived) => waived.unknown.as_ref(),
        }
    }
}

/// Why a failure counts for nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Waived {
    /// Why it can't be known, if that is what is accepted; else it fails.
    pub unknown: Option<Reason>,
    /// Why it is accepted.
    pub reason: Text,
    /// Who accepts it; none on the command line.
    pub owner: Option<Text>,
    /// The last day on which it is, in UTC; none on the command line.
    pub expires: Option<Date>,
    /// Where it was written.
    pub by: Origin,
}

/// A verdict and the facts that decided it; only the verdict if nobody is to be told more ([`super::Detail`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The facts that decided, in words.
    pub found: String,
    /// What was wanted, in words.
    pub expected: String,
    /// The places that decided.
    pub because: Vec<Origin>,
    /// Candidates that lost against the deciding places, in the order in which they apply.
    pub overruled: Vec<Origin>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// The least confidence of the facts that decided.
    pub confidence: Confidence,
    /// Skipped because a rule that it needs failed, so that rules which need this one are skipped too.
    pub blocked: bool,
}

/// One rule and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule's id.
    pub rule: Text,
    /// What failing costs.
    pub severity: Severity,
    /// Words that select the rule.
    pub tags: Arc<Vec<Text>>,
    /// What the rule says to people.
    pub prose: Arc<RuleText>,
    /// The fix for what was found, where it isn't the rule's own.
    pub fix: Option<Arc<Fix>>,
    /// The judgement now; none if the rule isn't judged at this moment.
    pub now: Option<Arc<Judgement>>,
    /// The judgement after a reboot; none if the rule isn't judged at this moment.
    pub boot: Option<Arc<Judgement>>,
}

/// The worst that a rule came to at its moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Worst {
    /// It fails at a moment.
    Fail,
    /// It can't be known at a moment, and fails at none.
    Unknown,
    /// It fails or can't be known at a moment, and that is accepted wherever it does.
    Waived,
    /// It holds.
    Pass,
    /// It applies at no moment of this run.
    Skip,
}

impl Finding {
    /// What must hold, as a sentence; the id of a rule that has no title.
    #[must_use]
    pub fn title(&self) -> &str {
        self.prose.title_or(&self.rule)
    }

    /// What to do; of a rule that doesn't fail, what would be done if it did.
    #[must_use]
    pub fn fix(&self) -> &Fix {
        self.fix.as_deref().unwrap_or(&self.prose.fix)
    }

    /// The judgement at a moment.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<&Judgement> {
        match moment {
            Moment::Now => self.now.as_deref(),
            Moment::NextBoot => self.boot.as_deref(),
        }
    }

    pub(super) fn at_mut(&mut self, moment: Moment) -> Option<&mut Judgement> {
        match moment {
            Moment::Now => self.now.as_mut().map(Arc::make_mut),
            Moment::NextBoot => self.boot.as_mut().map(Arc::make_mut),
        }
    }

    /// The worst that the rule came to.
    #[must_use]
    pub fn worst(&self) -> Worst {
        Moment::ALL
            .iter()
            .filter_map(|moment| self.at(*moment))
            .map(|judgement| match judgement.verdict {
                Verdict::Fail => Worst::Fail,
                Verdict::Unknown(_) => Worst::Unknown,
                Verdict::Waived(_) => Worst::Waived,
                Verdict::Pass => Worst::Pass,
                Verdict::Skip(_) => Worst::Skip,
            })
            .min()
            .unwrap_or(Worst::Skip)
    }

    /// Whether a reboot changes the verdict: what a reader must see first.
    #[must_use]
    pub fn changes_at_reboot(&self) -> bool {
        match (&self.now, &self.boot) {
            (Some(now), Some(boot)) => {
                std::mem::discriminant(&now.verdict) != std::mem::discriminant(&boot.verdict)
                    && [now, boot].iter().any(|judgement| judgement.verdict == Verdict::Fail)
            }
            _ => false,
        }
    }
}
