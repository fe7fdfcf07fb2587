//! The value of one kernel variable after the next boot.

use super::initial::{self, Existence};
use super::{Sysctls, Value, now};
use crate::fact::{Answer, Confidence, Knowledge, Origin, OriginKind, Reason, ReasonCode};
use crate::parse::sysctl_d;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::modules::{self, ModuleState, names};
use crate::subsystem::kernel::sysctl_d::merge::Merge;
use crate::subsystem::kernel::sysctl_d::simulate::{self, Outcome, Verdict, Write};
use crate::subsystem::kernel::sysctl_d::{SERVICE, deciding_gap, variable};
use crate::subsystem::loader::next_boot::BootEntry;

impl Sysctls {
    /// The value that the kernel will show after the next boot, of a variable by its key with dots.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, key: &str) -> Value {
        if let Some(doubt) = &subsystems.systemd().doubt {
            return Answer::unknown(format!("it is not known what reads sysctl.d at boot: {doubt}"));
        }
        let path = sysctl_d::path_of(key);
        if let Some(answer) = without_ipv6(subsystems, &path) {
            return answer;
        }
        let asked =
            VariableAtBoot { subsystems, related: simulate::related(&path), path: &path, existing: true };
        let answer = match initial::existence(subsystems, &path) {
            Existence::Exists => asked.settled(),
            Existence::With(module) => {
                let existing = module.state == Knowledge::Known(ModuleState::BuiltIn);
                let mut answer =
                    VariableAtBoot { existing, ..asked.clone() }.settled().at_most(module.confidence);
                answer.notes.extend(module.notes);
                answer
            }
            Existence::WithInterface => of_interface(&asked),
            Existence::Lost { module, finally } => lost_value(self, &asked, module, &finally),
            Existence::Removed(since) => Answer::absent()
                .because(
                    Origin::named(OriginKind::Kernel, "kernel").says(format!("has no {key} since {since}")),
                )
                .because_all(
                    subsystems
                        .sysctl_d()
                        .merged(subsystems)
                        .lines_about(&path)
                        .map(|at| subsystems.sysctl_d().merged(subsystems).origin(at)),
                ),
            Existence::Unclear(reason) => return Answer::unknown(reason),
        };
        let answer = self.writers(subsystems).judge(subsystems, &asked.related, answer);
        let is_guess =
            answer.confidence < Confidence::Certain || matches!(answer.state, Knowledge::Unknown(_));
        match (subsystems.host().running(), is_guess) {
            (Some(running), true) => match now::value(running.files(), key).state {
                Knowledge::Known(value) => answer.note(format!("now it is {value}")),
                Knowledge::Absent | Knowledge::Unknown(_) => answer,
            },
            _ => answer,
        }
    }
}

/// `ipv6.disable=1` on the command line leaves no variable of IPv6.
fn without_ipv6(subsystems: &Subsystems<'_>, path: &str) -> Option<Value> {
    if !path.starts_with("net/ipv6/") {
        return None;
    }
    let entries = &subsystems.next_boot().entries;
    let disables = |entry: &&BootEntry| {
        entry.cmdline.as_deref().and_then(|words| crate::parse::cmdline::parameter(words, "ipv6.disable"))
            == Some("1")
    };
    let origin = entries.iter().find(disables)?.because.first().cloned();
    if !entries.iter().all(|entry| disables(&entry)) {
        return Some(Answer::unknown("only some of the command lines that may boot have ipv6.disable=1"));
    }
    Some(Answer::absent().because_all(origin.map(|origin| origin.says("ipv6.disable=1"))))
}

/// The variable that is asked for.
#[derive(Clone)]
struct VariableAtBoot<'a, 'h> {
    subsystems: &'a Subsystems<'h>,
    path: &'a str,
    /// All variables whose writing changes it, itself first.
    related: Vec<String>,
    /// Whether it is there before init starts, when the kernel writes what its command line says.
    existing: bool,
}

impl VariableAtBoot<'_, '_> {
    fn merge(&self) -> &Merge {
        self.subsystems.sysctl_d().merged(self.subsystems)
    }

