//! The table for people: what fails comes first, what a reboot changes before all; passing rules are folded
//! away when there are many.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::footnotes::{self, Footnotes};
use super::{Format, Page, Style, undecided, wrapped};
use crate::engine::finding::{Finding, Judgement, Verdict, Waived, Worst};
use crate::engine::waive::{WaiverStatus, WaiverUse};
use crate::fact::{Moment, Origin, OriginKind};
use crate::report::{Outcome, Report};
use crate::rule::Severity;

pub(super) const FORMAT: Format =
    Format { name: "table", summary: "A table for people.", complete: false, render };

/// From this width on the story has a column of its own.
const WIDE: u16 = 100;
/// Columns for the longest id that is not wrapped.
const LONGEST_RULE: u16 = 36;
const RULE: &str = "RULE";
const NOW: &str = "NOW";
const BOOT: &str = "AFTER REBOOT";

fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.line(headline(report))?;
    page.line("")?;
    let mut shown: Vec<&Finding> =
        report.findings.iter().filter(|finding| is_shown(report, finding, style)).collect();
    shown.sort_by_key(|finding| rank(finding));
    let count = shown.len();
    if !shown.is_empty() {
        let notes = Footnotes::of(&shown);
        let is_complete = FORMAT.shows_every_rule(report.findings.len(), style.all);
        let folded = if is_complete { Vec::new() } else { undecided::folded(&mut shown, &notes) };
        if !shown.is_empty() {
            write_table(&shown, &notes, style, &mut page)?;
            page.line("")?;
        }
        for (index, note) in notes.lines().enumerate() {
            page.paragraph(&note, " ")?;
            let rules = folded.get(index).map_or(&[][..], Vec::as_slice);
            undecided::lines(rules).iter().try_for_each(|line| page.paragraph(line, "     "))?;
        }
        if notes.lines().next().is_some() {
            page.line("")?;
        }
    }
    summary(report, style, count).iter().try_for_each(|line| page.line(format_args!(" {line}")))
}

/// `node1 · Debian GNU/Linux 10 · kernel 4.19.0-11-amd64 · profile article · 41 rules in 2.9 ms`
fn headline(report: &Report) -> String {
    let host = &report.host;
    let mut parts: Vec<String> = Vec::new();
    parts.extend(host.name.as_ref().or(host.path.as_ref()).cloned());
    parts.extend(host.os.clone());
    parts.extend(host.kernel.as_ref().map(|release| format!("kernel {release}")));
    parts.push(format!("profile {}", report.profiles.join(", ")));
    let count = report.findings.len();
    let milliseconds = report.duration.as_secs_f64() * 1e3;
    parts.push(format!("{count} rule{} in {milliseconds:.1} ms", plural(count)));
    parts.join(" · ")
}

fn is_shown(report: &Report, finding: &Finding, style: Style) -> bool {
    FORMAT.shows_every_rule(report.findings.len(), style.all)
        || matches!(finding.worst(), Worst::Fail | Worst::Unknown | Worst::Waived)
}

/// What a reboot changes comes first, then failures by severity, then what can't be known.
fn rank(finding: &Finding) -> (Worst, bool, Severity) {
    (finding.worst(), !finding.changes_at_reboot(), finding.severity)
}

fn write_table(
    findings: &[&Finding],
    notes: &Footnotes<'_>,
    style: Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let is_wide = style.width >= WIDE;
    let longest = if is_wide { LONGEST_RULE } else { u16::MAX };
    let verdicts = verdicts(findings, longest);
    let mut lines = verdicts.lines();
    let header = lines.next().unwrap_or_default();
    let found = if is_wide { " FOUND" } else { "" };
    page.line(format_args!("{header}{found}"))?;
    for finding in findings {
        let rows = finding.rule.chars().count().div_ceil(usize::from(longest)).max(1);
        let left = lines.by_ref().take(rows);
        let story = story(finding, notes);
        if is_wide {
            beside(left, &story, header.chars().count(), style, page)?;
        } else {
            below(left, &story, page)?;
        }
    }
    Ok(())
}

