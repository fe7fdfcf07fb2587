//! Modules of the running kernel.

use super::index::Index;
use super::load::Outcome;
use super::names;
use super::rules::{CommandLine, Rules};
use super::{ABSENT, BLOCKED, BUILT_IN, LOADABLE, LOADED};
use crate::fact::{Confidence, Fact, Origin};
use crate::host::{Files, HostError, HostErrorKind, Running};
use crate::parse::lines;
use crate::subsystem::Subsystems;

/// The state of a module in the running kernel.
pub(super) fn state(subsystems: &Subsystems<'_>, running: &dyn Running, name: &str) -> Fact {
    let live = running.files();
    match listed(live, name) {
        Ok(Some(origin)) => return Fact::new(LOADED).because(origin),
        Ok(None) => {}
        Err(error) => return Fact::unknown(error.to_string()),
    }
    let index = subsystems.modules().index(subsystems, &running.uname().release);
    if let Some(origin) = built_in(subsystems, live, &index, name) {
        return Fact::new(BUILT_IN).because(origin);
    }
    not_loaded(subsystems, running, &index, name)
}

/// The line of `/proc/modules` that has a module; none where this kernel loads no modules.
fn listed(proc_and_sys: &Files, name: &str) -> Result<Option<Origin>, HostError> {
    match proc_and_sys.read_database("/proc/modules").legacy() {
        Ok(bytes) => Ok(lines(&bytes)
            .find(|(_, text)| text.split(' ').next() == Some(name))
            .map(|(line, _)| Origin::line("/proc/modules", line))),
        Err(error) if matches!(error.kind, HostErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the running kernel loads modules at all, if it is of a release.
pub(super) fn loads_modules(subsystems: &Subsystems<'_>, release: &str) -> Option<bool> {
    let running = subsystems.host().running().filter(|running| running.uname().release == release)?;
    match running.files().stat("/proc/modules").legacy() {
        Ok(_) => Some(true),
        Err(error) if error.is_not_found() && running.files().stat("/proc/self").legacy().is_ok() => {
            Some(false)
        }
        Err(_) => None,
    }
}

/// What the running kernel, if it is of a release, shows of a module that is built into it.
pub(super) fn shown_by_release(subsystems: &Subsystems<'_>, release: &str, name: &str) -> Option<Origin> {
    let running = subsystems.host().running().filter(|running| running.uname().release == release)?;
    let live = running.files();
    matches!(listed(live, name), Ok(None)).then(|| shown(live, name)).flatten()
}

/// What shows that a module is built into the running kernel.
fn built_in(subsystems: &Subsystems<'_>, proc_and_sys: &Files, index: &Index, name: &str) -> Option<Origin> {
    if index.builtin.has(name) {
        return index.origin(name);
    }
    let directory = format!("/sys/module/{name}");
    if proc_and_sys.stat(&directory).legacy().is_ok() {
        return Some(Origin::file(directory).says("exists, and no module of that name is loaded"));
    }
    if !index.modules.has(name)
        && let Some(origin) = shown(proc_and_sys, name)
    {
        return Some(origin);
    }
    let (option, Ok(Some(config))) = (names::option_of(name)?, subsystems.kernel_config().now(subsystems))
    else {
        return None;
    };
    config.option(option).filter(|(value, _)| *value == "y").map(|(_, origin)| origin)
}

/// What the running kernel shows that only a module of that name brings. The kernel's configuration says the same, but
/// has to be unpacked.
fn shown(proc_and_sys: &Files, name: &str) -> Option<Origin> {
    if let Some(path) = names::evidence_of(name).filter(|path| proc_and_sys.stat(path).legacy().is_ok()) {
        return Some(Origin::file(path).says("exists, and no module of that name is loaded"));
    }
    let filesystems = proc_and_sys.read("/proc/filesystems").legacy().ok()?;
    let (line, _) =
        lines(&filesystems).find(|(_, text)| text.split_ascii_whitespace().last() == Some(name))?;
    Some(Origin::line("/proc/filesystems", line))
}

fn not_loaded(subsystems: &Subsystems<'_>, running: &dyn Running, index: &Index, name: &str) -> Fact {
    let (live, disk) = (running.files(), subsystems.host().files());
    if live.stat("/proc/modules").legacy().is_err() && live.stat("/proc/self").legacy().is_ok() {
        return Fact::new(ABSENT)
            .because(Origin::file("/proc/modules").says("missing: this kernel has no loadable modules"));
    }
    let words: Vec<String> = match live.read("/proc/cmdline").legacy() {
        Ok(bytes) => String::from_utf8_lossy(&bytes).split_ascii_whitespace().map(str::to_owned).collect(),
        Err(error) => return Fact::unknown(error.to_string()),
    };
    if let Some(trouble) = &index.trouble {
        return Fact::unknown(trouble.clone());
    }
    let rules = Rules::on_disk(disk).with_runtime(live);
    let command_line = CommandLine::parse(&words);
    let refuses = if command_line.no_modules {
        Some("nomodule is on the kernel command line".to_owned())
    } else {
        let disabled = live
            .read("/proc/sys/kernel/modules_disabled")
            .legacy()
            .is_ok_and(|bytes| bytes.starts_with(b"1"));
        disabled.then(|| "kernel.modules_disabled is 1".to_owned())
    };
    let mut loader = super::loader(index, &rules, &command_line, refuses);
    let release = &running.uname().release;
    let fact = match super::resolved(&loader, name) {
        None => Fact::new(ABSENT).because(Origin::file(format!("/lib/modules/{release}"))),
        Some(target) => match loader.load(&target, &[]) {
            Outcome::Loaded => {
                let fact = Fact::new(LOADABLE).because_all(index.origin(&target));
                super::blacklist_note(fact, &loader, &target)
            }
            Outcome::Blocked(reason, origins) => Fact::new(BLOCKED).because_all(origins).note(reason),
            Outcome::Missing => Fact::new(ABSENT).because(Origin::file(format!("/lib/modules/{release}"))),
            Outcome::Doubtful(reason) => Fact::unknown(reason),
        },
    };
    match rules.gaps.first() {
        Some(gap) if fact.state != Fact::new(ABSENT).state => Fact::unknown(gap.reason.clone()),
        _ if index.directory.is_none() => fact
            .at_most(Confidence::High)
            .note(format!("there is no /lib/modules/{release}, so no module can be loaded")),
        _ => fact,
    }
}
