//! The host name at the next boot, as systemd sets it (hostname(5); `hostname-setup.c` of 252 and 257).

use std::rc::Rc;

use super::Subsystems;
use crate::fact::{Confidence, Fact, Origin, State};
use crate::format;

const FILE: &str = "/etc/hostname";

/// The name after the next boot: `systemd.hostname=`, else `/etc/hostname`, else the fallback of the build.
pub fn at_boot(subsystems: &Subsystems<'_>) -> Fact {
    let parameter = match subsystems.next_boot().parameter("systemd.hostname") {
        Ok(parameter) => parameter,
        Err(reason) => return Fact::unknown(reason),
    };
    if let Some(name) = parameter.value.as_deref().map(cleaned).filter(|name| !name.is_empty()) {
        let origins =
            parameter.because.into_iter().map(|origin| origin.says(format!("systemd.hostname={name}")));
        return Fact::new(State::from(name.clone())).because_all(origins).at_most(parameter.confidence);
    }
    // A distribution that isn't run by cloud-init has neither of these.
    let files = subsystems.host().files();
    let cloud = "/etc/cloud/cloud.cfg";
    let cloud_init = match files.read(cloud) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.is_not_found() => None,
        // It is there, and that it preserves the name can't be seen.
        Err(_) => Some(Rc::default()),
    };
    let cloud_init = cloud_init.filter(|_| files.lstat("/etc/cloud/cloud-init.disabled").is_err());
    let preserved = cloud_init.as_deref().is_some_and(|bytes| {
        format::lines(bytes).any(|(_, line)| {
            line.split_once(':').is_some_and(|(key, value)| {
                key == "preserve_hostname" && matches!(value.trim(), "true" | "True" | "yes")
            })
        })
    });
    let bytes = match files.read(FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return fallback(subsystems, cloud_init.is_some()),
        Err(error) => return Fact::unknown(error.to_string()),
    };
    let first = format::lines(&bytes).map(|(line, text)| (line, text.trim().to_owned()));
    let Some((line, text)) = first.into_iter().find(|(_, text)| !text.is_empty() && !text.starts_with('#'))
    else {
        return fallback(subsystems, cloud_init.is_some());
    };
    let name = cleaned(&text);
    if name.is_empty() {
        return fallback(subsystems, cloud_init.is_some());
    }
    let mut fact =
        Fact::new(State::from(name.clone())).because(Origin::line(FILE, line)).at_most(parameter.confidence);
    if name != text {
        fact = fact.note(format!("`{text}` has characters that a host name can't have; systemd drops them"));
    }
    if cloud_init.is_some() && !preserved {
        fact = fact
            .at_most(Confidence::High)
            .note(format!("cloud-init sets the name that the cloud gives at each boot ({cloud}: preserve_hostname is not true)"));
    }
    fact
}

/// Without a name systemd takes the fallback that it was built with, until DHCP or cloud-init gives one.
fn fallback(subsystems: &Subsystems<'_>, cloud_init: bool) -> Fact {
    if cloud_init {
        return Fact::unknown("no /etc/hostname; cloud-init gives the name at boot");
    }
    let os = subsystems.os_release();
    // Fedora sets DEFAULT_HOSTNAME in os-release; everybody else keeps upstream's fallback.
    let name = if os.id == "fedora" { "fedora" } else { "localhost" };
    Fact::new(State::from(name))
        .because(Origin::file(FILE).says("is not there"))
        .at_most(Confidence::High)
        .note("the fallback of systemd; DHCP may give another name")
}

/// `hostname_cleanup`: letters, digits and dashes stay, dots between labels stay, the rest is dropped; at most
/// 64 bytes (`HOST_NAME_MAX`).
fn cleaned(text: &str) -> String {
    let mut name = String::new();
    let mut dot = true;
    let mut hyphen = true;
    for c in text.chars() {
        if name.len() >= 64 {
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
    use super::cleaned;

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
}
