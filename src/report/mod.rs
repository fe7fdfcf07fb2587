//! The report: all findings, the host's identity, the summary. Complete, plain data; nothing here prints.

pub mod render;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::finding::{Finding, Judgement, Verdict};
use crate::engine::identity::Identity;
use crate::engine::plan::Plan;
use crate::engine::waive::Applied;
use crate::fact::{Moment, Value};
use crate::rule::{Lazy, Prose, Severity, Text};

/// Everything that a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The host that was judged.
    pub host: Identity,
    /// The moments that were asked for and that this kind of host has.
    pub moments: Vec<Moment>,
    /// The profiles that were selected.
    pub profiles: Vec<String>,
    /// The variables that the rules use.
    pub variables: BTreeMap<String, Option<Value>>,
    /// One entry a rule, in the order of the catalogue.
    pub entries: Vec<Entry>,
    /// How long reading and judging took.
    pub duration: Duration,
    /// The least severity that makes a host not ready.
    pub fail_on: Severity,
    /// The waivers of this run, and what became of them.
    pub waivers: Vec<Applied>,
}

/// One rule and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The rule's id.
    pub rule: Text,
    /// What failing costs.
    pub severity: Severity,
    /// What it says to people.
    pub prose: Lazy<Prose>,
    /// The judgement now; none if it isn't judged at this moment.
    pub now: Option<Arc<Judgement>>,
    /// The judgement after a reboot; none if it isn't judged at this moment.
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

/// How many rules of one severity came to what; each rule counts once, as its worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rules that hold.
    pub pass: usize,
    /// Rules that fail at a moment.
    pub fail: usize,
    /// Rules that can't be known.
    pub unknown: usize,
    /// Rules whose failure is waived.
    pub waived: usize,
    /// Rules that don't apply.
    pub skip: usize,
}

/// What a report means to a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every rule that counts passed, was skipped, or failed in a way that is accepted.
    Ready,
    /// At least one rule that counts failed.
    NotReady,
    /// None failed, but one that counts can't be known.
    Unknown,
}

impl Report {
    /// Joins the plan's words with the findings.
    #[must_use]
    pub fn new(plan: &Plan, findings: Vec<Finding>, host: Identity, moments: &[Moment]) -> Self {
        let entries = findings.into_iter().map(|Finding { rule, id, severity, now, boot }| {
            let prose = plan.rules.get(rule).map(|rule| rule.prose.clone()).unwrap_or_default();
            Entry { rule: id, severity, prose, now, boot }
        });
        Report {
            host,
            moments: moments.to_vec(),
            profiles: plan.profiles.clone(),
            variables: plan.variables.clone(),
            entries: entries.collect(),
            duration: Duration::ZERO,
            fail_on: Severity::Error,
            waivers: Vec::new(),
        }
    }

    /// How many rules of a severity came to what.
    #[must_use]
    pub fn counts(&self, severity: Severity) -> Counts {
        let mut counts = Counts::default();
        for entry in self.entries.iter().filter(|entry| entry.severity == severity) {
            match entry.worst() {
                Worst::Fail => counts.fail += 1,
                Worst::Unknown => counts.unknown += 1,
                Worst::Waived => counts.waived += 1,
                Worst::Pass => counts.pass += 1,
                Worst::Skip => counts.skip += 1,
            }
        }
        counts
    }

    /// What the report means to a script: the only place that decides ready or not.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let worst =
            self.entries.iter().filter(|entry| entry.severity <= self.fail_on).map(Entry::worst).min();
        match worst {
            Some(Worst::Fail) => Outcome::NotReady,
            Some(Worst::Unknown) => Outcome::Unknown,
            Some(Worst::Waived | Worst::Pass | Worst::Skip) | None => Outcome::Ready,
        }
    }
}

impl Entry {
    /// What must hold, as a sentence; the id of a rule that says none.
    #[must_use]
    pub fn title(&self) -> &str {
        self.prose.title_or(&self.rule)
    }

    /// The judgement at a moment.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<&Judgement> {
        match moment {
            Moment::Now => self.now.as_deref(),
            Moment::Boot => self.boot.as_deref(),
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
