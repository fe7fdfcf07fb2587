//! Services of distributions that make swap: zram-tools, dphys-swapfile, swapspace.

use super::generated::{is_installed, runs};
use super::{Area, Swap};
use crate::fact::{Confidence, Origin};
use crate::host::Read;
use crate::parse::{assignments, ini};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

/// A service that makes swap whenever it starts.
struct Service {
    unit: &'static str,
    device: &'static str,
}

const SERVICES: [Service; 6] = [
    // Debian's zram-tools; openSUSE's systemd-zram-service.
    Service { unit: "zramswap.service", device: "/dev/zram0" },
    // Ubuntu's zram-config.
    Service { unit: "zram-config.service", device: "/dev/zram0" },
    // Fedora up to 32.
    Service { unit: "zram-swap.service", device: "/dev/zram0" },
    // NVIDIA Jetson.
    Service { unit: "nvzramconfig.service", device: "/dev/zram0" },
    // Raspberry Pi OS up to 12; its configuration decides, see below.
    Service { unit: DPHYS, device: "/var/swap" },
    Service { unit: "armbian-zram-config.service", device: "/dev/zram0" },
];

/// Services that make swap when memory gets short, or as their own configuration says.
const PERHAPS: [(&str, &str); 2] = [
    ("swapspace.service", "swapspace makes swap files when memory gets short"),
    ("systemd-swap.service", "systemd-swap makes swap as its configuration says"),
];

const DPHYS: &str = "dphys-swapfile.service";

/// Programs of these services: what they run is told by the service, not by the lines of the script.
pub(super) const PROGRAMS: [&str; 4] =
    ["zramswap", "init-zram-swapping", "dphys-swapfile", "nvzramconfig.sh"];

pub(super) fn read(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    for service in &SERVICES {
        let says = format!("starts {}", service.unit);
        match subsystems.units().starts(subsystems, service.unit) {
            Starts::Yes(origins) => {
                let origin = origins.into_iter().next().unwrap_or_else(|| Origin::file(service.unit));
                match configured(subsystems, swap, service) {
                    Some(Ok(device)) => swap.add_unchecked(Area::new(device, origin.says(says))),
                    Some(Err(off)) => swap.off.push(off),
                    None => {}
                }
            }
            Starts::Unknown(reason) if exists(subsystems, service.unit) => {
                swap.doubt(Some(service.device), reason, Some(Origin::file(service.unit)));
            }
            Starts::No(_) | Starts::Unknown(_) => {}
        }
    }
    for (unit, reason) in PERHAPS {
        if let Starts::Yes(origins) = subsystems.units().starts(subsystems, unit) {
            swap.doubt(None, reason, origins.into_iter().next());
        }
    }
    raspberry_pi(subsystems, swap);
}

/// The device that a service turns on, or the place that says none; nothing if its configuration can't be
/// read, which is then a gap.
fn configured(
    subsystems: &Subsystems<'_>,
    swap: &mut Swap,
    service: &Service,
) -> Option<Result<String, Origin>> {
    const CONFIGURATION: &str = "/etc/dphys-swapfile";
    if service.unit != DPHYS {
        return Some(Ok(service.device.to_owned()));
    }
    let assignments = match subsystems.host().files().read(CONFIGURATION) {
        Read::There(bytes) => assignments::parse(&bytes),
        Read::Missing(_) => Vec::new(),
        Read::Hidden(error) => {
            swap.gaps.push(error.into());
            return None;
        }
    };
    let value = |name| assignments::last(&assignments, name);
    if let Some(zero) = value("CONF_SWAPSIZE").filter(|size| size.value == "0") {
        return Some(Err(Origin::line(CONFIGURATION, zero.line).says("CONF_SWAPSIZE=0")));
    }
    let file = value("CONF_SWAPFILE").filter(|file| !file.value.is_empty());
    Some(Ok(file.map_or_else(|| service.device.to_owned(), |file| file.value.clone())))
}

/// Raspberry Pi OS since 13: rpi-swap, with zram, a file, or nothing.
fn raspberry_pi(subsystems: &Subsystems<'_>, swap: &mut Swap) {
    const GENERATOR: &str = "rpi-swap-generator";
    const CONFIGURATION: &str = "/etc/rpi/swap.conf";
    let files = subsystems.host().files();
    match is_installed(files, GENERATOR) {
        Ok(true) => {}
        Ok(false) => return,
        Err(gap) => return swap.gaps.push(gap),
    }
    if !runs(subsystems, swap, GENERATOR) {
        return;
    }
    let ini = match files.read(CONFIGURATION) {
        Read::There(bytes) => ini::parse(&bytes),
        Read::Missing(_) => ini::Ini::default(),
        Read::Hidden(error) => return swap.gaps.push(error.into()),
    };
    match ini.last("Main", "Mechanism") {
        Some(entry) if entry.value == "none" => {
            swap.off.push(Origin::line(CONFIGURATION, entry.line).says("Mechanism=none"));
        }
        _ => {
            let origin = Origin::file(CONFIGURATION).says("rpi-swap is installed");
            swap.doubt(None, "rpi-swap makes swap, and which it chooses is not known", Some(origin));
            swap.confidence = swap.confidence.min(Confidence::High);
        }
    }
}

fn exists(subsystems: &Subsystems<'_>, unit: &str) -> bool {
    subsystems.units().merged(subsystems, unit).is_some()
}
