//! Who else writes kernel variables during boot, after or beside systemd-sysctl.

mod hooks;
mod services;
mod shell;

use std::cell::OnceCell;

use foldhash::HashMap;

use self::shell::Effect;
use super::{Value, initial};
use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason, ReasonCode, printable};
use crate::host::{Files, Read};
use crate::parse::{glob, sysctl_d};
use crate::subsystem::boot::boot_scripts::Topic;
use crate::subsystem::kernel::sysctl_d::simulate::{self, Verdict, Write};
use crate::subsystem::{Subsystems, Unreadable};

/// One write that happens at some time during boot.
#[derive(Clone, Debug, PartialEq)]
struct BootWrite {
    /// Path below `/proc/sys`; may be a pattern, with `**` for any parts.
    path: String,
    /// Whether it may write anything below the path, too.
    is_directory: bool,
    /// The text; none if it can't be told.
    text: Option<String>,
    origin: Origin,
    /// Whether it happens for sure, so that it decides where nothing else writes.
    certain: bool,
}

/// All other writers.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers {
    writes: Vec<BootWrite>,
    /// Writes of one variable, by its path.
    by_path: HashMap<String, Vec<usize>>,
    /// Writes whose path is a pattern or a directory.
    patterns: Vec<usize>,
    gaps: Vec<Unreadable>,
    /// A command that applies sysctl.d once more.
    reapplied_by: Option<Origin>,
    /// A rule of udev that does so, looked for when it matters.
    udev: OnceCell<Result<Option<Origin>, Unreadable>>,
}

/// Each variable is held against each of them.
const MAX_PATTERNS: usize = 1_000;
/// Hosts have a few dozen.
const MAX_WRITES: usize = 20_000;