/// The story beside the verdicts. It isn't a column of the table: so a word of it that is too long stays whole, and a
/// path can be copied.
fn beside(
    mut left: impl Iterator<Item = String>,
    story: &[String],
    width: usize,
    style: Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let room = usize::from(style.width).saturating_sub(width + 1);
    for line in story.iter().flat_map(|paragraph| wrapped(paragraph, room)) {
        let left = left.next().unwrap_or_default();
        let space = width.saturating_sub(left.chars().count());
        let line = format!("{left}{:space$} {line}", "");
        let (left, line) = line.trim_end().split_at(left.len().min(line.trim_end().len()));
        page.painted(colored(left).chain([(None, line)]))?;
    }
    left.try_for_each(|line| page.painted(colored(line.trim_end())))
}

/// The story below the verdicts: on a narrow terminal a column for it would break every path in it.
fn below(mut left: impl Iterator<Item = String>, story: &[String], page: &mut Page<'_>) -> io::Result<()> {
    left.try_for_each(|line| page.painted(colored(line.trim_end())))?;
    story.iter().try_for_each(|paragraph| page.paragraph(paragraph, "   "))
}

/// The columns before the story; ids that are longer than `longest` take several lines.
fn verdicts(findings: &[&Finding], longest: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([RULE, NOW, BOOT]);
    let words = |moment| findings.iter().map(move |finding| verdict_word(finding, moment));
    for ((finding, now), boot) in findings.iter().zip(words(Moment::Now)).zip(words(Moment::NextBoot)) {
        table.add_row([finding.rule.as_str(), now, boot]);
    }
    let rule = widest(findings.iter().map(|finding| finding.rule.as_str()).chain([RULE])).min(longest);
    let [now, boot] = [(NOW, Moment::Now), (BOOT, Moment::NextBoot)]
        .map(|(header, moment)| widest(words(moment).chain([header])));
    let widths = [rule, now, boot].map(|width| width.saturating_add(2));
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(widths.iter().fold(0, |sum: u16, width| sum.saturating_add(*width)));
    table.set_constraints(widths.map(|width| ColumnConstraint::Absolute(Width::Fixed(width))));
    table
}

fn widest<'t>(cells: impl Iterator<Item = &'t str>) -> u16 {
    u16::try_from(cells.map(|cell| cell.chars().count()).max().unwrap_or(0)).unwrap_or(u16::MAX)
}

/// What stands for a moment at which a rule isn't judged.
const NONE: &str = "·";

/// Whether all that decided is what the user gave: a file or command is the same after a reboot, and told once.
fn is_of_document(finding: &Finding) -> bool {
    let (Some(now), Some(boot)) = (&finding.now, &finding.boot) else { return false };
    now == boot
        && !now.because.is_empty()
        && now.because.iter().all(|place| place.kind == OriginKind::CommandLine)
}

fn verdict_word(finding: &Finding, moment: Moment) -> &'static str {
    let Some(judgement) = finding.at(moment) else { return NONE };
    if moment == Moment::NextBoot && is_of_document(finding) {
        return NONE;
    }
    match (&judgement.verdict, finding.severity) {
        (Verdict::Pass, _) => "pass",
        (Verdict::Fail, Severity::Error) => "FAIL",
        (Verdict::Fail, Severity::Warning) => "warn",
        (Verdict::Fail, Severity::Info) => "info",
        (Verdict::Unknown(_), Severity::Error) => "UNKNOWN",
        (Verdict::Unknown(_), _) => "?",
        (Verdict::Skip(_), _) => "skip",
        (Verdict::Waived(_), _) => "waived",
    }
}

