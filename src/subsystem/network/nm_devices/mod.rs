//! Which interfaces NetworkManager would manage, by its configuration (NetworkManager.conf(5), 1.20 to 1.52).

mod matching;
mod settings;

use std::cmp::Reverse;

use crate::fact::{Answer, Confidence, Moment, Origin};
use crate::host::{Files, HostPath, Read};
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::{Subsystems, Unreadable};
use matching::{Match, is_veth, list, split};
use settings::{Device, MAIN, settings};

const PROGRAMS: [&str; 2] = ["/usr/sbin/NetworkManager", "/usr/bin/NetworkManager"];
/// NetworkManager's own rules of udev, which tell it to leave veth devices alone that are not named `eth*`; from the
/// highest precedence to the lowest (udev(7)). A section `[device...]` wins against them.
const UDEV_RULES: [&str; 4] = [
    "/etc/udev/rules.d/85-nm-unmanaged.rules",
    "/usr/local/lib/udev/rules.d/85-nm-unmanaged.rules",
    "/usr/lib/udev/rules.d/85-nm-unmanaged.rules",
    "/lib/udev/rules.d/85-nm-unmanaged.rules",
];

/// Whether an interface would be managed; absent without NetworkManager.
pub fn is_managed(subsystems: &Subsystems<'_>, name: &str, moment: Moment) -> Answer<bool> {
    let files = subsystems.host().files();
    match files.any_is_there(PROGRAMS) {
        Ok(true) => {}
        Ok(false) => return Answer::absent().note("NetworkManager is not installed"),
        Err(error) => return Answer::unknown(error),
    }
    let settings = settings(subsystems, moment);
    // What can't be read may take anything back.
    if let Some(gap) = settings.gaps.into_iter().next() {
        return Answer::unknown(gap.reason);
    }
    let answer = |is_managed: bool| Answer::known(is_managed).at_most(Confidence::High);
    let mut unsure = None;
    match list(settings.unmanaged.iter().map(|(_, entry)| entry.as_str()), name) {
        Match::Yes => {
            let places = settings.unmanaged.into_iter().rev().map(|(origin, entry)| origin.says(entry));
            return answer(false).because_all(places);
        }
        Match::Unknown => unsure = settings.unmanaged.first().map(|(origin, _)| origin.clone()),
        Match::No => {}
    }
    let is_told = match by_section(settings.devices, name, &mut unsure) {
        Said::Unmanaged(origin) => return answer(false).because(origin),
        Said::Otherwise => true,
        Said::Nothing => false,
    };
    if let Some(origin) = unsure {
        return Answer::unknown(format!("{origin}: whether this is {name} depends on more than its name"));
    }
    if is_veth(name) && !is_told {
        match udev_leaves_veth(files) {
            Ok(Some(origin)) => return answer(false).because(origin),
            Ok(None) => {}
            Err(gap) => return Answer::unknown(gap.reason),
        }
    }
    match settings.hidden {
        Some(path) => Answer::unknown(format!("{path}: netplan may hide it at boot")),
        None => {
            answer(true).because(Origin::file(MAIN)).note("no file tells NetworkManager to leave it alone")
        }
    }
}

/// What the sections `[device...]` say of an interface.
enum Said {
    /// To leave it alone: the place.
    Unmanaged(Origin),
    /// Something else, or not for certain.
    Otherwise,
    Nothing,
}

/// The first section that matches counts: those of later files come first, and the one without a name last. What may
/// match, and would say otherwise, makes `unsure`.
fn by_section(mut devices: Vec<Device>, name: &str, unsure: &mut Option<Origin>) -> Said {
    devices.sort_by_key(|device| (device.name == "device", Reverse(device.file)));
    let mut may_be_managed = false;
    for device in devices {
        if device.managed.is_none() && !device.stops {
            continue;
        }
        let entries = device.matches.as_deref().unwrap_or("*");
        match (list(split(entries), name), device.managed) {
            (Match::Yes, Some(false)) if !may_be_managed => return Said::Unmanaged(device.origin),
            (Match::Yes, Some(_)) => return Said::Otherwise,
            (Match::Yes, None) => return Said::Nothing,
            (Match::No, _) => {}
            (Match::Unknown, says) => {
                may_be_managed |= says != Some(false);
                unsure.get_or_insert(device.origin);
            }
        }
    }
    Said::Nothing
}

/// The rule of udev by which NetworkManager leaves veth devices alone.
fn udev_leaves_veth(files: &Files) -> Result<Option<Origin>, Unreadable> {
    for path in UDEV_RULES {
        match files.lstat(path) {
            Read::There(_) => {}
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Err(error.into()),
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
        let found = crate::parse::lines(&bytes).find(|(_, text)| is_it(text));
        return Ok(found.map(|(line, _)| Origin::line(&path, line)));
    }
    Ok(None)
}
