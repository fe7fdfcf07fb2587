//! Reasons that many rows share: shown once below the table, as a footnote.

use foldhash::HashMap;

use crate::engine::finding::{Finding, Judgement, Verdict};
use crate::fact::{Moment, Reason};

/// From this many rows on, a reason is shown once for all.
const MIN_ROWS: usize = 3;
/// Shorter reasons stay in their rows, which reads better than a number.
const MIN_LENGTH: usize = 32;
/// No reason of this program has more; text of a host may be made of them, and each costs the length of what follows.
const MAX_COLONS: usize = 16;

/// What is shown below the table; what begins with `this is` in `swap is not known: this is a container` is shown once,
/// although the rows differ in what goes before.
#[derive(Debug, Default)]
pub(super) struct Footnotes<'r> {
    causes: Vec<&'r str>,
}

impl<'r> Footnotes<'r> {
    /// Those of the rows that are shown.
    pub(super) fn of(rows: &[&'r Finding]) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::default();
        for row in rows {
            let mut of_row: Vec<&str> = reasons(row).flat_map(causes).collect();
            of_row.sort_unstable();
            of_row.dedup();
            for cause in of_row {
                *counts.entry(cause).or_default() += 1;
            }
        }
        let mut notes = Footnotes::default();
        for reason in rows.iter().flat_map(|row| reasons(row)) {
            let shared = causes(reason).filter(|cause| counts[cause] >= MIN_ROWS);
            if let Some(cause) = shared.max_by_key(|cause| (counts[cause], cause.len()))
                && !notes.causes.contains(&cause)
            {
                notes.causes.push(cause);
            }
        }
        notes
    }

    /// A reason, with the number of a footnote in the place of what is shown there.
    pub(super) fn shorten(&self, reason: &str) -> String {
        let footnote = |cause: &&str| self.causes.iter().position(|shown| shown == cause);
        match causes(reason).find_map(|cause| Some((cause, footnote(&cause)? + 1))) {
            Some((cause, number)) if cause == reason => format!("see [{number}]"),
            Some((cause, number)) => {
                format!("{}[{number}]", &reason[..reason.len() - cause.len()])
            }
            None => reason.to_owned(),
        }
    }

    /// The footnote, counted from 0, that says all that can't be known of a row.
    pub(super) fn only(&self, row: &Finding) -> Option<usize> {
        let note = |reason: &str| {
            causes(reason).find_map(|cause| self.causes.iter().position(|shown| *shown == cause))
        };
        let mut notes = reasons(row).map(note);
        let first = notes.next()??;
        notes.all(|note| note == Some(first)).then_some(first)
    }

    /// `[1] this is a container: its next start is decided outside it`
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.causes.iter().enumerate().map(|(index, cause)| format!("[{}] {}", index + 1, cause))
    }
}

/// Why the verdicts of a row can't be known.
fn reasons(row: &Finding) -> impl Iterator<Item = &str> {
    Moment::ALL.iter().filter_map(|moment| unknown(row.at(*moment)?))
}

/// Why a verdict can't be known.
pub(super) fn unknown(judgement: &Judgement) -> Option<&str> {
    match &judgement.verdict {
        Verdict::Skip(_) => None,
        verdict => verdict.reason().map(Reason::as_str),
    }
}

/// A reason and the causes that it ends with, the longest first: what follows a colon.
fn causes(reason: &str) -> impl Iterator<Item = &str> {
    let after = reason.match_indices(": ").take(MAX_COLONS).map(|(at, colon)| &reason[at + colon.len()..]);
    std::iter::once(reason).chain(after).filter(|cause| cause.len() >= MIN_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::rule::Severity;

    const CAUSE: &str = "this is a container: its next start is decided outside it";

    fn rows(reasons: &[&str]) -> Vec<Finding> {
        let unknown = |reason: &&str| Some(Verdict::Unknown(Reason::from(*reason)));
        reasons.iter().map(|reason| sample::entry("a", Severity::Error, None, unknown(reason))).collect()
    }

    fn shortened(reasons: &[&str]) -> (Vec<String>, Vec<String>) {
        let rows = rows(reasons);
        let notes = Footnotes::of(&rows.iter().collect::<Vec<_>>());
        (reasons.iter().map(|reason| notes.shorten(reason)).collect(), notes.lines().collect())
    }

    #[test]
    fn what_many_rows_share_is_told_once() {
        let (swap, mount) = (format!("swap is not known: {CAUSE}"), format!("mounts are not known: {CAUSE}"));
        let (rows, notes) = shortened(&[&swap, CAUSE, &mount, &mount, "/etc/x: permission denied"]);
        let mounts = "mounts are not known: [1]";
        assert_eq!(rows, ["swap is not known: [1]", "see [1]", mounts, mounts, "/etc/x: permission denied"]);
        assert_eq!(notes, [format!("[1] {CAUSE}")]);
    }

    #[test]
    fn the_longest_text_that_as_many_share_is_told() {
        let mount = format!("what mounts it is not known: {CAUSE}");
        let (rows, notes) = shortened(&[mount.as_str(); 3]);
        assert_eq!((rows[0].as_str(), notes), ("see [1]", vec![format!("[1] {mount}")]));
    }

    #[test]
    fn what_few_share_or_is_short_stays_in_its_row() {
        for reasons in [[CAUSE, CAUSE, "another"], ["/a: not readable"; 3]] {
            let (rows, notes) = shortened(&reasons);
            assert!(notes.is_empty() && rows == reasons, "{rows:?}");
        }
    }

    #[test]
    fn of_a_reason_that_is_all_colons_few_causes_are_looked_at() {
        // Every cause is hashed and compared in full: their number is what it costs.
        let reason = ": ".repeat(1 << 20);
        assert_eq!(causes(&reason).count(), MAX_COLONS + 1);
    }
}
