//! The value of one kernel variable after the next boot.

use super::Sysctls;
use super::apply::{self, Outcome, Write};
use super::merge::Merge;
use super::now;
use super::start::{self, Existence};
use super::variable;
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::parse::{glob, sysctl_d};
use crate::subsystem::loader::next_boot::BootEntry;
use crate::subsystem::{Subsystems, Unreadable};

pub(super) const SERVICE: &str = "systemd-sysctl.service";

/// The value that the kernel will show after the next boot.
pub(super) fn value(sysctls: &Sysctls, subsystems: &Subsystems<'_>, key: &str) -> Fact {
    if let Some(doubt) = &subsystems.systemd().doubt {
        return Fact::unknown(format!("it is not known what reads sysctl.d at boot: {doubt}"));
    }
    let path = sysctl_d::path_of(key);
    if let Some(fact) = without_ipv6(subsystems, &path) {
        return fact;
    }
    let related = apply::related(&path);
    let fact = match start::existence(subsystems, &path) {
        Existence::Exists => settled(sysctls, subsystems, &path, &related),
        Existence::With(module) => {
            let mut fact = settled(sysctls, subsystems, &path, &related).at_most(module.confidence);
            fact.notes.extend(module.notes);
            fact
        }
        Existence::WithInterface => return of_interface(sysctls, subsystems, &path, &related),
        Existence::Lost { module, later } => lost_value(sysctls, subsystems, &path, &related, module, &later),
        Existence::Unclear(reason) => return Fact::unknown(reason),
    };
    let fact = sysctls.writers(subsystems).judge(subsystems.boot_scripts(), &related, fact);
    let is_guess = fact.confidence < Confidence::Certain || matches!(fact.state, State::Unknown(_));
    match (subsystems.host().running(), is_guess) {
        (Some(running), true) => match now::value(running.files(), key).state {
            State::Known(value) => fact.note(format!("now it is {value}")),
            State::Absent | State::Unknown(_) => fact,
        },
        _ => fact,
    }
}

/// `ipv6.disable=1` on the command line leaves no variable of IPv6.
fn without_ipv6(subsystems: &Subsystems<'_>, path: &str) -> Option<Fact> {
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
        return Some(Fact::unknown("only some of the command lines that may boot have ipv6.disable=1"));
    }
    Some(Fact::absent().because_all(origin.map(|origin| origin.says("ipv6.disable=1"))))
}

/// The value that the files and the command line give a variable that exists.
fn settled(sysctls: &Sysctls, subsystems: &Subsystems<'_>, path: &str, related: &[String]) -> Fact {
    let entries = &subsystems.next_boot().entries;
    let likeliest = of_entry(sysctls, subsystems, path, related, entries.first());
    for entry in entries.iter().skip(1) {
        let other = of_entry(sysctls, subsystems, path, related, Some(entry));
        if other.state != likeliest.state {
            return Fact::unknown("kernels or command lines that may boot give it different values");
        }
    }
    likeliest
}

fn of_entry(
    sysctls: &Sysctls,
    subsystems: &Subsystems<'_>,
    path: &str,
    related: &[String],
    entry: Option<&BootEntry>,
) -> Fact {
    let merge = sysctls.on_disk(subsystems);
    let not_run = sysctls.not_run(subsystems);
    let mut writes = command_line_writes(entry, related);
    if not_run.is_none() {
        writes.extend(apply::writes(merge, related));
    }
    let (start, start_origin) = match start::default(subsystems, path, entry) {
        Some((value, origin)) => (Some(value), origin),
        None => (None, None),
    };
    let outcome = apply::play(path, start, &writes);
    if not_run.is_none()
        && let Some(gap) = deciding_gap(merge, path, related, &outcome)
    {
        return Fact::unknown(format!("{}: it may set {}", gap.reason, sysctl_d::dotted(path)));
    }
    fact_of(merge, not_run, path, &outcome, start_origin)
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
            let place = place.cloned().unwrap_or_else(|| Origin::file("kernel command line"));
            Some(Write { path, text: text.to_owned(), origin: place.says(word.clone()), spares: false })
        })
        .collect()
}

