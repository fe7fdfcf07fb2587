//! One unit with all its drop-ins: every assignment that counts, in the order in which it counts.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::links::{is_null, link_target};
use super::search_path::{Found, SearchPath, place, suffix};
use crate::fact::{Origin, printable};
use crate::host::Files;
use crate::parse::{systemd, unit};
use crate::subsystem::{Unreadable, drop_in};

/// The units of no honest host have more settings, all together.
const MAX_SETTINGS: usize = 100_000;

/// A unit as systemd loads it: its file and its drop-ins.
#[derive(Clone, Debug, Default)]
pub struct MergedUnit {
    /// The unit's own name.
    pub name: String,
    /// The unit file; none if only drop-ins are known.
    pub fragment: Option<String>,
    /// All assignments: the file's, then each drop-in's.
    pub settings: Vec<Setting>,
    /// Files that could not be read: they may set anything.
    pub gaps: Vec<Unreadable>,
}

/// One assignment and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Section without brackets.
    pub section: Rc<str>,
    /// Key.
    pub key: String,
    /// Value, specifiers of the unit's name replaced.
    pub value: String,
    path: Rc<str>,
    line: u32,
}

impl Setting {
    /// The place of the assignment.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::line(&self.path, self.line)
    }
}

impl MergedUnit {
    /// All assignments of a key in the order in which they apply, resets included.
    pub fn every<'u, 'k>(&'u self, section: &'k str, key: &'k str) -> impl Iterator<Item = &'u Setting> {
        self.settings.iter().filter(move |setting| setting.key == key && *setting.section == *section)
    }

    /// The assignments of a list key that count: those after the last empty one.
    #[must_use]
    pub fn list(&self, section: &str, key: &str) -> Vec<&Setting> {
        let mut list = Vec::new();
        for setting in self.every(section, key) {
            if setting.value.is_empty() {
                list.clear();
            } else {
                list.push(setting);
            }
        }
        list
    }

    /// The assignment of a scalar key that counts: the last one, unless it is empty.
    #[must_use]
    pub fn last(&self, section: &str, key: &str) -> Option<&Setting> {
        self.every(section, key).last().filter(|setting| !setting.value.is_empty())
    }

    /// The boolean value of a key.
    #[must_use]
    pub fn boolean(&self, section: &str, key: &str) -> Option<bool> {
        systemd::boolean(&self.last(section, key)?.value)
    }

    /// The unit of a name with its drop-ins, read once; none if no file describes it.
    pub(super) fn load(search: &SearchPath, files: &Files, name: &str) -> Option<Rc<Self>> {
        let Found::Fragment { name, path } = search.resolve(files, name) else { return None };
        let key = (name, path);
        if let Some(known) = search.loaded.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        let (name, path) = key.clone();
        let mut unit = MergedUnit { fragment: Some(path.clone()), name, ..MergedUnit::default() };
        unit.add(search, files, &path);
        unit.add_drop_ins(search, files);
        let unit = Rc::new(unit);
        search.loaded.borrow_mut().insert(key, Rc::clone(&unit));
        Some(unit)
    }

    /// The drop-ins of a unit that has no file: what they would say if it had one.
    pub(super) fn drop_ins_only(search: &SearchPath, files: &Files, name: &str) -> Self {
        let mut unit = MergedUnit { name: name.to_owned(), ..MergedUnit::default() };
        unit.add_drop_ins(search, files);
        unit
    }

    fn add_drop_ins(&mut self, search: &SearchPath, files: &Files) {
        let mut gaps = Vec::new();
        for path in drop_ins(search, files, &self.name, &mut gaps) {
            self.add(search, files, &path);
        }
        self.gaps.append(&mut gaps);
    }

    fn add(&mut self, search: &SearchPath, files: &Files, path: &str) {
        let Some(bytes) = files.read(path).or_hidden(&mut self.gaps) else { return };
        let settings = search.settings.get() + memchr::memchr_iter(b'=', &bytes).count();
        if settings > MAX_SETTINGS {
            let origin = place(path);
            let reason = format!("{origin}: units have more than {MAX_SETTINGS} settings, so it is not read");
            self.gaps.push(Unreadable { origin, reason });
            return;
        }
        search.settings.set(settings);
        let path: Rc<str> = Rc::from(printable(path).as_ref());
        for assignment in unit::parse(&bytes) {
            self.settings.push(Setting {
                section: assignment.section,
                key: assignment.key,
                value: unit::expand(assignment.value, &self.name),
                path: Rc::clone(&path),
                line: assignment.line,
            });
        }
    }
}

/// The drop-ins of a unit in the order in which they apply: by file name, whatever the directory.
fn drop_ins(search: &SearchPath, files: &Files, name: &str, gaps: &mut Vec<Unreadable>) -> Vec<String> {
    let mut winners: BTreeMap<String, String> = BTreeMap::new();
    for (file, path) in side_entries(search, files, name, ".d", gaps) {
        if file.rsplit_once('.').is_some_and(|(_, suffix)| suffix == "conf") {
            winners.entry(file).or_insert(path);
        }
    }
    let counts = |path: &String| match link_target(files, path) {
        Ok(Some(_)) => is_null(files, path) != Ok(true),
        // What can't be looked at is read, which tells why it can't be.
        Ok(None) | Err(_) => true,
    };
    winners.into_values().filter(counts).collect()
}

/// The entries of the directories beside a unit (`X.d`, `X.wants`), name and path, highest directory first.
pub(super) fn side_entries(
    search: &SearchPath,
    files: &Files,
    name: &str,
    side: &str,
    gaps: &mut Vec<Unreadable>,
) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for (directory, base) in beside(search, name, side) {
        let path = format!("{directory}/{base}{side}");
        if let Some(names) = drop_in::list(files, &path).or_hidden(gaps) {
            let names = names.iter().filter_map(|name| name.to_str());
            entries.extend(names.map(|name| (name.to_owned(), format!("{path}/{name}"))));
        }
    }
    entries
}

/// The directories beside a unit, under any of its names; last come those of its whole kind.
fn beside(search: &SearchPath, name: &str, side: &str) -> Vec<(&'static str, String)> {
    let mut bases = Vec::new();
    let is_held = |base: &str| !search.holding(base, side).is_empty();
    for name in std::iter::once(name).chain(search.aliases(name)) {
        bases.extend(is_held(name).then(|| name.to_owned()));
        bases.extend(unit::template(name).filter(|base| is_held(base)));
        if search.has_prefixes {
            bases.extend(prefixes(name).into_iter().filter(|base| is_held(base)));
        }
    }
    let mut found = Vec::new();
    if !bases.is_empty() {
        for directory in search.directories.iter().map(|directory| directory.path) {
            let here = bases.iter().filter(|base| search.holding(base, side).contains(&directory));
            found.extend(here.map(|base| (directory, base.clone())));
        }
    }
    let kind = suffix(name);
    found.extend(search.holding(kind, side).iter().map(|directory| (*directory, kind.to_owned())));
    found
}

/// The prefixes of a name that end in a dash: `a-b.service` → `a-.service`.
fn prefixes(name: &str) -> Vec<String> {
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut prefix = stem.split('@').next().unwrap_or(stem);
    let mut prefixes = Vec::new();
    while let Some(dash) = prefix.trim_end_matches('-').rfind('-') {
        prefix = &prefix[..=dash];
        prefixes.push(format!("{prefix}.{kind}"));
    }
    prefixes
}
