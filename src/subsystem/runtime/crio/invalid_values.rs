//! At what CRI-O ends when it starts: its files, flags and variables held against the tables of `component/crio`, and what they
//! name held against the host.

use super::{Crio, handlers, host_checks, ignored_settings, storage};
use crate::component::crio::command_line::{self, Source};
use crate::component::crio::options::{self, OPTIONS};
use crate::component::crio::values::{
    self, CHECKPOINT_LEVEL, METRICS_HOST, METRICS_PORT, POD_METRICS, ROWS, TLS_CIPHER_SUITES,
    TRACING_ENDPOINT,
};
use crate::component::crio::{Refusal, Since, Standing, workloads};
use crate::fact::{Origin, State, Value};
use crate::subsystem::Subsystems;

/// What the installed CRI-O makes of what is wrong.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// It ends.
    pub(super) refused: Vec<(Origin, String)>,
    /// Another version ends; whether this one does isn't known.
    pub(super) perhaps: Vec<(Origin, String)>,
    /// Why more may be wrong.
    pub(super) unknown: Option<String>,
}

/// Looks at everything, once.
pub(super) fn judged<'c>(crio: &'c Crio, subsystems: &Subsystems<'_>) -> &'c Judged {
    crio.judged.get_or_init(|| {
        let mut found = Found::default();
        found.files(crio);
        found.flags(crio);
        found.values(crio, subsystems);
        found.pairs(crio, subsystems);
        found.workloads(crio);
        let looks = [
            storage::refusals(crio, subsystems, &mut found.refusals),
            host_checks::look(crio, subsystems, &mut found.refusals),
            ignored_settings::look_at_hooks(crio, subsystems)
                .map(|hooks| found.refusals.extend(hooks.refused)),
        ];
        let mut judged = Judged { unknown: looks.into_iter().find_map(Result::err), ..Judged::default() };
        let minor = crio.minor(subsystems);
        for Refusal { place, what, since } in found.refusals {
            let text = format!("{}: {what}", place.path);
            match since.standing(minor) {
                Standing::Refuses => judged.refused.push((place, text)),
                Standing::Perhaps => judged.perhaps.push((place, text)),
                Standing::Takes => {}
                Standing::Unknown => {
                    judged.unknown.get_or_insert_with(|| {
                        format!("{text}; whether CRI-O minds depends on its version, which isn't known")
                    });
                }
            }
        }
        judged
    })
}

#[derive(Default)]
struct Found {
    refusals: Vec<Refusal>,
}

impl Found {
    fn add(&mut self, place: Option<Origin>, what: impl Into<String>, since: Since) {
        self.refusals.push(Refusal::new(place.unwrap_or_default(), what, since));
    }

    fn files(&mut self, crio: &Crio) {
        for (place, what) in crio.files.fatal.iter().chain(&crio.files.mistyped) {
            self.add(Some(place.clone()), what, Since::Always);
        }
    }

    fn flags(&mut self, crio: &Crio) {
        self.refusals.extend(crio.line.refusals.iter().cloned());
        for option in OPTIONS {
            let set = |name| Some((name, crio.launch.environment.get(name)?));
            let Some((name, (place, text))) = options::variables(option).find_map(set) else { continue };
            if let Err(accepts) = command_line::value_of(option.kind, text, Source::Variable) {
                let what = format!("{name} is \"{text}\"; CRI-O accepts {accepts}");
                self.add(Some(place.clone()), what, Since::Always);
            }
        }
        for &(name, kind) in command_line::VARIABLES {
            let Some((place, text)) = crio.launch.environment.get(name) else { continue };
            if let Err(accepts) = command_line::value_of(kind, text, Source::Variable) {
                let what = format!("{name} is \"{text}\"; CRI-O accepts {accepts}");
                self.add(Some(place.clone()), what, Since::Always);
            }
        }
        for (place, text) in handlers::of_flags(crio) {
            if handlers::flagged(&text).is_none() {
                let what = format!(
                    "invalid format for --runtimes: {text}; CRI-O accepts NAME:PATH:ROOT[:TYPE[:PRIVILEGED[:CONFIG[:MEMORY]]]]"
                );
                self.add(Some(place), what, Since::Always);
            }
        }
        let format = last(crio, "log-format", "CONTAINER_LOG_FORMAT");
        if let Some((place, word)) = format
            && !values::LOG_FORMATS.contains(&word.as_str())
        {
            self.add(
                Some(place),
                format!("--log-format is \"{word}\"; CRI-O accepts text or json"),
                Since::Always,
            );
        }
    }

