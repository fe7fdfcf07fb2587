//! Kernel variables that tuned sets when its daemon starts.
//!
//! Source: tuned.conf(5), tuned-main.conf(5) and tuned's plugin `sysctl`, 2.10 to 2.24.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::Origin;
use crate::host::{Files, HostPath, Read};
use crate::parse::{ini, lines, sysctl_d};
use crate::subsystem::Unreadable;

/// Where profiles are looked for, highest first; the directories `profiles` came with 2.23.
const DIRECTORIES: [&str; 4] =
    ["/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned"];
/// No honest chain of includes is longer.
const MAX_DEPTH: usize = 8;

/// What tuned will set.
#[derive(Debug, Default)]
pub(super) struct Tuned {
    /// By path; of a chosen profile the last line for a path counts.
    pub(super) settings: BTreeMap<String, Setting>,
    pub(super) gaps: Vec<Unreadable>,
    /// Whether the profile is known; else every profile that is installed counts.
    pub(super) is_chosen: bool,
    /// The scripts of chosen profiles, with the path of each.
    pub(super) scripts: Vec<(Origin, String)>,
    /// Whether `/etc/sysctl.d` is applied once more afterwards.
    pub(super) reapplies: bool,
    /// Profiles that were read: each counts once, however often it is included.
    seen: BTreeSet<String>,
}

/// One variable of a profile.
#[derive(Debug)]
pub(super) struct Setting {
    /// The text; none where it depends on the machine.
    pub(super) text: Option<String>,
    pub(super) origin: Origin,
}

impl Tuned {
    pub(super) fn read(files: &Files) -> Self {
        let mut tuned = Tuned::default();
        tuned.reapplies = reapplies(files, &mut tuned.gaps);
        let mut names: Vec<String> = Vec::new();
        match files.read("/etc/tuned/active_profile") {
            Read::There(bytes) => names.extend(
                lines(&bytes)
                    .flat_map(|(_, text)| {
                        text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>()
                    })
                    .collect::<Vec<_>>(),
            ),
            Read::Missing(_) => {}
            Read::Hidden(error) => tuned.gaps.push(error.into()),
        }
        tuned.is_chosen = !names.is_empty();
        if !tuned.is_chosen {
            names = installed(files, &mut tuned.gaps);
        }
        for name in names {
            tuned.profile(files, &name, 0);
        }
        if !tuned.is_chosen {
            tuned.settings.values_mut().for_each(|setting| setting.text = None);
            tuned.scripts.clear();
        }
        tuned
    }

    /// What a profile includes counts before its own lines; a write line replaces an earlier one.
    fn profile(&mut self, files: &Files, name: &str, depth: usize) {
        let is_name = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
        if depth > MAX_DEPTH || !is_name || !self.seen.insert(name.to_owned()) {
            return;
        }
        let Some((place, bytes)) = self.find(files, name) else { return };
        let profile = ini::parse(&bytes);
        if let Some(include) = profile.last("main", "include") {
            let names = include.value.split([',', ';', ' ']).map(str::trim);
            names.for_each(|name| self.profile(files, name, depth + 1));
        }
        let directory =
            place.as_path().parent().map(|parent| parent.display().to_string()).unwrap_or_default();
        let scripts = profile.entries.iter().filter(|entry| entry.key == "script" && !entry.value.is_empty());
        self.scripts.extend(scripts.map(|script| {
            let path = script.value.trim_matches('"').replace("${i:PROFILE_DIR}", &directory);
            let path = if path.starts_with('/') { path } else { format!("{directory}/{path}") };
            (Origin::line(&place, script.line).says("a script of the profile of tuned"), path)
        }));
        let of_sysctl: BTreeSet<&str> = profile
            .entries
            .iter()
            .filter(|entry| entry.key == "type" && entry.value == "sysctl")
            .map(|entry| entry.section.as_str())
            .chain(["sysctl"])
            .collect();
        for entry in &profile.entries {
            if !of_sysctl.contains(entry.section.as_str()) || OPTIONS.contains(&entry.key.as_str()) {
                continue;
            }
            let path = sysctl_d::path_of(&entry.key);
            let text = entry.value.trim_matches('"');
            let is_plain = !text.contains('$') && !text.starts_with(['>', '<', '=']);
            let origin = Origin::line(&place, entry.line).says(format!("tuned: {} = {text}", entry.key));
            self.settings.insert(path, Setting { text: is_plain.then(|| text.to_owned()), origin });
        }
    }

    fn find(&mut self, files: &Files, name: &str) -> Option<(HostPath, std::rc::Rc<[u8]>)> {
        for directory in DIRECTORIES {
            let path = HostPath::new(format!("{directory}/{name}/tuned.conf"));
            match files.read(&path) {
                Read::There(bytes) => return Some((path, bytes)),
                Read::Missing(_) => {}
                Read::Hidden(error) => {
                    self.gaps.push(error.into());
                    return None;
                }
            }
        }
        None
    }
}

/// Keys that say how a section is taken, and are no variables.
const OPTIONS: [&str; 6] = ["type", "replace", "enabled", "devices", "devices_udev_regex", "priority"];

fn reapplies(files: &Files, gaps: &mut Vec<Unreadable>) -> bool {
    let Some(bytes) = files.read("/etc/tuned/tuned-main.conf").or_hidden(gaps) else { return true };
    let main = ini::parse(&bytes);
    let off = |entry: &ini::Entry| {
        matches!(entry.value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off")
    };
    !main.last("", "reapply_sysctl").is_some_and(off)
}

/// Names of all profiles: tuned chooses one at its first start.
fn installed(files: &Files, gaps: &mut Vec<Unreadable>) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for directory in DIRECTORIES {
        let Some(found) = files.list(directory).or_hidden(gaps) else { continue };
        names.extend(found.iter().filter_map(|name| name.to_str()).map(str::to_owned));
    }
    names.into_iter().collect()
}
