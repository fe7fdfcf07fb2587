//! What a rule comes to when something can't be read. Whoever sees less may know less, but nothing else: a verdict
//! that changes without becoming unknown was a guess, before or after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use node_preflight::engine::finding::{Judgement, Verdict};
use node_preflight::fact::Moment;
use node_preflight::host::{Files, Host};
use node_preflight::rule::RuleSet;

use super::case::{self, Case};
use crate::tree::Tree;

/// One thing that nobody may look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// A file or directory, of `root` or `live`.
    Path(&'static str, PathBuf),
    /// What the running system answered besides its files: a key of `machine.toml`.
    Answer(String),
}

/// The host of a case, of which this and that can be hidden.
pub struct MaskedHost {
    tree: Tree,
    /// Tables of `meta.toml`: their head and lines.
    meta: Vec<(String, String)>,
    machine: Option<String>,
}

impl MaskedHost {
    pub fn of(case: &Case) -> Self {
        let tree = case.build();
        let meta = fs::read_to_string(tree.recording().join("meta.toml")).unwrap_or_default();
        let machine = fs::read_to_string(tree.recording().join("live/machine.toml")).ok();
        let mut tables: Vec<(String, String)> = Vec::new();
        for line in meta.lines() {
            match tables.last_mut() {
                _ if line.starts_with('[') => tables.push((line.to_owned(), String::new())),
                Some((_, lines)) => *lines += &format!("{line}\n"),
                None => panic!("{meta}"),
            }
        }
        MaskedHost { tree, meta: tables, machine }
    }

    /// The host as it is.
    pub fn host(&self) -> Host {
        Host::recording(&self.tree.recording()).unwrap()
    }

    /// Everything that a host was asked about and that can be hidden: files, the directories above what was looked
    /// for, and the answers of the running system.
    pub fn asked(&self, host: &Host) -> BTreeSet<Hidden> {
        let mut all = BTreeSet::new();
        let mut add = |part: &'static str, files: &Files| {
            for path in files.asked() {
                let real = files.real_path(&path);
                for place in real.as_path().ancestors().filter(|place| place.parent().is_some()) {
                    let inside = self.place(part, place);
                    if inside.exists() && !inside.ends_with("live/machine.toml") {
                        all.insert(Hidden::Path(part, place.to_owned()));
                    }
                }
            }
        };
        add("root", host.files());
        if let Some(running) = host.running() {
            add("live", running.files());
        }
        let machine: toml::Table = toml::from_str(self.machine.as_deref().unwrap_or_default()).unwrap();
        // Who looks is no answer, and uname(2) can't fail.
        let answers = machine.keys().filter(|key| !["root", "uname"].contains(&key.as_str()));
        all.extend(answers.cloned().map(Hidden::Answer));
        all
    }

    fn place(&self, part: &str, path: &Path) -> PathBuf {
        self.tree.recording().join(part).join(path.strip_prefix("/").unwrap())
    }

    /// What somebody sees of the host from whom something is hidden.
    pub fn without<T>(&self, hidden: &Hidden, look: impl FnOnce(&Host) -> T) -> T {
        let aside = self.tree.recording().join("aside");
        match hidden {
            Hidden::Path(part, path) => {
                let place = self.place(part, path);
                let is_directory = place.is_dir();
                let is_there = place.exists();
                let head = format!("[{part}.\"{}\"]", path.display());
                let below = format!("[{part}.\"{}/", path.display());
                let kind = if is_directory || !is_there { "kind = \"directory\"\n" } else { "" };
                let mut tables: BTreeMap<String, String> =
                    self.meta.iter().filter(|(head, _)| !head.starts_with(&below)).cloned().collect();
                let table = tables.entry(head).or_default();
                if !table.contains("denied") && !table.contains("kind") {
                    *table += &format!("{kind}denied = true\n");
                }
                // Who may not search a directory sees nothing of what is in it.
                if is_directory {
                    fs::rename(&place, &aside).unwrap();
                }
                self.write_meta(tables.iter());
                let seen = look(&self.host());
                self.write_meta(self.meta.iter().map(|(head, lines)| (head, lines)));
                if is_directory {
                    fs::rename(&aside, &place).unwrap();
                }
                seen
            }
            Hidden::Answer(key) => {
                let place = self.tree.recording().join("live/machine.toml");
                let good = self.machine.as_deref().unwrap();
                fs::write(&place, silent(good, key)).unwrap();
                // Without a bus, the control groups tell which services run, and a directory that systemd does.
                let groups = Hidden::Path("live", "/sys/fs/cgroup".into());
                let booted = self.place("live", Path::new("/run/systemd/system"));
                let seen = if key == "units" {
                    fs::create_dir_all(&booted).unwrap();
                    self.without(&groups, look)
                } else {
                    look(&self.host())
                };
                drop(fs::remove_dir(&booted));
                fs::write(&place, good).unwrap();
                seen
            }
        }
    }

    fn write_meta<'t>(&self, tables: impl Iterator<Item = (&'t String, &'t String)>) {
        let text: String = tables.map(|(head, lines)| format!("{head}\n{lines}")).collect();
        fs::write(self.tree.recording().join("meta.toml"), text).unwrap();
    }
}

