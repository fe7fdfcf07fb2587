//! Which interfaces NetworkManager would manage, by its configuration (NetworkManager.conf(5), 1.20 to 1.52).

use std::cmp::Reverse;

use foldhash::{HashMap, HashSet};

use super::drop_in::{self, Content, DropIn};
use super::{Gap, Subsystems};
use crate::fact::{Confidence, Fact, Moment, Origin, Value};
use crate::format::{glob, ini};
use crate::host::{Files, HostPath};

const PROGRAMS: [&str; 2] = ["/usr/sbin/NetworkManager", "/usr/bin/NetworkManager"];
const MAIN: &str = "/etc/NetworkManager/NetworkManager.conf";
/// Written by others while the system runs.
const VOLATILE: &str = "/run/NetworkManager/conf.d";
/// From the highest precedence to the lowest, with the turn at which they are read; the main file comes between.
const DROP_INS: [(&str, usize); 3] =
    [("/etc/NetworkManager/conf.d", 3), (VOLATILE, 1), ("/usr/lib/NetworkManager/conf.d", 0)];
const TURN_OF_MAIN: usize = 2;
/// Ubuntu's file that gives NetworkManager wifi only; netplan hides it at boot where it leaves all to NetworkManager.
const OF_NETPLAN: &str = "10-globally-managed-devices.conf";
const NETPLAN: &str = "/usr/sbin/netplan";
const VENDOR: &str = "/usr/lib/";
/// NetworkManager's own rules of udev, which tell it to leave veth devices alone that are not named `eth*`; from the
/// highest precedence to the lowest (udev(7)). A section `[device...]` wins against them.
const UDEV_RULES: [&str; 4] = [
    "/etc/udev/rules.d/85-nm-unmanaged.rules",
    "/usr/local/lib/udev/rules.d/85-nm-unmanaged.rules",
    "/usr/lib/udev/rules.d/85-nm-unmanaged.rules",
    "/lib/udev/rules.d/85-nm-unmanaged.rules",
];

/// No host has more files, sections, entries of the list or changes to it.
const MOST: usize = 256;
const MOST_ENTRIES: usize = 4096;

/// Interfaces of pod networks and kube-proxy, and what NetworkManager calls their kind.
const KINDS: [(&str, &str); 8] = [
    ("cali*", "veth"),
    ("cni*", "bridge"),
    ("flannel*", "vxlan"),
    ("kube-ipvs*", "dummy"),
    ("nodelocaldns*", "dummy"),
    ("tunl*", "iptunnel"),
    ("veth*", "veth"),
    ("vxlan*", "vxlan"),
];

/// Whether something matches an interface; unknown if that depends on what a name doesn't tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Unknown,
}

/// What the files say.
#[derive(Default)]
struct Settings {
    /// `unmanaged-devices`: the entries, each with its place.
    unmanaged: Vec<(Origin, String)>,
    /// How often the list was set or changed.
    changes: usize,
    /// Sections `[device...]`.
    devices: Vec<Device>,
    /// The places of the sections among them, by name.
    known: HashMap<String, usize>,
    /// How many files were read.
    files: usize,
    /// The vendor's file that may be hidden; it can only tell NetworkManager to leave more alone.
    hidden: Option<HostPath>,
    /// What could not be read.
    gaps: Vec<Gap>,
}

/// A section `[device...]`.
struct Device {
    /// Which of the files it stands in.
    file: usize,
    origin: Origin,
    name: String,
    matches: Option<String>,
    managed: Option<bool>,
    /// `stop-match`: no further section counts for what this one matches.
    stops: bool,
}

/// `{managed}` of an interface; absent without NetworkManager.
pub fn interface(subsystems: &Subsystems<'_>, name: &str, moment: Moment) -> Fact {
    let files = subsystems.host().files();
    let is_there = |path: &&str| files.stat(path).map_or_else(|error| !error.is_not_found(), |_| true);
    if !PROGRAMS.iter().any(is_there) {
        return Fact::absent().note("NetworkManager is not installed");
    }
    let settings = settings(subsystems, moment);
    // What can't be read may take anything back.
    if let Some(gap) = settings.gaps.into_iter().next() {
        return Fact::unknown(gap.reason);
    }
    let told =
        |managed: bool| Fact::new(Value::record([("managed", managed.into())])).at_most(Confidence::High);
    let mut unsure = None;
    match list(settings.unmanaged.iter().map(|(_, entry)| entry.as_str()), name) {
        Match::Yes => {
            let places = settings.unmanaged.into_iter().rev().map(|(origin, entry)| origin.says(entry));
            return told(false).because_all(places);
        }
        Match::Unknown => unsure = settings.unmanaged.first().map(|(origin, _)| origin.clone()),
        Match::No => {}
    }
    // The first section that matches counts: those of later files come first, and the one without a name last.
    let mut devices = settings.devices;
    devices.sort_by_key(|device| (device.name == "device", Reverse(device.file)));
    let (mut is_told, mut may_be_managed) = (false, false);
    for device in devices {
        if device.managed.is_none() && !device.stops {
            continue;
        }
        let entries = device.matches.as_deref().unwrap_or("*");
        match (list(split(entries), name), device.managed) {
            (Match::Yes, Some(false)) if !may_be_managed => return told(false).because(device.origin),
            (Match::Yes, says) => {
                is_told = says.is_some();
                break;
            }
            (Match::No, _) => {}
            (Match::Unknown, says) => {
                may_be_managed |= says != Some(false);
                unsure.get_or_insert(device.origin);
            }
        }
    }
    if let Some(origin) = unsure {
        return Fact::unknown(format!("{origin}: whether this is {name} depends on more than its name"));
    }
    let is_veth = KINDS.iter().any(|(pattern, kind)| *kind == "veth" && glob::covers_name(pattern, name));
    if is_veth && !is_told {
        match udev_leaves_veth(files) {
            Ok(Some(origin)) => return told(false).because(origin),
            Ok(None) => {}
            Err(gap) => return Fact::unknown(gap.reason),
        }
    }
    match settings.hidden {
        Some(path) => Fact::unknown(format!("{path}: netplan may hide it at boot")),
        None => told(true).because(Origin::file(MAIN)).note("no file tells NetworkManager to leave it alone"),
    }
}

