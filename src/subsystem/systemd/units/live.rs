//! What a unit is now: systemd's own answer, or what the cgroup of the unit shows.

use super::search_path::{Found, SearchPath, place};
use super::{UnitState, enablement};
use crate::fact::{Answer, Knowledge, Origin, Reason};
use crate::host::{HostError, HostErrorKind, Read, Running};
use crate::parse::systemd::RUNTIME_UNITS;
use crate::subsystem::Subsystems;

/// Where the cgroups of services are, in all hierarchies.
pub(crate) const CGROUPS: [&str; 3] = [
    "/sys/fs/cgroup/system.slice",
    "/sys/fs/cgroup/systemd/system.slice",
    "/sys/fs/cgroup/unified/system.slice",
];

/// Where units of the running system are looked for.
#[derive(Debug)]
pub(super) struct Live {
    search: SearchPath,
    /// Whether the running system's files are the host's own.
    is_one_tree: bool,
}

/// The answer for a unit now.
pub(super) fn service(subsystems: &Subsystems<'_>, name: &str) -> Answer<UnitState> {
    let Some(running) = subsystems.host().running() else {
        return Answer::unknown(Reason::not_running());
    };
    // The files of the host and of the running system are one tree only on the live machine; elsewhere
    // both are asked, and what only one of them has is found in it.
    let live = subsystems.units().live.get_or_init(|| {
        let systemd = subsystems.systemd().version;
        let search = SearchPath::now(running.files(), systemd);
        if search.directories.iter().any(|directory| !directory.path.starts_with("/run/")) {
            return Live { search, is_one_tree: true };
        }
        Live { search: SearchPath::now(subsystems.host().files(), systemd), is_one_tree: false }
    });
    let (search, files) =
        (&live.search, if live.is_one_tree { running.files() } else { subsystems.host().files() });
    let enablement = enablement::of(files, search, name);
    let found = search.resolve(files, name);
    let (real, fragment) = match &found {
        Found::Fragment { name, path } => (name.as_str(), Knowledge::Known(path.clone())),
        Found::Unreadable(gap) => (name, Knowledge::unknown(gap.reason.as_str())),
        Found::Missing if !search.gaps.is_empty() => {
            (name, Knowledge::unknown(search.gaps.first().map_or("", |gap| &gap.reason)))
        }
        Found::Missing | Found::Masked(_) => (name, Knowledge::Absent),
    };
    let (active, origin, note) = active(running, name, real);
    if active == Some("not-found") && found == Found::Missing {
        return match search.gaps.first() {
            Some(gap) => Answer::unknown(gap.reason.as_str()).because(gap.origin.clone()),
            None => Answer::absent().because(origin),
        };
    }
    let active = match active {
        Some("not-found") => Knowledge::Known("inactive"),
        Some(word) => Knowledge::Known(word),
        None => Knowledge::unknown(note.clone().unwrap_or_default()),
    };
    let mut answer = Answer::known(UnitState { active, enabled: enablement.state, fragment });
    answer.because.push(origin);
    answer.because.extend(enablement.because);
    answer.notes.extend(note);
    answer
}

/// The word, where it comes from, and what to know about it; without a word the note says why.
fn active(running: &dyn Running, name: &str, real: &str) -> (Option<&'static str>, Origin, Option<String>) {
    let bus = || Origin::file("org.freedesktop.systemd1");
    let trouble = match running.units() {
        Read::There(units) => {
            let unit = units.get(real).or_else(|| units.get(name));
            return (
                Some(unit.map_or("not-found", |unit| known_word(&unit.load, &unit.active))),
                bus(),
                None,
            );
        }
        Read::Missing(_) => None,
        Read::Hidden(error) => Some(error),
    };
    if let Read::Missing(_) = running.files().lstat(RUNTIME_UNITS) {
        let note = "systemd does not run here";
        return (Some("not-found"), place(RUNTIME_UNITS).says("is missing"), Some(note.into()));
    }
    for cgroups in CGROUPS {
        let path = format!("{cgroups}/{real}/cgroup.events");
        // What can't be read leaves it unknown, as below.
        if let Read::There(events) = running.files().read(&path)
            && events.split(|b| *b == b'\n').any(|line| line == b"populated 1")
        {
            let note = "systemd could not be asked; its cgroup has processes";
            return (Some("active"), place(&path).says("populated 1"), Some(note.into()));
        }
    }
    let reason = match trouble {
        Some(HostError { kind: HostErrorKind::Denied, .. }) => {
            "systemd could not be asked; run as root to ask it".to_owned()
        }
        Some(trouble) => format!("systemd could not be asked: {trouble}"),
        None => "systemd could not be asked: it was not there a moment ago".to_owned(),
    };
    (None, bus(), Some(reason))
}

/// The word of the contract.
fn known_word(load: &str, active: &str) -> &'static str {
    const WORDS: [&str; 7] =
        ["active", "inactive", "failed", "activating", "deactivating", "reloading", "maintenance"];
    match WORDS.into_iter().find(|word| *word == active) {
        Some("inactive") if load == "not-found" => "not-found",
        Some(word) => word,
        None => "inactive",
    }
}