/// What was found, where, and what to do: a paragraph each.
fn story(finding: &Finding, notes: &Footnotes<'_>) -> Vec<String> {
    let at =
        |moment| Some(describe(finding.at(moment)?, notes)).filter(|_| verdict_word(finding, moment) != NONE);
    let mut paragraphs = match (at(Moment::Now), at(Moment::NextBoot)) {
        (Some(now), Some(boot)) if now == boot => now,
        (Some(now), Some(boot)) => vec![format!("now {}; after reboot {}", now.join("; "), boot.join("; "))],
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => vec![String::new()],
    };
    if finding.worst() == Worst::Fail
        && let Some(fix) = finding.fix().text.as_deref().and_then(|fix| fix.trim().lines().next())
    {
        paragraphs.push(format!("→ {fix}"));
    }
    let waived = Moment::ALL.iter().find_map(|moment| match &finding.at(*moment)?.verdict {
        Verdict::Waived(waived) => Some(waived),
        _ => None,
    });
    paragraphs.extend(waived.map(|waived| format!("= {}", accepted(waived))));
    paragraphs
}

/// `waived until 2026-12-31 by ops (waivers.toml:2): reason`
fn accepted(waived: &Waived) -> String {
    let until = waived.expires.map_or(String::new(), |last| format!(" until {last}"));
    let by = match &waived.owner {
        Some(owner) => format!("{owner} ({})", waived.by),
        None => waived.by.to_string(),
    };
    format!("waived{until} by {by}: {}", waived.reason)
}

/// What was found at a moment: of several faults each in a paragraph of its own, with its place.
fn describe(judgement: &Judgement, notes: &Footnotes<'_>) -> Vec<String> {
    if let Some(reason) = footnotes::unknown(judgement) {
        return vec![notes.shorten(reason)];
    }
    match &judgement.verdict {
        Verdict::Unknown(reason) | Verdict::Skip(reason) => vec![reason.to_string()],
        Verdict::Pass => vec![judgement.found.clone()],
        Verdict::Waived(_) | Verdict::Fail => faults(judgement)
            .unwrap_or_else(|| vec![format!("{}{}", bare(&judgement.found), deciding_place(judgement))]),
    }
}

/// The faults of a list, each with its place; none if what was found is something else.
fn faults(judgement: &Judgement) -> Option<Vec<String>> {
    let places = &judgement.because;
    let says: Vec<&str> = places.iter().filter_map(|place| place.says.as_deref()).collect();
    let is_list = says.len() > 1 && judgement.found == format!("[{}]", says.join(", "));
    is_list
        .then(|| places.iter().zip(says).map(|(place, says)| format!("{says}: {}", short(place))).collect())
}

/// `kubeadm.yaml:4`: a line of a file that the user named, without the option.
fn short(place: &Origin) -> Cow<'_, str> {
    match (place.kind, place.path_of_file(), place.line) {
        (OriginKind::CommandLine, Some(file), Some(line)) => format!("{file}:{line}").into(),
        _ => place.to_string().into(),
    }
}

/// A list without its brackets.
fn bare(found: &str) -> &str {
    let inner = found.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| !inner.is_empty() && !inner.contains(['[', ']'])).unwrap_or(found)
}

/// `: /etc/sysctl.d/99-x.conf:12 sets 0, after /etc/sysctl.d/k8s.conf:1 sets 1`
fn deciding_place(judgement: &Judgement) -> String {
    // The story may name the place already.
    let is_named = |path: &str| judgement.found.contains(path);
    let Some(decider) = judgement.because.first().filter(|origin| !is_named(&origin.path)) else {
        return String::new();
    };
    let says = |origin: &Origin| origin.says.as_deref().map_or(String::new(), |says| format!(" {says}"));
    let mut text = format!(": {}{}", short(decider), says(decider));
    if let Some(loser) = judgement.overruled.last() {
        let _ = write!(text, ", after {loser}{}", says(loser));
    }
    text
}

