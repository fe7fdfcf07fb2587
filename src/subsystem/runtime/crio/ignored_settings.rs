//! What CRI-O passes over without a word when it starts: settings that don't count, files that are not there. Only pods
//! suffer, or nobody notices.

use super::{Crio, storage};
use crate::component::crio::capabilities::is_capability;
use crate::component::crio::options::{OPTIONS, option};
use crate::component::crio::{Refusal, Since, hooks};
use crate::fact::{Fact, Origin, State, Value};
use crate::host::{HostError, HostErrorKind, Read};
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
            found.push((place, format!("{}: {by} says {}", option.key, super::rendered(&value))));
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

/// What is set as a capability and is none: CRI-O puts `CAP_` before each, in capitals, and asks whether there is such a
/// one (`internal/config/capabilities`).
pub(super) fn capabilities(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    const KEY: &str = "runtime.default_capabilities";
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    let is_set = option(KEY).is_some_and(|option| !crio.overrides(option).is_empty());
    if crio.candidates(KEY).is_empty() && !is_set {
        return Fact::findings(Vec::new()).note("what is compiled in is accepted");
    }
    let setting = crio.effective(subsystems, KEY);
    let State::Known(Value::List(items)) = &setting.state else { return setting };
    let is_none = |name: &&str| !is_capability(name);
    let place = setting.because.first().cloned().unwrap_or_default();
    let found = items.iter().filter_map(Value::as_text).filter(is_none);
    let found: Vec<_> = found.map(|name| (place.clone(), name.to_owned())).collect();
    let fact = Fact::findings(found);
    if fact.because.is_empty() { fact.because_all(setting.because) } else { fact }
}

/// Hooks for containers.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    /// Those that CRI-O can't read: it exits.
    pub(super) refused: Vec<Refusal>,
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
    for directory in directories.into_iter().filter(|directory| !directory.is_empty()) {
        let names = match files.list(&directory) {
            Read::There(names) => names,
            // CRI-O makes those that are missing.
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Err(error.to_string()),
        };
        let names = names.iter().filter_map(|name| name.to_str());
        for name in names.filter(|name| name.strip_suffix(".json").is_some()) {
            let path = format!("{}/{name}", directory.trim_end_matches('/'));
            let refused = |what: String, since| Refusal::new(Origin::file(&path), what, since);
            let bytes = match files.read_document(&path) {
                Read::There(bytes) => bytes,
                Read::Missing(_) => continue,
                Read::Hidden(HostError { kind: HostErrorKind::NotAFile(kind), .. }) => {
                    hooks.refused.push(refused(format!("the hook is {kind}"), Since::Always));
                    continue;
                }
                Read::Hidden(error) => return Err(error.to_string()),
            };
            let hook = match hooks::read(&bytes) {
                Ok(hook) => hook,
                Err((what, since)) => {
                    hooks.refused.push(refused(what, since));
                    continue;
                }
            };
            let program = hook.program;
            match files.stat(&program) {
                Read::There(_) => {
                    let wrong = hook.wrong.map(|what| refused(what, hooks::DETAILS_SINCE));
                    hooks.refused.extend(wrong);
                }
                Read::Missing(_) => {
                    hooks.broken.push((Origin::file(&path), format!("{path}: no {program}")));
                }
                Read::Hidden(error) => return Err(error.to_string()),
            }
        }
    }
    Ok(hooks)
}
