//! `Condition*=` and `Assert*=` of a unit, as far as files and the command line decide them (systemd.unit(5)).

use super::merged::{MergedUnit, Setting};
use super::options::Options;
use crate::fact::Origin;
use crate::host::{HostError, HostErrorKind, Kind, Metadata, Read};
use crate::parse::{glob, systemd};
use crate::subsystem::Subsystems;

/// What the conditions of a unit come to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    True,
    /// False, and the places that make it so.
    False(Vec<Origin>),
    /// It can't be told, and why.
    Unknown(String),
}

/// Whether all conditions (`prefix` is `Condition`) or assertions (`Assert`) of a unit hold at boot.
pub(super) fn hold(subsystems: &Subsystems<'_>, options: &Options, unit: &MergedUnit, prefix: &str) -> Truth {
    let mut alternatives: Vec<(&Setting, Option<bool>)> = Vec::new();
    let mut unknown = None;
    for (setting, kind) in in_force(unit, prefix) {
        let value = setting.value.as_str();
        let (alternative, value) =
            value.strip_prefix('|').map_or((false, value), |rest| (true, rest.trim_start()));
        let (negated, value) =
            value.strip_prefix('!').map_or((false, value), |rest| (true, rest.trim_start()));
        let truth = evaluate(subsystems, options, kind, value).map(|truth| truth != negated);
        match truth {
            _ if alternative => alternatives.push((setting, truth)),
            Some(true) => {}
            Some(false) => return Truth::False(vec![says(setting)]),
            None => unknown = unknown.or(Some(setting)),
        }
    }
    if !alternatives.is_empty() && !alternatives.iter().any(|(_, truth)| *truth == Some(true)) {
        match alternatives.iter().find(|(_, truth)| truth.is_none()) {
            Some((setting, _)) => unknown = unknown.or(Some(setting)),
            None => return Truth::False(alternatives.iter().map(|(setting, _)| says(setting)).collect()),
        }
    }
    match unknown {
        None => Truth::True,
        Some(setting) => Truth::Unknown(format!(
            "{}={} at {} can't be told before the boot",
            setting.key,
            crate::fact::printable(&setting.value),
            setting.origin()
        )),
    }
}

fn says(setting: &Setting) -> Origin {
    setting.origin().says(format!("{}={} is false", setting.key, setting.value))
}

/// The conditions after the last reset: an empty assignment of any of them drops all before it.
fn in_force<'u>(unit: &'u MergedUnit, prefix: &str) -> Vec<(&'u Setting, &'u str)> {
    let mut list = Vec::new();
    for setting in unit.settings.iter().filter(|setting| *setting.section == *"Unit") {
        let Some(kind) = setting.key.strip_prefix(prefix) else { continue };
        if setting.value.is_empty() {
            list.clear();
        } else {
            list.push((setting, kind));
        }
    }
    list
}

fn evaluate(subsystems: &Subsystems<'_>, options: &Options, kind: &str, value: &str) -> Option<bool> {
    match kind {
        "FirstBoot" => Some(systemd::boolean(value)? == options.first_boot?),
        "KernelCommandLine" => Some(on_command_line(options.words.as_deref().unwrap_or_default(), value)),
        "Architecture" => architecture(subsystems, value),
        // A node is no container, and its first process has every capability.
        "Capability" => Some(true),
        "Virtualization" if value == "container" => Some(false),
        "PathIsReadWrite" => {
            (value.starts_with("/proc/sys") || ["/", "/etc", "/var"].contains(&value)).then_some(true)
        }
        // What PID 1 mounts itself, before it starts any unit.
        "PathIsMountPoint" if ["/proc", "/sys", "/dev", "/run", "/dev/shm", "/dev/pts"].contains(&value) => {
            Some(true)
        }
        "PathExistsGlob" => path_glob(subsystems, value),
        "PathIsSymbolicLink" => on_disk(value)
            .then(|| settled(&subsystems.host().files().lstat(value), |m| m.kind == Kind::Link))
            .flatten(),
        _ => path(subsystems, kind, value),
    }
}