/// The lines at the end: the outcome, what to do next, and the waivers that no longer count.
fn summary(report: &Report, style: Style, shown: usize) -> Vec<String> {
    let outcome = match report.outcome() {
        Outcome::Ready => "ready",
        Outcome::NotReady => "not ready",
        Outcome::Unknown => "undecided",
    };
    let mut lines = vec![format!("{outcome}: {}", numbers(report).join(", "))];
    let failing = report.findings.iter().filter(|finding| finding.worst() == Worst::Fail);
    if let Some(finding) = failing.min_by_key(|finding| rank(finding)) {
        let explain = undecided::command(report, &format!(" explain {}", finding.rule));
        lines.push(format!("`{explain}` says why and how to fix"));
    }
    lines.extend(undecided::advice(report));
    lines.extend(report.waivers.iter().filter_map(|applied| {
        match (&applied.status, applied.waiver.expires) {
            (WaiverStatus::Expired, Some(last)) => {
                Some(format!("{} expired: its last day was {last}", waiver(applied)))
            }
            (WaiverStatus::NoClock, _) => {
                Some(format!("{} is not applied: the clock of this machine is wrong", waiver(applied)))
            }
            _ => None,
        }
    }));
    if !style.all && shown < report.findings.len() {
        lines.push("`--all` also shows what passed or was skipped".into());
    }
    lines
}

/// `1 error (after reboot)`, `2 error-level rules can't be checked`, `39 passed`
fn numbers(report: &Report) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut passed, mut skipped, mut waived) = (0, 0, 0);
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let counts = report.counts(severity);
        passed += counts.pass;
        skipped += counts.skip;
        waived += counts.waived;
        if counts.fail > 0 {
            let noun = if severity == Severity::Info { "note" } else { severity.name() };
            let plural = plural(counts.fail);
            parts.push(format!("{} {noun}{plural}{}", counts.fail, only_after_reboot(report, severity)));
        }
        if counts.unknown > 0 {
            let rules = format!("{}-level rule{}", severity.name(), plural(counts.unknown));
            parts.push(format!("{} {rules} can't be checked", counts.unknown));
        }
    }
    if waived > 0 {
        parts.push(format!("{waived} waived"));
    }
    parts.push(format!("{passed} passed"));
    if skipped > 0 {
        parts.push(format!("{skipped} skipped"));
    }
    parts
}

/// `the waiver of swap-off by ops (waivers.toml:2)`
fn waiver(applied: &WaiverUse) -> String {
    let waiver = &applied.waiver;
    let owner = waiver.owner.as_deref().map_or(String::new(), |owner| format!(" by {owner}"));
    format!("the waiver of {}{owner} ({})", waiver.name, waiver.by)
}

/// ` (after reboot)` if all failures of a severity are still to come.
fn only_after_reboot(report: &Report, severity: Severity) -> &'static str {
    let mut failing = report
        .findings
        .iter()
        .filter(|finding| finding.severity == severity && finding.worst() == Worst::Fail);
    let to_come = |finding: &Finding| finding.now.as_ref().is_some_and(|now| now.verdict != Verdict::Fail);
    if failing.all(to_come) { " (after reboot)" } else { "" }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The words of a finished line, verdicts with their colours.
fn colored(line: &str) -> impl Iterator<Item = (Option<Ansi>, &str)> {
    line.split_inclusive(' ').flat_map(|piece| {
        let word = piece.trim_end();
        let ansi = match word {
            "pass" => Some(AnsiColor::Green.on_default()),
            "FAIL" => Some(AnsiColor::Red.on_default().bold()),
            "UNKNOWN" => Some(AnsiColor::Yellow.on_default().bold()),
            "warn" | "?" => Some(AnsiColor::Yellow.on_default()),
            "info" | "waived" => Some(AnsiColor::Cyan.on_default()),
            "skip" | "·" => Some(Ansi::new().dimmed()),
            _ => None,
        };
        [(ansi, word), (None, &piece[word.len()..])]
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_fits_every_width_in_colours_or_without() {
        for width in [40, 80, 120, 200] {
            let text = sample::rendered(&FORMAT, width, false);
            insta::assert_snapshot!(format!("sample-{width}"), text);
        }
        let plain = sample::rendered(&FORMAT, 120, false);
        let painted = sample::rendered(&FORMAT, 120, true);
        assert!(painted.contains('\u{1b}'), "colours are escape sequences");
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain, "colours change no text");
    }
}
