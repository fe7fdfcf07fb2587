//! One text of the boot: a script, a command of a unit, a file of hooks; and what its variables hold.

use foldhash::HashMap;

use crate::host::HostPath;
use crate::parse::shell_line;

/// More values than any honest loop goes through.
const MAX_VALUES: usize = 256;

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Shell,
    /// Another language: only what it names counts.
    Other,
}

/// One text, read line by line.
#[derive(Debug)]
pub(super) struct Source {
    /// It comes with the distribution: what it names counts, what it calls in ways that can't be followed doesn't.
    pub(super) is_stock: bool,
    pub(super) language: Language,
    /// Where it is, for scripts that find others beside themselves.
    own_directory: HostPath,
    /// The working directory; none if it can't be told.
    pub(super) directory: Option<HostPath>,
    /// What plain assignments and loops give variables; none for what can't be told.
    values: HashMap<String, Option<Vec<String>>>,
    /// It writes a file of sysctl.d, or restarts the service that applies them.
    pub(super) writes_sysctl_d: bool,
    pub(super) reapplies: Option<crate::fact::Origin>,
}

impl Source {
    pub(super) fn new(path: &HostPath, is_stock: bool, language: Language) -> Self {
        let own_directory = path.as_path().parent().map_or_else(|| HostPath::new("/"), HostPath::new);
        Source {
            is_stock,
            language,
            own_directory,
            directory: Some(HostPath::new("/")),
            values: HashMap::default(),
            writes_sysctl_d: false,
            reapplies: None,
        }
    }

    /// Whether a path is where packages put programs; what is in `/usr/local` or `/opt` is the administrator's.
    pub(super) fn is_stock_path(path: &str) -> bool {
        let directories = ["/usr/", "/lib/", "/sbin/", "/bin/", "/lib64/"];
        directories.iter().any(|directory| path.starts_with(directory)) && !path.starts_with("/usr/local/")
    }

    /// Takes the assignments of a line: `NAME=value`, `for NAME in a b`, and the script's own directory.
    pub(super) fn assign(&mut self, line: &str, command: &[String]) {
        let finds_itself = ["dirname", "BASH_SOURCE", "${0%"].iter().any(|word| line.contains(word));
        let own = finds_itself.then(|| self.own_directory.to_string());
        for word in command.iter().skip_while(|word| matches!(word.as_str(), "export" | "local" | "readonly"))
        {
            let Some((name, value)) = shell_line::assignment(word) else { break };
            let value = own.clone().or_else(|| self.resolve(value)?.into_iter().next());
            self.set(name, value.map(|value| vec![value]));
        }
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        if let Some(at) = words.iter().position(|word| *word == "for")
            && let [_, name, "in", values @ ..] = &words[at..]
        {
            let values = values.iter().take(MAX_VALUES + 1).map(|word| self.resolve(word));
            let values: Option<Vec<_>> = values.collect();
            self.set(name, values.map(|values| values.concat()));
        }
        if words.contains(&"read") {
            for name in words.iter().skip_while(|word| **word != "read").skip(1) {
                self.set(name, None);
            }
        }
    }

    fn set(&mut self, name: &str, values: Option<Vec<String>>) {
        match self.values.get_mut(name) {
            Some(Some(known)) => match values {
                Some(more) if known.len() + more.len() <= MAX_VALUES => known.extend(more),
                _ => drop(self.values.insert(name.to_owned(), None)),
            },
            Some(None) => {}
            None => drop(self.values.insert(name.to_owned(), values)),
        }
    }

    /// What a word may come to; none if that can't be told.
    pub(super) fn resolve(&self, word: &str) -> Option<Vec<String>> {
        if !word.contains(['$', '`', '*', '?', '[']) {
            return Some(vec![word.to_owned()]);
        }
        if word.contains(['`', '*', '?', '[']) {
            return None;
        }
        let (before, rest) = word.split_once('$')?;
        let (name, after) = if let Some(inner) = rest.strip_prefix('{') {
            inner.split_once('}')?
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            rest.split_at(end)
        };
        if after.contains('$') {
            return None;
        }
        let values = self.values.get(name)?.as_ref()?;
        Some(values.iter().map(|value| format!("{before}{value}{after}")).collect())
    }

    /// Where a path that a command names leads; none if that depends on a directory that isn't known.
    pub(super) fn place(&self, path: &str) -> Option<HostPath> {
        if path.starts_with('/') {
            return Some(HostPath::new(path));
        }
        self.directory.as_ref().map(|directory| directory.join(path))
    }

    /// `cd`: the directory from here on.
    pub(super) fn change_directory(&mut self, line: &str, word: Option<&String>) {
        let Some(word) = word else { return };
        let is_own =
            word.contains('$') && ["dirname", "BASH_SOURCE", "${0%"].iter().any(|own| line.contains(own));
        self.directory = if is_own {
            Some(self.own_directory.clone())
        } else {
            let only = self.resolve(word).filter(|values| values.len() == 1);
            only.and_then(|values| self.place(&values[0]))
        };
    }
}
