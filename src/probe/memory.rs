//! `memory`: the memory of the host.

use procfs::{FromRead as _, Meminfo};

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
use crate::subsystem::Subsystems;

const MEMINFO: &str = "/proc/meminfo";

const TOTAL: Attribute = Attribute::new("total", Shape::Size, "MemTotal.");
const AVAILABLE: Attribute =
    Attribute::new("available", Shape::Size, "MemAvailable; absent before Linux 3.14.");
const SWAP_TOTAL: Attribute = Attribute::new("swap-total", Shape::Size, "SwapTotal.");

pub(super) static PROBE: Probe = Probe {
    name: "memory",
    summary: "How much memory the host has, in bytes.",
    details: "Now: /proc/meminfo. What the kernel keeps for itself is not counted, so that a machine sold with 2 GB \
              shows about 1.9 GiB.",
    key: KeySyntax::None,
    answer: Shape::Record(&[TOTAL, AVAILABLE, SWAP_TOTAL]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else {
        return Fact::unknown(Reason::not_running());
    };
    let bytes = match running.files().read(MEMINFO) {
        Read::There(bytes) => bytes,
        Read::Missing(path) => return Fact::unknown(format!("{path}: not found")),
        Read::Hidden(error) => return Fact::unknown(error),
    };
    // The crate multiplies without looking; no machine has an exabyte.
    let absurd = bytes.split(|b| !b.is_ascii_digit()).any(|digits| digits.len() > 15);
    // Why doesn't matter: it becomes unknown.
    let read = if absurd { None } else { Meminfo::from_read(&*bytes).ok() };
    let Some(meminfo) = read else { return Fact::unknown(format!("{MEMINFO} is not what Linux writes")) };
    let size = |bytes| State::Known(Value::Size(bytes));
    let record = Value::record([
        TOTAL.is(size(meminfo.mem_total)),
        AVAILABLE.is(meminfo.mem_available.map_or(State::Absent, size)),
        SWAP_TOTAL.is(size(meminfo.swap_total)),
    ]);
    Fact::new(State::from(record)).because(Origin::file(MEMINFO))
}
