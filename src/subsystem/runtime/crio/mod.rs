//! CRI-O's configuration: compiled-in defaults, storage.conf, crio.conf, every file of crio.conf.d, then environment
//! and flags of its unit; and what is wrong with it.

mod daemon;
mod defaults;
mod files;
pub mod findings;
mod handlers;
mod ignored_settings;
mod invalid_values;
mod options;
mod programs;
mod storage;
mod versions;

use std::cell::OnceCell;

use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::parse::document::Content;
use crate::subsystem::systemd::exec_context::ExecContext;
use crate::subsystem::{Subsystems, Unreadable};
use daemon::Daemon;
use files::ConfigFiles;
use findings::Finding;
pub use options::unknown_key;
use options::{Kind, OptionSpec, option};
use programs::Programs;

/// CRI-O's configuration at the next boot.
#[derive(Debug, Default)]
pub struct Crio {
    installed: bool,
    /// Why it may be installed all the same.
    unsure: Option<String>,
    files: ConfigFiles,
    launch: ExecContext,
    /// The minor version of the installed 1.x, where it is known.
    minor: OnceCell<Option<u32>>,
    /// What the running one says of itself, or why it doesn't.
    daemon: OnceCell<Result<Daemon, String>>,
    /// The programs that it needs.
    programs: OnceCell<Result<Programs, String>>,
}

/// A value that a key could have, and who says so.
type Candidate = (Origin, State);