/// A file that could not be read and may decide: unless a line that is read after it says what the kernel
/// ends up with.
fn deciding_gap<'a>(
    merge: &'a Merge,
    path: &str,
    related: &[String],
    outcome: &Outcome,
) -> Option<&'a Unreadable> {
    let lines = &merge.lines;
    let last = lines.iter().rposition(|line| related.contains(&line.path));
    let settles = last.is_some_and(|at| {
        apply::first_name(&lines[at].path) == apply::first_name(path)
            && lines[at].value.as_ref().is_some_and(|text| {
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

fn fact_of(
    merge: &Merge,
    not_run: Option<&Origin>,
    path: &str,
    outcome: &Outcome,
    start_origin: Option<Origin>,
) -> Fact {
    let key = sysctl_d::dotted(path);
    let mut fact = match (&outcome.value, &outcome.because) {
        (Some(value), Some(origin)) => Fact::new(value.as_str()).because(origin.clone()),
        (None, Some(origin)) => Fact::unknown(format!(
            "{origin} sets {key}, and what the kernel makes of that text is not known to this program"
        ))
        .because(origin.clone()),
        (Some(value), None) => {
            let fact = Fact::new(value.as_str()).at_most(Confidence::High);
            match start_origin {
                Some(origin) => fact.because(origin),
                None => fact.because(Origin::file("kernel default")).note(format!(
                    "nothing sets {key}; this is the kernel's default, which a build may change"
                )),
            }
        }
        (None, None) => {
            Fact::unknown(format!("nothing sets {key}, and its kernel default is not known to this program"))
        }
    };
    fact.overruled = overruled(merge, path, outcome);
    fact.notes.extend(outcome.rejections());
    if let Some(trouble) = &merge.hidden {
        fact = fact.at_most(Confidence::High).note(format!("assumes that no credential sets it: {trouble}"));
    }
    if outcome.assumed && outcome.value.is_some() {
        fact = fact.at_most(Confidence::High).note(format!(
            "which values {key} accepts is not known to this program; it is assumed to accept this one"
        ));
    }
    if let Some(origin) = not_run {
        fact = fact
            .because(origin.clone())
            .note(format!("{SERVICE} does not run, so nothing in sysctl.d is applied"));
    }
    fact
}

/// Every other line about the variable, those that lost while merging included.
fn overruled(merge: &Merge, path: &str, outcome: &Outcome) -> Vec<Origin> {
    let lines = &merge.lines;
    let on_command_line =
        outcome.overruled.iter().filter(|origin| !lines.iter().any(|line| line.origin == **origin));
    let in_files = lines.iter().filter(|line| {
        apply::first_name(&line.path) == apply::first_name(path) || glob::covers_path(&line.path, path)
    });
    on_command_line
        .chain(in_files.map(|line| &line.origin))
        .filter(|origin| Some(*origin) != outcome.because.as_ref())
        .cloned()
        .collect()
}

/// A variable whose module is not there when systemd-sysctl writes.
fn lost_value(
    sysctls: &Sysctls,
    subsystems: &Subsystems<'_>,
    path: &str,
    related: &[String],
    module: &str,
    later: &Fact,
) -> Fact {
    let writes = apply::writes(sysctls.on_disk(subsystems), related);
    if let (Some(write), Some(origin)) =
        (writes.last(), sysctls.writers(subsystems).reapplied_by(subsystems.host().files()))
    {
        return Fact::unknown(format!(
            "{module} is not loaded when systemd-sysctl runs, and {origin} may apply {} later",
            write.origin
        ))
        .because(origin.clone());
    }
    let default = start::default(subsystems, path, subsystems.next_boot().entries.first());
    let fact = match (&later.state, default) {
        (State::Known(Value::Text(word)), Some((value, _))) if word == "loaded" => Fact::new(value)
            .at_most(Confidence::High)
            .note(format!("{module} is loaded after systemd-sysctl ran: the kernel's default holds")),
        (State::Known(Value::Text(word)), None) if word == "loaded" => Fact::unknown(format!(
            "{module} is loaded after systemd-sysctl ran, and the kernel's default is not known to this program"
        )),
        _ => Fact::absent().at_most(later.confidence),
    };
    let fact = fact.because_all(later.because.iter().cloned());
    let mut fact = match writes.last() {
        Some(_) => fact.note(format!("lost: {module} is not loaded when systemd-sysctl runs")),
        None => fact.note(format!("{module} is not loaded at boot")),
    };
    fact.overruled = writes.into_iter().map(|write| write.origin).collect();
    fact
}

/// A variable of one network interface: it may exist before systemd-sysctl runs, or appear later; then it
/// starts with what `conf/default` holds, and udev has systemd-sysctl write its own keys.
fn of_interface(sysctls: &Sysctls, subsystems: &Subsystems<'_>, path: &str, related: &[String]) -> Fact {
    let before = settled(sysctls, subsystems, path, related);
    let Some((family, interface, name)) = variable::interface_of(path) else { return before };
    let default_path = format!("net/{family}/conf/default/{name}");
    let default = settled(sysctls, subsystems, &default_path, &apply::related(&default_path));
    let start = match &default.state {
        State::Known(value) => value.as_text().map(str::to_owned),
        State::Absent | State::Unknown(_) => None,
    };
    let own = apply::writes(sysctls.on_disk(subsystems), &[path.to_owned()]);
    let after = apply::play(path, start, &own);
    let same = matches!(&before.state, State::Known(value) if value.as_text() == after.value.as_deref());
    if same {
        let fact = before.at_most(Confidence::High).note(format!("if there is an interface {interface}"));
        return sysctls.writers(subsystems).judge(subsystems.boot_scripts(), related, fact);
    }
    if let State::Unknown(_) = before.state {
        return before;
    }
    Fact::unknown(format!(
        "it depends on whether {interface} appears before or after systemd-sysctl runs: no line names its {name}"
    ))
    .because_all(default.because)
}
