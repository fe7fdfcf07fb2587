//! The word that `systemctl is-enabled` says of a unit (systemctl(1), systemd 252).

use std::ffi::OsString;

use super::links::link_target;
use super::merged::MergedUnit;
use super::search_path::{Found, SearchPath, place};
use crate::fact::{Origin, State, printable};
use crate::host::{Files, HostErrorKind, Kind, Read};
use crate::parse::systemd::{ETC_UNITS, RUNTIME_UNITS};
use crate::parse::unit;
use crate::subsystem::Unreadable;

/// A word, and the place that decides it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Enablement {
    pub(super) state: State,
    pub(super) because: Option<Origin>,
}

fn word(word: &str, because: Option<Origin>) -> Enablement {
    Enablement { state: State::from(word), because }
}

/// The word for a unit, by the name asked for; absent if no file has the name.
pub(super) fn of(files: &Files, search: &SearchPath, name: &str) -> Enablement {
    let (real, path) = match search.resolve(files, name) {
        Found::Missing => {
            let gap = search.gaps.first().cloned();
            let state = gap.as_ref().map_or(State::Absent, |gap| State::unknown(gap.reason.as_str()));
            return Enablement { state, because: gap.map(|gap| gap.origin) };
        }
        Found::Unreadable(gap) => {
            return Enablement { state: State::unknown(gap.reason), because: Some(gap.origin) };
        }
        Found::Masked(origin) => {
            let runtime = origin.path.starts_with("/run/");
            return word(if runtime { "masked-runtime" } else { "masked" }, Some(origin));
        }
        Found::Fragment { name, path } => (name, path),
    };
    if real != name && unit::instance(name).is_none() {
        return word("alias", Some(place(&path).says(format!("is {real}"))));
    }
    if let Some(target) = link_target(files, &path)
        && target.file_name().is_some_and(|file| {
            file != real.as_str() && unit::template(&real).is_none_or(|template| file != template.as_str())
        })
    {
        return word(
            "alias",
            Some(place(&path).says(format!("leads to {}", printable(&target.to_string_lossy())))),
        );
    }
    if path.starts_with("/run/systemd/generator") {
        return word("generated", Some(place(&path)));
    }
    if path.starts_with("/run/systemd/transient/") {
        return word("transient", Some(place(&path)));
    }
    let Some(unit) = MergedUnit::load(search, files, &real) else {
        return Enablement { state: State::Absent, because: None };
    };
    if let Some(gap) = unit.gaps.first() {
        return Enablement { state: State::unknown(gap.reason.clone()), because: Some(gap.origin.clone()) };
    }
    by_links(files, search, &unit, &path)
        .or_else(|| by_other_name(files, search, &unit))
        .unwrap_or_else(|| by_install(search, &unit, &path))
}

/// The word if links decide it: the highest of persistent, runtime, static instance, linked.
fn by_links(files: &Files, search: &SearchPath, unit: &MergedUnit, fragment: &str) -> Option<Enablement> {
    let aliases: Vec<String> =
        unit.list("Install", "Alias").iter().flat_map(|s| unit::words(&s.value)).collect();
    let links = links(files, search, unit, &aliases);
    if let Some(link) = links.iter().find(|link| link.starts_with("/etc/systemd/system/")) {
        return Some(word("enabled", Some(place(link))));
    }
    if let Some(gap) = search.gaps.first().cloned().or_else(|| unread_side(files, search, &unit.name)) {
        return Some(Enablement { state: State::unknown(gap.reason), because: Some(gap.origin) });
    }
    if let Some(link) = links.iter().find(|link| link.starts_with("/run/")) {
        return Some(word("enabled-runtime", Some(place(link))));
    }
    if unit::instance(&unit.name).is_some()
        && let Some(link) = links.first()
    {
        return Some(word("static", Some(place(link))));
    }
    [(ETC_UNITS, "linked"), (RUNTIME_UNITS, "linked-runtime")].into_iter().find_map(|(directory, says)| {
        let own = fragment.strip_prefix(directory)?.strip_prefix('/')?;
        (own == unit.name && link_target(files, fragment).is_some())
            .then(|| word(says, Some(place(fragment))))
    })
}

/// Whether links in a directory of the search path make a difference to a unit: those that packages bring do only for
/// an instance.
fn counts(directory: &str, name: &str) -> bool {
    directory == ETC_UNITS || directory.starts_with("/run/") || unit::instance(name).is_some()
}