impl Crio {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let files = subsystems.host().files();
        let launch = ExecContext::read(subsystems, "crio.service");
        let programs =
            ["/usr/local/bin/crio", "/usr/bin/crio", "/usr/local/sbin/crio", "/usr/sbin/crio", "/etc/crio"];
        let there = if launch.exists { Ok(true) } else { files.any_is_there(programs) };
        let named = |flag: &str, variable: &str| {
            let of_variable = || launch.environment.get(variable).cloned();
            launch.flag(flag).pop().or_else(of_variable).filter(|(_, path)| path.starts_with('/'))
        };
        let main = named("config", "CONTAINER_CONFIG");
        let drop_ins = named("config-dir", "CONTAINER_CONFIG_DIR");
        let read = ConfigFiles::read(files, main.as_ref(), drop_ins.as_ref());
        let unsure = there.as_ref().err().map(ToString::to_string);
        Crio { installed: there.unwrap_or(false), unsure, files: read, launch, ..Crio::default() }
    }

    /// What is said of everything where there is no CRI-O.
    fn nothing(&self) -> Option<Fact> {
        let absent = || Fact::absent().note("CRI-O is not installed: no program, no unit, no /etc/crio");
        (!self.installed).then(|| self.unsure.as_ref().map_or_else(absent, |why| Fact::unknown(why.as_str())))
    }

    /// What is found: a list.
    pub fn finding(&self, subsystems: &Subsystems<'_>, finding: &Finding) -> Fact {
        self.nothing().unwrap_or_else(|| (finding.ask)(self, subsystems))
    }

    /// The effective value of a key, dotted, without the leading `crio.`; or one of the [`findings`], as they were
    /// asked for before they had a probe of their own.
    pub fn ask(&self, subsystems: &Subsystems<'_>, key: &str, moment: Moment) -> Fact {
        if let Some(fact) = self.nothing() {
            return fact;
        }
        match (findings::of_key(key), moment) {
            (Some(finding), _) => (finding.ask)(self, subsystems),
            (None, Moment::Now) => daemon::now(self, subsystems, key),
            (None, Moment::Boot) => self.at_boot(subsystems, key),
        }
    }

    /// The effective value of a key at the next boot.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, key: &str) -> Fact {
        if let Some(fact) = self.nothing() {
            return fact;
        }
        if let Some((origin, fatal)) = self.files.fatal.first() {
            return Fact::unknown(format!("CRI-O will not start: {origin}: {fatal}"));
        }
        match self.gap() {
            Some(reason) => Fact::unknown(reason),
            None => self.effective(subsystems, key),
        }
    }

    /// The minor version of the installed 1.x, where it is known.
    pub(in crate::subsystem) fn minor(&self, subsystems: &Subsystems<'_>) -> Option<u32> {
        *self.minor.get_or_init(|| defaults::minor(subsystems))
    }

    /// Why the files that were read need not be all that count.
    fn gap(&self) -> Option<String> {
        for word in ["-c", "-d"] {
            if let Some((origin, _)) = self.launch.words.iter().find(|(_, found)| found == word) {
                return Some(format!("{origin}: {word} names other files"));
            }
        }
        let gap: Option<&Unreadable> = self.launch.gaps.first().or(self.files.gaps.first());
        gap.map(|gap| gap.reason.clone())
    }

    fn effective(&self, subsystems: &Subsystems<'_>, key: &str) -> Fact {
        let mut candidates = self.candidates(key);
        if let Some(option) = option(key) {
            candidates.extend(self.overrides(option));
            // An empty value in a file falls back to storage.conf (CRI-O's `pkg/config/config.go`).
            if storage::KEYS.contains(&key) {
                candidates.retain(|(_, state)| *state != State::from(""));
            }
        }
        if key == "storage_option" {
            return storage::options(subsystems, candidates);
        }
        let Some((origin, state)) = candidates.pop() else {
            return defaults::compiled_in(subsystems, self.minor(subsystems), key);
        };
        if matches!(&state, State::Known(value) if value.has_attributes())
            && !key.starts_with("runtime.runtimes.")
        {
            return Fact::unknown(format!("{key} is a table merged from several files; ask for a key in it"));
        }
        if let Some(wrong) = wrong_type(key, &state) {
            return Fact::unknown(format!("CRI-O will not start: {origin}: {wrong}"));
        }
        let mut fact = Fact::new(state).because(origin);
        fact.overruled = candidates.into_iter().map(|(origin, _)| origin).collect();
        fact
    }

    /// The text of a key, if it is known and not empty.
    fn text(&self, subsystems: &Subsystems<'_>, key: &str) -> Option<String> {
        match self.effective(subsystems, key).state {
            State::Known(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// What the files say of a key, in the order in which they count.
    fn candidates(&self, key: &str) -> Vec<Candidate> {
        let path = format!("crio.{key}");
        // A later table of a handler or workload replaces the earlier one as a whole.
        let whole = ["crio.runtime.runtimes.", "crio.runtime.workloads."].iter().find_map(|prefix| {
            let name = path.strip_prefix(prefix)?;
            Some(format!("{prefix}{}", name.split('.').next().unwrap_or(name)))
        });
        let documents = &self.files.documents;
        let last =
            whole.as_ref().and_then(|table| documents.iter().rposition(|(_, node)| node.at(table).is_some()));
        documents[last.unwrap_or(0)..]
            .iter()
            .filter_map(|(file, document)| {
                let node = document.at(&path)?;
                let is_table = matches!(node.content, Content::Table(_));
                let says = (!is_table).then(|| format!("{key} is set"));
                Some((Origin { line: node.line, says, ..Origin::file(file) }, node.state()))
            })
            .collect()
    }

    /// What environment and flags say of an option; flags count more.
    fn overrides(&self, option: &OptionSpec) -> Vec<Candidate> {
        let variable = self.launch.environment.get(option.variable).filter(|_| !option.variable.is_empty());
        let flags = if option.flag.is_empty() { Vec::new() } else { self.launch.flag(option.flag) };
        let all = variable.cloned().into_iter();
        if option.kind == Kind::List && flags.len() > 1 {
            // Each flag adds to the list.
            let items = flags.iter().map(|(_, value)| value.clone());
            let place = flags.last().map(|(origin, _)| origin.clone()).unwrap_or_default();
            let list = State::Known(Value::list(items));
            return all.map(|(origin, text)| (origin, option.read(text))).chain([(place, list)]).collect();
        }
        all.chain(flags).map(|(origin, text)| (origin, option.read(text))).collect()
    }
}

impl OptionSpec {
    /// The value of a flag or variable.
    fn read(&self, text: String) -> State {
        match self.kind {
            Kind::Text | Kind::Duration => State::from(text),
            Kind::Bool => match text.as_str() {
                "true" | "1" | "t" | "T" | "TRUE" | "True" => State::from(true),
                "false" | "0" | "f" | "F" | "FALSE" | "False" => State::from(false),
                _ => State::unknown(format!("`{text}` is neither true nor false")),
            },
            Kind::Integer => text
                .parse::<i64>()
                .map_or_else(|_| State::unknown(format!("`{text}` is no whole number")), State::from),
            Kind::List => State::Known(Value::list(text.split(','))),
        }
    }
}

/// What is wrong with the type of a value: CRI-O stops at it.
fn wrong_type(key: &str, state: &State) -> Option<String> {
    let State::Known(value) = state else { return None };
    let (fits, wanted) = match option(key)?.kind {
        Kind::Text => (matches!(value, Value::Text(_)), "no text"),
        Kind::Bool => (matches!(value, Value::Bool(_)), "neither true nor false"),
        Kind::Integer => (matches!(value, Value::Integer(_)), "no whole number"),
        Kind::Duration => (matches!(value, Value::Text(_) | Value::Integer(_)), "no length of time"),
        Kind::List => (matches!(value, Value::List(_)), "no list"),
    };
    (!fits).then(|| format!("{key} is {wanted}"))
}

/// A value for a reader.
fn word(state: &State) -> String {
    match state {
        State::Known(Value::Text(text)) if text.is_empty() => "\"\"".into(),
        State::Known(value) => value.to_string(),
        State::Absent => "nothing".into(),
        State::Unknown(reason) => format!("unknown ({reason})"),
    }
}
