//! The programs that CRI-O needs at its start: without them it exits, though its unit and its files look well.

use std::collections::BTreeSet;

use super::handlers::{self, Handler};
use super::{Crio, defaults, profiles, storage};
use crate::component::crio::handlers::SECCOMP_PROFILE_SINCE;
use crate::component::crio::{Since, Standing};
use crate::fact::{Fact, Origin, State};
use crate::host::{Files, Kind, Metadata, Read};
use crate::parse::systemd::DEFAULT_PATH;
use crate::subsystem::Subsystems;

/// What is wrong with the programs of CRI-O.
#[derive(Debug, Default)]
pub(super) struct Programs {
    missing: Vec<(Origin, String)>,
    /// Handlers that are not there.
    dropped: Vec<(Origin, String)>,
    /// The names of all handlers that are not there.
    gone: BTreeSet<String>,
    /// Programs that are there and can't be executed.
    unexecutable: Vec<(Origin, String)>,
    /// The runtimes of handlers that stay, and their monitors.
    pub(super) runtimes: Vec<Used>,
    pub(super) monitors: Vec<Used>,
    /// A place that could not be looked at.
    unsure: Option<String>,
}

/// A program that a handler uses.
#[derive(Clone, Debug)]
pub(super) struct Used {
    /// Where the handler comes from.
    pub(super) place: Origin,
    /// Its name.
    pub(super) handler: String,
    pub(super) path: String,
}

/// The programs that CRI-O uses.
pub(super) fn all<'c>(crio: &'c Crio, subsystems: &Subsystems<'_>) -> Result<&'c Programs, &'c str> {
    crio.programs.get_or_init(|| look(crio, subsystems)).as_ref().map_err(String::as_str)
}

/// Programs without which CRI-O will not start; a line for each, with what it says then.
pub(super) fn missing(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    answer(crio, subsystems, |programs| &programs.missing)
}

/// Handlers that are not there for pods, because their runtime is missing; CRI-O only warns.
pub(super) fn dropped(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    answer(crio, subsystems, |programs| &programs.dropped)
}

/// Programs that CRI-O finds and can't execute: it starts and says that it is ready, and every pod fails.
pub(super) fn unexecutable(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    answer(crio, subsystems, |programs| &programs.unexecutable)
}

/// What was found is bad enough; that nothing was found is known only if all could be looked at.
fn answer(crio: &Crio, subsystems: &Subsystems<'_>, which: fn(&Programs) -> &Vec<(Origin, String)>) -> Fact {
    match all(crio, subsystems) {
        Ok(programs) => match (&programs.unsure, which(programs)) {
            (Some(reason), found) if found.is_empty() => Fact::unknown(reason.as_str()),
            (_, found) => Fact::findings(found.clone()),
        },
        Err(reason) => Fact::unknown(reason),
    }
}

/// Whether CRI-O drops a handler before it looks at its monitor.
///
/// # Errors
/// What could not be looked at, and may be what it lacks.
pub(super) fn is_dropped<'c>(
    crio: &'c Crio,
    subsystems: &Subsystems<'_>,
    handler: &Handler,
) -> Result<bool, &'c str> {
    let programs = all(crio, subsystems)?;
    match &programs.unsure {
        _ if programs.gone.contains(&handler.name) => Ok(true),
        Some(reason) => Err(reason),
        None => Ok(false),
    }
}

/// Whether CRI-O finds a program by its name.
///
/// # Errors
/// What could not be looked at.
pub(super) fn is_in_path(crio: &Crio, subsystems: &Subsystems<'_>, name: &str) -> Result<bool, String> {
    let mut needs = Needs::new(crio, subsystems);
    let is_there = needs.find("", name).is_some();
    needs.found.unsure.map_or(Ok(is_there), Err)
}

