//! `swap`: swap areas.

use super::key::verbatim;
use super::{BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::{Subsystems, swap};

pub(super) static PROBE: Probe = Probe {
    name: "swap",
    summary: "Swap areas that are on; with a device, whether it is `on` or `off` (`any` for any of them).",
    details: "Now: /proc/swaps. Boot: everything that turns swap on: fstab, swap units, swap partitions on the root's \
              GPT disk, zram-generator, zram-tools, dphys-swapfile, commands with swapon, cloud tools. A directory has \
              no partition table, so that a note says so where nothing rules such a partition out.",
    key: KeySyntax::Optional(&KeyKind { noun: "device", canonical: verbatim }),
    answer: Shape::List(&Shape::Any),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let device = if key.is_none() { None } else { Some(key.as_str()) };
    swap::swap(subsystems, device, moment)
}
