//! The programs that CRI-O needs at its start: without them it exits, though its unit and its files look well.

use super::Crio;
use super::handlers::{self, Handler};
use crate::fact::{Fact, Origin, State, Value};
use crate::host::{Files, Kind};
use crate::subsystem::Subsystems;
use crate::subsystem::program::DIRECTORIES;

/// Programs without which CRI-O will not start; a line for each, with what it says then.
pub(super) fn missing(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    let files = subsystems.host().files();
    let path = crio.launch.environment.get("PATH").map(|(_, path)| path.split(':').collect());
    let search = path.unwrap_or_else(|| DIRECTORIES.to_vec());
    let mut needs = Needs { files, search, missing: Vec::new(), unsure: None };
    let default = crio.text(subsystems, "runtime.default_runtime").unwrap_or_default();
    let handlers = handlers::all(crio, subsystems);
    if !handlers.iter().any(|handler| handler.name == default) {
        let place = crio.effective(subsystems, "runtime.default_runtime").because.into_iter().next();
        let what = format!("the default runtime {default} has no table [crio.runtime.runtimes.{default}]");
        needs.missing.push((place.unwrap_or_else(|| Origin::file("CRI-O")), what));
    }
    for handler in &handlers {
        let found = needs.find(handler.text("runtime_path"), &handler.name);
        match found {
            None if handler.name == default => needs.lacks(handler, "runtime_path", &handler.name),
            // CRI-O drops a handler whose runtime is missing.
            None => continue,
            Some(_) => {}
        }
        let conmon = crio.text(subsystems, "runtime.conmon");
        let path = conmon.as_deref().unwrap_or(handler.text("monitor_path"));
        // A virtual machine has no monitor; that of `pod` is conmonrs, whose name is not searched for here.
        if handler.kind() == "vm" || (handler.kind() == "pod" && path.is_empty()) {
            continue;
        }
        if needs.find(path, "conmon").is_none() {
            needs.lacks(handler, "monitor_path", if path.is_empty() { "conmon" } else { path });
        }
    }
    let pinns = crio.text(subsystems, "runtime.pinns_path").unwrap_or_default();
    needs.demand(&pinns, &["pinns"], "pinns_path");
    needs.demand("", &["nsenter"], "entering namespaces");
    let no_host_ports =
        crio.effective(subsystems, "runtime.disable_hostport_mapping").state == State::from(true);
    if !no_host_ports && crio.minor(subsystems).is_some_and(|minor| minor >= 33) {
        needs.demand("", &["nft", "iptables"], "host ports");
    }
    if let (Some(reason), true) = (&needs.unsure, needs.missing.is_empty()) {
        return Fact::unknown(reason.clone());
    }
    let lines = needs.missing.iter().map(|(_, what)| what.clone());
    let fact = Fact::new(State::Known(Value::list(lines)));
    fact.because_all(needs.missing.iter().map(|(place, _)| place.clone()))
}

struct Needs<'f> {
    files: &'f Files,
    search: Vec<&'f str>,
    missing: Vec<(Origin, String)>,
    /// A place that could not be looked at.
    unsure: Option<String>,
}

impl Needs<'_> {
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
            Ok(found) => !executable || (found.kind == Kind::File && found.mode & 0o111 != 0),
            Err(error) if error.is_not_found() => false,
            Err(error) => {
                self.unsure = Some(error.to_string());
                true
            }
        }
    }

    fn lacks(&mut self, handler: &Handler, field: &str, program: &str) {
        let what = format!("{program}: the {field} of the handler {}", handler.name);
        self.missing.push((handler.origin(), what));
    }

    /// One of these programs.
    fn demand(&mut self, path: &str, names: &[&str], what_for: &str) {
        if !names.iter().any(|name| self.find(path, name).is_some()) {
            let program = if path.is_empty() { names.join(" or ") } else { path.to_owned() };
            self.missing.push((Origin::file(&program), format!("{program}: {what_for}")));
        }
    }
}
