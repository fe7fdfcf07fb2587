//! Templates that the installed entry was generated from: an edit without regeneration has no effect, which
//! deserves a note.

use super::{NextBoot, grub};
use crate::format::cmdline;
use crate::host::Files;

/// Notes every word of a template that the entry which boots next doesn't have.
pub(super) fn compare(files: &Files, next: &mut NextBoot) {
    let Some(installed) = next.entries.first().and_then(|entry| entry.cmdline.clone()) else { return };
    let from_grub = next.entries[0].because.iter().any(|origin| origin.path.ends_with("grub.cfg"));
    let mut templates: Vec<(String, String, &str)> = Vec::new();
    if from_grub {
        for name in ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"] {
            let template = grub::template(files, name);
            templates.extend(
                template.map(|(text, line)| (text, format!("/etc/default/grub:{line}"), "update-grub")),
            );
        }
    } else if let Ok(bytes) = files.read("/etc/kernel/cmdline") {
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
