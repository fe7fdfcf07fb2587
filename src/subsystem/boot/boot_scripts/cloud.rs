//! Commands that cloud-init runs at each boot: `bootcmd`, `runcmd` and `scripts/per-boot`.

use super::Touches;
use super::scan::Scan;
use super::source::{Language, Source};
use crate::fact::{Origin, State};
use crate::host::{HostPath, Read};
use crate::parse::document::{Content, Node};
use crate::parse::yaml;
use crate::subsystem::{Subsystems, cloud_init};

const SERVICES: [&str; 5] = [
    "cloud-init.service",
    "cloud-init-local.service",
    "cloud-init-main.service",
    "cloud-init-network.service",
    "cloud-config.service",
];
const PER_BOOT: &str = "/var/lib/cloud/scripts/per-boot";

pub(super) fn read(subsystems: &Subsystems<'_>, scan: &mut Scan<'_>) {
    match scan.files.stat(cloud_init::DISABLED) {
        Read::There(_) => return,
        // What can't be looked at switches nothing off.
        Read::Missing(_) | Read::Hidden(_) => {}
    }
    if !SERVICES.iter().any(|service| subsystems.units().may_start(subsystems, service)) {
        return;
    }
    scan.directory(Some(PER_BOOT), false);
    let (mut paths, hidden) = cloud_init::files(scan.files);
    if let Some(error) = hidden {
        scan.unread(error);
    }
    paths.push(HostPath::new(cloud_init::OF_INSTANCE));
    for path in paths {
        match scan.files.read_document(&path) {
            Read::There(bytes) => config(scan, &path, &bytes),
            Read::Missing(_) => {}
            Read::Hidden(error) => scan.unread(error),
        }
    }
}

fn config(scan: &mut Scan<'_>, path: &HostPath, bytes: &[u8]) {
    const KEYS: [&str; 2] = ["bootcmd", "runcmd"];
    let names = |text: &[u8]| KEYS.iter().any(|key| memchr::memmem::find(text, key.as_bytes()).is_some());
    if !names(bytes) {
        return;
    }
    let Ok(document) = yaml::parse(bytes) else {
        return scan.doubt(Origin::file(path).says("is no YAML"), Touches::Anything);
    };
    for key in KEYS {
        let Some(Node { content: Content::List(items), .. }) = document.at(key) else { continue };
        for item in items {
            let Some(command) = command_of(item) else { continue };
            let mut source = Source::new(path, false, Language::Shell);
            scan.line(&mut source, &Origin::at(path, item.line), command);
            scan.end(source);
        }
    }
}

/// A command as a line: a text is one of shell, a list holds the words.
fn command_of(item: &Node) -> Option<String> {
    match &item.content {
        Content::List(words) => {
            let words: Vec<String> = words.iter().filter_map(text_of).collect();
            Some(words.join(" "))
        }
        _ => text_of(item),
    }
}

fn text_of(item: &Node) -> Option<String> {
    match item.state() {
        State::Known(value) => Some(value.as_text().map_or_else(|| value.to_string(), str::to_owned)),
        State::Absent | State::Unknown(_) => None,
    }
}
