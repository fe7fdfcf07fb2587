//! How a unit starts its program: command line and environment from the unit, its drop-ins and environment files.

use std::collections::BTreeMap;

use foldhash::HashSet;

use crate::fact::Origin;
use crate::host::Files;
use crate::parse::{env_file, unit};
use crate::subsystem::systemd::units::MergedUnit;
use crate::subsystem::{Subsystems, Unreadable};

/// No program is given more words than this: the kernel limits their length together (execve(2)).
const MAX_WORDS: usize = 10_000;
/// Nor more variables.
const MAX_VARIABLES: usize = 10_000;
/// No word is longer, in bytes (`MAX_ARG_STRLEN`).
const MAX_WORD: usize = 128 << 10;

/// How a unit starts its program.
#[derive(Debug, Default)]
pub(in crate::subsystem) struct ExecContext {
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

/// A path as a unit's program takes it: units without `WorkingDirectory=` start in the root directory.
pub(in crate::subsystem) fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

impl ExecContext {
    pub(in crate::subsystem) fn read(subsystems: &Subsystems<'_>, name: &str) -> Self {
        let units = subsystems.units();
        let merged = units.merged_with_gaps(subsystems, name);
        let exists = merged.is_some();
        let merged = merged.unwrap_or_else(|| units.drop_ins_only(subsystems, name));
        let mut context = ExecContext { exists, gaps: merged.gaps.clone(), ..ExecContext::default() };
        context.read_environment(subsystems.host().files(), &merged);
        if let Some(command) = merged.list("Service", "ExecStart").last() {
            context.expand(&command.origin(), &command.value);
        }
        context
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
        // What is read again wins again: of each file only the last time decides.
        let mut seen = HashSet::default();
        self.files.reverse();
        self.files.retain(|(_, path)| seen.insert(path.clone()));
        self.files.reverse();
        for (origin, path) in &self.files {
            let Some(content) = files.read(path).or_hidden(&mut self.gaps) else { continue };
            if self.environment.len() + memchr::memchr_iter(b'=', &content).count() > MAX_VARIABLES {
                let reason = format!("{origin}: a program gets no more than {MAX_VARIABLES} variables");
                self.gaps.push(Unreadable { origin: origin.clone(), reason });
                continue;
            }
            for found in env_file::parse(&content) {
                self.environment.insert(found.name, (Origin::line(path, found.line), found.value));
            }
        }
    }

    fn expand(&mut self, origin: &Origin, command: &str) {
        let mut too_many = false;
        for word in unit::words(command) {
            if self.words.len() >= MAX_WORDS {
                too_many = true;
                break;
            }
            let name = word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$']));
            if let Some(name) = name {
                if let Some((place, value)) = self.environment.get(name) {
                    let mut words = unit::words(value);
                    too_many |= words.len() > MAX_WORDS - self.words.len();
                    words.truncate(MAX_WORDS - self.words.len());
                    self.words.extend(words.into_iter().map(|word| (place.clone(), word)));
                }
                continue;
            }
            let word = self.replaced(&word);
            self.words.push((origin.clone(), word));
        }
        if too_many {
            let reason = format!("{origin} has more words than the kernel gives a program");
            self.gaps.push(Unreadable { origin: origin.clone(), reason });
        }
    }

    /// A word with `${NAME}` replaced; what isn't set stays as it is.
    fn replaced(&self, word: &str) -> String {
        let (mut text, mut rest) = (String::with_capacity(word.len()), word);
        while let Some(start) = rest.find("${") {
            let Some(end) = rest[start..].find('}').map(|end| start + end) else { break };
            text.push_str(&rest[..start]);
            match self.environment.get(&rest[start + 2..end]) {
                Some((_, value)) => text.push_str(value),
                None => text.push_str(&rest[start..=end]),
            }
            rest = &rest[end + 1..];
            if text.len() > MAX_WORD {
                break;
            }
        }
        text.push_str(rest);
        text
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
