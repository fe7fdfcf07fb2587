//! CRI-O's configuration: compiled-in defaults, storage.conf, crio.conf, every file of crio.conf.d, then environment
//! and flags of its unit; and what is wrong with it.

mod daemon;
mod defaults;
mod files;
pub mod findings;
mod handlers;
mod host_checks;
mod ignored_settings;
mod invalid_values;
mod profiles;
mod programs;
pub mod registries;
mod servers;
mod storage;
mod versions;

use std::cell::OnceCell;

use crate::component::crio::command_line::{self, CommandLine, Source};
pub use crate::component::crio::options::unknown_key;
use crate::component::crio::options::{self, OptionSpec, option};
use crate::component::go_decoder::Type;
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::parse::document::{Content, Node};
use crate::subsystem::systemd::exec_context::ExecContext;
use crate::subsystem::{Subsystems, Unreadable};
use daemon::Daemon;
use files::ConfigFiles;
use findings::Finding;
use invalid_values::Judged;
use programs::Programs;

/// CRI-O's configuration at the next boot.
#[derive(Debug, Default)]
pub struct Crio {
    installed: bool,
    /// Why it may be installed all the same.
    unsure: Option<String>,
    files: ConfigFiles,
    launch: ExecContext,
    /// The flags of its unit.
    line: CommandLine,
    /// The minor version of the installed 1.x, where it is known.
    minor: OnceCell<Option<u32>>,
    /// What the running one says of itself, or why it doesn't.
    daemon: OnceCell<Result<Daemon, String>>,
    /// The programs that it needs.
    programs: OnceCell<Result<Programs, String>>,
    /// At what it ends.
    judged: OnceCell<Judged>,
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
        let line = command_line::read(words_of_crio(&launch));
        let named = |flag: &str, variable: &str| {
            let of_variable = || launch.environment.get(variable).cloned();
            line.flag(flag).pop().or_else(of_variable)
        };
        let main = named("config", "CONTAINER_CONFIG");
        let drop_ins = named("config-dir", "CONTAINER_CONFIG_DIR");
        let read = ConfigFiles::read(files, main.as_ref(), drop_ins.as_ref());
        let unsure = there.as_ref().err().map(ToString::to_string);
        Crio { installed: there.unwrap_or(false), unsure, files: read, launch, line, ..Crio::default() }
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
            (None, Moment::NextBoot) => self.at_boot(subsystems, key),
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
        let gap: Option<&Unreadable> = self.launch.gaps.first().or(self.files.gaps.first());
        gap.map(|gap| gap.reason.clone()).or_else(|| self.line.gap.clone())
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
        // A later table of a handler or workload replaces the earlier one as a whole.
        let whole = ["runtime.runtimes.", "runtime.workloads."].iter().find_map(|prefix| {
            let name = key.strip_prefix(prefix)?;
            Some(&key[..prefix.len() + name.find('.').unwrap_or(name.len())])
        });
        let documents = &self.files.documents;
        let has = |document: &Node, key: &str| document.at("crio").is_some_and(|all| all.at(key).is_some());
        let last = whole.and_then(|table| documents.iter().rposition(|(_, document)| has(document, table)));
        documents[last.unwrap_or(0)..]
            .iter()
            .filter_map(|(file, document)| {
                let node = document.at("crio")?.at(key)?;
                let is_table = matches!(node.content, Content::Table(_));
                let says = (!is_table).then(|| format!("{key} is set"));
                Some((Origin { line: node.line, says, ..Origin::file(file) }, node.state()))
            })
            .collect()
    }

    /// The items of `storage_option` that CRI-O's files give, each with its place, or those of a flag or variable, which take
    /// the place of all others; and whether it is these.
    fn own_storage_options(&self) -> (Vec<(Origin, String)>, bool) {
        let overrides = option("storage_option").map(|option| self.overrides(option)).unwrap_or_default();
        let is_override = !overrides.is_empty();
        let last = overrides.into_iter().next_back();
        let said = last.map_or_else(|| self.candidates("storage_option"), |last| vec![last]);
        let items = said.into_iter().flat_map(|(place, state)| {
            let items = match state {
                State::Known(Value::List(items)) => items,
                _ => Vec::new(),
            };
            items.into_iter().map(move |item| (place.clone(), item.as_text().unwrap_or_default().to_owned()))
        });
        (items.collect(), is_override)
    }

    /// What environment and flags say of an option; flags count more.
    fn overrides(&self, option: &OptionSpec) -> Vec<Candidate> {
        let set = |name| self.launch.environment.get(name).cloned();
        let variable = options::variables(option).find_map(set).into_iter();
        let of_variable = variable.filter_map(|(place, text)| {
            // What CRI-O refuses is a refusal, and no value.
            Some((place, command_line::value_of(option.kind, &text, Source::Variable).ok()??))
        });
        let flags = if option.flag.is_empty() { Vec::new() } else { self.line.flag(option.flag) };
        if option.kind == Type::Texts && flags.len() > 1 {
            // Each flag adds to the list.
            let items = flags.iter().flat_map(|(_, value)| value.split(','));
            let place = flags.last().map(|(origin, _)| origin.clone()).unwrap_or_default();
            return of_variable.chain([(place, State::Known(Value::list(items)))]).collect();
        }
        let of_flags = flags.into_iter().filter_map(|(place, text)| {
            // The same.
            Some((place, command_line::value_of(option.kind, &text, Source::Flag).ok()??))
        });
        of_variable.chain(of_flags).collect()
    }
}

/// The words that the unit gives to CRI-O; a wrapper may start it.
fn words_of_crio(launch: &ExecContext) -> &[(Origin, String)] {
    let is_crio = |(_, word): &(Origin, String)| word.rsplit('/').next() == Some("crio");
    launch.words.iter().position(is_crio).map_or(&[], |program| &launch.words[program + 1..])
}

/// What is wrong with the type of a value: CRI-O stops at it.
fn wrong_type(key: &str, state: &State) -> Option<String> {
    let State::Known(value) = state else { return None };
    let (fits, wanted) = match option(key)?.kind {
        Type::Text => (matches!(value, Value::Text(_)), "no text"),
        Type::Bool => (matches!(value, Value::Bool(_)), "neither true nor false"),
        Type::Integer => (matches!(value, Value::Integer(_)), "no whole number"),
        Type::Duration => (matches!(value, Value::Text(_) | Value::Integer(_)), "no length of time"),
        _ => (matches!(value, Value::List(_)), "no list"),
    };
    (!fits).then(|| format!("{key} is {wanted}"))
}

/// A value for a reader.
fn rendered(state: &State) -> String {
    match state {
        State::Known(Value::Text(text)) if text.is_empty() => "\"\"".into(),
        State::Known(value) => value.to_string(),
        State::Absent => "nothing".into(),
        State::Unknown(reason) => format!("unknown ({reason})"),
    }
}