    fn values(&mut self, crio: &Crio, subsystems: &Subsystems<'_>) {
        for row in ROWS {
            self.row(crio, subsystems, row);
        }
        let is = |key: &str, value: State| crio.effective(subsystems, key).state == value;
        if !is("api.tls_min_version", State::from("VersionTLS13")) {
            self.row(crio, subsystems, &TLS_CIPHER_SUITES);
        }
        if is("metrics.enable_metrics", State::from(true)) {
            self.row(crio, subsystems, &METRICS_PORT);
            self.row(crio, subsystems, &METRICS_HOST);
        }
        if is("tracing.enable_tracing", State::from(true)) {
            self.row(crio, subsystems, &TRACING_ENDPOINT);
        }
        if !is("runtime.enable_criu_support", State::from(false)) {
            self.row(crio, subsystems, &CHECKPOINT_LEVEL);
        }
        self.row(crio, subsystems, &POD_METRICS);
    }

    /// A value that something sets; what is compiled in is accepted.
    fn row(&mut self, crio: &Crio, subsystems: &Subsystems<'_>, row: &values::Row) {
        let Some((place, value)) = set(crio, subsystems, row.key) else { return };
        if let Some(what) = row.wrong(&value) {
            self.add(Some(place), what, row.since);
        }
    }

    /// What depends on two keys.
    fn pairs(&mut self, crio: &Crio, subsystems: &Subsystems<'_>) {
        if let Some((place, Value::List(items))) = set(crio, subsystems, POD_METRICS.key)
            && items.len() > 1
            && items.iter().any(|item| item.as_text() == Some("all"))
        {
            let what = format!("{} has \"all\" beside other names; CRI-O accepts it alone", POD_METRICS.key);
            self.add(Some(place), what, POD_METRICS.since);
        }
        let maps = ["runtime.uid_mappings", "runtime.gid_mappings"].map(|key| {
            let set = set(crio, subsystems, key);
            set.and_then(|(place, value)| Some((key, place, value.as_text()?.to_owned())))
        });
        // One alone is ignored.
        if let [Some((_, _, uids)), Some((_, _, gids))] = &maps
            && !uids.is_empty()
            && !gids.is_empty()
        {
            for (key, place, map) in maps.into_iter().flatten() {
                if !values::is_id_map(&map) {
                    let what =
                        format!("{key} is \"{map}\"; CRI-O accepts CONTAINER:HOST:SIZE, three whole numbers");
                    self.add(Some(place), what, Since::Always);
                }
            }
        }
    }

    /// Of a name in several files the last table counts.
    fn workloads(&mut self, crio: &Crio) {
        let mut seen: Vec<&String> = Vec::new();
        for (file, document) in crio.files.documents.iter().rev() {
            for (name, table) in document.entries_at("crio.runtime.workloads") {
                if seen.contains(&name) {
                    continue;
                }
                seen.push(name);
                for (what, since) in workloads::wrong(table) {
                    self.add(
                        Some(Origin::at(file, table.line)),
                        format!("the workload {name}: {what}"),
                        since,
                    );
                }
            }
        }
    }
}

/// The value of a key and its place, where a file, flag or variable sets it.
pub(super) fn set(crio: &Crio, subsystems: &Subsystems<'_>, key: &str) -> Option<(Origin, Value)> {
    let is_override = || options::option(key).is_some_and(|option| !crio.overrides(option).is_empty());
    if crio.candidates(key).is_empty() && !is_override() {
        return None;
    }
    let fact = crio.effective(subsystems, key);
    match fact.state {
        State::Known(value) => Some((fact.because.into_iter().next()?, value)),
        _ => None,
    }
}

/// What a flag says, else a variable.
pub(super) fn last(crio: &Crio, flag: &str, variable: &str) -> Option<(Origin, String)> {
    crio.line.flag(flag).pop().or_else(|| crio.launch.environment.get(variable).cloned())
}