    /// The value that the files and the command line give a variable that exists.
    fn settled(&self) -> Value {
        if let Some(origin) = self.subsystems.sysctl_d().restricted_by(self.subsystems)
            && self.merge().lines_about(self.path).next().is_some()
        {
            let says = origin.says.as_deref().unwrap_or_default();
            let reason = format!("{origin} {says}: whether it applies what sysctl.d says is not known");
            return Answer::unknown(Reason::new(ReasonCode::NotUnderstood, reason)).because(origin.clone());
        }
        if let Knowledge::Unknown(reason) = self.subsystems.sysctl_d().not_run(self.subsystems)
            && self.related.iter().any(|path| self.merge().lines_about(path).next().is_some())
        {
            return Answer::unknown(reason.clone());
        }
        let entries = &self.subsystems.next_boot().entries;
        let likeliest = self.of_entry(entries.first());
        for entry in entries.iter().skip(1) {
            if self.of_entry(Some(entry)).state != likeliest.state {
                let reason = "kernels or command lines that may boot give it different values";
                return Answer::unknown(Reason::new(ReasonCode::Undecided, reason));
            }
        }
        likeliest
    }

    fn of_entry(&self, entry: Option<&BootEntry>) -> Value {
        let (subsystems, merge) = (self.subsystems, self.merge());
        let not_run = subsystems.sysctl_d().not_run(subsystems);
        let mut writes = subsystems.sysctl_d().writes(subsystems, entry, &self.related);
        writes.retain(|write| self.existing || !write.before_init);
        for write in &mut writes {
            write.verdict = verdict(subsystems, write);
        }
        let (start, start_origin) = match initial::default(subsystems, self.path, entry) {
            Some((value, origin)) => (Some(value), origin),
            None => (None, None),
        };
        let outcome = simulate::simulate(self.path, start, &writes);
        if !matches!(not_run, Knowledge::Known(_))
            && let Some(gap) = deciding_gap(merge, self.path, &self.related, &outcome)
        {
            return Answer::unknown(format!("{}: it may set {}", gap.reason, sysctl_d::dotted(self.path)));
        }
        self.answer(not_run, &outcome, start_origin)
    }

    fn answer(&self, not_run: &Knowledge<Origin>, outcome: &Outcome, start_origin: Option<Origin>) -> Value {
        let (merge, key) = (self.merge(), sysctl_d::dotted(self.path));
        let mut answer = match (&outcome.value, &outcome.because) {
            (Some(value), Some(origin)) => Answer::known(value.clone()).because(origin.clone()),
            (None, Some(origin)) => Answer::unknown(Reason::new(
                ReasonCode::NotUnderstood,
                format!(
                    "{origin} sets {key}, and what the kernel makes of that text is not known to this program"
                ),
            ))
            .because(origin.clone()),
            (Some(value), None) => {
                let answer = Answer::known(value.clone()).at_most(Confidence::High);
                match start_origin {
                    Some(origin) => answer.because(origin),
                    None => answer.because(initial::kernel_default()).note(format!(
                        "nothing sets {key}; this is the kernel's default, which a build may change"
                    )),
                }
            }
            (None, None) => Answer::unknown(Reason::new(
                ReasonCode::NotUnderstood,
                format!("nothing sets {key}, and its kernel default is not known to this program"),
            )),
        };
        answer.overruled = self.overruled(outcome);
        answer.notes.extend(outcome.rejections());
        if let Some(trouble) = &merge.hidden {
            answer = answer
                .at_most(Confidence::High)
                .note(format!("assumes that no credential sets it: {trouble}"));
        }
        if outcome.assumed && outcome.value.is_some() {
            answer = answer.at_most(Confidence::High).note(format!(
                "which values {key} accepts is not known to this program; it is assumed to accept this one"
            ));
        }
        if let Knowledge::Known(origin) = not_run {
            answer = answer
                .because(origin.clone())
                .note(format!("{SERVICE} does not run, so nothing in sysctl.d is applied"));
        }
        answer
    }

    /// Every other line about the variable, those that lost while merging included.
    fn overruled(&self, outcome: &Outcome) -> Vec<Origin> {
        let merge = self.merge();
        let on_command_line = outcome.overruled.iter().filter(|origin| !merge.holds(origin)).cloned();
        on_command_line
            .chain(merge.lines_about(self.path).map(|at| merge.origin(at)))
            .filter(|origin| Some(origin) != outcome.because.as_ref())
            .collect()
    }
}

