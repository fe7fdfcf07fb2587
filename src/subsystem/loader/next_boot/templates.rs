//! Templates that the installed entry was generated from: an edit without regeneration has no effect, which
//! deserves a note.

use std::collections::BTreeMap;

use super::NextBoot;
use crate::host::{Files, Read};
use crate::parse::{cmdline, lines};

/// No variable of a template is longer: those that hold each other must not grow without end.
const LONGEST_BYTES: usize = 64 << 10;
/// What `update-grub` puts on command lines.
const VARIABLES: [&str; 2] = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];

/// Notes every word of a template that the entry which boots next doesn't have. No answer depends on it: a template that
/// can't be read gets no note.
pub(super) fn compare(files: &Files, next: &mut NextBoot) {
    let Some(installed) = next.entries.first().and_then(|entry| entry.cmdline.clone()) else { return };
    let from_grub = next.entries[0].because.iter().any(|origin| origin.path.ends_with("grub.cfg"));
    let mut templates: Vec<(String, String, &str)> = Vec::new();
    if from_grub {
        let mut settings = grub_settings(files);
        let settings = VARIABLES.iter().filter_map(|name| settings.remove(*name));
        templates.extend(settings.map(|(text, place)| (text, place, "update-grub")));
    // Only a note depends on it, as below.
    } else if let Read::There(bytes) = files.read("/etc/kernel/cmdline") {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        templates.push((text, "/etc/kernel/cmdline".into(), "kernel-install"));
    }
    for (text, place, command) in templates {
        let words = cmdline::words(&text);
        let missing: Vec<&str> =
            words.iter().filter(|word| !installed.contains(word)).map(String::as_str).collect();
        if !missing.is_empty() {
            next.notes.push(format!(
                "{place} was edited and {command} was not run: `{}` has no effect at the next boot",
                missing.join(" ")
            ));
        }
    }
}

/// The variables of `/etc/default/grub` and, after it, `/etc/default/grub.d/*.cfg` (Debian and Ubuntu), each
/// with the place that set it last. Lines that are no assignment are passed over.
fn grub_settings(files: &Files) -> BTreeMap<String, (String, String)> {
    let mut paths = vec!["/etc/default/grub".to_owned()];
    // Only a note depends on it.
    if let Read::There(names) = files.list("/etc/default/grub.d") {
        let stems = names.iter().filter_map(|name| name.to_str()?.strip_suffix(".cfg"));
        paths.extend(stems.map(|stem| format!("/etc/default/grub.d/{stem}.cfg")));
    }
    let mut settings: BTreeMap<String, (String, String)> = BTreeMap::new();
    for path in paths {
        // Only a note depends on it.
        let Read::There(bytes) = files.read(&path) else { continue };
        for (line, text) in lines(&bytes) {
            let Some((name, value)) = text.trim().split_once('=') else { continue };
            let name = name.trim_start_matches("export ").trim();
            if !VARIABLES.contains(&name) {
                continue;
            }
            let value = value_of(value, &settings);
            settings.insert(name.to_owned(), (value, format!("{path}:{line}")));
        }
    }
    settings
}

/// A shell word; a variable in it is usually its own former value: `"$GRUB_CMDLINE_LINUX quiet"`.
fn value_of(text: &str, settings: &BTreeMap<String, (String, String)>) -> String {
    let mut value = String::new();
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            _ if value.len() >= LONGEST_BYTES => break,
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => value.extend(chars.next()),
            ('$', None | Some('"')) => {
                let mut name = String::new();
                while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || "_{}".contains(*c)) {
                    name.push(c);
                    if c == '}' {
                        break;
                    }
                }
                let former = settings.get(name.trim_matches(['{', '}'])).map_or("", |(text, _)| text);
                value.extend(former.chars().take(LONGEST_BYTES));
            }
            (c, None) if c.is_whitespace() => break,
            (c, _) => value.push(c),
        }
    }
    value
}
