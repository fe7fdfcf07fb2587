//! The word that `systemctl is-enabled` says of a unit (systemctl(1), systemd 252).

use std::ffi::OsString;
use std::rc::Rc;

use super::links::{leads_to_name, link_target};
use super::merged::MergedUnit;
use super::search_path::{Directory, Found, SearchPath, place};
use crate::fact::{Knowledge, Origin, printable};
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::systemd::{ETC_UNITS, RUNTIME_UNITS};
use crate::parse::unit;
use crate::subsystem::Unreadable;

/// A word, and the place that decides it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Enablement {
    pub(super) state: Knowledge<&'static str>,
    pub(super) because: Option<Origin>,
}

fn enablement(word: &'static str, because: Option<Origin>) -> Enablement {
    Enablement { state: Knowledge::Known(word), because }
}

fn unknown(gap: Unreadable) -> Enablement {
    Enablement { state: Knowledge::unknown(gap.reason), because: Some(gap.origin) }
}

/// The word for a unit, by the name asked for; absent if no file has the name.
pub(super) fn of(files: &Files, search: &SearchPath, name: &str) -> Enablement {
    let (real, path) = match search.resolve(files, name) {
        Found::Missing => {
            let gap = search.gaps.first().cloned();
            let state = gap.as_ref().map_or(Knowledge::Absent, |gap| Knowledge::unknown(gap.reason.as_str()));
            return Enablement { state, because: gap.map(|gap| gap.origin) };
        }
        Found::Unreadable(gap) => {
            return unknown(gap);
        }
        Found::Masked(origin) => {
            let runtime = origin.path.starts_with("/run/");
            return enablement(if runtime { "masked-runtime" } else { "masked" }, Some(origin));
        }
        Found::Fragment { name, path } => (name, path),
    };
    if real != name && unit::instance(name).is_none() {
        return enablement("alias", Some(place(&path).says(format!("is {real}"))));
    }
    let target = match link_target(files, &path) {
        Ok(target) => target,
        Err(error) => return unknown(error.into()),
    };
    if let Some(target) = target
        && target.file_name().is_some_and(|file| {
            file != real.as_str() && unit::template(&real).is_none_or(|template| file != template.as_str())
        })
    {
        return enablement(
            "alias",
            Some(place(&path).says(format!("leads to {}", printable(&target.to_string_lossy())))),
        );
    }
    if path.starts_with("/run/systemd/generator") {
        return enablement("generated", Some(place(&path)));
    }
    if path.starts_with("/run/systemd/transient/") {
        return enablement("transient", Some(place(&path)));
    }
    let Some(unit) = MergedUnit::load(search, files, &real) else {
        return Enablement { state: Knowledge::Absent, because: None };
    };
    if let Some(gap) = unit.gaps.first() {
        return unknown(gap.clone());
    }
    by_links(files, search, &unit, &path)
        .or_else(|| by_other_name(files, search, &unit))
        .unwrap_or_else(|| by_install(search, &unit, &path))
}

/// The word if links decide it: the highest of persistent, runtime, static instance, linked.
fn by_links(files: &Files, search: &SearchPath, unit: &MergedUnit, fragment: &str) -> Option<Enablement> {
    let aliases: Vec<String> =
        unit.list("Install", "Alias").iter().flat_map(|s| unit::words(&s.value)).collect();
    let mut hidden = Vec::new();
    let links = links(files, search, unit, &aliases, &mut hidden);
    if let Some(link) = links.iter().find(|link| link.starts_with("/etc/systemd/system/")) {
        return Some(enablement("enabled", Some(place(link))));
    }
    if let Some(gap) = search.gaps.first().cloned().or_else(|| hidden.into_iter().next()) {
        return Some(unknown(gap));
    }
    if let Some(link) = links.iter().find(|link| link.starts_with("/run/")) {
        return Some(enablement("enabled-runtime", Some(place(link))));
    }
    if unit::instance(&unit.name).is_some()
        && let Some(link) = links.first()
    {
        return Some(enablement("static", Some(place(link))));
    }
    [(ETC_UNITS, "linked"), (RUNTIME_UNITS, "linked-runtime")].into_iter().find_map(|(directory, says)| {
        let own = fragment.strip_prefix(directory)?.strip_prefix('/')?;
        let is_link = own == unit.name && files.kind(fragment) == Read::There(Kind::Link);
        is_link.then(|| enablement(says, Some(place(fragment))))
    })
}

