//! Programs that are too old for CRI-O: it starts beside them, and only containers show it.

use std::collections::BTreeSet;

use super::programs::{self, Used};
use super::{Crio, Programs};
use crate::fact::{Fact, Knowledge, Origin, Version};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::program::Unversioned;

/// What CRI-O needs of a program.
struct Demand {
    /// The name of its file and package.
    program: &'static str,
    /// The first version that will do.
    least: &'static str,
    /// The minor version of CRI-O from which on it is needed.
    since: u32,
    /// Why.
    why: &'static str,
}

/// From 1.30 on CRI-O writes for version 1.2 of the runtime specification (cri-o/cri-o#8833, containers/crun#1620).
const CRUN: Demand = Demand {
    program: "crun",
    least: "1.14.3",
    since: 30,
    why: "doesn't understand what CRI-O writes from 1.30 on",
};

/// `internal/config/conmonmgr`: CRI-O reads conmon's version, and leaves out what it can't do.
const CONMON: Demand = Demand {
    program: "conmon",
    least: "2.0.19",
    since: 0,
    why: "can't be told to write its logs to disk (--sync)",
};
const CONMON_LOGS: Demand = Demand {
    program: "conmon",
    least: "2.1.2",
    since: 0,
    why: "can't limit all logs of a container together (--log-global-size-max)",
};

/// Runtimes of handlers that refuse every container.
pub(super) fn runtimes(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    old(crio, subsystems, &[CRUN], |programs| &programs.runtimes)
}

/// Monitors that lack what CRI-O would make use of.
pub(super) fn monitors(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    old(crio, subsystems, &[CONMON, CONMON_LOGS], |programs| &programs.monitors)
}

fn old(
    crio: &Crio,
    subsystems: &Subsystems<'_>,
    demands: &[Demand],
    which: fn(&Programs) -> &Vec<Used>,
) -> Fact {
    let used = match programs::all(crio, subsystems) {
        Ok(programs) => which(programs),
        Err(reason) => return Fact::unknown(reason),
    };
    let mut found: Vec<(Origin, String)> = Vec::new();
    let mut said: BTreeSet<String> = BTreeSet::new();
    let (mut notes, mut unsure) = (Vec::new(), None);
    for used in used {
        let name = used.path.rsplit('/').next().unwrap_or(&used.path);
        // What CRI-O's own package brings fits it.
        if used.path.starts_with("/usr/libexec/crio/") || !demands.iter().any(|demand| demand.program == name)
        {
            continue;
        }
        let version = match version(subsystems, &used.path) {
            Ok((version, by)) => {
                notes.push(format!("{} is {version}, by {by}", used.path));
                version
            }
            Err(reason) => {
                unsure.get_or_insert(reason);
                continue;
            }
        };
        let too_old = |demand: &&Demand| {
            let least = Version::parse(demand.least);
            demand.program == name && Version::parse(&version).is_some_and(|version| Some(version) < least)
        };
        let Some(demand) = demands.iter().find(too_old) else { continue };
        match crio.minor(subsystems) {
            Some(minor) if minor < demand.since => {}
            None if demand.since > 0 => {
                unsure.get_or_insert_with(|| {
                    format!("{name} {version} {}, and CRI-O's version is not known", demand.why)
                });
            }
            _ => {
                let text = format!("{} {version} (handler {}): {}", used.path, used.handler, demand.why);
                if said.insert(text.clone()) {
                    found.push((used.place.clone(), text));
                }
            }
        }
    }
    notes.sort();
    notes.dedup();
    match unsure {
        Some(reason) if found.is_empty() => Fact::unknown(reason),
        _ => notes.into_iter().fold(Fact::findings(found), Fact::note),
    }
}

/// The version of a program, and who says so.
fn version(subsystems: &Subsystems<'_>, path: &str) -> Result<(String, String), String> {
    match subsystems.programs().program(subsystems, path).state {
        Knowledge::Known(program) => match program.version {
            Ok((version, source)) => Ok((version, format!("its {}", source.word()))),
            Err(Unversioned::Unread(reason) | Unversioned::Untold(reason)) => Err(reason.to_string()),
        },
        Knowledge::Unknown(reason) => Err(reason.to_string()),
        Knowledge::Absent => Err(format!("{path} is no program")),
    }
}
