//! Kernel variables as files set them: which lines of sysctl.d systemd-sysctl writes, and what the kernel makes of
//! a text. Other parts ask here before modules are known.

pub(in crate::subsystem::kernel) mod merge;
pub(in crate::subsystem::kernel) mod simulate;
mod table;
pub(in crate::subsystem::kernel) mod variable;

use std::cell::OnceCell;

use self::merge::Merge;
use self::simulate::{Outcome, Verdict, Write};
use crate::fact::{Origin, OriginKind, printable};
use crate::parse::{sysctl_d, unit};
use crate::subsystem::loader::next_boot::BootEntry;
use crate::subsystem::{Subsystems, Unreadable};

/// The service that applies sysctl.d.
pub(in crate::subsystem::kernel) const SERVICE: &str = "systemd-sysctl.service";

/// What the files of sysctl.d and the command line say.
#[derive(Debug, Default)]
pub struct SysctlD {
    merged: OnceCell<Merge>,
    not_run: OnceCell<Option<Origin>>,
    restricted: OnceCell<Option<Origin>>,
}

impl SysctlD {
    pub(in crate::subsystem) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        SysctlD::default()
    }

    /// All lines, merged.
    pub(in crate::subsystem::kernel) fn merged(&self, subsystems: &Subsystems<'_>) -> &Merge {
        self.merged.get_or_init(|| Merge::at_boot(subsystems))
    }

    /// What keeps systemd-sysctl from running at boot.
    pub(in crate::subsystem::kernel) fn not_run(&self, subsystems: &Subsystems<'_>) -> Option<&Origin> {
        self.not_run.get_or_init(|| subsystems.units().blocked_by(subsystems, SERVICE)).as_ref()
    }

    /// The line that starts systemd-sysctl with arguments, such as `--prefix=`: which lines it applies then is not known.
    pub(in crate::subsystem::kernel) fn restricted_by(&self, subsystems: &Subsystems<'_>) -> Option<&Origin> {
        self.restricted
            .get_or_init(|| {
                let service = subsystems.units().merged(subsystems, SERVICE)?;
                let commands = service.list("Service", "ExecStart");
                let is_other = |text: &str| {
                    unit::commands(text).iter().any(|command| {
                        command.program.rsplit('/').next() != Some("systemd-sysctl")
                            || !command.arguments.is_empty()
                    })
                };
                let other = commands.iter().find(|setting| is_other(&setting.value))?;
                Some(other.origin().says(format!("starts {}", printable(&other.value))))
            })
            .as_ref()
    }

    /// Whether a line of sysctl.d is about a variable, by its key with dots.
    pub fn is_configured(&self, subsystems: &Subsystems<'_>, key: &str) -> bool {
        self.merged(subsystems).lines_about(&sysctl_d::path_of(key)).next().is_some()
    }

    /// Lines of sysctl.d that are no assignment: systemd-sysctl skips them and ends as failed.
    pub fn mistakes(&self, subsystems: &Subsystems<'_>) -> &[Origin] {
        &self.merged(subsystems).mistakes
    }

    /// What the command line of an entry and the files write to some variables, in this order.
    pub(in crate::subsystem::kernel) fn writes(
        &self,
        subsystems: &Subsystems<'_>,
        entry: Option<&BootEntry>,
        related: &[String],
    ) -> Vec<Write> {
        let mut writes = command_line_writes(entry, related);
        if self.not_run(subsystems).is_none() {
            writes.extend(simulate::writes(self.merged(subsystems), related));
        }
        writes
    }

    /// The place that makes a variable of the kernel itself show a text, in the boot of the likeliest entry, if one
    /// does for certain.
    pub(in crate::subsystem::kernel) fn sets(
        &self,
        subsystems: &Subsystems<'_>,
        path: &str,
        text: &str,
    ) -> Option<Origin> {
        let related = [path.to_owned()];
        let writes = self.writes(subsystems, subsystems.next_boot().entries.first(), &related);
        let default = variable::find(path).and_then(|variable| variable.default).map(str::to_owned);
        let outcome = simulate::simulate(path, default, &writes);
        let decides = outcome.value.as_deref() == Some(text)
            && deciding_gap(self.merged(subsystems), path, &related, &outcome).is_none();
        outcome.because.filter(|_| decides)
    }
}

/// `sysctl.KEY=VALUE` of a command line: the kernel writes these before init starts. It takes a dot and a
/// slash for the same.
fn command_line_writes(entry: Option<&BootEntry>, related: &[String]) -> Vec<Write> {
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
