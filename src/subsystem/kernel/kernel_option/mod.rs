//! Whether a kernel has an option: by what it shows while it runs, by its modules, and last by its configuration,
//! which many hosts don't have and others have to unpack.

mod table;

use std::collections::BTreeSet;

use self::table::{Evidence, Known};
use crate::fact::{Confidence, Fact, Knowledge, Moment, Origin, Reason, State, Value};
use crate::host::{Files, HostError, Running};
use crate::parse::lines;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::kernel_config::PLACES;
use crate::subsystem::kernel::modules::ModuleState;

/// The words of the answer: part of the kernel or loaded, there when it is asked for, kept from being loaded.
pub const WORDS: &[&str] = &[AVAILABLE, LOADABLE, BLOCKED];
const AVAILABLE: &str = "available";
const LOADABLE: &str = "loadable";
const BLOCKED: &str = "blocked";
/// More different kernels than these are not looked into.
const MOST_KERNELS: usize = 32;

/// Whether the kernel of a moment has an option, named without `CONFIG_`; absent if it certainly has not.
pub fn state(subsystems: &Subsystems<'_>, option: &str, moment: Moment) -> Fact {
    match (moment, subsystems.host().running()) {
        (Moment::Now, None) => Fact::unknown(Reason::not_running()),
        (Moment::Now, Some(running)) => of_kernel(subsystems, option, &running.uname().release, moment),
        (Moment::NextBoot, _) => at_boot(subsystems, option),
    }
}

/// Known only if all kernels that may boot agree.
fn at_boot(subsystems: &Subsystems<'_>, option: &str) -> Fact {
    let next = subsystems.next_boot();
    let releases: BTreeSet<Option<&str>> =
        next.entries.iter().map(|entry| entry.release.as_deref()).collect();
    if releases.is_empty() {
        let reason = next.reason.as_deref().unwrap_or("no kernel is found");
        return Fact::unknown(format!("it is not known which kernel boots next: {reason}"));
    }
    if releases.len() > MOST_KERNELS {
        return Fact::unknown("too many different kernels may boot next");
    }
    let mut answer: Option<Fact> = None;
    for release in releases {
        let Some(release) = release else {
            return Fact::unknown("the release of the kernel that boots next is not known");
        };
        let fact = of_kernel(subsystems, option, release, Moment::NextBoot);
        match &answer {
            None => answer = Some(fact),
            Some(first) if first.state == fact.state => {}
            Some(_) => return Fact::unknown(format!("kernels that may boot differ in CONFIG_{option}")),
        }
    }
    answer.map_or_else(|| Fact::unknown("no kernel is found"), |fact| fact.at_most(next.confidence))
}

fn of_kernel(subsystems: &Subsystems<'_>, option: &str, release: &str, moment: Moment) -> Fact {
    let known = table::find(option);
    // What the running kernel shows holds for the next boot, if that boots the same release.
    let running = subsystems.host().running();
    let same = running.filter(|running| moment == Moment::Now || running.uname().release == release);
    let (shown, hidden) = match (same, known) {
        (Some(running), Some(known)) => evidence_now(running, known),
        _ => (None, None),
    };
    if let Some(fact) = shown {
        return if moment == Moment::Now { fact } else { fact.at_most(Confidence::High) };
    }
    let fact = of_files(subsystems, option, release, moment);
    match hidden {
        // What the running kernel would show beats what files say.
        Some(error) if fact.state != State::from(AVAILABLE) => Fact::unknown(error),
        _ => fact,
    }
}

