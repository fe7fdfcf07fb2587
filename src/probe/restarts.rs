//! `restarts`: how often a service was started again.

use super::service::UNIT;
use super::{Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason};
use crate::host::Read;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "restarts",
    summary: "How often systemd has started a service again by itself.",
    details: "Now: `NRestarts` of systemd 235 and later, over D-Bus. It counts from the last time that somebody started the \
              service, or the machine. Absent if systemd doesn't run or the service is not loaded; unknown where systemd \
              can't be asked.",
    key: KeySyntax::Required(&UNIT),
    answer: Shape::Integer,
    moments: NOW,
    examples: &["crio.service", "kubelet.service"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    match running.restarts(key.as_str()) {
        Read::There(count) => Fact::new(i64::from(count)).because(Origin::file("org.freedesktop.systemd1")),
        Read::Missing(_) => Fact::absent().note(format!("{key} is not loaded")),
        Read::Hidden(error) => Fact::unknown(error),
    }
}
