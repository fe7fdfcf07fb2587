//! Modules of the running kernel.

use super::index::Index;
use super::load::Outcome;
use super::names;
use super::rules::CommandLine;
use super::{ModuleState, State};
use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason};
use crate::host::{Files, HostError, Read, Running};
use crate::parse::lines;
use crate::subsystem::Subsystems;

/// The state of a module in the running kernel.
pub(super) fn state(subsystems: &Subsystems<'_>, running: &dyn Running, name: &str) -> State {
    let live = running.files();
    match listed(live, name) {
        Ok(Some(origin)) => return Answer::known(ModuleState::Loaded).because(origin),
        Ok(None) => {}
        Err(error) => return Answer::unknown(error),
    }
    let index = subsystems.modules().index(subsystems, &running.uname().release);
    match built_in(subsystems, live, &index, name) {
        Ok(Some(origin)) => Answer::known(ModuleState::BuiltIn).because(origin),
        Ok(None) => not_loaded(subsystems, running, &index, name),
        Err(reason) => Answer::unknown(reason),
    }
}

/// The line of `/proc/modules` that has a module; none where this kernel loads no modules.
fn listed(proc_and_sys: &Files, name: &str) -> Result<Option<Origin>, HostError> {
    let Some(bytes) = proc_and_sys.read_database("/proc/modules").found()? else { return Ok(None) };
    Ok(lines(&bytes)
        .find(|(_, text)| text.split(' ').next() == Some(name))
        .map(|(line, _)| Origin::line("/proc/modules", line)))
}

/// Whether the running kernel loads modules at all: `/proc` is there without a list of modules if it doesn't.
fn has_modules(live: &Files) -> Result<bool, HostError> {
    match live.stat("/proc/modules") {
        Read::There(_) => Ok(true),
        Read::Missing(_) => Ok(live.stat("/proc/self").found()?.is_none()),
        Read::Hidden(error) => Err(error),
    }
}

/// Whether the running kernel loads modules at all, if it is of a release and can be asked.
pub(super) fn loads_modules(subsystems: &Subsystems<'_>, release: &str) -> Option<bool> {
    let running = subsystems.host().running().filter(|running| running.uname().release == release)?;
    match (running.files().stat("/proc/modules"), running.files().stat("/proc/self")) {
        (Read::There(_), _) => Some(true),
        // A kernel with modules has the list beside it.
        (Read::Missing(_), Read::There(_)) => Some(false),
        // What can't be seen is left to the files of that release.
        (Read::Missing(_) | Read::Hidden(_), _) => None,
    }
}

/// What the running kernel, if it is of a release, shows of a module that is built into it.
///
/// # Errors
/// What it hides.
pub(super) fn shown_by_release(
    subsystems: &Subsystems<'_>,
    release: &str,
    name: &str,
) -> Result<Option<Origin>, HostError> {
    let running = subsystems.host().running().filter(|running| running.uname().release == release);
    let Some(live) = running.map(crate::host::Running::files) else { return Ok(None) };
    let is_loaded = listed(live, name)?.is_some();
    Ok(trace_of(live, name)?.filter(|_| !is_loaded))
}

/// What shows that a module is built into the running kernel.
fn built_in(
    subsystems: &Subsystems<'_>,
    proc_and_sys: &Files,
    index: &Index,
    name: &str,
) -> Result<Option<Origin>, Reason> {
    if index.builtin.has(name) {
        return Ok(index.origin(name));
    }
    let directory = format!("/sys/module/{name}");
    if proc_and_sys.stat(&directory).found()?.is_some() {
        return Ok(Some(Origin::file(directory).says("exists, and no module of that name is loaded")));
    }
    if !index.modules.has(name)
        && let Some(origin) = trace_of(proc_and_sys, name)?
    {
        return Ok(Some(origin));
    }
    let Some(option) = names::option_of(name) else { return Ok(None) };
    let config = match subsystems.kernel_config().now(subsystems) {
        Ok(config) => config,
        // depmod(8) lists every module, built in or not: the configuration can't say anything else.
        Err(_) if !index.builtin.is_empty() && !index.modules.is_empty() => None,
        Err(reason) => return Err(reason),
    };
    Ok(config
        .as_ref()
        .and_then(|config| config.option(option))
        .filter(|(value, _)| *value == "y")
        .map(|(_, origin)| origin))
}

/// What the running kernel shows that only a module of that name brings. The kernel's configuration says the same, but
/// has to be unpacked.
fn trace_of(proc_and_sys: &Files, name: &str) -> Result<Option<Origin>, HostError> {
    if let Some(path) = names::evidence_of(name)
        && proc_and_sys.stat(path).found()?.is_some()
    {
        return Ok(Some(Origin::file(path).says("exists, and no module of that name is loaded")));
    }
    let Some(filesystems) = proc_and_sys.read("/proc/filesystems").found()? else { return Ok(None) };
    let line = lines(&filesystems).find(|(_, text)| text.split_ascii_whitespace().last() == Some(name));
    Ok(line.map(|(line, _)| Origin::line("/proc/filesystems", line)))
}

fn not_loaded(subsystems: &Subsystems<'_>, running: &dyn Running, index: &Index, name: &str) -> State {
    let (live, disk) = (running.files(), subsystems.host().files());
    match has_modules(live) {
        Ok(true) => {}
        Ok(false) => {
            let missing = Origin::file("/proc/modules").says("missing: this kernel has no loadable modules");
            return Answer::absent().because(missing);
        }
        Err(error) => return Answer::unknown(error),
    }
    let (words, disabled) =
        match (live.read("/proc/cmdline"), live.read("/proc/sys/kernel/modules_disabled").found()) {
            (Read::There(words), Ok(disabled)) => {
                (words, disabled.is_some_and(|text| text.starts_with(b"1")))
            }
            (Read::Missing(path), _) => return Answer::unknown(format!("{path}: not found")),
            (Read::Hidden(error), _) | (_, Err(error)) => return Answer::unknown(error),
        };
    let words: Vec<String> =
        String::from_utf8_lossy(&words).split_ascii_whitespace().map(str::to_owned).collect();
    if let Some(trouble) = &index.trouble {
        return Answer::unknown(trouble.clone());
    }
    let rules = subsystems.modules().running_rules(disk, live);
    let command_line = CommandLine::parse(&words);
    let refuses = if command_line.no_modules {
        Some("nomodule is on the kernel command line".to_owned())
    } else {
        disabled.then(|| "kernel.modules_disabled is 1".to_owned())
    };
    let mut loader = super::loader(index, rules, &command_line, refuses);
    let release = &running.uname().release;
    let absent = || Answer::absent().because(Origin::file(format!("/lib/modules/{release}")));
    let answer = match super::resolved(&loader, name) {
        None => absent(),
        Some(target) => match loader.load(&target, &[]) {
            Outcome::Loaded => {
                let answer = Answer::known(ModuleState::Loadable).because_all(index.origin(&target));
                super::unless_blacklisted(answer, &loader, &target)
            }
            Outcome::Blocked(reason, origins) => {
                Answer::known(ModuleState::Blocked).because_all(origins).note(reason)
            }
            Outcome::Missing => absent(),
            Outcome::Doubtful(reason) => Answer::unknown(reason),
        },
    };
    match rules.gaps.first() {
        Some(gap) if answer.state != Knowledge::Absent => Answer::unknown(gap.reason.clone()),
        _ if index.directory.is_none() => answer
            .at_most(Confidence::High)
            .note(format!("there is no /lib/modules/{release}, so no module can be loaded")),
        _ => answer,
    }
}