/// By the modules of a release and its configuration.
fn of_files(subsystems: &Subsystems<'_>, option: &str, release: &str, moment: Moment) -> Fact {
    let mut module: Option<Fact> = None;
    for name in table::find(option).map_or(&[][..], |known| known.modules) {
        let answer = subsystems.modules().state(subsystems, name, moment);
        let is_known = matches!(answer.state, Knowledge::Known(_));
        let fact = answer.map(|state| {
            Value::from(match state {
                ModuleState::BuiltIn | ModuleState::Loaded => AVAILABLE,
                ModuleState::Loadable | ModuleState::Blacklisted | ModuleState::MaybeLoaded => LOADABLE,
                ModuleState::Blocked => BLOCKED,
            })
        });
        if is_known {
            return fact;
        }
        // What may be one of its modules decides before what is none.
        let is_unknown = |fact: &Fact| matches!(fact.state, State::Unknown(_));
        if module.as_ref().is_none_or(|known| !is_unknown(known) && is_unknown(&fact)) {
            module = Some(fact);
        }
    }
    let configs = subsystems.kernel_config();
    let config = match moment {
        Moment::Now => configs.now(subsystems),
        Moment::NextBoot => configs.of_release(subsystems, release),
    };
    match config {
        Ok(Some(config)) => match config.option(option) {
            Some(("y", origin)) => Fact::new(AVAILABLE).because(origin),
            // The module that it builds is on disk, or it would be one that is not known here.
            Some(("m", origin)) if module.is_none() => Fact::new(LOADABLE).because(origin),
            Some((_, origin)) => module.unwrap_or_else(|| Fact::new(AVAILABLE)).because(origin),
            // Its module may be on disk all the same, of another build.
            None if module.as_ref().is_some_and(|fact| matches!(fact.state, State::Unknown(_))) => {
                module.unwrap_or_else(|| Fact::unknown("the module is not known"))
            }
            None => {
                Fact::absent().because(Origin::file(&config.path).says(format!("CONFIG_{option} is not set")))
            }
        },
        Err(trouble) => Fact::unknown(trouble),
        Ok(None) => match module {
            // Every module is listed by depmod(8), built in or not.
            Some(fact) if subsystems.modules().lists_modules(subsystems, release) => fact,
            _ => Fact::unknown(format!(
                "the running kernel doesn't show it, and the configuration of {release} is in none of {}",
                PLACES.join(", ").replace("RELEASE", release)
            )),
        },
    }
}

/// What the running kernel shows, none if that doesn't decide; and why it doesn't show what it could.
fn evidence_now(running: &dyn Running, known: &Known) -> (Option<Fact>, Option<HostError>) {
    let files = running.files();
    let (mut missing, mut hidden) = (None, None);
    for evidence in known.evidence {
        match look(files, *evidence) {
            Ok(Seen::There(origin)) => return (Some(Fact::new(AVAILABLE).because(origin)), None),
            Ok(Seen::Missing(origin)) => missing = Some(origin),
            Ok(Seen::Nothing) => {}
            Err(error) => hidden = Some(error),
        }
    }
    // A file system or a module that isn't there yet may be loaded.
    let missing = missing.filter(|_| known.modules.is_empty() && hidden.is_none());
    (missing.map(|origin| Fact::absent().because(origin)), hidden)
}

/// What a look at the running kernel came to.
enum Seen {
    There(Origin),
    Missing(Origin),
    Nothing,
}

fn look(files: &Files, evidence: Evidence) -> Result<Seen, HostError> {
    Ok(match evidence {
        Evidence::Namespace(name) => match files.list("/proc/self/ns").found()? {
            Some(names) if names.iter().any(|found| found == name) => {
                Seen::There(Origin::file(format!("/proc/self/ns/{name}")))
            }
            Some(_) => Seen::Missing(Origin::file("/proc/self/ns").says(format!("has no `{name}`"))),
            None => Seen::Nothing,
        },
        Evidence::FileSystem(name) => {
            match listed(files, "/proc/filesystems", |words| words.last() == Some(name))? {
                Listed::At(origin) => Seen::There(origin),
                Listed::Not => {
                    Seen::Missing(Origin::file("/proc/filesystems").says(format!("has no {name}")))
                }
                Listed::NoFile => Seen::Nothing,
            }
        }
        Evidence::Controller(v2, v1) => {
            let unified =
                listed(files, "/sys/fs/cgroup/cgroup.controllers", |mut words| words.any(|word| word == v2));
            let old = || listed(files, "/proc/cgroups", |mut words| words.next() == Some(v1));
            match (unified, old) {
                (Ok(Listed::At(origin)), _) => Seen::There(origin),
                (Ok(_), old) => match old()? {
                    Listed::At(origin) => Seen::There(origin),
                    Listed::Not | Listed::NoFile => Seen::Nothing,
                },
                (Err(error), old) => match old()? {
                    Listed::At(origin) => Seen::There(origin),
                    Listed::Not | Listed::NoFile => return Err(error),
                },
            }
        }
        Evidence::Path(path) => match files.lstat(path).found()? {
            Some(_) => Seen::There(Origin::file(path)),
            None => Seen::Nothing,
        },
    })
}

/// Whether a file has a line.
enum Listed {
    At(Origin),
    Not,
    NoFile,
}

/// The first line of a file whose words are wanted.
fn listed(
    files: &Files,
    path: &str,
    is_wanted: impl Fn(std::str::SplitAsciiWhitespace<'_>) -> bool,
) -> Result<Listed, HostError> {
    let Some(bytes) = files.read(path).found()? else { return Ok(Listed::NoFile) };
    let line = lines(&bytes).find(|(_, text)| is_wanted(text.split_ascii_whitespace()));
    Ok(line.map_or(Listed::Not, |(line, _)| Listed::At(Origin::line(path, line))))
}
