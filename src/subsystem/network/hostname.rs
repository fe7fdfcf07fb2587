//! The host name at the next boot, as systemd sets it (hostname(5); `hostname-setup.c` of 252 and 257).

use crate::fact::{Confidence, Fact, Origin, State};
use crate::host::{Files, HostPath, Read};
use crate::parse;
use crate::subsystem::boot::boot_scripts::Topic;
use crate::subsystem::{Subsystems, tmpfiles};

const FILE: &str = "/etc/hostname";
const CLOUD: &str = "/etc/cloud/cloud.cfg";
/// `HOST_NAME_MAX`.
const LONGEST: usize = 64;

/// The name after the next boot: `systemd.hostname=`, else `/etc/hostname`, else the fallback of the build; a line
/// of sysctl.d is applied later.
pub fn at_boot(subsystems: &Subsystems<'_>) -> Fact {
    const KEY: &str = "kernel.hostname";
    let named = by_systemd(subsystems);
    if let Some(line) = subsystems.boot_scripts().may_write(Topic::Hostname) {
        let mut unknown = Fact::unknown(line.reason("the host's name")).because(line.origin.clone());
        unknown.overruled = named.because;
        return unknown;
    }
    if !subsystems.sysctl().is_configured(subsystems, KEY) {
        return named;
    }
    let mut written = subsystems.sysctl().at_boot(subsystems, KEY);
    if written.state == State::Absent || written.because.is_empty() {
        return named;
    }
    written.overruled.extend(named.because);
    written.note("systemd-sysctl writes the name after systemd has set it")
}

fn by_systemd(subsystems: &Subsystems<'_>) -> Fact {
    let parameter = match subsystems.next_boot().parameter("systemd.hostname") {
        Ok(parameter) => parameter,
        Err(reason) => return Fact::unknown(reason),
    };
    // A file's name is cleaned, a parameter's must be valid as it is.
    if let Some(name) = parameter.value.as_deref().filter(|name| is_valid(name)) {
        let origins =
            parameter.because.into_iter().map(|origin| origin.says(format!("systemd.hostname={name}")));
        return Fact::new(State::from(name)).because_all(origins).at_most(parameter.confidence);
    }
    let files = subsystems.host().files();
    let cloud = cloud_init(files);
    if let Some(gap) = tmpfiles::leads_to_memory(files, &HostPath::new(FILE)) {
        return Fact::unknown(gap.reason).because(gap.origin);
    }
    let bytes = match files.read(FILE) {
        Read::There(bytes) => bytes,
        Read::Missing(_) => return fallback(subsystems, cloud != Cloud::Absent),
        Read::Hidden(error) => return Fact::unknown(error),
    };
    let first = parse::lines(&bytes).map(|(line, text)| (line, text.trim().to_owned()));
    let Some((line, text)) = first.into_iter().find(|(_, text)| !text.is_empty() && !text.starts_with('#'))
    else {
        return fallback(subsystems, cloud != Cloud::Absent);
    };
    let name = cleaned(&text);
    if name.is_empty() {
        return fallback(subsystems, cloud != Cloud::Absent);
    }
    let mut fact =
        Fact::new(State::from(name.clone())).because(Origin::line(FILE, line)).at_most(parameter.confidence);
    if name != text {
        fact = fact.note(format!("`{text}` has characters that a host name can't have; systemd drops them"));
    }
    if cloud == Cloud::SetsName {
        fact = fact.at_most(Confidence::High).note(format!(
            "cloud-init sets the name that the cloud gives at each boot ({CLOUD}: preserve_hostname is not true)"
        ));
    }
    fact
}

/// What cloud-init does to the name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cloud {
    Absent,
    Preserves,
    SetsName,
}

/// `preserve_hostname` of `cloud.cfg` and, after it, of `cloud.cfg.d`. What can't be read preserves nothing.
fn cloud_init(files: &Files) -> Cloud {
    if files.lstat("/etc/cloud/cloud-init.disabled").legacy().is_ok() {
        return Cloud::Absent;
    }
    let mut paths = vec![CLOUD.to_owned()];
    match files.lstat(CLOUD).legacy() {
        Err(error) if error.is_not_found() => return Cloud::Absent,
        _ => {}
    }
    if let Ok(names) = files.list(format!("{CLOUD}.d")).legacy() {
        let stems = names.iter().filter_map(|name| name.to_str()?.strip_suffix(".cfg"));
        paths.extend(stems.map(|stem| format!("{CLOUD}.d/{stem}.cfg")));
    }
    let mut is_preserved = false;
    for path in paths {
        let Ok(bytes) = files.read(&path).legacy() else {
            is_preserved = false;
            continue;
        };
        for (_, line) in parse::lines(&bytes) {
            if let Some(("preserve_hostname", value)) = line.split_once(':') {
                let value = value.split('#').next().unwrap_or_default().trim().to_ascii_lowercase();
                is_preserved = matches!(value.as_str(), "true" | "yes" | "on" | "1");
            }
        }
    }
    if is_preserved { Cloud::Preserves } else { Cloud::SetsName }
}

/// Without a name systemd takes the fallback that it was built with, until DHCP or cloud-init gives one.
fn fallback(subsystems: &Subsystems<'_>, cloud_init: bool) -> Fact {
    if cloud_init {
        return Fact::unknown("no /etc/hostname; cloud-init gives the name at boot");
    }
    let os = subsystems.os_release();
    // Upstream's fallback is what every build but Fedora's keeps; os-release says another.
    let name = match os.default_hostname.as_str() {
        name if is_valid(name) => name,
        _ if os.id == "fedora" => "fedora",
        _ => "localhost",
    };
    Fact::new(State::from(name))
        .because(Origin::file(FILE).says("is not there"))
        .at_most(Confidence::High)
        .note("the fallback of systemd; DHCP may give another name")
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
    name.len() <= LONGEST && body.split('.').all(is_label)
}

/// `hostname_cleanup`: letters, digits and dashes stay, dots between labels stay, the rest is dropped; at most
/// 64 bytes (`HOST_NAME_MAX`).
fn cleaned(text: &str) -> String {
    let mut name = String::new();
    let mut dot = true;
    let mut hyphen = true;
    for c in text.chars() {
        if name.len() >= LONGEST {
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
