//! The table for people: what fails comes first, what a reboot changes before all; passing rules are folded
//! away when there are many.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::footnotes::{self, Footnotes};
use super::{Format, Style, wrapped, write_wrapped};
use crate::engine::Detail;
use crate::engine::finding::{Judgement, Verdict, Waived};
use crate::engine::waive::{Applied, Fate};
use crate::fact::{Moment, printable};
use crate::report::{Entry, Outcome, Report, Worst};
use crate::rule::Severity;

pub(super) static FORMAT: Format = Format { name: "table", summary: "A table for people.", detail, render };

/// Up to this many rules are all shown.
const FEW: usize = 12;
/// From this width on the story has a column of its own.
const WIDE: u16 = 100;
/// Columns for the longest id that is not wrapped.
const LONGEST_RULE: u16 = 36;
const RULE: &str = "RULE";
const NOW: &str = "NOW";
const BOOT: &str = "AFTER REBOOT";

fn detail(rules: usize, style: Style) -> Detail {
    if style.all || rules <= FEW { Detail::Full } else { Detail::Troubles }
}

fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n", headline(report))?;
    let mut shown: Vec<&Entry> =
        report.entries.iter().filter(|entry| is_shown(report, entry, style)).collect();
    shown.sort_by_key(|entry| rank(entry));
    if !shown.is_empty() {
        let notes = Footnotes::of(&shown);
        write_table(&shown, &notes, style, out)?;
        writeln!(out)?;
        for note in notes.lines() {
            write_wrapped(&note, " ", style.width, out)?;
        }
        if notes.lines().next().is_some() {
            writeln!(out)?;
        }
    }
    writeln!(out, " {}", summary(report, style, shown.len()))
}

/// `node1 · Debian GNU/Linux 10 · kernel 4.19.0-11-amd64 · profile article · 41 rules in 2.9 ms`
fn headline(report: &Report) -> String {
    let host = &report.host;
    let mut parts: Vec<String> = Vec::new();
    parts.extend(host.name.as_deref().or(host.path.as_deref()).map(|text| printable(text).into_owned()));
    parts.extend(host.os.as_deref().map(|text| printable(text).into_owned()));
    parts.extend(host.kernel.as_deref().map(|text| format!("kernel {}", printable(text))));
    parts.push(format!("profile {}", report.profiles.join(", ")));
    let count = report.entries.len();
    let milliseconds = report.duration.as_secs_f64() * 1e3;
    parts.push(format!("{count} rule{} in {milliseconds:.1} ms", plural(count)));
    parts.join(" · ")
}

fn is_shown(report: &Report, entry: &Entry, style: Style) -> bool {
    detail(report.entries.len(), style) == Detail::Full
        || matches!(entry.worst(), Worst::Fail | Worst::Unknown | Worst::Waived)
}

/// What a reboot changes comes first, then failures by severity, then what can't be known.
fn rank(entry: &Entry) -> (Worst, bool, Severity) {
    (entry.worst(), !entry.changes_at_reboot(), entry.severity)
}

fn write_table(
    entries: &[&Entry],
    notes: &Footnotes<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_wide = style.width >= WIDE;
    let longest = if is_wide { LONGEST_RULE } else { u16::MAX };
    let ids: Vec<Cow<'_, str>> = entries.iter().map(|entry| printable(&entry.rule)).collect();
    let verdicts = verdicts(entries, &ids, longest);
    let mut lines = verdicts.lines();
    let header = lines.next().unwrap_or_default();
    let found = if is_wide { " FOUND" } else { "" };
    writeln!(out, "{}{found}", if is_wide { header.as_str() } else { header.trim_end() })?;
    for (entry, id) in entries.iter().zip(&ids) {
        let rows = id.chars().count().div_ceil(usize::from(longest)).max(1);
        let left = lines.by_ref().take(rows);
        let story = story(entry, notes);
        if is_wide {
            beside(left, &story, header.chars().count(), style, out)?;
        } else {
            below(left, &story, style, out)?;
        }
    }
    Ok(())
}

