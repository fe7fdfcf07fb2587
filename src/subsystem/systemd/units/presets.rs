//! What the first boot enables: presets in enable-only mode (systemd.preset(5), machine-id(5), systemd 252).

use std::collections::BTreeSet;

use super::graph::GeneratedLink;
use super::merged::MergedUnit;
use super::search_path::{SearchPath, place};
use crate::fact::Origin;
use crate::host::{Files, HostPath};
use crate::parse::preset::{self, Action, PresetRule};
use crate::parse::unit;
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content};

/// The links that presets make on a first boot, for every unit with an `[Install]` section that no preset
/// disables. Links that exist stay. If a preset can't be read, it may enable or disable any unit.
pub(super) fn links(files: &Files, search: &SearchPath, gaps: &mut Vec<Unreadable>) -> Vec<GeneratedLink> {
    let mut rules = rules(files, gaps);
    let is_doubtful = !gaps.is_empty();
    if is_doubtful {
        rules.clear();
    }
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
        links.extend(install(search, &unit, &instances).map(|(from, unit)| GeneratedLink {
            from,
            unit,
            origin: origin.clone(),
            is_doubtful,
        }));
    }
    links
}

fn is_unit(name: &str) -> bool {
    ["service", "socket", "target", "timer", "path", "mount", "swap"]
        .contains(&super::search_path::suffix(name))
}

/// The links of a unit's `[Install]` section: beside which unit, to which.
fn install(
    search: &SearchPath,
    unit: &MergedUnit,
    instances: &[String],
) -> impl Iterator<Item = (String, String)> {
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
                links.extend(names.iter().map(|name| (from.clone(), name.clone())));
            }
        }
    }
    links.into_iter()
}

fn rules(files: &Files, gaps: &mut Vec<Unreadable>) -> Vec<(HostPath, PresetRule)> {
    let merged = drop_in::at_boot(files, "systemd/system-preset", ".preset");
    gaps.extend(merged.gaps);
    let mut rules = Vec::new();
    for file in merged.files {
        match drop_in::read(files, &file.path) {
            Content::Bytes(bytes) => {
                rules.extend(preset::parse(&bytes).into_iter().map(|rule| (file.path.clone(), rule)));
            }
            Content::Unread(gap) => gaps.push(gap),
            Content::Masked | Content::Broken(_) => {}
        }
    }
    rules
}
