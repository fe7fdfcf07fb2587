//! Commands of interfaces(5): `up`, `pre-up`, `post-up` of interfaces that a boot brings up.

use std::collections::VecDeque;

use foldhash::HashSet;

use super::Touches;
use super::scan::Scan;
use super::source::{Language, Source};
use crate::fact::Origin;
use crate::host::{HostPath, Read};
use crate::parse::{glob, lines};

/// No honest host has more files of interfaces.
const MAX_FILES: usize = 256;

pub(super) fn read(scan: &mut Scan<'_>) {
    let mut commands: Vec<(String, Origin, String)> = Vec::new();
    let mut brought_up: HashSet<String> = HashSet::default();
    let mut seen: HashSet<HostPath> = HashSet::default();
    let mut queue = VecDeque::from([HostPath::new("/etc/network/interfaces")]);
    // What `source` names is read for hosts that name it; this directory is read in any case.
    queue.extend(names(scan, "/etc/network/interfaces.d", "*"));
    while let Some(path) = queue.pop_front() {
        if seen.len() >= MAX_FILES || !seen.insert(path.clone()) {
            continue;
        }
        let bytes = match scan.files.read(&path) {
            Read::There(bytes) => bytes,
            Read::Missing(_) => continue,
            Read::Hidden(error) => {
                scan.unread(error);
                continue;
            }
        };
        let mut interface = String::new();
        for (number, line) in lines(&bytes) {
            let line = line.trim();
            let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let origin = || Origin::line(&path, number);
            match keyword {
                "auto" | "allow-auto" | "allow-hotplug" => {
                    brought_up.extend(rest.split_ascii_whitespace().map(str::to_owned));
                }
                "iface" => {
                    rest.split_ascii_whitespace().next().unwrap_or_default().clone_into(&mut interface);
                }
                "mapping" | "template" => interface.clear(),
                "up" | "pre-up" | "post-up" => {
                    commands.push((interface.clone(), origin(), rest.to_owned()));
                }
                "source" | "source-directory" => {
                    for named in rest.split_ascii_whitespace() {
                        match sourced(scan, named, keyword == "source-directory") {
                            Some(paths) => queue.extend(paths),
                            None => scan.doubt(origin().says(line.to_owned()), Touches::Anything),
                        }
                    }
                }
                _ => {}
            }
        }
    }
    for (interface, origin, command) in commands {
        // Patterns in `auto` bring up what matches them.
        let is_up = brought_up.contains(&interface)
            || brought_up.iter().any(|name| glob::is_glob(name) || name.contains('/') || name.contains('='));
        if is_up || interface.is_empty() {
            let mut source = Source::new(&HostPath::new(&origin.path), false, Language::Shell);
            scan.line(&mut source, &origin, command);
            scan.end(source);
        }
    }
}

/// The files that `source` names; none if that can't be told.
fn sourced(scan: &mut Scan<'_>, named: &str, is_directory: bool) -> Option<Vec<HostPath>> {
    let path =
        if named.starts_with('/') { HostPath::new(named) } else { HostPath::new("/etc/network").join(named) };
    let text = path.to_string();
    if text.contains(['$', '`', '~', '{']) {
        return None;
    }
    if is_directory {
        return Some(names(scan, &text, "*"));
    }
    if !glob::is_glob(&text) {
        return Some(vec![path]);
    }
    let (directory, pattern) = text.rsplit_once('/')?;
    (!glob::is_glob(directory))
        .then(|| names(scan, if directory.is_empty() { "/" } else { directory }, pattern))
}

fn names(scan: &mut Scan<'_>, directory: &str, pattern: &str) -> Vec<HostPath> {
    match scan.files.list(directory) {
        Read::There(names) => {
            let names = names.iter().filter_map(|name| name.to_str());
            let names = names.filter(|name| glob::covers_name(pattern, name));
            names.take(MAX_FILES).map(|name| HostPath::new(directory).join(name)).collect()
        }
        Read::Missing(_) => Vec::new(),
        Read::Hidden(error) => {
            scan.unread(error);
            Vec::new()
        }
    }
}