/// A machine that doesn't answer one question.
fn silent(machine: &str, key: &str) -> String {
    let all: toml::Table = toml::from_str(machine).unwrap();
    let sockets = |name: &str| -> Vec<String> {
        all.get(name)
            .and_then(|table| table.as_table())
            .iter()
            .flat_map(|table| table.keys().cloned())
            .collect()
    };
    // What wasn't recorded isn't there: who may not ask is told so.
    let (gone, told): (&[&str], String) = match key {
        "units" => (&["units"], "units-unavailable = \"permission denied\"\n".into()),
        "sockets" | "cri" => {
            let denied = sockets("sockets").into_iter().chain(sockets("cri")).collect::<BTreeSet<_>>();
            let lines: String =
                denied.iter().map(|path| format!("sockets.\"{path}\" = \"denied\"\n")).collect();
            (&["sockets", "cri"], lines)
        }
        key => (&[key], String::new()),
    };
    let mut text = told;
    let mut keep = true;
    let mut in_table = false;
    for line in machine.lines() {
        let of = |name: &str| {
            let line = line.trim_start_matches('[');
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with([']', '.', ' ', '=']))
        };
        if line.starts_with('[') {
            in_table = true;
            keep = !gone.iter().any(|name| of(name));
        } else if !in_table && line.contains('=') && !line.starts_with([' ', '\t']) {
            keep = !gone.iter().any(|name| of(name));
        }
        if keep {
            text += &format!("{line}\n");
        }
    }
    toml::from_str::<toml::Table>(&text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    text
}

/// Whether somebody who sees less may say this instead.
fn may_become(good: &Judgement, less: &Judgement, hidden: &Hidden) -> bool {
    match (&good.verdict, &less.verdict) {
        // That a needed rule failed is known no longer.
        (Verdict::Skip(_), _) if good.blocked => true,
        (_, Verdict::Unknown(_)) | (Verdict::Skip(_), Verdict::Skip(_)) => true,
        (Verdict::Pass, Verdict::Pass) | (Verdict::Fail, Verdict::Fail) => !is_decided_by(good, less, hidden),
        // What holds whether it applies or not.
        (Verdict::Skip(_), Verdict::Pass) => true,
        _ => false,
    }
}

/// Whether a line of the hidden file decided, and nothing else decides now: a verdict is no better for being the same.
fn is_decided_by(good: &Judgement, less: &Judgement, hidden: &Hidden) -> bool {
    let Hidden::Path(_, path) = hidden else { return false };
    let path = path.to_str().unwrap();
    good.because.first().is_some_and(|origin| origin.line.is_some() && origin.path == path)
        && less.because.iter().all(|origin| origin.path == path)
}

/// What hiding the places of one rule's cases one after the other led to.
fn look_at(rules: &RuleSet, id: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut shown = BTreeSet::new();
    let mut possible: BTreeMap<Moment, String> = BTreeMap::new();
    for case in case::read(id).unwrap() {
        let is_unknown = |moment: &Moment| case.expected(*moment) == Some("unknown");
        shown.extend(Moment::ALL.into_iter().filter(is_unknown));
        let plan = case::plan(rules, id, &case);
        let masked = MaskedHost::of(&case);
        let host = masked.host();
        let good = case::judge_on(&host, &plan, id, &case);
        let judged = || Moment::ALL.into_iter().filter_map(|moment| Some((moment, good.at(moment)?)));
        // Who knows nothing can't know less.
        if judged().all(|(_, judgement)| matches!(judgement.verdict, Verdict::Unknown(_))) {
            continue;
        }
        for hidden in masked.asked(&host) {
            let less = masked.without(&hidden, |host| case::judge_on(host, &plan, id, &case));
            for (moment, good) in judged() {
                let less = less.at(moment).unwrap();
                let what = format!("{id} ({}): {moment}, without {hidden:?}", case.says);
                if !may_become(good, less, &hidden) {
                    let (good, word) = (good.verdict.name(), less.verdict.name());
                    wrong.push(format!("{what}: {good} becomes {word}: {less:?}"));
                }
                if let Verdict::Unknown(reason) = &less.verdict {
                    possible.entry(moment).or_insert_with(|| format!("{what}: {reason}"));
                }
            }
        }
    }
    for (moment, what) in possible.into_iter().filter(|(moment, _)| !shown.contains(moment)) {
        wrong
            .push(format!("{id}: no case in which it comes to unknown at {moment}, as it does here: {what}"));
    }
    wrong
}

#[test]
fn whoever_sees_less_knows_less_and_each_rule_shows_it() {
    let all = super::built_in().rules.len();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let work = |start: usize| {
        let rules = super::built_in();
        let mine = rules.rules.iter().skip(start).step_by(workers);
        mine.flat_map(|rule| look_at(&rules, &rule.id.value)).collect::<Vec<String>>()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers.min(all)).map(|start| scope.spawn(move || work(start))).collect();
        started.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}