/// The rule of udev by which NetworkManager leaves veth devices alone.
fn udev_leaves_veth(files: &Files) -> Result<Option<Origin>, Gap> {
    for path in UDEV_RULES {
        match files.lstat(path) {
            Ok(_) => {}
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.into()),
        }
        let path = HostPath::new(path);
        // The first of the name hides the others.
        let bytes = match drop_in::read(files, &path) {
            Content::Bytes(bytes) => bytes,
            Content::Masked => return Ok(None),
            Content::Broken(gap) | Content::Unread(gap) => return Err(gap),
        };
        let is_it = |text: &str| {
            let text = text.trim_start();
            !text.starts_with('#') && text.contains("==\"veth\"") && text.contains("ENV{NM_UNMANAGED}=\"1\"")
        };
        let found = crate::format::lines(&bytes).find(|(_, text)| is_it(text));
        return Ok(found.map(|(line, _)| Origin::line(&path, line)));
    }
    Ok(None)
}

/// Everything that the files say of interfaces.
fn settings(subsystems: &Subsystems<'_>, moment: Moment) -> Settings {
    let host = subsystems.host().files();
    let mut settings = Settings::default();
    let live = match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) => Some(running.files()),
        _ => None,
    };
    let mut found = vec![(TURN_OF_MAIN, host, HostPath::new(MAIN))];
    for (directory, turn) in DROP_INS {
        let files = if directory == VOLATILE { live } else { Some(host) };
        let Some(files) = files else { continue };
        let merged = drop_in::merge(files, &[directory], ".conf");
        settings.gaps.extend(merged.gaps);
        if merged.files.len() > MOST {
            settings.refuse(&Origin::file(directory), "more files than any host has");
            continue;
        }
        for DropIn { path, .. } in merged.files {
            // A name that a higher directory has is hidden in the lower ones.
            if !found.iter().any(|(_, _, known)| known.file_name() == path.file_name()) {
                found.push((turn, files, path));
            }
        }
    }
    // Stable: each directory is sorted by name.
    found.sort_by_key(|(turn, ..)| *turn);
    let is_netplan = moment == Moment::Boot && host.stat(NETPLAN).is_ok();
    for (_, files, path) in found {
        let is_vendors = path.as_path().starts_with(VENDOR);
        if is_netplan && is_vendors && path.file_name().to_str() == Some(OF_NETPLAN) {
            settings.hidden = Some(path);
            continue;
        }
        match drop_in::read(files, &path) {
            Content::Bytes(bytes) => settings.lay(&path, &ini::parse(&bytes)),
            Content::Masked => {}
            Content::Broken(gap) | Content::Unread(gap) => settings.gaps.push(gap),
        }
    }
    settings
}

impl Settings {
    /// What is beyond a bound may say anything.
    fn refuse(&mut self, origin: &Origin, what: &str) {
        self.gaps.push(Gap { origin: origin.clone(), reason: format!("{origin}: {what}") });
    }

    /// Lays a file over what earlier ones say.
    fn lay(&mut self, path: &HostPath, file: &ini::Ini) {
        self.files += 1;
        if file.last(".config", "enable").is_some_and(|entry| entry.value != "true") {
            let reason = format!("{path}: whether it counts is not looked into (enable=)");
            return self.gaps.push(Gap { origin: Origin::file(path), reason });
        }
        for entry in &file.entries {
            if !self.gaps.is_empty() {
                return;
            }
            let place = Origin::line(path, entry.line);
            match entry.section.as_str() {
                "keyfile" => self.keyfile(&place, &entry.key, &entry.value),
                section
                    if section == "device"
                        || section.starts_with("device-")
                        || section.starts_with("device.") =>
                {
                    self.device(place, section, &entry.key, &entry.value);
                }
                _ => {}
            }
        }
    }