fn look(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Programs, String> {
    crio.gap().map_or(Ok(()), Err)?;
    let minor = crio.minor(subsystems);
    let mut needs = Needs::new(crio, subsystems);
    // An empty name means the handler that is compiled in (`ValidateDefaultRuntime`).
    let set = crio.text(subsystems, "runtime.default_runtime");
    let default = set.clone().unwrap_or_else(|| defaults::handler(minor).to_owned());
    let mut handlers = handlers::all(crio, subsystems);
    handlers::inherit(&mut handlers, &default);
    if set.is_some() && !handlers.iter().any(|handler| handler.name == default) {
        let place = crio.effective(subsystems, "runtime.default_runtime").because.into_iter().next();
        let what = format!("the default runtime {default} has no table [crio.runtime.runtimes.{default}]");
        needs.found.missing.push((place.unwrap_or_else(|| Origin::file("CRI-O")), what));
    }
    let global = crio.text(subsystems, "runtime.conmon");
    for handler in &handlers {
        needs.handler(handler, &default, global.as_deref());
    }
    let pinns = crio.text(subsystems, "runtime.pinns_path").unwrap_or_default();
    needs.demand(&pinns, &["pinns"], "pinns_path");
    needs.demand("", &["nsenter"], "entering namespaces");
    if crio.text(subsystems, "runtime.infra_ctr_cpuset").is_some() {
        needs.demand("", &["taskset"], "infra_ctr_cpuset");
    }
    let no_host_ports =
        crio.effective(subsystems, "runtime.disable_hostport_mapping").state == State::from(true);
    if !no_host_ports && minor.is_some_and(|minor| minor >= 33) {
        needs.demand("", &["nft", "iptables"], "host ports");
    }
    match storage::mount_program(subsystems) {
        Ok(Some((place, program))) if !needs.is_program(&program, false) => {
            needs.found.missing.push((place, format!("{program}: mount_program")));
        }
        Ok(_) => {}
        Err(reason) => needs.found.unsure = Some(reason),
    }
    Ok(needs.found)
}

struct Needs<'f> {
    files: &'f Files,
    search: Vec<&'f str>,
    /// Of CRI-O.
    minor: Option<u32>,
    found: Programs,
    /// What is said of programs that can't be executed, so that it is said once.
    noted: BTreeSet<String>,
}

impl<'f> Needs<'f> {
    fn new(crio: &'f Crio, subsystems: &'f Subsystems<'_>) -> Self {
        let path = crio.launch.environment.get("PATH").map(|(_, path)| path.split(':').collect());
        Needs {
            files: subsystems.host().files(),
            search: path.unwrap_or_else(|| DEFAULT_PATH.to_vec()),
            minor: crio.minor(subsystems),
            found: Programs::default(),
            noted: BTreeSet::new(),
        }
    }

    /// The programs of a handler. One that CRI-O refuses is dropped, unless it is the default one (`ValidateRuntimes`).
    fn handler(&mut self, handler: &Handler, default: &str, global: Option<&str>) {
        let is_default = handler.name == default;
        let name = if handler.inherits() { default } else { &handler.name };
        let found = self.find(handler.text("runtime_path"), name);
        let Some(path) = found else {
            match (is_default, &handler.place) {
                (true, _) => {
                    let path = Some(handler.text("runtime_path")).filter(|path| !path.is_empty());
                    self.lacks(handler, "runtime_path", path.unwrap_or(&handler.name));
                }
                // Nobody asked for the one that is compiled in.
                (false, None) => {
                    self.found.gone.insert(handler.name.clone());
                }
                (false, Some(_)) => {
                    let path = Some(handler.text("runtime_path")).filter(|path| !path.is_empty());
                    self.drop(handler, &format!("no {}", path.unwrap_or(name)));
                }
            }
            return;
        };
        if let Some(wrong) = self.wrong(handler, &path, is_default) {
            if is_default {
                self.found.missing.push((handler.origin(), format!("{}: {wrong}", handler.name)));
            } else {
                self.drop(handler, &wrong);
            }
            return;
        }
        self.execute(handler.origin(), &path, &format!("of the handler {}", handler.name));
        if handler.place.is_some() || is_default {
            self.found.runtimes.push(used(handler, path));
        }
        match handler.kind() {
            "oci" => self.monitor(handler, global.unwrap_or(handler.text("monitor_path"))),
            "pod" if !handler.text("monitor_path").is_empty() => {
                let path = handler.text("monitor_path");
                match self.is_program(path, false) {
                    true => self.execute(handler.origin(), path, &monitor_of(handler)),
                    false if is_default => self.lacks(handler, "monitor_path", path),
                    false => self.drop(handler, &format!("no {path}")),
                }
            }
            // CRI-O asks it for its version since 1.34.
            "pod" if self.minor.is_some_and(|minor| minor >= 34) && self.find("", "conmonrs").is_none() => {
                if is_default {
                    self.lacks(handler, "monitor_path", "conmonrs");
                } else {
                    self.drop(handler, "no conmonrs");
                }
            }
            _ => {}
        }
    }

