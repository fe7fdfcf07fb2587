//! Waivers over findings: what fails, and is accepted until a day that isn't over, counts for nothing. It is still shown.

use super::finding::{Finding, Judgement, Verdict, Waived};
use crate::fact::{Date, Moment};
use crate::rule::waiver::{Target, Waiver};

/// A waiver and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct WaiverUse {
    /// The waiver.
    pub waiver: Waiver,
    /// What it is about.
    pub target: Target,
    /// What became of it.
    pub status: WaiverStatus,
}

/// What became of a waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaiverStatus {
    /// It accepts something that came up.
    Used,
    /// Nothing that it accepts came up, for this reason.
    Unused(String),
    /// Its last day is over.
    Expired,
    /// Whether its last day is over can't be known.
    NoClock,
}

impl WaiverStatus {
    /// The word in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            WaiverStatus::Used => "used",
            WaiverStatus::Unused(_) => "unused",
            WaiverStatus::Expired => "expired",
            WaiverStatus::NoClock => "no-clock",
        }
    }
}

/// Applies waivers to what was judged. Today is the day in UTC; none if no clock can be believed, and then no waiver
/// with a last day counts: a clock that was set back must not bring an old one to life.
///
/// Of several waivers for one failure the first counts. Rules that need a waived one stay skipped: that its failure is
/// accepted doesn't make it true.
#[must_use]
pub fn waive(
    findings: &mut [Finding],
    waivers: Vec<(Waiver, Target)>,
    today: Option<Date>,
) -> Vec<WaiverUse> {
    let mut applied = Vec::new();
    for (waiver, target) in waivers {
        let in_force = match (waiver.expires, today) {
            (None, _) => Ok(()),
            (Some(last), Some(today)) if today <= last => Ok(()),
            (Some(_), Some(_)) => Err(WaiverStatus::Expired),
            (Some(_), None) => Err(WaiverStatus::NoClock),
        };
        let ids: &[_] = match &target {
            Target::Rules(ids) => ids,
            Target::Nothing(_) => &[],
        };
        let (mut of_run, mut accepted) = (false, false);
        for finding in findings.iter_mut().filter(|finding| ids.contains(&finding.rule)) {
            for moment in Moment::ALL.into_iter().filter(|m| waiver.moment.is_none_or(|only| only == *m)) {
                let Some(judgement) = finding.at_mut(moment) else { continue };
                of_run = true;
                if accepts(&waiver, &judgement.verdict) {
                    accepted = true;
                    match &in_force {
                        Ok(()) => accept(&waiver, judgement),
                        Err(status) => note(&waiver, status, judgement),
                    }
                }
            }
        }
        let status = match (in_force, &target) {
            (Err(status), _) => status,
            (Ok(()), _) if accepted => WaiverStatus::Used,
            (Ok(()), Target::Nothing(why)) => WaiverStatus::Unused(why.clone()),
            (Ok(()), _) if of_run && waiver.accepts_unknown => {
                WaiverStatus::Unused("nothing fails, and nothing is unknown".into())
            }
            (Ok(()), _) if of_run => WaiverStatus::Unused("nothing fails".into()),
            (Ok(()), _) => WaiverStatus::Unused("this run judges no such rule".into()),
        };
        applied.push(WaiverUse { waiver, target, status });
    }
    applied
}

/// What was waived by an earlier waiver is accepted by a later one, too.
fn accepts(waiver: &Waiver, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Fail => true,
        Verdict::Unknown(_) => waiver.accepts_unknown,
        Verdict::Waived(waived) => waived.unknown.is_none() || waiver.accepts_unknown,
        Verdict::Pass | Verdict::Skip(_) => false,
    }
}

fn accept(waiver: &Waiver, judgement: &mut Judgement) {
    let unknown = match &judgement.verdict {
        Verdict::Fail => None,
        Verdict::Unknown(reason) => Some(reason.clone()),
        Verdict::Pass | Verdict::Skip(_) | Verdict::Waived(_) => return,
    };
    judgement.verdict = Verdict::Waived(Box::new(Waived {
        unknown,
        reason: waiver.reason.clone(),
        owner: waiver.owner.clone(),
        expires: waiver.expires,
        by: waiver.by.clone(),
    }));
}

/// A reader of the failure alone learns that it was accepted once.
fn note(waiver: &Waiver, status: &WaiverStatus, judgement: &mut Judgement) {
    if matches!(judgement.verdict, Verdict::Waived(_)) {
        return;
    }
    let by = &waiver.by;
    judgement.notes.push(match (status, waiver.expires) {
        (WaiverStatus::Expired, Some(last)) => format!("the waiver of {by} expired: its last day was {last}"),
        _ => format!("the waiver of {by} is not applied: the clock of this machine is wrong"),
    });
}