/// A directory beside another unit that could not be listed: it may hold a link to this one.
fn unread_side(files: &Files, search: &SearchPath, name: &str) -> Option<Unreadable> {
    search.directories.iter().filter(|directory| counts(directory.path, name)).find_map(|directory| {
        let names = directory.names.iter().filter_map(|name| name.to_str());
        names.filter(|side| search.links.iter().any(|suffix| side.ends_with(suffix))).find_map(|side| {
            let listed = files.list(format!("{}/{side}", directory.path));
            // A link of such a name that leads nowhere, or to a file, holds none.
            listed
                .legacy()
                .err()
                .filter(|error| matches!(error.kind, HostErrorKind::Denied | HostErrorKind::Io(_)))
                .map(Unreadable::from)
        })
    })
}

/// Links that enable a unit: under its name in a `.wants` directory, or under one of its `Alias=` names.
fn links(files: &Files, search: &SearchPath, unit: &MergedUnit, aliases: &[String]) -> Vec<String> {
    let name = unit.name.as_str();
    let default = unit.last("Install", "DefaultInstance").filter(|_| name.contains("@."));
    let default = default.map(|setting| name.replacen("@.", &format!("@{}.", setting.value), 1));
    let mut links = Vec::new();
    for directory in search.directories.iter().filter(|directory| counts(directory.path, name)) {
        for alias in aliases.iter().filter(|alias| *alias != name && directory.has(alias)) {
            let path = format!("{}/{alias}", directory.path);
            let leads_here = link_target(files, &path)
                .is_some_and(|target| target.file_name().is_some_and(|file| file == name));
            links.extend(leads_here.then_some(path));
        }
        for side in directory.names.iter().filter_map(|name| name.to_str()) {
            if !search.links.iter().any(|suffix| side.ends_with(suffix)) {
                continue;
            }
            let path = format!("{}/{side}", directory.path);
            let Ok(names) = files.list(&path).legacy() else { continue };
            for known in [Some(name), default.as_deref()].into_iter().flatten() {
                if names.binary_search_by(|entry| entry.as_os_str().cmp(known.as_ref())).is_err() {
                    continue;
                }
                let path = format!("{path}/{known}");
                // A link to /dev/null there cancels; systemctl counts it as enabled, the boot doesn't.
                let enables =
                    link_target(files, &path).is_some_and(|target| target.as_os_str() != "/dev/null");
                links.extend(enables.then_some(path));
            }
        }
    }
    links
}

/// A link to the unit under a name that its `[Install]` section doesn't know, or one beside another unit for some
/// instance of a template: it may be in use.
fn by_other_name(files: &Files, search: &SearchPath, unit: &MergedUnit) -> Option<Enablement> {
    let is_link = |path: &str| files.kind(path) == Read::There(Kind::Link);
    search.directories.iter().filter(|directory| counts(directory.path, &unit.name)).find_map(|directory| {
        let entries = |path: &str, names: &[OsString]| -> Vec<(String, String)> {
            let names = names.iter().filter_map(|name| name.to_str());
            names.map(|name| (name.to_owned(), format!("{path}/{name}"))).collect()
        };
        let leads_here = |(name, path): &(String, String)| {
            let target = (*name != unit.name && is_link(path)).then(|| link_target(files, path)).flatten();
            target.is_some_and(|target| target.file_name().is_some_and(|file| file == unit.name.as_str()))
        };
        let is_of_template = |(name, path): &(String, String)| {
            unit::template(name).is_some_and(|template| template == unit.name) && is_link(path)
        };
        let own = entries(directory.path, &directory.names);
        let beside = own.iter().filter(|(name, _)| search.links.iter().any(|side| name.ends_with(side)));
        let instance = || {
            beside
                .filter_map(|(_, path)| Some(entries(path, &files.list(path).legacy().ok()?)))
                .flatten()
                .find(is_of_template)
        };
        let (_, path) = own.iter().find(|entry| leads_here(entry)).cloned().or_else(instance)?;
        Some(word("indirect", Some(place(&path))))
    })
}

fn by_install(search: &SearchPath, unit: &MergedUnit, fragment: &str) -> Enablement {
    let has = |key: &str| !unit.list("Install", key).is_empty();
    let says = if search.install_keys().chain(["Alias"]).any(has) {
        "disabled"
    } else if has("Also") {
        "indirect"
    } else {
        "static"
    };
    word(says, Some(place(fragment)))
}
