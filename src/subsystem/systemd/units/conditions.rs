//! `Condition*=` and `Assert*=` of a unit, as far as files and the command line decide them (systemd.unit(5)).

use std::cmp::Ordering;

use super::BootScenario;
use super::merged::{MergedUnit, Setting};
use super::paths::{Seen, Sight, Viewer};
use crate::fact::{Confidence, Origin};
use crate::host::{Kind, Read};
use crate::parse::{glob, systemd};
use crate::subsystem::Subsystems;

/// What the conditions of a unit come to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    True,
    /// False, the places that make it so, and how sure that is.
    False(Vec<Origin>, Confidence),
    /// It can't be told, and why.
    Unknown(String),
}

/// What one condition comes to; none if it can't be told.
type Verdict = Option<(bool, Confidence)>;

/// Whether all conditions (`prefix` is `Condition`) or assertions (`Assert`) of a unit hold at boot.
pub(super) fn hold(
    subsystems: &Subsystems<'_>,
    scenario: &BootScenario,
    unit: &MergedUnit,
    prefix: &str,
) -> Truth {
    let viewer = Viewer { subsystems, scenario, unit };
    let mut alternatives: Vec<(&Setting, Verdict)> = Vec::new();
    let mut unknown = None;
    for (setting, kind) in in_force(unit, prefix) {
        let value = setting.value.as_str();
        let (alternative, value) =
            value.strip_prefix('|').map_or((false, value), |rest| (true, rest.trim_start()));
        let (negated, value) =
            value.strip_prefix('!').map_or((false, value), |rest| (true, rest.trim_start()));
        let verdict = evaluate(viewer, kind, value).map(|(truth, sure)| (truth != negated, sure));
        match verdict {
            _ if alternative => alternatives.push((setting, verdict)),
            Some((true, _)) => {}
            Some((false, confidence)) => return Truth::False(vec![says(setting)], confidence),
            None => unknown = unknown.or(Some(setting)),
        }
    }
    let holds = |(_, verdict): &(&Setting, Verdict)| verdict.is_some_and(|(truth, _)| truth);
    if !alternatives.is_empty() && !alternatives.iter().any(holds) {
        if let Some((setting, _)) = alternatives.iter().find(|(_, verdict)| verdict.is_none()) {
            unknown = unknown.or(Some(setting));
        } else {
            let least = alternatives.iter().filter_map(|(_, verdict)| verdict.map(|(_, sure)| sure)).min();
            let places = alternatives.iter().map(|(setting, _)| says(setting)).collect();
            return Truth::False(places, least.unwrap_or_default());
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

fn evaluate(viewer: Viewer<'_>, kind: &str, value: &str) -> Verdict {
    let options = &viewer.scenario.options;
    let told = |truth| Some((truth, Confidence::Certain));
    match kind {
        "FirstBoot" => told(systemd::boolean(value)? == options.first_boot?),
        "KernelCommandLine" => told(on_command_line(options.words.as_deref().unwrap_or_default(), value)),
        "KernelVersion" => kernel_versions(viewer, value),
        "Architecture" => told(architecture(viewer.subsystems, value)?),
        // A node is no container, and its first process has every capability.
        "Capability" => told(true),
        "Virtualization" if value == "container" => told(false),
        "PathIsReadWrite" if value.starts_with("/proc/sys") || ["/", "/etc", "/var"].contains(&value) => {
            told(true)
        }
        // What PID 1 mounts itself, before it starts any unit.
        "PathIsMountPoint" if ["/proc", "/sys", "/dev", "/run", "/dev/shm", "/dev/pts"].contains(&value) => {
            told(true)
        }
        "PathExists" => of_sight(&viewer.look(value), |_| Some(true)),
        "PathIsDirectory" => of_sight(&viewer.look(value), |seen| Some(seen.kind == Kind::Directory)),
        "PathIsSymbolicLink" => of_sight(&viewer.look_at_link(value), |seen| Some(seen.kind == Kind::Link)),
        "FileNotEmpty" => {
            of_sight(&viewer.look(value), |seen| Some(seen.kind == Kind::File && !seen.is_empty))
        }
        "FileIsExecutable" => {
            of_sight(&viewer.look(value), |seen| Some(seen.kind == Kind::File && seen.mode? & 0o111 != 0))
        }
        "DirectoryNotEmpty" => viewer.has_entry(value, |_| true),
        "PathExistsGlob" => path_glob(viewer, value),
        _ => None,
    }
}

fn of_sight(sight: &Sight, test: impl Fn(&Seen) -> Option<bool>) -> Verdict {
    match sight {
        Sight::There(seen, confidence) => Some((test(seen)?, *confidence)),
        Sight::Missing(confidence) => Some((false, *confidence)),
        Sight::Unknown(_) => None,
    }
}

/// Braces are expanded, as `GLOB_BRACE` does. A wildcard stands in the last component only; others are rare and stay
/// unknown.
fn path_glob(viewer: Viewer<'_>, pattern: &str) -> Verdict {
    let mut answer = Some((false, Confidence::Certain));
    for pattern in glob::brace_alternatives(pattern)? {
        match (one_glob(viewer, &pattern), answer) {
            (Some((true, confidence)), _) => return Some((true, confidence)),
            (Some((false, one)), Some((_, other))) => answer = Some((false, one.min(other))),
            (_, None) | (None, _) => answer = None,
        }
    }
    answer
}

fn one_glob(viewer: Viewer<'_>, pattern: &str) -> Verdict {
    let (directory, last) = pattern.rsplit_once('/')?;
    if glob::is_glob(directory) {
        return None;
    }
    let directory = if directory.is_empty() { "/" } else { directory };
    viewer.has_entry(directory, |name| glob::covers_name(last, name))
}

/// What all kernels that may boot say of a condition about their version.
fn kernel_versions(viewer: Viewer<'_>, value: &str) -> Verdict {
    let releases = viewer.scenario.options.releases.as_deref()?;
    let mut truths = releases.iter().map(|release| kernel_version(release, value));
    let first = truths.next()??;
    let agreed = truths.all(|truth| truth == Some(first));
    agreed.then(|| (first, viewer.subsystems.next_boot().confidence))
}

/// `>=5.4 <6`: of every comparison only what no way of ordering versions would see otherwise; other texts are patterns and
/// stay unknown.
fn kernel_version(release: &str, value: &str) -> Option<bool> {
    let mut answer = Some(true);
    for word in value.split_ascii_whitespace() {
        let wanted = word.trim_start_matches(['<', '>', '=']);
        let operator = &word[..word.len() - wanted.len()];
        let order = order_of_numbers(release, wanted)?;
        match (operator, order) {
            ("<" | "<=", Ordering::Less) | (">" | ">=", Ordering::Greater) => {}
            ("<" | "<=", Ordering::Greater) | (">" | ">=", Ordering::Less) => answer = Some(false),
            _ => return None,
        }
    }
    answer
}

/// How the numbers of a release compare with those of a version, where one that both have decides.
fn order_of_numbers(release: &str, version: &str) -> Option<Ordering> {
    let is_plain = |c: char| c.is_ascii_digit() || c == '.';
    if version.is_empty() || !version.chars().all(is_plain) {
        return None;
    }
    let numbers =
        |text: &str| -> Option<Vec<u32>> { text.split('.').map(|part| part.parse().ok()).collect() };
    let end = release.find(|c| !is_plain(c)).unwrap_or(release.len());
    let (release, version) = (numbers(release[..end].trim_end_matches('.'))?, numbers(version)?);
    release.iter().zip(&version).map(|(one, other)| one.cmp(other)).find(|order| order.is_ne())
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
    let by_loader = || {
        for (loader, architecture) in
            [("/lib64/ld-linux-x86-64.so.2", "x86-64"), ("/lib/ld-linux-aarch64.so.1", "arm64")]
        {
            match host.files().stat(loader) {
                Read::There(_) => return Some(architecture),
                Read::Missing(_) => {}
                // It may be the one that decides.
                Read::Hidden(_) => return None,
            }
        }
        None
    };
    let found = match machine.as_deref() {
        Some("x86_64") => "x86-64",
        Some("aarch64") => "arm64",
        Some(_) => return None,
        None => by_loader()?,
    };
    Some(value == found || value == "native")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_kernels_are_compared_where_a_number_decides() {
        for (release, value, expected) in [
            ("6.1.0-18-amd64", "<5.0", Some(false)),
            ("6.1.0-18-amd64", ">=5.4", Some(true)),
            ("6.1.0-18-amd64", ">5.4 <6.2", Some(true)),
            ("6.1.0-18-amd64", ">5.4 <6.0", Some(false)),
            ("6.10.1", ">6.9", Some(true)),
            ("6.1.0-18-amd64", ">=6.1", None),
            ("6.1.0-18-amd64", ">=6.1.0-20", None),
            ("6.1.0-18-amd64", "6.*", None),
            ("6.1.0-18-amd64", "=5.0", None),
            ("6.1.0-18-amd64", "> 5.0", None),
            ("custom", "<5.0", None),
        ] {
            assert_eq!(kernel_version(release, value), expected, "{release} {value}");
        }
    }
}
