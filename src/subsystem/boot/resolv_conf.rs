//! Whether a file with name servers is there after a boot: what is below `/run` is there only if its writer starts.

use crate::fact::{Answer, Confidence, Origin};
use crate::host::{HostPath, Read};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::{self, Unavailable};
use crate::subsystem::early_boot::is_below;
use crate::subsystem::systemd::units::Starts;

const SYSTEM: &str = "/etc/resolv.conf";

/// Directories below `/run`, and the units that write name servers into them.
const WRITERS: [(&str, &[&str]); 6] = [
    ("/run/systemd/resolve", &["systemd-resolved.service"]),
    ("/run/NetworkManager", &["NetworkManager.service"]),
    ("/run/resolvconf", &["resolvconf.service", "networking.service", "NetworkManager.service"]),
    ("/run/netconfig", &["wicked.service", "NetworkManager.service", "wickedd.service"]),
    ("/run/connman", &["connman.service"]),
    ("/run/dhcpcd", &["dhcpcd.service"]),
];

/// Units that write `/etc/resolv.conf` itself.
const WRITERS_ON_DISK: [&str; 7] = [
    "NetworkManager.service",
    "networking.service",
    "wicked.service",
    "dhcpcd.service",
    "connman.service",
    "cloud-init.service",
    "cloud-init-local.service",
];

/// Whether the file at a path is there after the next boot.
pub fn at_boot(subsystems: &Subsystems<'_>, path: &HostPath) -> Answer<bool> {
    let files = subsystems.host().files();
    let real = ephemeral::real(files, path);
    let link = (real != *path).then(|| Origin::file(path).says(format!("leads to {real}")));
    let answer = if ephemeral::is_below_memory(&real) {
        written(subsystems, &real)
    } else {
        match ephemeral::files(subsystems, &real, crate::fact::Moment::NextBoot) {
            Ok(tree) => match tree.stat(&real) {
                Read::There(_) => Answer::known(true).because(Origin::file(&real)),
                Read::Missing(_) => missing_on_disk(subsystems, &real),
                Read::Hidden(error) => Answer::unknown(error),
            },
            Err(Unavailable::Lost(why)) => Answer::known(false).because(Origin::file(&real)).note(why),
            Err(Unavailable::Remade(why)) => match subsystems.units().starts(subsystems, WRITERS[0].1[0]) {
                Starts::Yes(origins) => Answer::known(true).because_all(origins).at_most(Confidence::High),
                Starts::No(_) | Starts::Unknown(_) => Answer::unknown(why),
            },
            Err(why) => Answer::unknown(why.why().to_owned()),
        }
    };
    match link {
        Some(link) => Answer { because: std::iter::once(link).chain(answer.because).collect(), ..answer },
        None => answer,
    }
}

/// What is below `/run` is there if one of its writers starts.
fn written(subsystems: &Subsystems<'_>, real: &HostPath) -> Answer<bool> {
    let writers = WRITERS.iter().find(|(directory, _)| is_below(real, directory));
    let Some((_, units)) = writers else {
        return Answer::unknown(format!("what writes {real} at boot is not known"));
    };
    let mut kept = Vec::new();
    let mut doubt = None;
    for unit in *units {
        match subsystems.units().starts(subsystems, unit) {
            Starts::Yes(origins) => {
                return Answer::known(true).because_all(origins).at_most(Confidence::High);
            }
            Starts::No(origins) => kept.extend(origins),
            Starts::Unknown(reason) => {
                doubt.get_or_insert(reason);
            }
        }
    }
    let knows = |unit: &str| {
        let known = subsystems.units();
        known.masked_by(subsystems, unit).is_some() || known.merged(subsystems, unit).is_some()
    };
    match doubt {
        // Something wrote it that isn't known here.
        None if !units.iter().any(|unit| knows(unit)) && is_there_now(subsystems, real) => {
            let note = format!("{real} is there now, and taken to be written again");
            Answer::known(true).at_most(Confidence::High).note(note)
        }
        Some(reason) => Answer::unknown(format!("whether {} starts can't be told: {reason}", units[0])),
        None => {
            let note = format!("{} doesn't start, which writes {real}", units[0]);
            Answer::known(false).because_all(kept).note(note)
        }
    }
}

/// What can't be looked at is taken to be there: it says nothing about the next boot.
fn is_there_now(subsystems: &Subsystems<'_>, real: &HostPath) -> bool {
    let running = subsystems.host().running();
    running.is_some_and(|running| !matches!(running.files().stat(real), Read::Missing(_)))
}

/// A file that isn't on disk: what didn't write it during this boot doesn't during the next.
fn missing_on_disk(subsystems: &Subsystems<'_>, real: &HostPath) -> Answer<bool> {
    let missing = Answer::known(false).because(Origin::file(real).says("is not there"));
    if *real != HostPath::new(SYSTEM) || subsystems.host().running().is_some() {
        return missing;
    }
    for unit in WRITERS_ON_DISK {
        match subsystems.units().starts(subsystems, unit) {
            Starts::No(_) => {}
            Starts::Yes(_) if unit == WRITERS_ON_DISK[0] => {
                return Answer::known(true).at_most(Confidence::High).note(format!("{unit} writes it"));
            }
            Starts::Yes(_) => return Answer::unknown(format!("{unit} may write {real} at boot")),
            Starts::Unknown(reason) => {
                return Answer::unknown(format!("{unit} may write {real} at boot: {reason}"));
            }
        }
    }
    missing
}
