//! The host name at the next boot, as systemd sets it (hostname(5); `hostname-setup.c` of 252 and 257).

use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason, ReasonCode, Version, printable};
use crate::host::{Files, HostError, Read};
use crate::parse::{self, cmdline, shell_line};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::boot_scripts::Topic;
use crate::subsystem::cloud_init::{self, MAIN as CLOUD};
use crate::subsystem::early_boot::is_below_memory;

const FILE: &str = "/etc/hostname";
/// `HOST_NAME_MAX`.
const MAX_LENGTH: usize = 64;

/// A name, with its provenance.
pub type Name = Answer<String>;

/// The name after the next boot: `systemd.hostname=`, else `/etc/hostname`, else the fallback of the build; a line
/// of sysctl.d is applied later, and so is what commands of the boot set.
pub fn at_boot(subsystems: &Subsystems<'_>) -> Name {
    const KEY: &str = "kernel.hostname";
    let named = by_systemd(subsystems);
    if matches!(named.state, Knowledge::Unknown(_)) {
        return named;
    }
    if let Some(origin) =
        set_by_command(subsystems).or_else(|| subsystems.sysctl().written_by(subsystems, KEY))
    {
        let says = origin.says.as_deref().unwrap_or_default();
        let reason = format!("{origin} may change the host name during boot: {says}");
        return Answer::unknown(Reason::new(ReasonCode::Undecided, reason)).because(origin);
    }
    if let Some(line) = subsystems.boot_scripts().may_write(Topic::Hostname) {
        return Answer::unknown(line.reason("the host name")).because(line.origin.clone());
    }
    if !subsystems.sysctl_d().is_configured(subsystems, KEY) {
        return named;
    }
    let mut written = subsystems.sysctl().at_boot(subsystems, KEY);
    if written.state == Knowledge::Absent || written.because.is_empty() {
        return named;
    }
    written.overruled.extend(named.because);
    written.note("systemd-sysctl writes the name after systemd has set it")
}

/// A command of the boot that sets the name: `hostname NAME`, `hostnamectl set-hostname NAME`.
fn set_by_command(subsystems: &Subsystems<'_>) -> Option<Origin> {
    let sets = |text: &str| {
        text.contains("hostname")
            && shell_line::all_commands(text).iter().any(|command| match command.program() {
                Some(("hostname", words)) => {
                    words.iter().any(|word| matches!(word.as_str(), "-F" | "--file" | "-b" | "--boot"))
                        || words.first().is_some_and(|word| !word.starts_with('-'))
                }
                Some(("hostnamectl", words)) => {
                    let verb =
                        words.iter().position(|word| matches!(word.as_str(), "set-hostname" | "hostname"));
                    verb.is_some_and(|at| at + 1 < words.len())
                }
                _ => command.writes_to.iter().any(|file| file == FILE),
            })
    };
    let lines = &subsystems.boot_scripts().lines;
    let (origin, text) = lines.iter().find(|(_, text)| sets(text))?;
    Some(origin.clone().says(printable(text.trim()).into_owned()))
}