/// The story beside the verdicts. It isn't a column of the table: so a word of it that is too long stays whole, and a
/// path can be copied.
fn beside(
    mut left: impl Iterator<Item = String>,
    story: &str,
    width: usize,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let room = usize::from(style.width).saturating_sub(width + 1);
    for line in story.lines().flat_map(|paragraph| wrapped(paragraph, room)) {
        let left = left.next().unwrap_or_default();
        let blank = width.saturating_sub(left.chars().count());
        let line = format!("{}{:blank$} {line}", paint(&left, style.color), "");
        writeln!(out, "{}", line.trim_end())?;
    }
    left.try_for_each(|line| writeln!(out, "{}", paint(line.trim_end(), style.color)))
}

/// The story below the verdicts: on a narrow terminal a column for it would break every path in it.
fn below(
    mut left: impl Iterator<Item = String>,
    story: &str,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    left.try_for_each(|line| writeln!(out, "{}", paint(line.trim_end(), style.color)))?;
    story.lines().try_for_each(|paragraph| write_wrapped(paragraph, "   ", style.width, out))
}

/// The columns before the story; ids that are longer than `longest` take several lines.
fn verdicts(entries: &[&Entry], ids: &[Cow<'_, str>], longest: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([RULE, NOW, BOOT]);
    let words = |moment| entries.iter().map(move |entry| word(entry, moment));
    for ((id, now), boot) in ids.iter().zip(words(Moment::Now)).zip(words(Moment::Boot)) {
        table.add_row([id, now, boot]);
    }
    let rule = widest(ids.iter().map(AsRef::as_ref).chain([RULE])).min(longest);
    let [now, boot] = [(NOW, Moment::Now), (BOOT, Moment::Boot)]
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

fn word(entry: &Entry, moment: Moment) -> &'static str {
    let Some(judgement) = entry.at(moment) else { return "·" };
    match (&judgement.verdict, entry.severity) {
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

/// What was found, where, and what to do.
fn story(entry: &Entry, notes: &Footnotes<'_>) -> String {
    let told: Vec<(Moment, String)> =
        Moment::ALL.iter().filter_map(|moment| Some((*moment, tell(entry.at(*moment)?, notes)))).collect();
    let mut text = match told.as_slice() {
        [(_, now), (_, boot)] if now == boot => now.clone(),
        [(_, now), (_, boot)] => format!("now {now}; after reboot {boot}"),
        [(_, only)] => only.clone(),
        _ => String::new(),
    };
    if entry.worst() == Worst::Fail
        && let Some(fix) = entry.prose.fix.text.as_deref().and_then(|fix| fix.trim().lines().next())
    {
        text.push_str("\n→ ");
        text.push_str(&printable(fix));
    }
    let waived = Moment::ALL.iter().find_map(|moment| match &entry.at(*moment)?.verdict {
        Verdict::Waived(waived) => Some(waived),
        _ => None,
    });
    if let Some(waived) = waived {
        text.push_str("\n= ");
        text.push_str(&accepted(waived));
    }
    text
}

/// `waived until 2026-12-31 by ops (waivers.toml:2): reason`
fn accepted(waived: &Waived) -> String {
    let until = waived.expires.map_or(String::new(), |last| format!(" until {last}"));
    let by = match &waived.owner {
        Some(owner) => format!("{} ({})", printable(owner), printable(&waived.by.to_string())),
        None => printable(&waived.by.to_string()).into_owned(),
    };
    format!("waived{until} by {by}: {}", printable(&waived.reason))
}

fn tell(judgement: &Judgement, notes: &Footnotes<'_>) -> String {
    if let Some(reason) = footnotes::unknown(judgement) {
        return notes.shorten(reason);
    }
    match &judgement.verdict {
        Verdict::Unknown(reason) | Verdict::Skip(reason) => printable(reason.as_str()).into_owned(),
        Verdict::Pass => printable(&judgement.found).into_owned(),
        Verdict::Waived(_) | Verdict::Fail => failure(judgement),
    }
}

fn failure(judgement: &Judgement) -> String {
    format!("{}{}", printable(&judgement.found), deciding_place(judgement))
}

/// `: /etc/sysctl.d/99-x.conf:12 sets 0, after /etc/sysctl.d/k8s.conf:1 sets 1`
fn deciding_place(judgement: &Judgement) -> String {
    // A story may name the place already.
    let told = |path: &str| judgement.found.contains(path);
    let Some(decider) = judgement.because.first().filter(|origin| !told(&origin.path)) else {
        return String::new();
    };
    let says =
        |says: &Option<String>| says.as_deref().map_or(String::new(), |says| format!(" {}", printable(says)));
    let mut text = format!(": {}{}", printable(&decider.to_string()), says(&decider.says));
    if let Some(loser) = judgement.overruled.last() {
        let _ = write!(text, ", after {}{}", printable(&loser.to_string()), says(&loser.says));
    }
    text
}

fn summary(report: &Report, style: Style, shown: usize) -> String {
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
            parts.push(format!("{} unknown ({})", counts.unknown, severity.name()));
        }
    }
    if waived > 0 {
        parts.push(format!("{waived} waived"));
    }
    parts.push(format!("{passed} passed"));
    if skipped > 0 {
        parts.push(format!("{skipped} skipped"));
    }
    let outcome = match report.outcome() {
        Outcome::Ready => "ready",
        Outcome::NotReady => "not ready",
        Outcome::Unknown => "can't tell",
    };
    let mut text = format!("{outcome}: {}", parts.join(", "));
    let worst =
        report.entries.iter().filter(|entry| entry.worst() == Worst::Fail).min_by_key(|entry| rank(entry));
    if let Some(entry) = worst {
        let _ =
            write!(text, "\n `node-preflight explain {}` says why and how to fix", printable(&entry.rule));
    }
    for applied in &report.waivers {
        let _ = match (&applied.fate, applied.waiver.expires) {
            (Fate::Expired, Some(last)) => write!(text, "\n {} counted until {last}", waiver(applied)),
            (Fate::NoClock, _) => {
                write!(text, "\n {} doesn't count: the clock of this machine can't be right", waiver(applied))
            }
            _ => Ok(()),
        };
    }
    if !style.all && shown < report.entries.len() {
        text.push_str("\n `--all` also shows what passed or was skipped");
    }
    text
}

/// `the waiver of swap-off by ops (waivers.toml:2)`
fn waiver(applied: &Applied) -> String {
    let waiver = &applied.waiver;
    let owner = waiver.owner.as_deref().map_or(String::new(), |owner| format!(" by {}", printable(owner)));
    format!("the waiver of {}{owner} ({})", printable(&waiver.name), printable(&waiver.by.to_string()))
}

/// ` (after reboot)` if all failures of a severity are still to come.
fn only_after_reboot(report: &Report, severity: Severity) -> &'static str {
    let mut failing =
        report.entries.iter().filter(|entry| entry.severity == severity && entry.worst() == Worst::Fail);
    let to_come =
        |entry: &Entry| entry.now.as_ref().is_some_and(|judgement| judgement.verdict != Verdict::Fail);
    if failing.all(to_come) { " (after reboot)" } else { "" }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Colours the verdicts of a finished line: they are the second and third word of a row.
fn paint(line: &str, color: bool) -> String {
    if !color {
        return line.to_owned();
    }
    let mut painted = String::with_capacity(line.len() + 32);
    for piece in line.split_inclusive(' ') {
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
        match ansi {
            Some(ansi) => {
                let _ = write!(painted, "{ansi}{word}{ansi:#}{}", &piece[word.len()..]);
            }
            None => painted.push_str(piece),
        }
    }
    painted
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_fits_every_width_and_harms_no_terminal() {
        for width in [40, 80, 120, 200] {
            let text = sample::shown(&FORMAT, width, false);
            insta::assert_snapshot!(format!("sample-{width}"), text);
            let harmful = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!text.contains(harmful), "at {width} columns");
        }
        let plain = sample::shown(&FORMAT, 120, false);
        let painted = sample::shown(&FORMAT, 120, true);
        assert!(painted.contains('\u{1b}'), "colours are escape sequences");
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain, "colours change no text");
    }
}