fn path(subsystems: &Subsystems<'_>, kind: &str, value: &str) -> Option<bool> {
    if !on_disk(value) {
        return None;
    }
    let files = subsystems.host().files();
    let paths = subsystems.units().boot_paths(subsystems);
    let changes = match files.lstat(value) {
        Read::There(_) => paths.may_vanish(value),
        Read::Missing(_) => paths.may_appear(value).or_else(|| paths.covered(value)),
        Read::Hidden(_) => None,
    };
    if changes.is_some() {
        return None;
    }
    match kind {
        "PathExists" => settled(&files.stat(value), |_| true),
        "PathIsDirectory" => settled(&files.stat(value), |m| m.kind == Kind::Directory),
        "FileNotEmpty" => settled(&files.stat(value), |m| m.kind == Kind::File && m.size > 0),
        "FileIsExecutable" => settled(&files.stat(value), |m| m.kind == Kind::File && m.mode & 0o111 != 0),
        "DirectoryNotEmpty" => match files.list(value) {
            Read::There(names) => Some(!names.is_empty()),
            Read::Missing(_) => Some(false),
            Read::Hidden(error) => is_no_directory(&error).then_some(false),
        },
        _ => None,
    }
}

fn is_no_directory(error: &HostError) -> bool {
    matches!(error.kind, HostErrorKind::NotAFile(_))
}

fn settled(found: &Read<Metadata>, test: impl Fn(Metadata) -> bool) -> Option<bool> {
    match found {
        Read::There(metadata) => Some(test(*metadata)),
        Read::Missing(_) => Some(false),
        Read::Hidden(_) => None,
    }
}

/// Whether a path is on disk: what is below `/run`, `/proc`, `/sys`, `/dev` is made anew at every boot.
pub(super) fn on_disk(path: &str) -> bool {
    const MADE: [&str; 6] = ["/run", "/proc", "/sys", "/dev", "/var/run", "/tmp"];
    path.starts_with('/')
        && !path.contains('%')
        && !MADE
            .iter()
            .any(|made| path.strip_prefix(made).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Braces are expanded, as `GLOB_BRACE` does. A wildcard stands in the last component only; others are rare and stay
/// unknown.
fn path_glob(subsystems: &Subsystems<'_>, pattern: &str) -> Option<bool> {
    let mut answer = Some(false);
    for pattern in glob::brace_alternatives(pattern)? {
        match one_glob(subsystems, &pattern) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

fn one_glob(subsystems: &Subsystems<'_>, pattern: &str) -> Option<bool> {
    let (directory, last) = pattern.rsplit_once('/')?;
    if !on_disk(pattern) || glob::is_glob(directory) {
        return None;
    }
    match subsystems.host().files().list(if directory.is_empty() { "/" } else { directory }) {
        Read::There(names) => Some(names.iter().any(|name| glob::covers_name(last, &name.to_string_lossy()))),
        Read::Missing(_) => Some(false),
        Read::Hidden(error) => is_no_directory(&error).then_some(false),
    }
}

/// `key=value` must be a word; a bare `key` matches with any value, too.
fn on_command_line(words: &[String], value: &str) -> bool {
    words.iter().any(|word| {
        word == value
            || (!value.contains('=') && word.strip_prefix(value).is_some_and(|rest| rest.starts_with('=')))
    })
}

fn architecture(subsystems: &Subsystems<'_>, value: &str) -> Option<bool> {
    let host = subsystems.host();
    let machine = host.running().map(|running| running.uname().machine.clone());
    let is_there = |path| matches!(host.files().stat(path), Read::There(_));
    let found = match machine.as_deref() {
        Some("x86_64") => "x86-64",
        Some("aarch64") => "arm64",
        // Either one that is seen decides; of what is hidden nothing is said.
        None if is_there("/lib64/ld-linux-x86-64.so.2") => "x86-64",
        None if is_there("/lib/ld-linux-aarch64.so.1") => "arm64",
        _ => return None,
    };
    Some(value == found || value == "native")
}
