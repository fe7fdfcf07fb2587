//! What CRI-O's settings name and the host must have: directories and files that nothing is in the way of, time zones, devices.

use super::invalid_values::{last, set};
use super::{Crio, rendered};
use crate::component::crio::{Refusal, Since, values};
use crate::fact::{Origin, State, Value};
use crate::host::{Files, HostError, Kind, Read};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::is_below_memory;
use crate::subsystem::systemd::exec_context::absolute;

/// Directories that CRI-O makes where they are missing, and since when it ends where it can't.
const DIRECTORIES: &[(&str, Since)] = &[
    ("image.namespaced_auth_dir", Since::Minor(35)),
    ("image.signature_policy_dir", Since::Always),
    ("imagestore", Since::Always),
    ("log_dir", Since::Always),
    ("network.network_dir", Since::Always),
    ("network.plugin_dir", Since::Always),
    ("network.plugin_dirs", Since::Always),
    ("root", Since::Always),
    ("runroot", Since::Always),
    ("runtime.container_attach_socket_dir", Since::Always),
    ("runtime.container_exits_dir", Since::Always),
    ("runtime.namespaces_dir", Since::Always),
];

/// Where Go looks for time zones.
const ZONES: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"];

/// Adds what is wrong.
///
/// # Errors
/// What could not be looked at.
pub(super) fn look(crio: &Crio, subsystems: &Subsystems<'_>, found: &mut Vec<Refusal>) -> Result<(), String> {
    let mut look = Look { crio, subsystems, files: subsystems.host().files(), found, hidden: None };
    look.directories();
    look.socket();
    look.metrics_socket();
    look.time_zone();
    look.devices();
    look.stream_port();
    look.tls();
    look.version_files();
    look.nri();
    look.seccomp();
    look.block_io();
    look.apparmor();
    look.rdt();
    look.logs();
    look.hidden.map_or(Ok(()), Err)
}

pub(super) struct Look<'l, 'h> {
    pub(super) crio: &'l Crio,
    pub(super) subsystems: &'l Subsystems<'h>,
    pub(super) files: &'l Files,
    found: &'l mut Vec<Refusal>,
    /// The first that could not be looked at.
    hidden: Option<String>,
}

impl Look<'_, '_> {
    pub(super) fn add(&mut self, place: Origin, what: impl Into<String>, since: Since) {
        self.found.push(Refusal::new(place, what, since));
    }

    pub(super) fn hide(&mut self, reason: &impl ToString) {
        self.hidden.get_or_insert_with(|| reason.to_string());
    }

    pub(super) fn text(&self, key: &str) -> Option<(Origin, String)> {
        match set(self.crio, self.subsystems, key)? {
            (place, Value::Text(text)) => Some((place, text)),
            _ => None,
        }
    }

    fn directories(&mut self) {
        for (key, since) in DIRECTORIES {
            let Some((place, value)) = self.directory(key) else { continue };
            let paths = match value {
                Value::List(items) => items.iter().filter_map(Value::as_text).map(str::to_owned).collect(),
                Value::Text(text) => vec![text],
                _ => Vec::new(),
            };
            for path in paths.iter().filter(|path| !path.is_empty()) {
                // The namespaces are kept in directories below.
                let whole =
                    if *key == "runtime.namespaces_dir" { format!("{path}/netns") } else { path.clone() };
                if let Some(file) = self.in_the_way(&whole) {
                    let what = format!(
                        "{key} is \"{path}\", and {file} is no directory; CRI-O accepts a directory, or one that it can make"
                    );
                    self.add(place.clone(), what, *since);
                }
            }
        }
    }

    /// The directory of the networks is looked at where nothing sets it, too: it is there before CRI-O, and others write to it.
    fn directory(&self, key: &str) -> Option<(Origin, Value)> {
        let is_default = key == "network.network_dir";
        set(self.crio, self.subsystems, key).or_else(|| {
            let path = is_default.then(|| self.crio.text(self.subsystems, key))??;
            Some((Origin::file(&path), Value::from(path)))
        })
    }

    pub(super) fn in_the_way(&mut self, path: &str) -> Option<String> {
        in_the_way(self.files, path).unwrap_or_else(|error| {
            self.hide(&error);
            None
        })
    }