fn by_systemd(subsystems: &Subsystems<'_>) -> Name {
    let parameter = match subsystems.next_boot().parameter("systemd.hostname") {
        Ok(parameter) => parameter,
        Err(reason) => return Answer::unknown(reason),
    };
    // A file's name is cleaned, a parameter's must be valid as it is.
    if let Some(name) = parameter.value.as_deref().filter(|name| is_valid(name)) {
        let says = format!("systemd.hostname={name}");
        let origins = parameter.because.into_iter().map(|origin| origin.says(says.clone()));
        return Answer::known(name.to_owned()).because_all(origins).at_most(parameter.confidence);
    }
    let files = subsystems.host().files();
    let is_red_hat = ["rhel", "fedora"].iter().any(|family| subsystems.os_release().is(family));
    let cloud = match cloud(files, is_red_hat) {
        Ok(cloud) => cloud,
        Err(error) => return Answer::unknown(Reason::from(error).reworded(cloud_may_name)),
    };
    // What a link into /run leads to is gone at boot.
    let bytes = match files.read(FILE) {
        _ if is_below_memory(&files.real_path(FILE)) => return without_file(subsystems, &cloud),
        Read::There(bytes) => bytes,
        Read::Missing(_) => return without_file(subsystems, &cloud),
        Read::Hidden(error) => return Answer::unknown(error),
    };
    let mut lines = parse::lines(&bytes).map(|(line, text)| (line, text.trim().to_owned()));
    let named = lines.find(|(_, text)| !text.is_empty() && !text.starts_with('#'));
    let named = named.map(|(line, text)| (line, cleaned(&text), text));
    let Some((line, name, text)) = named.filter(|(_, name, _)| !name.is_empty()) else {
        return without_file(subsystems, &cloud);
    };
    let mut answer =
        Answer::known(name.clone()).because(Origin::line(FILE, line)).at_most(parameter.confidence);
    if name != text {
        answer =
            answer.note(format!("`{text}` has characters that a host name can't have; systemd drops them"));
    }
    match cloud {
        Cloud::Names(origin, other) if !other.eq_ignore_ascii_case(&name) => {
            let reason = format!("cloud-init may set the host name `{}` ({origin})", printable(&other));
            Answer::unknown(Reason::new(ReasonCode::Undecided, reason)).because(origin)
        }
        Cloud::SetsName | Cloud::Names(..) => answer.at_most(Confidence::High).note(format!(
            "cloud-init sets the name that the cloud gives at each boot ({CLOUD}: preserve_hostname is not true)"
        )),
        Cloud::Absent | Cloud::Preserves => answer,
    }
}

fn cloud_may_name(error: &str) -> String {
    format!("{error}: cloud-init may set the host name")
}

/// What cloud-init does to the name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cloud {
    Absent,
    Preserves,
    /// It sets the name that the cloud gives.
    SetsName,
    /// It sets the name that its own configuration gives.
    Names(Origin, String),
}

/// `preserve_hostname`, `hostname` and `fqdn` of `cloud.cfg` and, after it, of `cloud.cfg.d`. Of the two names `fqdn` is the
/// host's where it is preferred, and on distributions of Red Hat's family (`get_hostname_fqdn`, `set_hostname`).
fn cloud(files: &Files, is_red_hat: bool) -> Result<Cloud, HostError> {
    if files.lstat(cloud_init::DISABLED).found()?.is_some() || files.lstat(CLOUD).found()?.is_none() {
        return Ok(Cloud::Absent);
    }
    let (paths, hidden) = cloud_init::files(files);
    hidden.map_or(Ok(()), Err)?;
    let (mut is_preserved, mut named, mut full, mut prefers) = (false, None, None, is_red_hat);
    for path in paths {
        let Some(bytes) = files.read(&path).found()? else { continue };
        for (number, key, value) in cloud_init::settings(&bytes) {
            match key.as_str() {
                "preserve_hostname" => is_preserved = is_true(&value),
                "prefer_fqdn_over_hostname" => prefers = is_true(&value),
                "fqdn" if !value.is_empty() => {
                    full = Some((Origin::line(&path, number), value));
                }
                "hostname" if !value.is_empty() => {
                    named = Some((Origin::line(&path, number), value));
                }
                _ => {}
            }
        }
    }
    // The first part of a full name stands for a name that isn't given.
    let short = || full.as_ref().map(|(origin, name)| (origin.clone(), first_label(name).to_owned()));
    let named = if prefers && full.is_some() { full.clone() } else { named.or_else(short) };
    Ok(match named {
        _ if is_preserved => Cloud::Preserves,
        Some((origin, name)) => Cloud::Names(origin, name),
        None => Cloud::SetsName,
    })
}