impl Writers {
    pub(super) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let mut writers = Writers::default();
        let files = subsystems.host().files();
        let scripts = subsystems.boot_scripts();
        writers.gaps.extend(scripts.unread.iter().cloned());
        for (origin, text) in &scripts.lines {
            writers.shell_line(files, origin, text);
        }
        writers.systemd_sysctl(subsystems);
        writers.tmpfiles(subsystems);
        writers.udev_rules(files);
        writers.services(subsystems);
        for (at, write) in writers.writes.iter().enumerate() {
            if write.is_directory || glob::is_glob(&write.path) {
                writers.patterns.push(at);
            } else {
                writers.by_path.entry(write.path.clone()).or_default().push(at);
            }
        }
        let too_many = match (writers.patterns.get(MAX_PATTERNS), writers.writes.get(MAX_WRITES)) {
            (Some(at), _) => writers.writes.get(*at),
            (None, last) => last,
        };
        if let Some(write) = too_many {
            let reason = format!("{}: too many commands write kernel variables", write.origin);
            writers.gaps.push(Unreadable { origin: write.origin.clone(), reason });
        }
        writers.patterns.truncate(MAX_PATTERNS);
        writers
    }

    /// The writes that may change a variable by writing it or one that is related to it, each with the path that is
    /// written.
    fn about<'a>(&'a self, related: &'a [String]) -> Vec<(&'a BootWrite, &'a str)> {
        let mut found: Vec<(usize, &str)> = Vec::new();
        for path in related {
            let named = self.by_path.get(path).into_iter().flatten().copied();
            let covering = self.patterns.iter().copied().filter(|at| self.writes[*at].covers(path));
            found.extend(named.chain(covering).map(|at| (at, path.as_str())));
        }
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(at, path)| (&self.writes[at], path)).collect()
    }

    /// The first writer that names a variable itself.
    pub(super) fn naming(&self, path: &str) -> Option<&Origin> {
        self.by_path.get(path)?.first().map(|at| &self.writes[*at].origin)
    }

    /// What other writers do to an answer: those that write the same change nothing; any other makes it
    /// unknown, because nobody orders them.
    pub(super) fn judge(&self, subsystems: &Subsystems<'_>, related: &[String], answer: Value) -> Value {
        if matches!(answer.state, Knowledge::Unknown(_)) {
            return answer;
        }
        if let Some(gap) = self.gaps.first() {
            return Answer::unknown(format!("{}: it runs at boot and may set anything", gap.reason));
        }
        let before = match &answer.state {
            Knowledge::Known(value) => Some(value.clone()),
            Knowledge::Absent | Knowledge::Unknown(_) => None,
        };
        let mut changing: Vec<(&BootWrite, Option<String>)> = Vec::new();
        for (write, path) in self.about(related) {
            let after = write.after(&related[0], path, before.clone());
            if after.is_none() || after != before {
                changing.push((write, after));
            }
        }
        let Some((first, value)) = changing.first() else {
            return not_understood(subsystems, related).map_or(answer, Answer::unknown);
        };
        let untouched =
            answer.overruled.is_empty() && answer.because.first() == Some(&initial::kernel_default());
        let same = value.is_some() && changing.iter().all(|(_, other)| other == value);
        if let (Some(value), true, true) = (value, untouched, same)
            && let Some((certain, _)) = changing.iter().find(|(write, _)| write.certain)
        {
            if let Some(reason) = not_understood(subsystems, related) {
                return Answer::unknown(reason);
            }
            let others = changing.iter().filter(|(write, _)| write.origin != certain.origin);
            return Answer::known(value.clone())
                .because(certain.origin.clone())
                .because_all(others.map(|(write, _)| write.origin.clone()))
                .at_most(Confidence::High);
        }
        let others = changing.iter().skip(1).map(|(write, _)| &write.origin);
        changed_by(answer, &related[0], &first.origin, others.collect())
    }

    fn add(&mut self, path: &str, text: Option<&str>, origin: Origin, certain: bool) {
        let text = text.map(str::to_owned);
        self.push(BootWrite { path: path.to_owned(), is_directory: false, text, origin, certain });
    }

    /// That something may write whatever it likes.
    fn add_any(&mut self, origin: Origin) {
        let any = BootWrite { path: "**".into(), is_directory: true, text: None, origin, certain: false };
        self.push(any);
    }

    fn push(&mut self, write: BootWrite) {
        if self.writes.len() <= MAX_WRITES {
            self.writes.push(write);
        }
    }

    /// What a line of a script or a command of a unit does.
    fn shell_line(&mut self, files: &Files, origin: &Origin, text: &str) {
        let effects = shell::effects(text);
        if effects.is_empty() {
            return;
        }
        let origin = origin.clone().says(printable(text.trim()).into_owned());
        for effect in effects {
            self.effect(files, effect, &origin);
        }
    }

    fn effect(&mut self, files: &Files, effect: Effect, origin: &Origin) {
        match effect {
            Effect::Sets(path, text) => self.add(&path, text.as_deref(), origin.clone(), false),
            Effect::SetsBelow(path) => {
                let origin = origin.clone();
                self.push(BootWrite { path, is_directory: true, text: None, origin, certain: false });
            }
            Effect::Applies(file) => self.file(files, &file, origin, false),
            Effect::AppliesAll => {
                self.reapplied_by.get_or_insert_with(|| origin.clone());
                self.file(files, "/etc/sysctl.conf", origin, false);
            }
            Effect::SetsAny => self.add_any(origin.clone()),
        }
    }

    /// A file in the syntax of sysctl.d that somebody applies.
    fn file(&mut self, files: &Files, path: &str, origin: &Origin, certain: bool) {
        match files.read(path) {
            Read::There(bytes) => {
                let applied = format!("applied by {}", origin.says.as_deref().unwrap_or(&origin.path));
                for setting in sysctl_d::settings(&bytes).take(MAX_WRITES).flatten() {
                    let place = Origin::line(path, setting.line).says(applied.clone());
                    self.add(&setting.path, setting.value.as_deref(), place, certain);
                }
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => self.gaps.push(error.into()),
        }
    }

    /// What applies sysctl.d once more, after modules were loaded late, or what may and can't be read.
    pub(super) fn reapplied_by(&self, files: &Files) -> Option<Result<&Origin, &Unreadable>> {
        let udev = || self.udev.get_or_init(|| hooks::reapplies(files)).as_ref();
        match &self.reapplied_by {
            Some(origin) => Some(Ok(origin)),
            None => udev().map(Option::as_ref).transpose(),
        }
    }
}

