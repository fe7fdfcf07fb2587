//! `hostname`: the name of the host.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "hostname",
    summary: "The name of the host.",
    details: "Now: what `uname(2)` says. Boot: `systemd.hostname=` of the next command line, else `/etc/hostname`.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) => {
            Fact::new(crate::fact::State::from(running.uname().nodename.as_str()))
                .because(Origin::file("uname(2)"))
        }
        (Moment::Now, None) => Fact::unknown("nothing runs here"),
        (Moment::Boot, _) => Fact::unknown("not read yet"),
    }
}