fn is_true(value: &str) -> bool {
    ["true", "yes", "on", "1"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn first_label(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Without a file the kernel's own name stays, else systemd takes a credential or the fallback that it was built with,
/// until DHCP or cloud-init gives one.
fn without_file(subsystems: &Subsystems<'_>, cloud: &Cloud) -> Name {
    if *cloud != Cloud::Absent {
        return Answer::unknown("no /etc/hostname; cloud-init gives the name at boot");
    }
    if let Some(answer) = by_command_line(subsystems) {
        return answer;
    }
    let os = subsystems.os_release();
    // Upstream's fallback is what every build but Fedora's keeps; os-release says another.
    let name = match os.default_hostname.as_str() {
        name if is_valid(name) => name,
        _ if os.id == "fedora" => "fedora",
        _ => "localhost",
    };
    Answer::known(name.to_owned())
        .because(Origin::file(FILE).says("is not there"))
        .at_most(Confidence::High)
        .note("the fallback of systemd; DHCP may give another name")
}

/// `hostname=`, which Linux takes since 6.0, and the credential `system.hostname`.
fn by_command_line(subsystems: &Subsystems<'_>) -> Option<Name> {
    let next = subsystems.next_boot();
    let unclear = |text: &str| Some(Answer::unknown(Reason::new(ReasonCode::NotUnderstood, text)));
    let has_credential = |words: &[String]| {
        ["systemd.set_credential", "systemd.set_credential_binary"].iter().any(|key| {
            cmdline::parameters(words, key).into_iter().any(|value| value.starts_with("system.hostname:"))
        })
    };
    if next.each_cmdline().flatten().any(has_credential) {
        return unclear("a credential on the kernel command line gives the host name");
    }
    let parameter = match next.parameter("hostname") {
        Ok(parameter) => parameter,
        Err(reason) => return Some(Answer::unknown(reason)),
    };
    let name = parameter.value?;
    let knows = |release: &str| Some(Version::parse(release)? >= Version::parse("6.0")?);
    let is_known = next.entries.iter().all(|entry| entry.release.as_deref().and_then(knows) == Some(true));
    if !is_known {
        return unclear(
            "hostname= is on the kernel command line, and whether the next kernel takes it is not known",
        );
    }
    let because = parameter.because.into_iter().map(|origin| origin.says(format!("hostname={name}")));
    let because: Vec<Origin> = because.collect();
    Some(Answer::known(name).because_all(because).at_most(parameter.confidence.min(Confidence::High)))
}

/// `hostname_is_valid`: labels of letters, digits and dashes, no dash at an end of one; a trailing dot is
/// fine.
fn is_valid(name: &str) -> bool {
    let body = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= MAX_LENGTH && body.split('.').all(is_label)
}

/// `hostname_cleanup`: letters, digits and dashes stay, dots between labels stay, the rest is dropped; at most
/// 64 bytes (`HOST_NAME_MAX`).
fn cleaned(text: &str) -> String {
    let mut name = String::new();
    let mut dot = true;
    let mut hyphen = true;
    for c in text.chars() {
        if name.len() >= MAX_LENGTH {
            break;
        }
        match c {
            '.' if !dot && !hyphen => {
                name.push('.');
                (dot, hyphen) = (true, false);
            }
            '-' if !dot => {
                name.push('-');
                (dot, hyphen) = (false, true);
            }
            c if c.is_ascii_alphanumeric() => {
                name.push(c);
                (dot, hyphen) = (false, false);
            }
            _ => {}
        }
    }
    name.trim_end_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{cleaned, is_valid};

    #[test]
    fn names_are_cleaned_as_systemd_does() {
        for (given, expected) in [
            ("Node_B", "NodeB"),
            ("node1.example.org.", "node1.example.org"),
            ("-a..b-", "a.b"),
            ("a b", "ab"),
            ("___", ""),
        ] {
            assert_eq!(cleaned(given), expected, "{given}");
        }
    }

    #[test]
    fn names_that_need_no_cleaning_are_valid() {
        for (name, expected) in [
            ("a", true),
            ("Node-1.example.", true),
            ("", false),
            (".", false),
            ("-a", false),
            ("a..b", false),
            ("a_b", false),
        ] {
            assert_eq!(is_valid(name), expected, "{name}");
        }
        assert!(is_valid(&"a".repeat(64)) && !is_valid(&"a".repeat(65)));
    }
}
