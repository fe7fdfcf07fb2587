//! SELinux at the next boot: the kernel's list of security modules, the command line, then `/etc/selinux/config`,
//! as libselinux reads them when systemd loads the policy (selinux(8); `selinux_init_load_policy`).

use std::collections::BTreeSet;

use crate::fact::{Confidence, Fact, Origin, Reason, State};
use crate::host::{Files, HostError, Read};
use crate::parse;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::kernel_config::KernelConfig;

const CONFIG: &str = "/etc/selinux/config";
/// More different kernels than these are not looked into.
const MOST_KERNELS: usize = 32;

/// `enforcing`, `permissive` or `disabled` after the next boot.
pub fn at_boot(subsystems: &Subsystems<'_>) -> Fact {
    let off = match subsystems.next_boot().parameter("selinux") {
        Ok(off) => off,
        Err(reason) => return Fact::unknown(reason),
    };
    if off.value.as_deref() == Some("0") {
        let origins = off.because.into_iter().map(|origin| origin.says("selinux=0"));
        return disabled().because_all(origins).at_most(off.confidence);
    }
    let files = subsystems.host().files();
    let bytes = match files.read(CONFIG) {
        Read::There(bytes) => bytes,
        Read::Missing(_) => {
            return disabled().because(Origin::file(CONFIG).says("is not there")).at_most(off.confidence);
        }
        Read::Hidden(error) => return Fact::unknown(error),
    };
    let started = match is_started(subsystems) {
        Ok(Some((false, origin))) => return disabled().because(origin).at_most(off.confidence),
        Ok(started) => started,
        Err(reason) => return Fact::unknown(reason),
    };
    let mut fact = configured(subsystems, &bytes).at_most(off.confidence);
    if started.is_none() && fact.state != State::from("disabled") {
        let note = "assumed that the kernel starts SELinux: its configuration is not on disk";
        fact = fact.at_most(Confidence::High).note(note);
    }
    // A note only: what hides it hides no mode.
    if matches!(files.lstat("/.autorelabel"), Read::There(_)) {
        fact = fact.note("/.autorelabel is there: the next boot relabels all files and boots once more");
    }
    fact
}

fn disabled() -> Fact {
    Fact::new(State::from("disabled"))
}

/// What the configuration and `enforcing=` come to in a kernel that starts SELinux.
fn configured(subsystems: &Subsystems<'_>, bytes: &[u8]) -> Fact {
    let (word, place) = mode(bytes);
    if word == Some("disabled") {
        return disabled().because(place);
    }
    let policy = policy(bytes);
    match has_policy(subsystems.host().files(), &policy) {
        Ok(true) => {}
        Ok(false) => {
            let missing = Origin::file(format!("/etc/selinux/{policy}/policy")).says("has no policy");
            return disabled().because(missing).because(place);
        }
        Err(error) => return Fact::unknown(error),
    }
    let next = subsystems.next_boot();
    let (values, because) = match (next.values("enforcing"), next.parameter("enforcing")) {
        (Ok(values), Ok(parameter)) => (values, parameter.because),
        (Err(reason), _) | (_, Err(reason)) => return Fact::unknown(reason),
    };
    // Which occurrence counts depends on the version of libselinux.
    let enforcing: BTreeSet<bool> = values.iter().map(|value| number(value) != 0).collect();
    match (enforcing.len(), enforcing.first()) {
        (0, _) | (_, None) => Fact::new(State::from(word.unwrap_or("permissive"))).because(place),
        (1, Some(is_enforcing)) => {
            let word = if *is_enforcing { "enforcing" } else { "permissive" };
            let origins = because.into_iter().map(|origin| origin.says(format!("enforcing={}", values[0])));
            let mut fact = Fact::new(State::from(word)).because_all(origins);
            fact.overruled.push(place);
            fact
        }
        _ => Fact::unknown("the command line has several enforcing= that disagree"),
    }
}

/// `atoi(3)`: the leading number, else 0.
fn number(text: &str) -> i64 {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().unwrap_or_default()
}

