//! The report: all findings, the host's identity, the summary. Complete, plain data; nothing here prints.

pub mod render;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::engine::finding::{Finding, Worst};
use crate::engine::identity::Identity;
use crate::engine::plan::Plan;
use crate::engine::waive::WaiverUse;
use crate::fact::{Moment, Value};
use crate::rule::Severity;

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
    /// One finding a rule, in the order of the catalogue.
    pub findings: Vec<Finding>,
    /// The waivers of this run, and what became of them.
    pub waivers: Vec<WaiverUse>,
    /// Findings of this severity or higher make a host not ready.
    pub fail_on: Severity,
    /// When the host was judged, by the clock of this machine.
    pub time: SystemTime,
    /// How long reading and judging took.
    pub duration: Duration,
    /// The options of the run that `explain` needs to say the same, as a shell takes them.
    pub options: String,
}

/// When and for what a host is judged: all that a report holds and neither the rules nor the host say.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'r> {
    /// The moments that were asked for and that this kind of host has.
    pub moments: &'r [Moment],
    /// Findings of this severity or higher make a host not ready.
    pub fail_on: Severity,
    /// When the host was judged, by the clock of this machine.
    pub time: SystemTime,
    /// How long reading and judging took.
    pub duration: Duration,
    /// The options of the run that `explain` needs to say the same, as a shell takes them.
    pub options: &'r str,
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
    /// The report of a run, complete.
    #[must_use]
    pub fn new(
        plan: &Plan,
        host: Identity,
        findings: Vec<Finding>,
        waivers: Vec<WaiverUse>,
        circumstances: Circumstances<'_>,
    ) -> Self {
        let Circumstances { moments, fail_on, time, duration, options } = circumstances;
        Report {
            host,
            moments: moments.to_vec(),
            profiles: plan.profiles.clone(),
            variables: plan.variables.clone(),
            findings,
            waivers,
            fail_on,
            time,
            duration,
            options: options.to_owned(),
        }
    }

    /// How many rules of a severity came to what.
    #[must_use]
    pub fn counts(&self, severity: Severity) -> Counts {
        let mut counts = Counts::default();
        for finding in self.findings.iter().filter(|finding| finding.severity == severity) {
            match finding.worst() {
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
        let counting = self.findings.iter().filter(|finding| finding.severity <= self.fail_on);
        match counting.map(Finding::worst).min() {
            Some(Worst::Fail) => Outcome::NotReady,
            Some(Worst::Unknown) => Outcome::Unknown,
            Some(Worst::Waived | Worst::Pass | Worst::Skip) | None => Outcome::Ready,
        }
    }
}

impl Outcome {
    /// The word in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ready => "ready",
            Outcome::NotReady => "not-ready",
            Outcome::Unknown => "unknown",
        }
    }
}
