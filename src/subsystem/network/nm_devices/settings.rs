//! What NetworkManager's files say of interfaces, merged as it does.

use foldhash::{HashMap, HashSet};

use super::matching::split;
use crate::fact::{Moment, Origin};
use crate::host::HostPath;
use crate::parse::ini;
use crate::subsystem::drop_in::{self, Content, DropIn};
use crate::subsystem::{Subsystems, Unreadable};

pub(super) const MAIN: &str = "/etc/NetworkManager/NetworkManager.conf";
/// Written by others while the system runs.
const VOLATILE: &str = "/run/NetworkManager/conf.d";
/// From the highest precedence to the lowest, with the turn at which they are read; the main file comes between.
const DROP_INS: [(&str, usize); 3] =
    [("/etc/NetworkManager/conf.d", 3), (VOLATILE, 1), ("/usr/lib/NetworkManager/conf.d", 0)];
const TURN_OF_MAIN: usize = 2;
/// Ubuntu's file that gives NetworkManager wifi only; netplan hides it at boot where it leaves all to NetworkManager.
const OF_NETPLAN: &str = "10-globally-managed-devices.conf";
const NETPLAN: &str = "/usr/sbin/netplan";
const VENDOR: &str = "/usr/lib/";
/// No host has more files, sections, entries of the list or changes to it.
const MAX_ENTRIES: usize = 256;
const MOST_ENTRIES: usize = 4096;

/// What the files say.
#[derive(Default)]
pub(super) struct Settings {
    /// `unmanaged-devices`: the entries, each with its place.
    pub(super) unmanaged: Vec<(Origin, String)>,
    /// How often the list was set or changed.
    changes: usize,
    /// Sections `[device...]`.
    pub(super) devices: Vec<Device>,
    /// The places of the sections among them, by name.
    known: HashMap<String, usize>,
    /// How many files were read.
    files: usize,
    /// The vendor's file that may be hidden; it can only tell NetworkManager to leave more alone.
    pub(super) hidden: Option<HostPath>,
    /// What could not be read.
    pub(super) gaps: Vec<Unreadable>,
}

/// A section `[device...]`.
pub(super) struct Device {
    /// Which of the files it stands in.
    pub(super) file: usize,
    pub(super) origin: Origin,
    pub(super) name: String,
    pub(super) matches: Option<String>,
    pub(super) managed: Option<bool>,
    /// `stop-match`: no further section counts for what this one matches.
    pub(super) stops: bool,
}

/// Everything that the files say of interfaces.
pub(super) fn settings(subsystems: &Subsystems<'_>, moment: Moment) -> Settings {
    let host = subsystems.host().files();
    let mut settings = Settings::default();
    let live = match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) => Some(running.files()),
        _ => None,
    };
    let mut found = vec![(TURN_OF_MAIN, host, HostPath::new(MAIN))];
    for (directory, turn) in DROP_INS {
        let files = if directory == VOLATILE { live } else { Some(host) };
        let Some(files) = files else { continue };
        let merged = drop_in::merge(files, &[directory], ".conf");
        settings.gaps.extend(merged.gaps);
        if merged.files.len() > MAX_ENTRIES {
            settings.refuse(&Origin::file(directory), "more files than any host has");
            continue;
        }
        for DropIn { path, .. } in merged.files {
            // A name that a higher directory has is hidden in the lower ones.
            if !found.iter().any(|(_, _, known)| known.file_name() == path.file_name()) {
                found.push((turn, files, path));
            }
        }
    }
    // Stable: each directory is sorted by name.
    found.sort_by_key(|(turn, ..)| *turn);
    let is_netplan = moment == Moment::NextBoot && host.stat(NETPLAN).or_hidden(&mut settings.gaps).is_some();
    for (_, files, path) in found {
        let is_vendors = path.as_path().starts_with(VENDOR);
        if is_netplan && is_vendors && path.file_name().to_str() == Some(OF_NETPLAN) {
            settings.hidden = Some(path);
            continue;
        }
        match drop_in::read(files, &path) {
            Content::Bytes(bytes) => settings.lay(&path, &ini::parse(&bytes)),
            Content::Masked => {}
            Content::Broken(gap) | Content::Unread(gap) => settings.gaps.push(gap),
        }
    }
    settings
}

impl Settings {
    /// What is beyond a bound may say anything.
    fn refuse(&mut self, origin: &Origin, what: &str) {
        self.gaps.push(Unreadable { origin: origin.clone(), reason: format!("{origin}: {what}") });
    }

    /// Lays a file over what earlier ones say.
    fn lay(&mut self, path: &HostPath, file: &ini::Ini) {
        self.files += 1;
        if file.last(".config", "enable").is_some_and(|entry| entry.value != "true") {
            let reason = format!("{path}: whether it counts is not looked into (enable=)");
            return self.gaps.push(Unreadable { origin: Origin::file(path), reason });
        }
        for entry in &file.entries {
            if !self.gaps.is_empty() {
                return;
            }
            let place = Origin::line(path, entry.line);
            match entry.section.as_str() {
                "keyfile" => self.keyfile(&place, &entry.key, &entry.value),
                section
                    if section == "device"
                        || section.starts_with("device-")
                        || section.starts_with("device.") =>
                {
                    self.device(place, section, &entry.key, &entry.value);
                }
                _ => {}
            }
        }
    }

    /// `unmanaged-devices`, which may also be added to and taken from: `+=`, `-=`.
    fn keyfile(&mut self, place: &Origin, key: &str, value: &str) {
        let name = key.trim_end_matches(['+', '-']).trim_end();
        if name != "unmanaged-devices" {
            return;
        }
        self.changes += 1;
        if self.changes > MAX_ENTRIES {
            return self.refuse(place, "more changes of unmanaged-devices than any host has");
        }
        let entries = split(value).map(|text| (place.clone(), text.to_owned()));
        match key.chars().last() {
            Some('+') => self.unmanaged.extend(entries),
            Some('-') => {
                let gone: HashSet<&str> = split(value).collect();
                self.unmanaged.retain(|(_, text)| !gone.contains(text.as_str()));
            }
            _ => self.unmanaged = entries.collect(),
        }
        if self.unmanaged.len() > MOST_ENTRIES {
            self.refuse(place, "more unmanaged-devices than any host has");
        }
    }

    fn device(&mut self, place: Origin, section: &str, key: &str, value: &str) {
        if !["managed", "match-device", "stop-match"].contains(&key) {
            return;
        }
        let next = self.devices.len();
        let at = *self.known.entry(section.to_owned()).or_insert(next);
        if next == MAX_ENTRIES && at == next {
            return self.refuse(&place, "more sections [device...] than any host has");
        }
        if at == next {
            let (file, name, origin) = (self.files, section.to_owned(), place.clone());
            self.devices.push(Device { file, origin, name, matches: None, managed: None, stops: false });
        }
        let device = &mut self.devices[at];
        if key == "match-device" {
            device.matches = Some(value.to_owned());
            return;
        }
        let flag = match value.to_ascii_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => true,
            "0" | "no" | "false" | "off" => false,
            _ => return self.refuse(&place, &format!("`{key}` is neither yes nor no")),
        };
        if key == "stop-match" {
            device.stops = flag;
        } else {
            device.origin = place;
            device.managed = Some(flag);
        }
    }
}
