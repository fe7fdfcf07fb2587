//! What CRI-O passes over without a word when it starts: settings that don't count, files that are not there. Only pods
//! suffer, or nobody notices.

use serde_json::Value as Json;

use super::options::OPTIONS;
use super::{Crio, storage};
use crate::fact::{Fact, Origin, State, Value};
use crate::host::Read;
use crate::parse::document::Content;
use crate::subsystem::Subsystems;

/// Where hooks are if nothing names a directory.
const HOOKS: &str = "/usr/share/containers/oci/hooks.d";

/// Keys of the files that the unit overrules with another value.
pub(super) fn overruled(crio: &Crio, _: &Subsystems<'_>) -> Fact {
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    let mut found = Vec::new();
    for option in OPTIONS {
        // Flags add to this one.
        if option.key == "storage_option" {
            continue;
        }
        let Some((by, value)) = crio.overrides(option).pop() else { continue };
        let Some((place, in_file)) = crio.candidates(option.key).pop() else { continue };
        let is_empty = storage::KEYS.contains(&option.key) && in_file == State::from("");
        if value != in_file && !is_empty {
            found.push((place, format!("{}: {by} says {}", option.key, super::word(&value))));
        }
    }
    Fact::findings(found)
}

/// The seccomp profile that is set, if there is none at its path.
pub(super) fn seccomp(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    // What is compiled in is no path.
    if crio.candidates("runtime.seccomp_profile").is_empty() {
        return Fact::findings(Vec::new());
    }
    let Some(path) = crio.text(subsystems, "runtime.seccomp_profile").filter(|path| path != "unconfined")
    else {
        return Fact::findings(Vec::new());
    };
    match subsystems.host().files().stat(&path) {
        Read::Missing(_) => {
            let place = crio.effective(subsystems, "runtime.seccomp_profile").because.into_iter().next();
            Fact::findings(vec![(place.unwrap_or_default(), path)])
        }
        Read::Hidden(error) => Fact::unknown(error.to_string()),
        Read::There(_) => Fact::findings(Vec::new()),
    }
}

/// All capabilities of Linux (capabilities(7); 5.9 has the last of them).
const CAPABILITIES: [&str; 41] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// What is set as a capability and is none: CRI-O puts `CAP_` before each, in capitals, and asks whether there is such a
/// one (`internal/config/capabilities`).
pub(super) fn capabilities(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    const KEY: &str = "runtime.default_capabilities";
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    let is_set = super::options::option(KEY).is_some_and(|option| !crio.overrides(option).is_empty());
    if crio.candidates(KEY).is_empty() && !is_set {
        return Fact::findings(Vec::new()).note("what is compiled in is accepted");
    }
    let setting = crio.effective(subsystems, KEY);
    let State::Known(Value::List(items)) = &setting.state else { return setting };
    let is_none = |name: &&str| !CAPABILITIES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let place = setting.because.first().cloned().unwrap_or_default();
    let found = items.iter().filter_map(Value::as_text).filter(is_none);
    let found: Vec<_> = found.map(|name| (place.clone(), name.to_owned())).collect();
    let fact = Fact::findings(found);
    if fact.because.is_empty() { fact.because_all(setting.because) } else { fact }
}

/// Workloads without the annotation that selects pods: CRI-O exits.
pub(super) fn workloads(crio: &Crio) -> Vec<(Origin, String)> {
    let mut found = Vec::new();
    for (file, document) in &crio.files.documents {
        let Some(node) = document.at("crio.runtime.workloads") else { continue };
        let Content::Table(workloads) = &node.content else { continue };
        for (name, node) in workloads {
            let annotation = node.at("activation_annotation").map(crate::parse::document::Node::state);
            if !matches!(annotation, Some(State::Known(Value::Text(text))) if !text.is_empty()) {
                let what = format!("the workload {name} has no activation_annotation");
                found.push((Origin::at(file, node.line), what));
            }
        }
    }
    found
}

/// Hooks for containers.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    /// Those that CRI-O can't read: it exits.
    pub(super) refused: Vec<(Origin, String)>,
    /// Those that name a program that is not there. Versions differ in what they make of that: CRI-O exits, forgets the
    /// directory, or containers fail.
    broken: Vec<(Origin, String)>,
}

/// Hooks that name a program that isn't there.
pub(super) fn hooks(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    look_at_hooks(crio, subsystems).map_or_else(Fact::unknown, |hooks| Fact::findings(hooks.broken))
}

/// What is wrong with the hooks (`pkg/hooks` of containers/common, which CRI-O calls when it starts).
pub(super) fn look_at_hooks(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Hooks, String> {
    crio.gap().map_or(Ok(()), Err)?;
    let set = crio.effective(subsystems, "runtime.hooks_dir").state;
    let directories: Vec<String> = match set {
        State::Known(Value::List(items)) => {
            items.iter().filter_map(Value::as_text).map(str::to_owned).collect()
        }
        _ => vec![HOOKS.to_owned()],
    };
    let files = subsystems.host().files();
    let mut hooks = Hooks::default();
    for directory in directories {
        let names = match files.list(&directory) {
            Read::There(names) => names,
            // CRI-O makes those that are missing.
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Err(error.to_string()),
        };
        let names = names.iter().filter_map(|name| name.to_str());
        for name in names.filter(|name| name.strip_suffix(".json").is_some()) {
            let path = format!("{}/{name}", directory.trim_end_matches('/'));
            let bytes = match files.read_document(&path) {
                Read::There(bytes) => bytes,
                Read::Missing(_) => continue,
                Read::Hidden(error) => return Err(error.to_string()),
            };
            let program = match serde_json::from_slice::<Json>(&bytes) {
                Ok(json) => json["hook"]["path"].as_str().map(str::to_owned),
                Err(error) => {
                    hooks.refused.push((Origin::file(&path), format!("no JSON: {error}")));
                    continue;
                }
            };
            let Some(program) = program else {
                hooks.refused.push((Origin::file(&path), "a hook without a path".into()));
                continue;
            };
            match files.stat(&program) {
                Read::There(_) => {}
                Read::Missing(_) => {
                    hooks.broken.push((Origin::file(&path), format!("{path}: no {program}")));
                }
                Read::Hidden(error) => return Err(error.to_string()),
            }
        }
    }
    Ok(hooks)
}
