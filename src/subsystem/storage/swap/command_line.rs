//! Switches on the kernel command line that keep swap off or turn it on.

use super::Swap;
use crate::fact::{Confidence, Origin};
use crate::parse::{cmdline, systemd};
use crate::subsystem::Subsystems;
use crate::subsystem::loader::next_boot::Parameter;

/// The places that set a switch to false, if it is set to false in every plausible boot. The certainty of
/// `swap` is lowered where the command line is not known, which is then taken to say nothing.
///
/// # Errors
/// Says that the command lines that may boot disagree.
pub(super) fn is_off(
    subsystems: &Subsystems<'_>,
    swap: &mut Swap,
    key: &str,
) -> Result<Option<Vec<Origin>>, String> {
    let Parameter { value, confidence, because } = subsystems.next_boot().parameter(key)?;
    let floor = if value.is_some() { confidence } else { confidence.max(Confidence::High) };
    swap.confidence = swap.confidence.min(floor);
    let off = value.as_deref().is_some_and(is_false);
    Ok(off.then(|| because.into_iter().map(|origin| origin.says(format!("{key}=0"))).collect()))
}

/// Whether the installed systemd knows what came with a version; a version that is not known may.
pub(super) fn may_know(subsystems: &Subsystems<'_>, since: u32) -> bool {
    subsystems.systemd().version.is_none_or(|version| version >= since)
}

/// The devices of `systemd.swap-extra=WHAT[:OPTIONS]` (systemd-fstab-generator(8), since 254) in any plausible
/// boot: options and place of each.
pub(super) fn extra(subsystems: &Subsystems<'_>) -> Vec<(String, String, Origin)> {
    let mut found: Vec<(String, String, Origin)> = Vec::new();
    if !may_know(subsystems, 254) {
        return found;
    }
    for entry in &subsystems.next_boot().entries {
        for value in cmdline::parameters(entry.cmdline.as_deref().unwrap_or_default(), "systemd.swap-extra") {
            let (device, options) = value.split_once(':').unwrap_or((value, ""));
            if device.is_empty() || found.iter().any(|(known, ..)| known == device) {
                continue;
            }
            let origin = entry.because.first().cloned();
            let origin = origin.unwrap_or_else(|| Origin::file("kernel command line"));
            let says = format!("systemd.swap-extra={value}");
            found.push((device.to_owned(), options.to_owned(), origin.says(says)));
        }
    }
    found
}

pub(super) fn is_false(value: &str) -> bool {
    systemd::parameter(value) == Some(false)
}

/// A bare parameter is true.
pub(super) fn is_true(value: &str) -> bool {
    systemd::parameter(value) == Some(true)
}
