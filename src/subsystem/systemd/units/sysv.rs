//! Services that generators make of `/etc/init.d` and `/etc/rc.local` (systemd-sysv-generator(8),
//! systemd-rc-local-generator(8)).

use std::collections::BTreeMap;

use super::graph::Extra;
use super::search_path::{Found, SearchPath, place};
use crate::fact::Origin;
use crate::host::{Files, Kind};
use crate::subsystem::Subsystems;

const GENERATORS: [&str; 2] = ["/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"];

/// Run levels that count, with the target that stands for each.
const LEVELS: [(&str, &str); 4] = [
    ("2", "multi-user.target"),
    ("3", "multi-user.target"),
    ("4", "multi-user.target"),
    ("5", "graphical.target"),
];

/// Services made of init scripts: name and script. Only scripts without a unit file of their name count.
pub(super) fn services(subsystems: &Subsystems<'_>, search: &SearchPath) -> BTreeMap<String, Origin> {
    let files = subsystems.host().files();
    let mut services = BTreeMap::new();
    // Support for SysV scripts ends with systemd 260.
    let too_new = subsystems.systemd().version.is_some_and(|version| version >= 260);
    if too_new || !has_generator(files, "systemd-sysv-generator") {
        return services;
    }
    let Ok(names) = files.list("/etc/init.d").legacy() else { return services };
    for name in names.iter().filter_map(|name| name.to_str()) {
        let service = service_name(name);
        let path = format!("/etc/init.d/{name}");
        if search.resolve(files, &service) == Found::Missing && is_executable(files, &path) {
            services.insert(service, place(&path));
        }
    }
    services
}

/// The links that the generators make.
pub(super) fn links(files: &Files, services: &BTreeMap<String, Origin>) -> Vec<Extra> {
    let mut links = Vec::new();
    for (level, target) in LEVELS {
        if services.is_empty() {
            break;
        }
        for directory in [format!("/etc/rc{level}.d"), format!("/etc/rc.d/rc{level}.d")] {
            let Ok(names) = files.list(&directory).legacy() else { continue };
            for link in names.iter().filter_map(|name| name.to_str()) {
                let unit = started(link).map(service_name);
                if let Some(unit) = unit.filter(|unit| services.contains_key(unit)) {
                    let origin = place(&format!("{directory}/{link}"));
                    links.push(Extra { from: target.into(), unit, origin });
                }
            }
            break;
        }
    }
    if has_generator(files, "systemd-rc-local-generator") {
        let script =
            ["/etc/rc.local", "/etc/rc.d/rc.local"].into_iter().find(|path| is_executable(files, path));
        links.extend(script.map(|path| Extra {
            from: "multi-user.target".into(),
            unit: "rc-local.service".into(),
            origin: place(path).says("is executable"),
        }));
    }
    links
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

/// A tree without generators at all holds only what an administrator wrote: the usual ones are assumed.
fn has_generator(files: &Files, name: &str) -> bool {
    let mut directories = GENERATORS.iter().filter_map(|path| files.list(path).legacy().ok()).peekable();
    directories.peek().is_none() || directories.any(|names| names.iter().any(|known| known == name))
}

fn is_executable(files: &Files, path: &str) -> bool {
    files.stat(path).legacy().is_ok_and(|file| file.kind == Kind::File && file.mode & 0o111 != 0)
}