/// Whether links in a directory of the search path make a difference to a unit: those that packages bring do only for
/// an instance.
fn counts(directory: &str, name: &str) -> bool {
    directory == ETC_UNITS || directory.starts_with("/run/") || unit::instance(name).is_some()
}

/// Links that enable a unit: under its name in a `.wants` directory, or under one of its `Alias=` names. What can't be
/// looked at may be one.
fn links(
    files: &Files,
    search: &SearchPath,
    unit: &MergedUnit,
    aliases: &[String],
    hidden: &mut Vec<Unreadable>,
) -> Vec<String> {
    let name = unit.name.as_str();
    let default = unit.last("Install", "DefaultInstance").filter(|_| name.contains("@."));
    let default = default.map(|setting| name.replacen("@.", &format!("@{}.", setting.value), 1));
    let mut links = Vec::new();
    let mut take = |path: String, enables: Result<bool, HostError>| match enables {
        Ok(true) => links.push(path),
        Ok(false) => {}
        Err(error) => hidden.push(error.into()),
    };
    let mut unlisted = Vec::new();
    for directory in search.directories.iter().filter(|directory| counts(directory.path, name)) {
        for alias in aliases.iter().filter(|alias| *alias != name && directory.has(alias)) {
            let path = format!("{}/{alias}", directory.path);
            let leads_here = leads_to_name(files, &path, name);
            take(path, leads_here);
        }
        for side in sides(search, directory) {
            let path = format!("{}/{side}", directory.path);
            let Some(names) = entries(files, &path, &mut unlisted) else { continue };
            for known in [Some(name), default.as_deref()].into_iter().flatten() {
                if names.binary_search_by(|entry| entry.as_os_str().cmp(known.as_ref())).is_err() {
                    continue;
                }
                let path = format!("{path}/{known}");
                // A link to /dev/null there cancels; systemctl counts it as enabled, the boot doesn't.
                let target = link_target(files, &path);
                take(path, target.map(|t| t.is_some_and(|target| target.as_os_str() != "/dev/null")));
            }
        }
    }
    hidden.append(&mut unlisted);
    links
}

/// The directories beside units in one of the search path, whose links pull units in.
fn sides<'d>(search: &SearchPath, directory: &'d Directory) -> impl Iterator<Item = &'d str> {
    let suffixes = search.links;
    let names = directory.names.iter().filter_map(|name| name.to_str());
    names.filter(move |side| suffixes.iter().any(|suffix| side.ends_with(suffix)))
}

/// The names in a directory beside a unit. A link of such a name that leads nowhere, or to a file, holds none.
fn entries(files: &Files, path: &str, hidden: &mut Vec<Unreadable>) -> Option<Rc<[OsString]>> {
    match files.list(path) {
        Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_) | HostErrorKind::Loop, .. }) => None,
        listed => listed.or_hidden(hidden),
    }
}

/// A link to the unit under a name that its `[Install]` section doesn't know, or one beside another unit for some
/// instance of a template: it may be in use.
fn by_other_name(files: &Files, search: &SearchPath, unit: &MergedUnit) -> Option<Enablement> {
    let mut hidden = Vec::new();
    let is_link = |path: &str| files.kind(path).map(|kind| kind == Kind::Link).found();
    let indirect = |path: &str| Some(enablement("indirect", Some(place(path))));
    for directory in search.directories.iter().filter(|directory| counts(directory.path, &unit.name)) {
        for name in directory.names.iter().filter_map(|name| name.to_str()).filter(|name| *name != unit.name)
        {
            let path = format!("{}/{name}", directory.path);
            let leads = match is_link(&path) {
                Ok(Some(true)) => leads_to_name(files, &path, &unit.name),
                Ok(Some(false) | None) => Ok(false),
                Err(error) => Err(error),
            };
            match leads {
                Ok(true) => return indirect(&path),
                Ok(false) => {}
                Err(error) => hidden.push(error.into()),
            }
        }
        for side in sides(search, directory) {
            let side = format!("{}/{side}", directory.path);
            for name in entries(files, &side, &mut hidden).iter().flat_map(|names| names.iter()) {
                let Some(name) = name.to_str() else { continue };
                let path = format!("{side}/{name}");
                if unit::template(name).is_none_or(|template| template != unit.name) {
                    continue;
                }
                match is_link(&path) {
                    Ok(Some(true)) => return indirect(&path),
                    Ok(Some(false) | None) => {}
                    Err(error) => hidden.push(error.into()),
                }
            }
        }
    }
    hidden.into_iter().next().map(unknown)
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
    enablement(says, Some(place(fragment)))
}