impl BootWrite {
    /// Whether it may write a variable.
    fn covers(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.path.split('/').collect();
        let names: Vec<&str> = path.split('/').collect();
        covers(&pattern, &names, self.is_directory)
    }

    /// What a variable that showed a value shows once a path is written; none if that can't be told.
    fn after(&self, target: &str, path: &str, before: Option<String>) -> Option<String> {
        let write = Write {
            path: path.to_owned(),
            text: self.text.clone()?,
            origin: self.origin.clone(),
            skips_unchanged: false,
            before_init: false,
            verdict: Verdict::ByTable,
        };
        simulate::simulate(target, before, &[write]).value
    }
}

/// Whether a pattern covers a path; `**` stands for one part or more, and a directory for all that is below.
fn covers(pattern: &[&str], names: &[&str], is_directory: bool) -> bool {
    match (pattern.split_first(), names.split_first()) {
        (None, None) => true,
        (None, Some(_)) => is_directory,
        (Some((&"**", rest)), Some((_, names))) => {
            (0..=names.len()).any(|skipped| covers(rest, &names[skipped..], is_directory))
        }
        (Some((part, rest)), Some((name, names))) => {
            glob::covers_name(part, name) && covers(rest, names, is_directory)
        }
        (Some(_), None) => false,
    }
}

/// A line of the boot that may write one of these variables and isn't understood.
fn not_understood(subsystems: &Subsystems<'_>, related: &[String]) -> Option<Reason> {
    let scripts = subsystems.boot_scripts();
    let found = related.iter().find_map(|path| scripts.may_write(Topic::Sysctl(path)))?;
    Some(found.reason(&sysctl_d::dotted(&related[0])))
}

fn changed_by(answer: Value, path: &str, origin: &Origin, others: Vec<&Origin>) -> Value {
    let otherwise = match &answer.state {
        Knowledge::Known(value) => format!("otherwise it is {value}"),
        Knowledge::Absent | Knowledge::Unknown(_) => "otherwise it is absent".to_owned(),
    };
    let says = origin.says.as_deref().map(|says| format!(" ({says})")).unwrap_or_default();
    let key = sysctl_d::dotted(path);
    let reason = format!("{origin}{says} may change {key} during boot; {otherwise}");
    let mut unknown = Answer::unknown(Reason::new(ReasonCode::Undecided, reason)).because(origin.clone());
    let others = others.into_iter().filter(|other| *other != origin).cloned();
    unknown.because.extend(others.chain(answer.because));
    unknown.overruled = answer.overruled;
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_paths() {
        for (pattern, is_directory, path, expected) in [
            ("**", false, "net/ipv4/ip_forward", true),
            ("net/**/rp_filter", false, "net/ipv4/conf/all/rp_filter", true),
            ("net/**/rp_filter", false, "net/ipv4/ip_forward", false),
            ("net/ipv4/conf/*/rp_filter", false, "net/ipv4/conf/all/rp_filter", true),
            ("net/core", true, "net/core/somaxconn", true),
            ("net/core", false, "net/core/somaxconn", false),
            ("net/*", false, "net/core/somaxconn", false),
        ] {
            let write = BootWrite {
                path: pattern.into(),
                is_directory,
                text: None,
                origin: Origin::file("x"),
                certain: false,
            };
            assert_eq!(write.covers(path), expected, "{pattern} {path}");
        }
    }
}
