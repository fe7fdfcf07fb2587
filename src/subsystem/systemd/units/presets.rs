//! What the first boot enables: presets in enable-only mode (systemd.preset(5), machine-id(5), systemd 252).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::graph::Extra;
use super::merged::MergedUnit;
use super::search_path::{SearchPath, place};
use crate::fact::Origin;
use crate::host::Files;
use crate::parse::preset::{self, Action, PresetRule};
use crate::parse::unit;

/// Preset directories of a boot, highest first; a file hides its namesakes below.
const DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system-preset",
    "/usr/local/lib/systemd/system-preset",
    "/usr/lib/systemd/system-preset",
    "/lib/systemd/system-preset",
];

/// The links that presets make on a first boot, for every unit with an `[Install]` section that no preset
/// disables. Links that exist stay.
pub(super) fn links(files: &Files, search: &SearchPath) -> Vec<Extra> {
    let mut rules = rules(files);
    // `ignore` came with systemd 254; seen with 252: such a line is none.
    rules.retain(|(_, rule)| rule.action != Action::Ignore || search.is_254());
    let mut links = Vec::new();
    let mut seen = BTreeSet::new();
    for name in search.directories.iter().flat_map(|directory| directory.names.iter()) {
        let Some(name) = name.to_str().filter(|name| is_unit(name)) else { continue };
        if !seen.insert(name.to_owned()) {
            continue;
        }
        let Some(unit) = MergedUnit::load(search, files, name).filter(|unit| unit.name == name) else {
            continue;
        };
        let (origin, instances) = match rules.iter().find(|(_, rule)| rule.matches(name)) {
            Some((_, rule)) if rule.action != Action::Enable => continue,
            Some((path, rule)) => (
                Origin::line(path, rule.line).says(format!("enables {name} on the first boot")),
                rule.instances.clone(),
            ),
            None => (
                place(unit.fragment.as_deref().unwrap_or(name)).says("the first boot enables it"),
                Vec::new(),
            ),
        };
        links.extend(install(search, &unit, &origin, &instances));
    }
    links
}

fn is_unit(name: &str) -> bool {
    ["service", "socket", "target", "timer", "path", "mount", "swap"]
        .contains(&super::search_path::suffix(name))
}

/// The links of a unit's `[Install]` section.
fn install(search: &SearchPath, unit: &MergedUnit, origin: &Origin, instances: &[String]) -> Vec<Extra> {
    let mut names = vec![unit.name.clone()];
    if let Some((prefix, suffix)) = unit.name.split_once("@.") {
        let default = unit.last("Install", "DefaultInstance").map(|setting| setting.value.clone());
        let instances = if instances.is_empty() { default.into_iter().collect() } else { instances.to_vec() };
        names = instances.iter().map(|instance| format!("{prefix}@{instance}.{suffix}")).collect();
    }
    let mut links = Vec::new();
    for key in search.install_keys() {
        for setting in unit.list("Install", key) {
            for from in unit::words(&setting.value) {
                for unit in &names {
                    links.push(Extra { from: from.clone(), unit: unit.clone(), origin: origin.clone() });
                }
            }
        }
    }
    links
}

fn rules(files: &Files) -> Vec<(Rc<str>, PresetRule)> {
    let mut winners: BTreeMap<String, String> = BTreeMap::new();
    for directory in DIRECTORIES {
        let Ok(names) = files.list(directory).legacy() else { continue };
        for name in names.iter().filter_map(|name| name.to_str()).filter(|name| name.ends_with(".preset")) {
            winners.entry(name.to_owned()).or_insert_with(|| format!("{directory}/{name}"));
        }
    }
    let mut rules = Vec::new();
    for path in winners.into_values() {
        let Ok(bytes) = files.read(&path).legacy() else { continue };
        let path: Rc<str> = Rc::from(path);
        rules.extend(preset::parse(&bytes).into_iter().map(|rule| (Rc::clone(&path), rule)));
    }
    rules
}