/// Algorithms of TCP and queueing disciplines are taken only if their modules can be had.
fn verdict(subsystems: &Subsystems<'_>, write: &Write) -> Verdict {
    const ALWAYS: [&str; 7] = ["reno", "pfifo", "bfifo", "pfifo_head_drop", "pfifo_fast", "noqueue", "mq"];
    let by_value = names::BY_VALUES.iter().find(|(path, ..)| *path == write.path);
    let Some((_, _, prefix)) = by_value else { return Verdict::ByTable };
    let name = write.text.trim();
    if ALWAYS.contains(&name) || write.before_init {
        return Verdict::ByTable;
    }
    // The kernel asks for the module by itself while systemd-sysctl writes.
    let module = format!("{prefix}{name}");
    match subsystems.modules().when_sysctl_runs(subsystems, &module).state {
        Knowledge::Known(ModuleState::Blocked | ModuleState::Blacklisted) => {
            Verdict::Refused(format!("{module} can't be loaded"))
        }
        Knowledge::Known(_) => Verdict::ByTable,
        Knowledge::Absent => Verdict::Refused(format!("the next kernel has no {module}")),
        Knowledge::Unknown(_) => Verdict::Unclear,
    }
}

/// A variable whose module is not there when systemd-sysctl writes.
fn lost_value(
    sysctls: &Sysctls,
    asked: &VariableAtBoot<'_, '_>,
    module: &str,
    finally: &modules::State,
) -> Value {
    let subsystems = asked.subsystems;
    let writes = simulate::writes(asked.merge(), &asked.related);
    if let (Some(write), Some(reapplied)) =
        (writes.last(), sysctls.writers(subsystems).reapplied_by(subsystems.host().files()))
    {
        let origin = match reapplied {
            Ok(origin) => origin,
            Err(gap) => return Answer::unknown(format!("{}: it may apply {}", gap.reason, write.origin)),
        };
        let reason = format!(
            "{module} is not loaded when systemd-sysctl runs, and {origin} may apply {} later",
            write.origin
        );
        return Answer::unknown(Reason::new(ReasonCode::Undecided, reason)).because(origin.clone());
    }
    let default = initial::default(subsystems, asked.path, subsystems.next_boot().entries.first());
    let is_there = matches!(finally.state, Knowledge::Known(state) if state.is_there());
    let answer = match default {
        Some((value, _)) if is_there => Answer::known(value)
            .at_most(Confidence::High)
            .note(format!("{module} is loaded after systemd-sysctl ran: the kernel's default holds")),
        None if is_there => Answer::unknown(Reason::new(
            ReasonCode::NotUnderstood,
            format!(
                "{module} is loaded after systemd-sysctl ran, and the kernel's default is not known to this program"
            ),
        )),
        _ => Answer::absent().at_most(finally.confidence),
    };
    let answer = answer.because_all(finally.because.iter().cloned());
    let mut answer = match writes.last() {
        Some(_) => answer.note(format!("lost: {module} is not loaded when systemd-sysctl runs")),
        None => answer.note(format!("{module} is not loaded at boot")),
    };
    answer.overruled = writes.into_iter().map(|write| write.origin).collect();
    answer
}

/// A variable of one network interface: it may exist before systemd-sysctl runs, or appear later; then it
/// starts with what `conf/default` holds, and udev has systemd-sysctl write its own keys.
fn of_interface(asked: &VariableAtBoot<'_, '_>) -> Value {
    let before = asked.settled();
    let Some((family, interface, name)) = variable::interface_of(asked.path) else { return before };
    let default_path = format!("net/{family}/conf/default/{name}");
    let default =
        VariableAtBoot { path: &default_path, related: simulate::related(&default_path), ..asked.clone() }
            .settled();
    let start = match &default.state {
        Knowledge::Known(value) => Some(value.clone()),
        Knowledge::Absent | Knowledge::Unknown(_) => None,
    };
    let own = simulate::writes(asked.merge(), &[asked.path.to_owned()]);
    let after = simulate::simulate(asked.path, start, &own);
    if matches!(&before.state, Knowledge::Known(value) if Some(value) == after.value.as_ref()) {
        return before.at_most(Confidence::High).note(format!("if there is an interface {interface}"));
    }
    if let Knowledge::Unknown(_) = before.state {
        return before;
    }
    let reason = format!(
        "it depends on whether {interface} appears before or after systemd-sysctl runs: no line names its {name}"
    );
    Answer::unknown(Reason::new(ReasonCode::Undecided, reason)).because_all(default.because)
}