    /// Why CRI-O refuses a handler whose program is there.
    fn wrong(&mut self, handler: &Handler, path: &str, is_default: bool) -> Option<String> {
        let mut found = handler.wrong(path);
        let config = handler.text("runtime_config_path");
        if !config.is_empty() && !self.is_program(config, false) {
            found.push((format!("no {config}"), Since::Minor(22)));
        }
        let profile = handler.text("seccomp_profile");
        if !profile.is_empty() {
            match profiles::profile(self.files, profile) {
                Ok(None) => {}
                Ok(Some(wrong)) => {
                    let what = format!("seccomp_profile is \"{profile}\": {wrong}");
                    found.push((what, SECCOMP_PROFILE_SINCE));
                }
                Err(error) if error.is_not_found() => {
                    let what = format!("seccomp_profile is \"{profile}\", which isn't there");
                    found.push((what, SECCOMP_PROFILE_SINCE));
                }
                Err(error) => self.found.unsure = Some(error.to_string()),
            }
        }
        for (what, since) in found {
            match since.standing(self.minor) {
                Standing::Refuses => return Some(what),
                Standing::Takes | Standing::Perhaps => {}
                // At worst a handler is said to be missing.
                Standing::Unknown if !is_default => return Some(what),
                Standing::Unknown => {
                    let place = handler.origin();
                    self.found.unsure = Some(format!(
                        "{place}: {what}; whether CRI-O minds depends on its version, which isn't known"
                    ));
                }
            }
        }
        None
    }

    fn drop(&mut self, handler: &Handler, why: &str) {
        self.found.gone.insert(handler.name.clone());
        self.found.dropped.push((handler.origin(), format!("{}: {why}", handler.name)));
    }

    /// The conmon of a handler: its own, unless one is set for all.
    fn monitor(&mut self, handler: &Handler, path: &str) {
        if !path.is_empty() && !path.starts_with('/') {
            let what = format!(
                "{path}: the monitor_path of the handler {}; CRI-O accepts an absolute path",
                handler.name
            );
            self.found.missing.push((handler.origin(), what));
            return;
        }
        match self.find(path, "conmon") {
            None => self.lacks(handler, "monitor_path", if path.is_empty() { "conmon" } else { path }),
            // CRI-O reads the version of conmon, and exits at that of conmonrs (cri-o/cri-o#8214).
            Some(found) if found.ends_with("conmonrs") => {
                let what = format!("{found}: of the handler {}, wants runtime_type = \"pod\"", handler.name);
                self.found.missing.push((handler.origin(), what));
            }
            Some(found) => {
                self.execute(handler.origin(), &found, &monitor_of(handler));
                self.found.monitors.push(used(handler, found));
            }
        }
    }

    /// Notes a program that lacks the right to be executed.
    fn execute(&mut self, place: Origin, path: &str, what_for: &str) {
        let is_executable = |found: Metadata| found.kind == Kind::File && found.mode & 0o111 != 0;
        let text = format!("{path}: {what_for}");
        match self.files.stat(path) {
            Read::There(found) if !is_executable(found) => {
                if self.noted.insert(text.clone()) {
                    self.found.unexecutable.push((place, text));
                }
            }
            Read::There(_) | Read::Missing(_) => {}
            Read::Hidden(error) => self.found.unsure = Some(error.to_string()),
        }
    }

    /// The program of a path, or of a name in the search path.
    fn find(&mut self, path: &str, name: &str) -> Option<String> {
        if !path.is_empty() {
            return self.is_program(path, false).then(|| path.to_owned());
        }
        let candidates = self.search.iter().map(|directory| format!("{directory}/{name}"));
        let candidates: Vec<String> = candidates.collect();
        candidates.into_iter().find(|candidate| self.is_program(candidate, true))
    }

    /// An absolute path is only looked at (`stat`); one that is searched for must be executable.
    fn is_program(&mut self, path: &str, executable: bool) -> bool {
        match self.files.stat(path) {
            Read::There(found) => !executable || (found.kind == Kind::File && found.mode & 0o111 != 0),
            Read::Missing(_) => false,
            Read::Hidden(error) => {
                self.found.unsure = Some(error.to_string());
                true
            }
        }
    }

    fn lacks(&mut self, handler: &Handler, field: &str, program: &str) {
        let what = format!("{program}: the {field} of the handler {}", handler.name);
        self.found.missing.push((handler.origin(), what));
    }

    /// One of these programs.
    fn demand(&mut self, path: &str, names: &[&str], what_for: &str) {
        if !names.iter().any(|name| self.find(path, name).is_some()) {
            let program = if path.is_empty() { names.join(" or ") } else { path.to_owned() };
            self.found.missing.push((Origin::file(&program), format!("{program}: {what_for}")));
        }
    }
}

fn used(handler: &Handler, path: String) -> Used {
    Used { place: handler.origin(), handler: handler.name.clone(), path }
}

fn monitor_of(handler: &Handler) -> String {
    format!("the monitor of the handler {}", handler.name)
}
