//! `socket`: whether something listens on a unix socket.

use super::{Key, KeyKind, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::host::{Connection, HostPath, Trouble};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "socket",
    summary: "Whether something listens on a unix socket.",
    details: "Now: a connection is tried and closed again: `listening`, `busy` (somebody listens, the queue is full), \
              `refused` (a leftover without a listener), `not-a-socket`; absent if the path isn't there. No socket \
              survives a boot, so that there is no answer for it: ask for the service instead. /var/run is the same \
              as /run.",
    key: KeySyntax::Required(&KeyKind { noun: "path", canonical }),
    answer: Shape::Word(&["listening", "busy", "refused", "not-a-socket"]),
    moments: NOW,
    examples: &["/run/crio/crio.sock"],
    ask,
};

/// `/var/run` is a link to `/run` on every distribution; a `unix://` in front is dropped.
fn canonical(text: &str) -> Result<String, String> {
    let path = text.strip_prefix("unix://").unwrap_or(text);
    if !path.starts_with('/') {
        return Err(format!("`{text}` is not an absolute path"));
    }
    let path = HostPath::new(path).to_string();
    Ok(path.strip_prefix("/var/run/").map_or(path.clone(), |rest| format!("/run/{rest}")))
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown("nothing is running here") };
    let word = match running.connect(&HostPath::new(key.as_str())) {
        Ok(Connection::Accepted) => "listening",
        Ok(Connection::Busy) => "busy",
        Ok(Connection::Refused) => "refused",
        Err(error) => match error.trouble {
            Trouble::NotFound => return Fact::absent().because(Origin::file(key)),
            Trouble::NotAFile(_) => "not-a-socket",
            _ => return Fact::unknown(error.to_string()),
        },
    };
    Fact::new(State::from(word)).because(Origin::file(key))
}
