//! What is wrong with CRI-O's configuration, as lists that rules can judge.

use super::handlers;
use super::{Crio, daemon, ignored_settings, invalid_values, programs, storage, versions};
use crate::component::crio::RECORDED;
use crate::component::crio::options::{OPEN, OPTIONS, is_handler_field, is_table, option};
use crate::fact::{Confidence, Fact, KeyWord, Origin, State, Value};
use crate::parse::document::{Content, Node};
use crate::subsystem::Subsystems;

/// Something that is looked for in the whole configuration.
pub struct Finding {
    /// The word that asks for it, and what the list holds.
    pub word: KeyWord,
    pub(super) ask: fn(&Crio, &Subsystems<'_>) -> Fact,
}

/// All findings, sorted by word.
pub const FINDINGS: &[Finding] = &[
    Finding {
        word: KeyWord::new(
            "bad-monitor-cgroups",
            "bad_monitor_cgroups",
            "Handlers whose monitor cgroup CRI-O refuses at its start, under its cgroup manager.",
        ),
        ask: monitor_cgroups,
    },
    Finding {
        word: KeyWord::new(
            "broken-hooks",
            "broken_hooks",
            "Hooks for containers that name a program that is not there.",
        ),
        ask: ignored_settings::hooks,
    },
    Finding {
        word: KeyWord::new(
            "dropped-handlers",
            "dropped_handlers",
            "Runtime handlers that CRI-O drops, because their program is missing.",
        ),
        ask: programs::dropped,
    },
    Finding {
        word: KeyWord::new(
            "fatal-files",
            "fatal_files",
            "Files and values at which CRI-O stops when it starts.",
        ),
        ask: fatal_files,
    },
    Finding {
        word: KeyWord::new(
            "leftover-files",
            "leftover_files",
            "Files of crio.conf.d that editors and package managers left; CRI-O reads them like any other.",
        ),
        ask: leftover_files,
    },
    Finding {
        word: KeyWord::new(
            "missing-programs",
            "missing_programs",
            "Programs without which CRI-O will not start, and what they are for.",
        ),
        ask: programs::missing,
    },
    Finding {
        word: KeyWord::new(
            "missing-seccomp-profile",
            "missing_seccomp_profile",
            "The seccomp profile that is set and not there: CRI-O takes its own instead, without a word.",
        ),
        ask: ignored_settings::seccomp,
    },
    Finding {
        word: KeyWord::new(
            "old-monitors",
            "old_monitors",
            "Monitors (conmon) that are too old for something that CRI-O would make use of.",
        ),
        ask: versions::monitors,
    },
    Finding {
        word: KeyWord::new(
            "old-runtimes",
            "old_runtimes",
            "Runtimes (crun) of handlers that don't understand what CRI-O writes: every container fails.",
        ),
        ask: versions::runtimes,
    },
    Finding {
        word: KeyWord::new(
            "overruled-keys",
            "overruled_keys",
            "Keys whose value in the files a flag or variable of the unit overrules with another one.",
        ),
        ask: ignored_settings::overruled,
    },
    Finding {
        word: KeyWord::new(
            "refused-by-newest",
            "refused_by_newest",
            "Values and files at which the newest CRI-O that is known here stops, where it isn't known whether the installed one does.",
        ),
        ask: refused_by_newest,
    },
    Finding {
        word: KeyWord::new(
            "refused-capabilities",
            "refused_capabilities",
            "Of `default_capabilities`, as far as it is set, what is no capability: CRI-O stops when it starts.",
        ),
        ask: ignored_settings::capabilities,
    },
    Finding {
        word: KeyWord::new(
            "stale-keys",
            "stale_keys",
            "Keys whose value in the files the running CRI-O has not read yet.",
        )
        .now(),
        ask: daemon::stale_keys,
    },
    Finding {
        word: KeyWord::new(
            "unexecutable-programs",
            "unexecutable_programs",
            "Programs that CRI-O finds at its start, since it only looks whether they are there, and can't execute.",
        ),
        ask: programs::unexecutable,
    },
    Finding {
        word: KeyWord::new(
            "unknown-keys",
            "unknown_keys",
            "Keys and tables of its files and of storage.conf that CRI-O ignores: misspelt, or in the wrong table.",
        ),
        ask: unknown_keys,
    },
];

/// The finding of a word.
#[must_use]
pub fn find(word: &str) -> Option<&'static Finding> {
    FINDINGS.iter().find(|finding| finding.word.word == word)
}

/// The finding that a key of the configuration asked for before it had a probe of its own.
pub(super) fn of_key(key: &str) -> Option<&'static Finding> {
    FINDINGS.iter().find(|finding| finding.word.old == key)
}

fn fatal_files(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    refusals_of(crio, subsystems, |judged| (&judged.refused, judged.unknown.as_ref()))
}

fn refused_by_newest(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    refusals_of(crio, subsystems, |judged| (&judged.perhaps, judged.unknown.as_ref()))
}

/// What was found, and why it need not be all.
type Seen<'j> = (&'j Vec<(Origin, String)>, Option<&'j String>);

