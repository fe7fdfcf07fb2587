//! `swap`: swap areas.

use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::host::HostPath;
use crate::subsystem::Subsystems;
use crate::subsystem::storage::swap;

const DEVICE: Attribute =
    Attribute::new("device", Shape::Text, "The device, as the place that turns it on names it.");
const KIND: Attribute =
    Attribute::new("kind", Shape::Word(&["partition", "file", "zram"]), "What kind of area it is.");

pub(super) static PROBE: Probe = Probe {
    name: "swap",
    summary: "Swap areas that are on; with a device, whether it is `on` or `off` (`any` for any of them).",
    details: "Now: /proc/swaps. Boot: everything that turns swap on: fstab and systemd.swap-extra=, swap units, swap \
              partitions on the root's GPT disk, zram-generator, zram-tools, dphys-swapfile, commands with swapon, cloud \
              tools. A directory has no partition table, so that a note says so where nothing rules such a partition \
              out. A device may be named as fstab names it; where a name can't be told to be or not to be that of \
              an area that is on (`UUID=` in an image), the answer is unknown.",
    key: KeySyntax::Optional(&KeyKind { noun: "device", canonical }),
    answer: Shape::List(&Shape::Any),
    moments: BOTH,
    examples: &[],
    ask,
};

/// The kernel's name or a link of udev, as fstab writes them; `any` for any area.
fn canonical(text: &str) -> Result<String, String> {
    const TAGS: [&str; 4] = ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="];
    if text == "any" || TAGS.iter().any(|tag| text.starts_with(tag)) {
        return Ok(text.to_owned());
    }
    if !text.starts_with('/') {
        return Err(format!("`{text}` is no path such as /dev/sda2, no `UUID=...` and not `any`"));
    }
    Ok(HostPath::new(text).to_string())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    if key.is_none() {
        let record = |area: swap::Area| Value::record([DEVICE.is(area.device), KIND.is(area.kind)]);
        let list = |areas: Vec<swap::Area>| Value::List(areas.into_iter().map(record).collect());
        return swap::list(subsystems, moment).map(list);
    }
    let word = |is_on| Value::from(if is_on { "on" } else { "off" });
    swap::is_on(subsystems, key.as_str(), moment).map(word)
}
