//! Loading, played through: dependencies, soft dependencies, and everything that blocks a module.
//!
//! Source: modules-load.d(5) of systemd 252 and 257, modprobe(8) of kmod 30 and 34.

use std::collections::BTreeMap;

use foldhash::HashMap;

use super::index::Index;
use super::rules::{CommandLine, Rules};
use crate::fact::Origin;

/// What came of loading one module.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It is loaded, or built in.
    Loaded,
    /// It is on disk (or elsewhere named), and something keeps it from being loaded.
    Blocked(String, Vec<Origin>),
    /// Nothing has that name.
    Missing,
    /// It can't be told.
    Doubtful(String),
}

/// Dependencies that nest deeper are an accident or an attack.
const MAX_DEPTH: u32 = 64;

/// The modules that are loaded so far, and what decides about the next.
pub(super) struct Loader<'a> {
    pub(super) index: &'a Index,
    pub(super) rules: &'a Rules,
    pub(super) command_line: &'a CommandLine,
    /// Why no module at all can be loaded.
    pub(super) refuses: Option<String>,
    /// Loaded modules, and the places that asked for them.
    pub(super) loaded: BTreeMap<String, Vec<Origin>>,
    pub(super) known: HashMap<String, Outcome>,
}

impl Loader<'_> {
    /// Loads a module as `modprobe NAME` does: blacklists don't count.
    pub(super) fn load(&mut self, name: &str, because: &[Origin]) -> Outcome {
        self.load_at(name, because, 0)
    }

    /// Loads a name or alias as systemd-modules-load does: blacklisted modules are left out.
    pub(super) fn load_unless_blacklisted(&mut self, text: &str, because: &Origin) -> Outcome {
        let mut outcome = Outcome::Missing;
        for name in self.index.resolve(self.rules, text) {
            let next = match self.blacklisted(&name) {
                Some(origin) => Outcome::Blocked(format!("{name} is blacklisted"), vec![origin]),
                None => self.load(&name, std::slice::from_ref(because)),
            };
            if outcome != Outcome::Loaded {
                outcome = next;
            }
        }
        outcome
    }

    /// The place that blacklists a module for aliases and modules-load.d.
    pub(super) fn blacklisted(&self, name: &str) -> Option<Origin> {
        if self.index.builtin.has(name) {
            return None;
        }
        let on_command_line = self.command_line.blacklist.iter().any(|listed| listed == name);
        self.rules.blacklist.get(name).cloned().or_else(|| {
            on_command_line
                .then(|| Origin::file("kernel command line").says(format!("modprobe.blacklist={name}")))
        })
    }

    fn load_at(&mut self, name: &str, because: &[Origin], depth: u32) -> Outcome {
        if self.index.builtin.has(name) || self.loaded.contains_key(name) {
            return Outcome::Loaded;
        }
        if let Some(outcome) = self.known.get(name) {
            return outcome.clone();
        }
        if depth > MAX_DEPTH {
            return Outcome::Doubtful(format!("the dependencies of {name} nest too deeply"));
        }
        // A circle of dependencies ends here.
        self.known.insert(name.to_owned(), Outcome::Loaded);
        let outcome = self.try_load(name, because, depth);
        if outcome == Outcome::Loaded {
            self.known.remove(name);
        } else {
            self.known.insert(name.to_owned(), outcome.clone());
        }
        outcome
    }

    fn try_load(&mut self, name: &str, because: &[Origin], depth: u32) -> Outcome {
        let (before, after) = self.soft_dependencies(name);
        // kmod runs no install command of a module with soft dependencies that it knows (`mod->ignorecmd`; seen
        // with kmod 30).
        let ignores_command =
            before.iter().chain(&after).any(|soft| !self.index.resolve(self.rules, soft).is_empty());
        let Some(module) = self.index.modules.get(name) else {
            for soft in before {
                self.load_softly(&soft, name, depth);
            }
            return self.instead(name).filter(|_| !ignores_command).unwrap_or(Outcome::Missing);
        };
        if let Some(reason) = &self.refuses {
            return Outcome::Blocked(reason.clone(), Vec::new());
        }
        let asks = Origin::line(
            format!("{}/modules.dep", self.index.directory.as_deref().unwrap_or_default()),
            module.line,
        )
        .says(format!("{name} needs it"));
        for soft in before {
            self.load_softly(&soft, name, depth);
        }
        for needed in module.needs.iter().rev() {
            match self.load_at(needed, std::slice::from_ref(&asks), depth + 1) {
                Outcome::Loaded => {}
                Outcome::Blocked(reason, origins) => {
                    return Outcome::Blocked(format!("it needs {needed}, and {reason}"), origins);
                }
                Outcome::Missing => {
                    return Outcome::Blocked(format!("it needs {needed}, which is missing"), vec![asks]);
                }
                doubtful @ Outcome::Doubtful(_) => return doubtful,
            }
        }
        // What it needs comes first and stays, whatever becomes of the module itself.
        if let Some(outcome) = self.instead(name).filter(|_| !ignores_command) {
            return outcome;
        }
        if self.command_line.forbidden.iter().any(|forbidden| forbidden == name) {
            let origin = Origin::file("kernel command line").says(format!("module_blacklist={name}"));
            return Outcome::Blocked(format!("module_blacklist= forbids {name}"), vec![origin]);
        }
        self.loaded.insert(name.to_owned(), because.to_vec());
        for soft in after {
            self.load_softly(&soft, name, depth);
        }
        Outcome::Loaded
    }

    /// What an install command does instead of loading a module.
    fn instead(&self, name: &str) -> Option<Outcome> {
        let (command, origin) = self.rules.install.get(name)?;
        let program = command.split_ascii_whitespace().next().unwrap_or_default();
        Some(match program.rsplit('/').next() {
            Some("false" | "true" | ":") => {
                Outcome::Blocked(format!("{program} runs instead of loading {name}"), vec![origin.clone()])
            }
            _ => Outcome::Doubtful(format!("{origin} runs a command instead of loading {name}: {command}")),
        })
    }

    /// A soft dependency that fails changes nothing else.
    fn load_softly(&mut self, text: &str, wanted_by: &str, depth: u32) {
        let because = match self.rules.softdeps.get(wanted_by) {
            Some((.., origin)) => origin.clone(),
            None => Origin::file(format!(
                "{}/modules.softdep",
                self.index.directory.as_deref().unwrap_or_default()
            )),
        }
        .says(format!("soft dependency of {wanted_by}"));
        for name in self.index.resolve(self.rules, text) {
            self.load_at(&name, std::slice::from_ref(&because), depth + 1);
        }
    }

    fn soft_dependencies(&self, name: &str) -> (Vec<String>, Vec<String>) {
        match self.rules.softdeps.get(name) {
            Some((before, after, _)) => (before.clone(), after.clone()),
            None => self.index.softdeps.get(name).cloned().unwrap_or_default(),
        }
    }
}
