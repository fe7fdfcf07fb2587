//! What judging says: one finding a rule, one judgement a moment.

use std::sync::Arc;

use crate::fact::{Confidence, Date, Moment, Origin, Reason};
use crate::rule::{Severity, Text};

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

/// One rule's verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Index into the plan's rules.
    pub rule: usize,
    /// The rule's id.
    pub id: Text,
    /// What failing costs.
    pub severity: Severity,
    /// The verdict now; none if it isn't judged at this moment.
    pub now: Option<Arc<Judgement>>,
    /// The verdict after a reboot; none if it isn't judged at this moment.
    pub boot: Option<Arc<Judgement>>,
}

impl Finding {
    /// The judgement at a moment.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<&Judgement> {
        match moment {
            Moment::Now => self.now.as_deref(),
            Moment::Boot => self.boot.as_deref(),
        }
    }

    pub(super) fn at_mut(&mut self, moment: Moment) -> Option<&mut Judgement> {
        match moment {
            Moment::Now => self.now.as_mut().map(Arc::make_mut),
            Moment::Boot => self.boot.as_mut().map(Arc::make_mut),
        }
    }
}
