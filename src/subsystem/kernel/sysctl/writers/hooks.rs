//! Kernel variables that tmpfiles.d writes, rules of udev that apply sysctl.d, and systemd-sysctl called once more.
//!
//! Source: tmpfiles.d(5) and udev(7) of systemd 252 and 257.

use super::Writers;
use super::shell::is_plain;
use crate::fact::Origin;
use crate::host::Files;
use crate::parse::lines;
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::{Subsystems, kernel::sysctl_d::SERVICE};

impl Writers {
    /// Lines of tmpfiles.d that write: systemd-tmpfiles runs beside systemd-sysctl, and nobody orders the two.
    pub(super) fn tmpfiles(&mut self, subsystems: &Subsystems<'_>) {
        let tmpfiles = subsystems.tmpfiles();
        self.gaps.extend(tmpfiles.gaps().cloned());
        for (origin, line) in tmpfiles.lines().filter(|(_, line)| line.writes()) {
            let Some(path) = line.path.strip_prefix("/proc/sys/") else { continue };
            // Specifiers are not filled in.
            let path: Vec<&str> =
                path.split('/').map(|part| if part.contains('%') { "*" } else { part }).collect();
            let path = path.join("/");
            let text = line.text().filter(|_| is_plain(&path));
            self.add(&path, text.as_deref(), origin.says("systemd-tmpfiles writes it"), true);
        }
    }

    /// Rules of udev that can't be read; those that can are part of what a boot runs.
    pub(super) fn udev_rules(&mut self, files: &Files) {
        let merged = drop_in::at_boot(files, "udev/rules.d", ".rules");
        self.gaps.extend(merged.gaps);
        for file in merged.files {
            if let Content::Unread(gap) = drop_in::read(files, &file.path) {
                self.gaps.push(gap);
            }
        }
    }

    /// systemd-sysctl, called by another unit than its own.
    pub(super) fn systemd_sysctl(&mut self, subsystems: &Subsystems<'_>) {
        for (origin, command) in subsystems.units().started_commands(subsystems) {
            let is_own = || origin.path.contains(SERVICE);
            if command.contains("systemd-sysctl") && !is_own() {
                self.shell_line(subsystems.host().files(), origin, command);
            }
        }
    }
}

/// A rule of udev that applies sysctl.d when a module is loaded; systemd's own do so for interfaces only.
///
/// # Errors
/// That a rule, or a directory of rules, can't be read.
pub(super) fn reapplies(files: &Files) -> Result<Option<Origin>, Unreadable> {
    let merged = drop_in::at_boot(files, "udev/rules.d", ".rules");
    let mut hidden = merged.gaps.into_iter().next();
    for file in &merged.files {
        let bytes = match drop_in::read(files, &file.path) {
            Content::Bytes(bytes) => bytes,
            Content::Unread(gap) => {
                hidden.get_or_insert(gap);
                continue;
            }
            Content::Masked | Content::Broken(_) => continue,
        };
        let applies = |text: &str| {
            text.contains("SUBSYSTEM==\"module\"")
                && text.contains("sysctl")
                && !text.trim_start().starts_with('#')
        };
        if let Some((line, _)) = lines(&bytes).find(|(_, text)| applies(text)) {
            return Ok(Some(file.line(line).says("applies sysctl.d")));
        }
    }
    hidden.map_or(Ok(None), Err)
}
