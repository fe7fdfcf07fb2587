//! What can't be known, for people: rules that share one reason are one line, and the last line says what makes them known.

use super::footnotes::Footnotes;
use crate::engine::finding::{Finding, Verdict, Worst};
use crate::fact::{Moment, ReasonCode};
use crate::report::{Outcome, Report};
use crate::rule::Severity;

/// From this many rules on, those that share a reason lose their rows.
const MIN_RULES: usize = 3;

/// Takes the rows out that share a footnote: for each footnote, the rules that are named there instead.
pub(super) fn folded<'r>(shown: &mut Vec<&'r Finding>, notes: &Footnotes<'_>) -> Vec<Vec<&'r Finding>> {
    let mut by_note: Vec<Vec<&'r Finding>> = vec![Vec::new(); notes.lines().count()];
    for finding in shown.iter().copied().filter(|finding| finding.worst() == Worst::Unknown) {
        if let Some(rules) = notes.only(finding).and_then(|note| by_note.get_mut(note)) {
            rules.push(finding);
        }
    }
    by_note.iter_mut().filter(|rules| rules.len() < MIN_RULES).for_each(Vec::clear);
    shown.retain(|finding| !by_note.iter().flatten().any(|folded| folded.rule == finding.rule));
    by_note
}

/// `unknown (error): swap-off, overlay-usable`, a line for each severity.
pub(super) fn lines(rules: &[&Finding]) -> Vec<String> {
    let of = |severity: Severity| {
        let names = rules.iter().filter(|finding| finding.severity == severity);
        let names: Vec<&str> = names.map(|finding| finding.rule.as_str()).collect();
        (!names.is_empty()).then(|| {
            let moment = rules
                .iter()
                .all(|finding| is_unknown(finding, Moment::NextBoot) && !is_unknown(finding, Moment::Now));
            let when = if moment { " after reboot" } else { "" };
            format!("unknown{when} ({}): {}", severity.name(), names.join(", "))
        })
    };
    [Severity::Error, Severity::Warning, Severity::Info].into_iter().filter_map(of).collect()
}

fn is_unknown(finding: &Finding, moment: Moment) -> bool {
    finding.at(moment).is_some_and(|judgement| matches!(judgement.verdict, Verdict::Unknown(_)))
}

/// What makes an undecided report decidable, as a command.
pub(super) fn advice(report: &Report) -> Option<String> {
    if report.outcome() != Outcome::Unknown {
        return None;
    }
    let counting: Vec<&Finding> = (report.findings.iter())
        .filter(|finding| finding.severity <= report.fail_on && finding.worst() == Worst::Unknown)
        .collect();
    let command = command(report, "");
    let reasons = || {
        counting
            .iter()
            .flat_map(|finding| Moment::ALL.iter().filter_map(|moment| finding.at(*moment)?.verdict.reason()))
    };
    if report.host.source == "live" && reasons().any(|reason| reason.code == ReasonCode::Denied) {
        return Some(format!("as root more can be read: `sudo {command}`"));
    }
    let is_now = report.moments.contains(&Moment::Now) && report.moments.len() > 1;
    if is_now && counting.iter().all(|finding| !is_unknown(finding, Moment::Now)) {
        return Some(format!("without the next boot: `{command} --moment now`"));
    }
    let first = counting.first()?;
    let explain = self::command(report, &format!(" explain {}", first.rule));
    Some(format!("`{explain}` says what is missing; to accept it: --waivers"))
}

/// The program with a command and the options of the run, as one types it.
pub(super) fn command(report: &Report, command: &str) -> String {
    let space = if report.options.is_empty() { "" } else { " " };
    format!("node-preflight{command}{space}{}", report.options)
}
