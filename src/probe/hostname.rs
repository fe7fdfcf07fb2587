//! `hostname`: the name of the host.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::subsystem::Subsystems;
use crate::subsystem::network::hostname;

pub(super) static PROBE: Probe = Probe {
    name: "hostname",
    summary: "The name of the host.",
    details: "Now: what `uname(2)` says. Boot: systemd.hostname= of the next command line, else the first line of \
              /etc/hostname without characters that a name can't have, else systemd's fallback.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

pub(super) fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) if running.uname().nodename.is_empty() => {
            Fact::unknown("the recording doesn't say which name the host had")
        }
        (Moment::Now, Some(running)) => {
            Fact::new(State::from(running.uname().nodename.as_str())).because(Origin::file("uname(2)"))
        }
        (Moment::Now, None) => Fact::unknown("nothing is running here"),
        (Moment::Boot, _) => hostname::at_boot(subsystems),
    }
}