/// What was found is bad enough; that nothing was found is known only if all could be looked at.
fn refusals_of(
    crio: &Crio,
    subsystems: &Subsystems<'_>,
    which: fn(&invalid_values::Judged) -> Seen<'_>,
) -> Fact {
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    match which(invalid_values::judged(crio, subsystems)) {
        (found, Some(reason)) if found.is_empty() => Fact::unknown(reason.as_str()),
        (found, _) => Fact::findings(found.clone()),
    }
}

fn leftover_files(crio: &Crio, _: &Subsystems<'_>) -> Fact {
    if let (true, Some(gap)) = (crio.files.leftovers.is_empty(), crio.files.unlisted.first()) {
        return Fact::unknown(gap.reason.as_str());
    }
    Fact::findings(crio.files.leftovers.iter().map(|place| (place.clone(), place.path.clone())).collect())
}

/// The rule of CRI-O's `ValidateConmon...` and `TranslateMonitorFields`; the tolerance for `system.slice` is there
/// from 1.33 on.
fn monitor_cgroups(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    let manager = crio.effective(subsystems, "runtime.cgroup_manager");
    let State::Known(Value::Text(manager)) = manager.state else { return manager };
    let minor = crio.minor(subsystems);
    let global = crio.text(subsystems, "runtime.conmon_cgroup");
    let mut found = Vec::new();
    let (mut unsure, mut hidden) = (false, None);
    // Others have no conmon.
    for handler in handlers::all(crio, subsystems).into_iter().filter(|handler| handler.kind() == "oci") {
        let own = handler.text("monitor_cgroup");
        let cgroup = global.as_deref().unwrap_or(own);
        let is_slice = cgroup.strip_suffix(".slice").is_some();
        let fits = match manager.as_str() {
            "systemd" => cgroup.is_empty() || cgroup == "pod" || is_slice,
            _ if cgroup.is_empty() || cgroup == "pod" => true,
            _ if cgroup == "system.slice" => {
                unsure |= minor.is_none();
                minor.is_none_or(|minor| minor >= 33)
            }
            _ => false,
        };
        // One whose program is missing was dropped before.
        match programs::is_dropped(crio, subsystems, &handler) {
            Ok(true) => continue,
            Ok(false) => {}
            Err(_) if fits => {}
            Err(reason) => {
                hidden = Some(reason);
                continue;
            }
        }
        if !fits {
            let place = match global {
                Some(_) => crio.effective(subsystems, "runtime.conmon_cgroup").because.into_iter().next(),
                None => None,
            };
            let what = format!("{cgroup}: the monitor cgroup of the handler {}", handler.name);
            found.push((place.unwrap_or_else(|| handler.origin()), what));
        }
    }
    if let Some(reason) = hidden.filter(|_| found.is_empty()) {
        return Fact::unknown(reason);
    }
    if unsure && found.is_empty() {
        let reason = "system.slice with cgroupfs stops CRI-O before 1.33, and its version is not known";
        return Fact::unknown(reason);
    }
    Fact::findings(found)
}

fn unknown_keys(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    let minor = crio.minor(subsystems);
    let mut found = Vec::new();
    for (file, document) in &crio.files.documents {
        let Content::Table(tables) = &document.content else { continue };
        for (name, node) in tables {
            if name == "crio" {
                look(file, "", node, &mut found);
            } else {
                let help = if is_table(name) {
                    format!("{name}: outside of [crio]; [crio.{name}] is meant")
                } else {
                    format!("{name}: outside of [crio]")
                };
                found.push((Origin::at(file, node.line), help));
            }
        }
    }
    let hidden = storage::unknown(subsystems).map(|strange| found.extend(strange)).err();
    if let (true, Some(reason)) = (found.is_empty(), crio.gap().or(hidden)) {
        return Fact::unknown(reason);
    }
    let fact = Fact::findings(found);
    match minor {
        Some(minor) if minor <= RECORDED => fact,
        Some(minor) => fact
            .at_most(Confidence::Heuristic)
            .note(format!("keys are known up to CRI-O 1.{RECORDED}; this is 1.{minor}")),
        None => fact.at_most(Confidence::High).note(format!("keys are known up to CRI-O 1.{RECORDED}")),
    }
}

/// Looks at a table below `crio`; `prefix` is its dotted name.
fn look(file: &str, prefix: &str, node: &Node, found: &mut Vec<(Origin, String)>) {
    let Content::Table(table) = &node.content else { return };
    for (name, node) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let place = || Origin::at(file, node.line);
        if OPEN.contains(&key.as_str()) || option(&key).is_some() {
            continue;
        }
        if key == "runtime.runtimes" {
            look_at_handlers(file, node, found);
        } else if is_table(&key) {
            look(file, &key, node, found);
        } else {
            let meant = OPTIONS.iter().find(|option| option.key.rsplit('.').next() == Some(name));
            let help = meant.map(|option| format!("; {} is meant", option.key)).unwrap_or_default();
            found.push((place(), format!("{key}: CRI-O has no such key{help}")));
        }
    }
}

fn look_at_handlers(file: &str, node: &Node, found: &mut Vec<(Origin, String)>) {
    let Content::Table(handlers) = &node.content else { return };
    for (name, node) in handlers {
        let Content::Table(fields) = &node.content else { continue };
        for (field, node) in fields.iter().filter(|(field, _)| !is_handler_field(field)) {
            let place = Origin::at(file, node.line);
            found.push((place, format!("runtime.runtimes.{name}.{field}: CRI-O has no such key")));
        }
    }
}
