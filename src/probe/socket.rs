//! `socket`: whether something listens on a unix socket.

use super::{Key, KeyKind, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State};
use crate::host::{Connection, HostError, HostErrorKind, HostPath, Read};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cri::socket_path;

pub(super) static PROBE: Probe = Probe {
    name: "socket",
    summary: "Whether something listens on a unix socket.",
    details: "Now: a connection is tried and closed again: `listening`, `busy` (somebody listens, the queue is full), \
              `refused` (a leftover without a listener), `not-a-socket`; absent if the path isn't there. No socket \
              survives a boot, so that there is no answer for it: ask for the service instead. /var/run is the same \
              as /run.",
    key: KeySyntax::Required(&KeyKind { noun: "path", canonical: socket_path }),
    answer: Shape::Word(&["listening", "busy", "refused", "not-a-socket"]),
    moments: NOW,
    examples: &["/run/crio/crio.sock"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let word = match running.connect(&HostPath::new(key.as_str())) {
        Read::There(Connection::Accepted) => "listening",
        Read::There(Connection::Busy) => "busy",
        Read::There(Connection::Refused) => "refused",
        Read::Missing(_) => return Fact::absent().because(Origin::file(key)),
        Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => "not-a-socket",
        Read::Hidden(error) => return Fact::unknown(error),
    };
    Fact::new(State::from(word)).because(Origin::file(key))
}
