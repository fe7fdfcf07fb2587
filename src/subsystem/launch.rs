//! How a unit starts its program: command line and environment from the unit, its drop-ins and environment files.

use std::collections::BTreeMap;

use super::Gap;
use crate::fact::Origin;
use crate::format::{env_file, ini};
use crate::host::Files;

/// Where units are searched, highest first (systemd.unit(5), without `/run`).
const DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Flags that take a value only after `=`.
const SWITCHES: [&str; 1] = ["fail-swap-on"];

/// How a unit starts its program.
#[derive(Debug, Default)]
pub(super) struct Launch {
    /// Whether the unit is there.
    pub exists: bool,
    /// The words of the last `ExecStart=`, variables replaced, each with the place that wrote it.
    pub words: Vec<(Origin, String)>,
    /// The environment that the unit gives its program.
    pub environment: BTreeMap<String, (Origin, String)>,
    /// Environment files in the order in which they are read, whether or not they are there.
    pub files: Vec<(Origin, String)>,
    /// What could not be read; the command line may differ.
    pub gaps: Vec<Gap>,
}

impl Launch {
    pub(super) fn read(files: &Files, unit: &str) -> Self {
        let mut launch = Launch::default();
        let mut sources: Vec<String> = DIRECTORIES
            .iter()
            .map(|dir| format!("{dir}/{unit}"))
            .find(|path| files.stat(path).is_ok())
            .into_iter()
            .collect();
        launch.exists = !sources.is_empty();
        let mut dropins = BTreeMap::new();
        for directory in DIRECTORIES.iter().rev() {
            let directory = format!("{directory}/{unit}.d");
            match files.list(&directory) {
                Ok(names) => dropins.extend(
                    names
                        .iter()
                        .filter_map(|name| name.to_str())
                        .filter(|name| {
                            std::path::Path::new(name).extension().is_some_and(|suffix| suffix == "conf")
                        })
                        .map(|name| (name.to_owned(), format!("{directory}/{name}"))),
                ),
                Err(error) if error.is_not_found() => {}
                Err(error) => launch.gaps.push(error.into()),
            }
        }
        sources.extend(dropins.into_values());
        let (mut command, mut plain) = (None, Vec::new());
        for path in sources {
            // A link to /dev/null masks a drop-in.
            if files.read_link(&path).is_ok_and(|target| target.as_os_str() == "/dev/null") {
                continue;
            }
            match files.read(&path) {
                Ok(content) => launch.apply(&path, &content, &mut command, &mut plain),
                Err(error) => launch.gaps.push(error.into()),
            }
        }
        launch.read_environment(files, plain);
        if let Some((origin, command)) = command {
            launch.expand(&origin, &command);
        }
        launch
    }

    fn apply(
        &mut self,
        path: &str,
        content: &[u8],
        command: &mut Option<(Origin, String)>,
        plain: &mut Vec<(Origin, String)>,
    ) {
        let text = String::from_utf8_lossy(content).replace("\\\n", " ");
        for entry in
            ini::parse(text.as_bytes()).entries.into_iter().filter(|entry| entry.section == "Service")
        {
            let origin = Origin::line(path, entry.line);
            let value = entry.value;
            match (entry.key.as_str(), value.is_empty()) {
                ("ExecStart", true) => *command = None,
                ("ExecStart", false) => *command = Some((origin, value)),
                ("Environment", true) => plain.clear(),
                ("Environment", false) => plain.push((origin, value)),
                ("EnvironmentFile", true) => self.files.clear(),
                ("EnvironmentFile", false) => {
                    self.files.push((origin, value.trim_start_matches('-').to_owned()));
                }
                _ => {}
            }
        }
    }

    fn read_environment(&mut self, files: &Files, plain: Vec<(Origin, String)>) {
        for (origin, value) in plain {
            // Each assignment may be quoted as a whole: "NAME=a b".
            for part in quoted_words(&value) {
                if let Some((name, value)) = part.split_once('=') {
                    self.environment.insert(name.to_owned(), (origin.clone(), value.to_owned()));
                }
            }
        }
        for (_, path) in &self.files {
            match files.read(path) {
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
        for word in quoted_words(command) {
            let name = word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$']));
            if let Some(name) = name {
                if let Some((place, value)) = self.environment.get(name) {
                    self.words.extend(quoted_words(value).into_iter().map(|word| (place.clone(), word)));
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
    pub(super) fn flag(&self, name: &str) -> Vec<(Origin, String)> {
        let mut found = Vec::new();
        for (index, (origin, word)) in self.words.iter().enumerate() {
            let Some(rest) = word.strip_prefix("--").and_then(|rest| rest.strip_prefix(name)) else {
                continue;
            };
            let value = match (rest.strip_prefix('='), rest.is_empty()) {
                (Some(value), _) => value.to_owned(),
                (None, true) => match self.words.get(index + 1) {
                    Some((_, next)) if !next.starts_with('-') && !SWITCHES.contains(&name) => next.clone(),
                    _ => "true".to_owned(),
                },
                (None, false) => continue,
            };
            found.push((origin.clone().says(format!("--{name}={value}")), value));
        }
        found
    }
}

/// Words at blanks; single and double quotes keep blanks.
fn quoted_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