    /// `unmanaged-devices`, which may also be added to and taken from: `+=`, `-=`.
    fn keyfile(&mut self, place: &Origin, key: &str, value: &str) {
        let name = key.trim_end_matches(['+', '-']).trim_end();
        if name != "unmanaged-devices" {
            return;
        }
        self.changes += 1;
        if self.changes > MOST {
            return self.refuse(place, "more changes of unmanaged-devices than any host has");
        }
        let entries = split(value).map(|text| (place.clone(), text.to_owned()));
        match key.chars().last() {
            Some('+') => self.unmanaged.extend(entries),
            Some('-') => {
                let gone: HashSet<&str> = split(value).collect();
                self.unmanaged.retain(|(_, text)| !gone.contains(text.as_str()));
            }
            _ => self.unmanaged = entries.collect(),
        }
        if self.unmanaged.len() > MOST_ENTRIES {
            self.refuse(place, "more unmanaged-devices than any host has");
        }
    }

    fn device(&mut self, place: Origin, section: &str, key: &str, value: &str) {
        if !["managed", "match-device", "stop-match"].contains(&key) {
            return;
        }
        let next = self.devices.len();
        let at = *self.known.entry(section.to_owned()).or_insert(next);
        if next == MOST && at == next {
            return self.refuse(&place, "more sections [device...] than any host has");
        }
        if at == next {
            let (file, name, origin) = (self.files, section.to_owned(), place.clone());
            self.devices.push(Device { file, origin, name, matches: None, managed: None, stops: false });
        }
        let device = &mut self.devices[at];
        if key == "match-device" {
            device.matches = Some(value.to_owned());
            return;
        }
        let flag = match value.to_ascii_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => true,
            "0" | "no" | "false" | "off" => false,
            _ => return self.refuse(&place, &format!("`{key}` is neither yes nor no")),
        };
        if key == "stop-match" {
            device.stops = flag;
        } else {
            device.origin = place;
            device.managed = Some(flag);
        }
    }
}

fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ';']).map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a list matches: one of its entries does and none that begins with `except:`; a list of such entries alone
/// matches everything else.
fn list<'l>(entries: impl Iterator<Item = &'l str>, name: &str) -> Match {
    let (mut positive, mut negative, mut excepted, mut found) = (false, false, Match::No, Match::No);
    let worst = |known: Match, new: Match| match (known, new) {
        (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
        (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
        _ => Match::No,
    };
    for text in entries {
        if let Some(text) = text.strip_prefix("except:") {
            negative = true;
            excepted = worst(excepted, entry(text, name));
        } else {
            positive = true;
            found = worst(found, entry(text, name));
        }
    }
    let found = if negative && !positive { Match::Yes } else { found };
    match (found, excepted) {
        (Match::No, _) | (_, Match::Yes) => Match::No,
        (Match::Yes, Match::No) => Match::Yes,
        _ => Match::Unknown,
    }
}

/// Whether one entry matches an interface by its name.
fn entry(text: &str, name: &str) -> Match {
    let is = |matches: bool| if matches { Match::Yes } else { Match::No };
    match text.split_once(':') {
        None if text == "*" => Match::Yes,
        None => is(text == name),
        Some(("interface-name", pattern)) => is(match pattern.split_at_checked(1) {
            Some(("=", exact)) => exact == name,
            Some(("~", pattern)) => glob::covers_name(pattern, name),
            _ => glob::covers_name(pattern, name),
        }),
        Some(("type", wanted)) => match KINDS.iter().find(|(pattern, _)| glob::covers_name(pattern, name)) {
            Some((_, kind)) => is(*kind == wanted),
            None => Match::Unknown,
        },
        // Hardware addresses, drivers, subchannels: pod networks make their interfaces with addresses of their own.
        Some(_) => Match::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_match_as_the_manual_says() {
        let matches = |text: &str, name: &str| match list(split(text), name) {
            Match::Yes => "yes",
            Match::No => "no",
            Match::Unknown => "unknown",
        };
        for (text, name, expected) in [
            ("", "cali0", "no"),
            ("*", "cali0", "yes"),
            ("cali0", "cali0", "yes"),
            ("interface-name:cali*;interface-name:tunl*", "cali0", "yes"),
            ("interface-name:cali*,interface-name:tunl*", "tunl0", "yes"),
            ("interface-name:cali*", "vxlan.calico", "no"),
            ("interface-name:=cali*", "cali0", "no"),
            ("interface-name:~cali?", "cali0", "yes"),
            ("type:veth", "cali0", "yes"),
            ("type:vxlan", "cali0", "no"),
            ("type:veth", "eth0", "unknown"),
            ("mac:00:22:68:1c:59:b1", "cali0", "unknown"),
            ("mac:00:22:68:1c:59:b1;interface-name:cali*", "cali0", "yes"),
            ("*,except:type:wifi", "cali0", "yes"),
            ("*,except:interface-name:cali*", "cali0", "no"),
            ("except:interface-name:eth*", "cali0", "yes"),
            ("except:interface-name:eth*", "eth0", "no"),
            ("*,except:driver:veth", "cali0", "unknown"),
        ] {
            assert_eq!(matches(text, name), expected, "{text} {name}");
        }
    }

    proptest! {
        #[test]
        fn any_list_is_read(text in "\\PC{0,60}") {
            list(split(&text), "cali0");
        }
    }
}
