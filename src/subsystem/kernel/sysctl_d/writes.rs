//! What the command line writes to variables before systemd-sysctl does, and which unread file may decide after it.

use super::merge::Merge;
use super::simulate::{self, Outcome, Verdict, Write};
use super::variable;
use crate::fact::{Origin, OriginKind};
use crate::parse::sysctl_d;
use crate::subsystem::Unreadable;
use crate::subsystem::loader::next_boot::BootEntry;

/// `sysctl.KEY=VALUE` of a command line: the kernel writes these before init starts. It takes a dot and a
/// slash for the same.
pub(super) fn command_line_writes(entry: Option<&BootEntry>, related: &[String]) -> Vec<Write> {
    let words = entry.and_then(|entry| entry.cmdline.as_deref()).unwrap_or_default();
    let place = entry.and_then(|entry| entry.because.first());
    words
        .iter()
        .take_while(|word| *word != "--")
        .filter_map(|word| {
            let (key, text) = word.strip_prefix("sysctl")?.split_once('=')?;
            let path = key.strip_prefix(['.', '/'])?.replace('.', "/");
            let path = related.iter().find(|related| **related == path)?.clone();
            let command_line = || Origin::named(OriginKind::Kernel, "kernel command line");
            let origin = place.cloned().unwrap_or_else(command_line).says(word.clone());
            let origin = origin.sets(format!("sysctl.{}", sysctl_d::dotted(&path)), text);
            Some(Write {
                path,
                text: text.to_owned(),
                origin,
                skips_unchanged: false,
                before_init: true,
                verdict: Verdict::ByTable,
            })
        })
        .collect()
}

/// A file that could not be read and may decide: unless a line that is read after it says what the kernel
/// ends up with.
pub(in crate::subsystem::kernel) fn deciding_gap<'a>(
    merge: &'a Merge,
    path: &str,
    related: &[String],
    outcome: &Outcome,
) -> Option<&'a Unreadable> {
    let last = related.iter().filter_map(|path| merge.last_of(path)).max();
    let settles = last.is_some_and(|at| {
        let line = merge.line(at);
        simulate::canonical_path(&line.path) == simulate::canonical_path(path)
            && line.value.as_ref().is_some_and(|text| {
                variable::write(variable::find(path), text, None)
                    == variable::Written::Shows(outcome.value.clone().unwrap_or_default())
            })
    });
    merge
        .gaps
        .iter()
        .find(|(before, _)| !(settles && last.is_some_and(|at| at >= *before)))
        .map(|(_, gap)| gap)
}
