//! Shell lines that the next boot runs: rc.local, the commands of started units, and the scripts they name.

use std::rc::Rc;

use crate::fact::{Origin, printable};
use crate::host::{Files, HostError, HostPath, Kind};
use crate::parse::lines;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

/// Lines that run after the kernel variables and modules of the configuration files are set.
#[derive(Clone, Debug, Default)]
pub struct BootScripts {
    /// Every line with its place, comments left out.
    pub lines: Vec<(Origin, String)>,
    /// Scripts that run and can't be read.
    pub unread: Vec<crate::subsystem::Unreadable>,
}

/// No script that sets up a host is larger; what is larger is a program.
const SCRIPT_LIMIT: u64 = 256 << 10;

impl BootScripts {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let mut scripts = BootScripts::default();
        let files = subsystems.host().files();
        let units = subsystems.units();
        if units.masked_by(subsystems, "rc-local.service").is_none() {
            for path in ["/etc/rc.local", "/etc/rc.d/rc.local"] {
                let is_other =
                    files.read_link(path).legacy().is_ok_and(|target| target.ends_with("rc.d/rc.local"));
                if is_executable(files, &HostPath::new(path)) && !is_other {
                    scripts.read(files, &HostPath::new(path), true);
                }
            }
        }
        for (origin, command) in units.started_commands(subsystems) {
            if named_in(command, "systemd-sysctl") || command.contains("/ufw-init") {
                continue;
            }
            let mut before = "";
            for word in command.split_ascii_whitespace() {
                let word = word.trim_start_matches(['-', '@', ':', '+', '!', '|']);
                // What a shell is told with -c may be quoted, and end in a separator.
                let bare = word.trim_matches(['"', '\'', ';', '&', '|', '(', ')', '`']);
                let path = HostPath::new(bare);
                if bare.starts_with('/') && (is_shell(before) || is_executable(files, &path)) {
                    scripts.read(files, &path, is_shell(before));
                }
                before = word;
            }
            scripts.lines.push((origin.clone(), command.clone()));
        }
        if !matches!(units.starts(subsystems, "networking.service"), Starts::No(_)) {
            scripts.ifupdown(files);
        }
        scripts
    }

    /// Commands of interfaces(5): `up`, `pre-up`, `post-up`.
    fn ifupdown(&mut self, files: &Files) {
        let directory = HostPath::new("/etc/network/interfaces.d");
        let names = files.list(&directory).legacy().unwrap_or_else(|error| {
            self.not_read(error);
            Rc::default()
        });
        let paths = names.iter().map(|name| directory.join(name));
        for path in std::iter::once(HostPath::new("/etc/network/interfaces")).chain(paths) {
            let bytes = match files.read(&path).legacy() {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.not_read(error);
                    continue;
                }
            };
            self.lines.extend(
                lines(&bytes)
                    .filter(|(_, text)| {
                        matches!(text.split_ascii_whitespace().next(), Some("up" | "pre-up" | "post-up"))
                    })
                    .map(|(line, text)| (Origin::line(&path, line), text.into_owned())),
            );
        }
    }

    fn not_read(&mut self, error: HostError) {
        if !error.is_not_found() {
            self.unread.push(error.into());
        }
    }

    /// Takes the lines of a file if it is a script; one that certainly is counts as unread if it is too large.
    fn read(&mut self, files: &Files, path: &HostPath, is_script: bool) {
        let largest = if is_script { u64::MAX } else { SCRIPT_LIMIT };
        let is_small = files
            .stat(path)
            .legacy()
            .is_ok_and(|metadata| metadata.kind == Kind::File && (2..=largest).contains(&metadata.size));
        let place = path.to_string();
        if !is_small || self.lines.iter().any(|(origin, _)| origin.path == place) {
            return;
        }
        let bytes = if is_script { files.read(path).map(Some) } else { files.read_script(path) };
        match bytes.legacy() {
            Ok(Some(bytes)) => {
                self.lines.extend(
                    lines(&bytes)
                        .filter(|(_, text)| !text.trim_start().starts_with('#'))
                        .map(|(line, text)| (Origin::line(path, line), text.into_owned())),
                );
            }
            Ok(None) => {}
            Err(error) => self.unread.push(error.into()),
        }
    }

    /// The modules that lines load by name with modprobe, and their places.
    pub fn modprobes(&self) -> impl Iterator<Item = (String, Origin)> {
        self.lines.iter().flat_map(|(origin, text)| {
            modprobe(text)
                .into_iter()
                .map(|name| (name, origin.clone().says(format!("runs {}", printable(text.trim())))))
        })
    }
}

fn is_executable(files: &Files, path: &HostPath) -> bool {
    files.stat(path).legacy().is_ok_and(|metadata| metadata.kind == Kind::File && metadata.mode & 0o111 != 0)
}

/// Whether a word is a shell, which runs the file that its next word names.
fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash"))
}

/// Whether a command's words name a program.
fn named_in(command: &str, program: &str) -> bool {
    command.split_ascii_whitespace().any(|word| word.rsplit('/').next() == Some(program))
}

/// The modules that a shell line loads by name: `modprobe a`, `modprobe -a a b`.
fn modprobe(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split([';', '&', '|']) {
        let mut line = part.split_ascii_whitespace();
        if !line
            .any(|word| word.trim_start_matches(['-', '@', '+', '!']).rsplit('/').next() == Some("modprobe"))
        {
            continue;
        }
        let (flags, mut modules): (Vec<_>, Vec<_>) = line.partition(|word| word.starts_with('-'));
        let has = |letter: char, long: &str| {
            flags.iter().any(|flag| *flag == long || (!flag.starts_with("--") && flag.contains(letter)))
        };
        if has('r', "--remove") || has('n', "--dry-run") {
            continue;
        }
        if !has('a', "--all") {
            modules.truncate(1);
        }
        names.extend(
            modules
                .into_iter()
                .map(|name| name.trim_matches(['"', '\'']).to_owned())
                .filter(|name| !name.is_empty() && !name.contains(['$', '>', '<', '`'])),
        );
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modprobe_names_are_found_in_shell_lines() {
        for (text, expected) in [
            ("-/sbin/modprobe overlay", vec!["overlay"]),
            ("modprobe br_netfilter x=1; modprobe -a a b", vec!["br_netfilter", "a", "b"]),
            ("modprobe -r x", vec![]),
            ("modprobe $m", vec![]),
            ("echo hello", vec![]),
        ] {
            assert_eq!(modprobe(text), expected, "{text}");
        }
    }
}
