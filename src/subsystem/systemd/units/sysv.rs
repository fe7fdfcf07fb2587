//! Services that generators make of `/etc/init.d` and `/etc/rc.local` (systemd-sysv-generator(8),
//! systemd-rc-local-generator(8)).

use std::collections::BTreeMap;

use super::graph::GeneratedLink;
use super::search_path::{Found, SearchPath, place};
use crate::fact::Origin;
use crate::host::{Files, HostError, Kind, Read};
use crate::parse::systemd::conf_paths;
use crate::subsystem::{Subsystems, Unreadable};

/// Run levels that count, with the target that stands for each.
const LEVELS: [(&str, &str); 4] = [
    ("2", "multi-user.target"),
    ("3", "multi-user.target"),
    ("4", "multi-user.target"),
    ("5", "graphical.target"),
];

/// Services made of init scripts.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    /// By name the script. Only scripts without a unit file of their name count.
    pub(super) services: BTreeMap<String, Origin>,
    /// What could not be read: any service without a unit file may be one of them, and any of them may be started.
    pub(super) gaps: Vec<Unreadable>,
}

impl Scripts {
    pub(super) fn read(subsystems: &Subsystems<'_>, search: &SearchPath) -> Self {
        let files = subsystems.host().files();
        let mut scripts = Scripts::default();
        // Support for SysV scripts ends with systemd 260.
        let too_new = subsystems.systemd().version.is_some_and(|version| version >= 260);
        if too_new || !has_generator(files, "systemd-sysv-generator", &mut scripts.gaps) {
            return scripts;
        }
        let names = files.list("/etc/init.d").or_hidden(&mut scripts.gaps);
        for name in names.iter().flat_map(|names| names.iter()).filter_map(|name| name.to_str()) {
            let service = service_name(name);
            let path = format!("/etc/init.d/{name}");
            if search.resolve(files, &service) != Found::Missing {
                continue;
            }
            match is_executable(files, &path) {
                Ok(true) => {
                    scripts.services.insert(service, place(&path));
                }
                Ok(false) => {}
                Err(error) => scripts.gaps.push(error.into()),
            }
        }
        scripts
    }

    /// The links that the generators make.
    pub(super) fn links(&mut self, files: &Files) -> Vec<GeneratedLink> {
        let mut links = Vec::new();
        for (level, target) in LEVELS.into_iter().filter(|_| !self.services.is_empty()) {
            for directory in [format!("/etc/rc{level}.d"), format!("/etc/rc.d/rc{level}.d")] {
                let names = match files.list(&directory) {
                    Read::There(names) => names,
                    Read::Missing(_) => continue,
                    Read::Hidden(error) => {
                        self.gaps.push(error.into());
                        break;
                    }
                };
                for link in names.iter().filter_map(|name| name.to_str()) {
                    let unit = started(link).map(service_name);
                    if let Some(unit) = unit.filter(|unit| self.services.contains_key(unit)) {
                        let origin = place(&format!("{directory}/{link}"));
                        links.push(GeneratedLink { from: target.into(), unit, origin, is_doubtful: false });
                    }
                }
                break;
            }
        }
        links.extend(rc_local(files));
        links
    }
}

/// The link to rc-local.service, if there is a script for it.
fn rc_local(files: &Files) -> Option<GeneratedLink> {
    let mut gaps = Vec::new();
    if !has_generator(files, "systemd-rc-local-generator", &mut gaps) {
        return None;
    }
    let link = |path: &str, says: String, is_doubtful| {
        let (from, unit) = ("multi-user.target".into(), "rc-local.service".into());
        Some(GeneratedLink { from, unit, origin: place(path).says(says), is_doubtful })
    };
    for path in ["/etc/rc.local", "/etc/rc.d/rc.local"] {
        match is_executable(files, path) {
            Ok(true) => return link(path, "is executable".into(), !gaps.is_empty()),
            Ok(false) => {}
            Err(error) => return link(path, format!("may be executable: {error}"), true),
        }
    }
    None
}

/// The script that an `S??name` link starts.
fn started(link: &str) -> Option<&str> {
    let rest = link.strip_prefix('S')?;
    let (digits, name) = rest.split_at_checked(2)?;
    (digits.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty()).then_some(name)
}

fn service_name(script: &str) -> String {
    format!("{}.service", script.strip_suffix(".sh").unwrap_or(script))
}

/// Whether a generator of systemd is there, or may be. A tree without generators at all holds only what an administrator
/// wrote: the usual ones are assumed.
fn has_generator(files: &Files, name: &str, gaps: &mut Vec<Unreadable>) -> bool {
    let mut is_known = false;
    // Those of the administrator add to systemd's own.
    for directory in files.distinct(&conf_paths("systemd/system-generators")[2..]) {
        match files.list(directory) {
            Read::There(names) if names.iter().any(|known| known == name) => return true,
            Read::There(_) => is_known = true,
            Read::Missing(_) => {}
            Read::Hidden(error) => {
                gaps.push(error.into());
                return true;
            }
        }
    }
    !is_known
}

fn is_executable(files: &Files, path: &str) -> Result<bool, HostError> {
    let found = files.stat(path).map(|file| file.kind == Kind::File && file.mode & 0o111 != 0);
    Ok(found.found()? == Some(true))
}
