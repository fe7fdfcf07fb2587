//! How a unit starts its program: command line and environment from the unit, its drop-ins and environment files.

use std::collections::BTreeMap;

use crate::fact::Origin;
use crate::host::Files;
use crate::parse::{env_file, unit};
use crate::subsystem::systemd::units::MergedUnit;
use crate::subsystem::{Subsystems, Unreadable};

/// How a unit starts its program.
#[derive(Debug, Default)]
pub(in crate::subsystem) struct Launch {
    /// Whether the unit is there.
    pub exists: bool,
    /// The words of the last `ExecStart=`, variables replaced, each with the place that wrote it.
    pub words: Vec<(Origin, String)>,
    /// The environment that the unit gives its program.
    pub environment: BTreeMap<String, (Origin, String)>,
    /// Environment files in the order in which they are read, whether or not they are there.
    pub files: Vec<(Origin, String)>,
    /// What could not be read; the command line may differ.
    pub gaps: Vec<Unreadable>,
}

impl Launch {
    pub(in crate::subsystem) fn read(subsystems: &Subsystems<'_>, name: &str) -> Self {
        let units = subsystems.units();
        let merged = units.said(subsystems, name);
        let exists = merged.is_some();
        let merged = merged.unwrap_or_else(|| units.drop_ins_alone(subsystems, name));
        let mut launch = Launch { exists, gaps: merged.gaps.clone(), ..Launch::default() };
        launch.read_environment(subsystems.host().files(), &merged);
        if let Some(command) = merged.list("Service", "ExecStart").last() {
            launch.expand(&command.origin(), &command.value);
        }
        launch
    }

    fn read_environment(&mut self, files: &Files, merged: &MergedUnit) {
        for setting in merged.list("Service", "Environment") {
            // Each assignment may be quoted as a whole: "NAME=a b".
            for part in unit::words(&setting.value) {
                if let Some((name, value)) = part.split_once('=') {
                    self.environment.insert(name.to_owned(), (setting.origin(), value.to_owned()));
                }
            }
        }
        let environment_files = merged.list("Service", "EnvironmentFile");
        self.files = environment_files
            .iter()
            .map(|setting| (setting.origin(), setting.value.trim_start_matches('-').to_owned()))
            .collect();
        for (_, path) in &self.files {
            match files.read(path).legacy() {
                Ok(content) => {
                    for found in env_file::parse(&content) {
                        self.environment.insert(found.name, (Origin::line(path, found.line), found.value));
                    }
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => self.gaps.push(error.into()),
            }
        }
    }

    fn expand(&mut self, origin: &Origin, command: &str) {
        for word in unit::words(command) {
            let name = word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$']));
            if let Some(name) = name {
                if let Some((place, value)) = self.environment.get(name) {
                    self.words.extend(unit::words(value).into_iter().map(|word| (place.clone(), word)));
                }
                continue;
            }
            let mut word = word;
            for (name, (_, value)) in &self.environment {
                word = word.replace(&format!("${{{name}}}"), value);
            }
            self.words.push((origin.clone(), word));
        }
    }

    /// The places that set a flag and its values, the last one counts: `--flag=value`, `--flag value`, `--flag`.
    pub(in crate::subsystem) fn flag(&self, name: &str) -> Vec<(Origin, String)> {
        let mut found = Vec::new();
        for (index, (origin, word)) in self.words.iter().enumerate() {
            let Some(rest) = word.strip_prefix("--").and_then(|rest| rest.strip_prefix(name)) else {
                continue;
            };
            let value = match (rest.strip_prefix('='), rest.is_empty()) {
                (Some(value), _) => value.to_owned(),
                (None, true) => match self.words.get(index + 1) {
                    Some((_, next)) if !next.starts_with('-') => next.clone(),
                    _ => "true".to_owned(),
                },
                (None, false) => continue,
            };
            found.push((origin.clone().says(format!("--{name}={value}")), value));
        }
        found
    }
}
