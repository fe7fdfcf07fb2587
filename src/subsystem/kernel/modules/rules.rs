//! What modprobe.d and the kernel command line say about loading.
//!
//! Source: modprobe.d(5) of kmod 30 and 34; kernel-parameters.txt of Linux 6.1.

use foldhash::HashMap;

use crate::fact::Origin;
use crate::host::Files;
use crate::parse::glob;
use crate::parse::modprobe_d::{self, Kind};
use crate::parse::systemd::runtime_path;
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content, DropIn};

/// The rules of modprobe.d, merged.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) blacklist: HashMap<String, Origin>,
    pub(super) install: FirstFor<(String, Origin)>,
    pub(super) aliases: Vec<(String, String, Origin)>,
    pub(super) softdeps: FirstFor<(Vec<String>, Vec<String>, Origin)>,
    pub(super) gaps: Vec<Unreadable>,
}

/// What the first line says that covers a module; its name there may be a glob.
#[derive(Clone, Debug)]
pub(super) struct FirstFor<T> {
    named: HashMap<String, (usize, T)>,
    globs: Vec<(usize, String, T)>,
}

impl<T> Default for FirstFor<T> {
    fn default() -> Self {
        FirstFor { named: HashMap::default(), globs: Vec::new() }
    }
}

impl<T> FirstFor<T> {
    fn add(&mut self, name: String, says: T) {
        let at = self.named.len() + self.globs.len();
        if name.contains(['*', '?', '[', '\\']) {
            self.globs.push((at, name, says));
        } else {
            self.named.entry(name).or_insert((at, says));
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        let glob = self.globs.iter().find(|(_, pattern, _)| glob::covers_name(pattern, name));
        match (self.named.get(name), glob) {
            (Some((at, _)), Some((earlier, _, says))) if earlier < at => Some(says),
            (Some((_, says)), _) | (None, Some((.., says))) => Some(says),
            (None, None) => None,
        }
    }
}

impl Rules {
    /// The rules on disk: those of the next boot.
    pub(super) fn on_disk(files: &Files) -> Self {
        let merged = drop_in::at_boot(files, "modprobe.d", ".conf");
        let mut rules = Rules { gaps: merged.gaps, ..Rules::default() };
        for file in merged.files {
            rules.add_file(files, &file);
        }
        rules
    }

    /// Adds what `/run/modprobe.d` says on a running system; files of the same name elsewhere are rare and
    /// are not unsaid by it.
    pub(super) fn with_runtime(mut self, files: &Files) -> Self {
        let merged = drop_in::merge(files, &[runtime_path("modprobe.d")], ".conf");
        self.gaps.extend(merged.gaps);
        for file in merged.files {
            self.add_file(files, &file);
        }
        self
    }

    fn add_file(&mut self, files: &Files, file: &DropIn) {
        match drop_in::read(files, &file.path) {
            Content::Bytes(bytes) => {
                for command in modprobe_d::parse(&bytes) {
                    self.add(command.kind, file.line(command.line));
                }
            }
            Content::Unread(gap) => self.gaps.push(gap),
            Content::Masked | Content::Broken(_) => {}
        }
    }

    fn add(&mut self, kind: Kind, origin: Origin) {
        match kind {
            Kind::Blacklist(name) => {
                let origin = origin.says(format!("blacklists {name}"));
                self.blacklist.entry(name).or_insert(origin);
            }
            Kind::Alias { pattern, name } => self.aliases.push((pattern, name, origin)),
            Kind::Install { name, command } => {
                let origin = origin.says(format!("installs {name} by running {command}"));
                self.install.add(name, (command, origin));
            }
            Kind::Softdep { name, pre, post } => {
                self.softdeps.add(name, (pre, post, origin));
            }
        }
    }
}

/// What the words of a kernel command line say about modules.
#[derive(Clone, Debug, Default)]
pub(super) struct CommandLine {
    /// `modprobe.blacklist=`: as `blacklist` in modprobe.d.
    pub(super) blacklist: Vec<String>,
    /// `module_blacklist=`: the kernel itself refuses these.
    pub(super) forbidden: Vec<String>,
    /// `modules_load=`: loaded before those of modules-load.d.
    pub(super) load: Vec<String>,
    /// `nomodule`: no module is ever loaded.
    pub(super) no_modules: bool,
}

impl CommandLine {
    pub(super) fn parse(words: &[String]) -> Self {
        let mut found = CommandLine::default();
        for word in words.iter().take_while(|word| *word != "--") {
            let names = |value: &str| {
                value.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
            };
            match word.split_once('=') {
                Some(("modprobe.blacklist", value)) => {
                    // Here kmod doesn't take a dash for an underscore (seen with kmod 30).
                    found.blacklist.extend(names(value));
                }
                Some(("module_blacklist", value)) => found.forbidden = names(value),
                Some(("modules_load" | "modules-load", value)) => found.load.extend(names(value)),
                None if word == "nomodule" => found.no_modules = true,
                _ => {}
            }
        }
        found
    }
}
