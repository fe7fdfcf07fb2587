//! `hostname`: the name of the host.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, OriginKind, Reason, ReasonCode, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::network::hostname;

pub(super) static PROBE: Probe = Probe {
    name: "hostname",
    summary: "The name of the host.",
    details: "Now: what `uname(2)` says. Boot: systemd.hostname= of the next command line, else the first line of \
              /etc/hostname without characters that a name can't have, else hostname= and systemd's fallback. Unknown \
              where a command of the boot or cloud-init may set another name.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

pub(super) fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) if running.uname().nodename.is_empty() => {
            let reason = "the recording doesn't say which name the host had";
            Fact::unknown(Reason::new(ReasonCode::NotRecorded, reason))
        }
        (Moment::Now, Some(running)) => Fact::new(State::from(running.uname().nodename.as_str()))
            .because(Origin::named(OriginKind::SystemCall, "uname(2)")),
        (Moment::Now, None) => Fact::unknown(Reason::not_running()),
        (Moment::NextBoot, _) => hostname::at_boot(subsystems).map(Value::from),
    }
}