/// The first line that names a mode; without one the policy is loaded and nothing is enforced. Only the start of
/// the value counts, and no blank may stand before the key (`selinux_getenforcemode`).
fn mode(bytes: &[u8]) -> (Option<&'static str>, Origin) {
    let mut nothing = Origin::file(CONFIG).says("has no line SELINUX=");
    for (number, line) in parse::lines(bytes) {
        let Some(value) = line.strip_prefix("SELINUX=") else { continue };
        let value = value.trim_start().to_ascii_lowercase();
        let known = ["enforcing", "permissive", "disabled"].into_iter().find(|word| value.starts_with(word));
        if let Some(word) = known {
            return (Some(word), Origin::line(CONFIG, number).says(format!("SELINUX={word}")));
        }
        nothing = Origin::line(CONFIG, number).says("names no mode, which is permissive");
    }
    (None, nothing)
}

fn policy(bytes: &[u8]) -> String {
    let values = parse::lines(bytes).filter_map(|(_, line)| {
        let value = line.trim_start().strip_prefix("SELINUXTYPE=")?.trim().to_owned();
        (!value.is_empty() && !value.contains('/')).then_some(value)
    });
    values.last().unwrap_or_else(|| "targeted".to_owned())
}

fn has_policy(files: &Files, policy: &str) -> Result<bool, HostError> {
    let names = files.list(format!("/etc/selinux/{policy}/policy")).found()?;
    let is_policy = |name: &std::ffi::OsString| name.as_encoded_bytes().starts_with(b"policy.");
    Ok(names.is_some_and(|names| names.iter().any(is_policy)))
}

/// Whether the kernel starts SELinux, and the place that says so; none if no place does. `lsm=` overrides the list
/// that the kernel was built with; `security=` adds to that list or leaves others out.
fn is_started(subsystems: &Subsystems<'_>) -> Result<Option<(bool, Origin)>, Reason> {
    let next = subsystems.next_boot();
    let (list, one) = (next.parameter("lsm")?, next.parameter("security")?);
    let security = match &list.value {
        Some(names) if has_selinux(names) => Some("selinux"),
        Some(names) => {
            let place = list.because.first().cloned().unwrap_or_else(|| Origin::file("kernel command line"));
            return Ok(Some((false, place.says(format!("lsm={names}")))));
        }
        None => one.value.as_deref(),
    };
    let releases: BTreeSet<Option<&str>> =
        next.entries.iter().map(|entry| entry.release.as_deref()).collect();
    if releases.len() > MOST_KERNELS {
        return Err("too many different kernels may boot next".into());
    }
    let mut answer: Option<(bool, Origin)> = None;
    for release in releases {
        let Some(release) = release else { return Ok(None) };
        let Some(config) = subsystems.kernel_config().of_release(subsystems, release)? else {
            return Ok(None);
        };
        let Some(found) = is_built_in(&config, security) else { return Ok(None) };
        if answer.as_ref().is_some_and(|(known, _)| *known != found.0) {
            return Err("the kernels that may boot next don't agree about SELinux".into());
        }
        answer.get_or_insert(found);
    }
    Ok(answer)
}

fn has_selinux(names: &str) -> bool {
    names.trim_matches('"').split(',').any(|name| name.trim() == "selinux")
}

fn is_built_in(config: &KernelConfig, security: Option<&str>) -> Option<(bool, Origin)> {
    let Some((_, built_in)) = config.option("SECURITY_SELINUX") else {
        return Some((false, Origin::file(&config.path).says("CONFIG_SECURITY_SELINUX is not set")));
    };
    match security {
        Some("selinux") => return Some((true, built_in)),
        Some(other) if !other.is_empty() => {
            return Some((false, Origin::file("kernel command line").says(format!("security={other}"))));
        }
        _ => {}
    }
    // Kernels before 5.1 have no list.
    let (names, place) = config.option("LSM").or_else(|| config.option("DEFAULT_SECURITY"))?;
    Some((has_selinux(names), place))
}