    fn time_zone(&mut self) {
        let Some((place, zone)) = self.text("runtime.timezone") else { return };
        if zone.is_empty() || zone == "UTC" || zone.eq_ignore_ascii_case("local") {
            return;
        }
        let is_name = !zone.starts_with(['/', '\\']) && !zone.split(['/', '\\']).any(|part| part == "..");
        let paths = ZONES.iter().map(|directory| format!("{directory}/{zone}"));
        let there = if is_name { self.files.any_is_there(paths) } else { Ok(false) };
        match there {
            Ok(true) => {}
            Ok(false) => {
                let what = format!(
                    "runtime.timezone is \"{zone}\"; CRI-O accepts \"local\", or a name below /usr/share/zoneinfo of this host"
                );
                self.add(place, what, Since::Minor(30));
            }
            Err(error) => self.hide(&error),
        }
    }

    /// Devices in /dev are made by the kernel: a directory doesn't have them, and the next boot may.
    fn devices(&mut self) {
        const KEY: &str = "runtime.additional_devices";
        let Some((place, Value::List(items))) = set(self.crio, self.subsystems, KEY) else { return };
        let running = self.subsystems.host().running().is_some();
        for item in items.iter().filter_map(Value::as_text) {
            let Some(path) = values::device(item) else { continue };
            let is_made = path == "/dev" || path.starts_with("/dev/");
            if is_made && !running {
                continue;
            }
            let wrong = match self.files.stat(path) {
                Read::There(found) if matches!(found.kind, Kind::CharDevice | Kind::BlockDevice) => continue,
                Read::There(_) => "is no device",
                Read::Missing(_) => "isn't there",
                Read::Hidden(error) => {
                    self.hide(&error);
                    continue;
                }
            };
            let what =
                format!("{KEY} has \"{item}\", and {path} {wrong}; CRI-O accepts devices of this host");
            self.add(place.clone(), what, Since::Always);
        }
    }

    /// Files that CRI-O writes by making their directory and renaming another one to them.
    fn version_files(&mut self) {
        for key in ["version_file", "version_file_persist"] {
            let Some((place, path)) = self.text(key).filter(|(_, path)| !path.is_empty()) else { continue };
            let path = absolute(&path);
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            let wrong = match (self.in_the_way(parent), self.files.stat(&path)) {
                (Some(file), _) => format!("{file} is no directory"),
                (None, Read::There(found)) if found.kind == Kind::Directory => "that is a directory".into(),
                (None, Read::There(_) | Read::Missing(_)) => continue,
                (None, Read::Hidden(error)) => {
                    self.hide(&error);
                    continue;
                }
            };
            let what = format!("{key} is \"{path}\", and {wrong}; CRI-O accepts a file that it can write");
            self.add(place, what, Since::Always);
        }
    }

    /// Files whose directory must be there.
    fn logs(&mut self) {
        self.log("log", "CONTAINER_LOG");
        self.log("profile-cpu", "CONTAINER_PROFILE_CPU");
    }

    fn log(&mut self, flag: &str, variable: &str) {
        let set = last(self.crio, flag, variable).filter(|(_, path)| !path.is_empty());
        let Some((place, path)) = set else { return };
        let path = absolute(&path);
        let parent = path.rsplit_once('/').map_or("/", |(parent, _)| parent);
        if is_below_memory(&self.files.real_path(&path)) {
            return;
        }
        let is_missing = match (self.files.stat(&path), self.files.stat(parent)) {
            (Read::There(found), _) => found.kind == Kind::Directory,
            (_, Read::There(found)) => found.kind != Kind::Directory,
            (Read::Hidden(error), _) | (_, Read::Hidden(error)) => return self.hide(&error),
            (_, Read::Missing(_)) => !parent.is_empty(),
        };
        if is_missing {
            let what = format!(
                "--{flag} is {}; CRI-O accepts a file in a directory that is there",
                rendered(&State::from(path))
            );
            self.add(place, what, Since::Always);
        }
    }
}

/// What is there in the place of a directory that CRI-O would make, or of one above it.
///
/// # Errors
/// What could not be looked at.
pub(super) fn in_the_way(files: &Files, path: &str) -> Result<Option<String>, HostError> {
    let mut path = absolute(path).trim_end_matches('/').to_owned();
    while !path.is_empty() {
        // What is in memory now is gone at the next start of the host.
        if is_below_memory(&files.real_path(&path)) {
            return Ok(None);
        }
        match files.stat(&path) {
            Read::There(found) if found.kind == Kind::Directory => return Ok(None),
            Read::There(_) => return Ok(Some(path)),
            Read::Missing(_) => path.truncate(path.rfind('/').unwrap_or(0)),
            Read::Hidden(error) => return Err(error),
        }
    }
    Ok(None)
}
