//! `machine-id`: the identity of the installed system.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "machine-id",
    summary: "The identity of the installed system, `/etc/machine-id`.",
    details: "The text of the file; `uninitialized` or no file make the next boot a first boot, which applies \
              presets; an empty file gets a new identity without that (machine-id(5), systemd 252).",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

const PATH: &str = "/etc/machine-id";

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let host = subsystems.host();
    if moment == Moment::Now && host.running().is_none() {
        return Fact::unknown(Reason::not_running());
    }
    let found = host.files().read(PATH).map(|bytes| Value::from(String::from_utf8_lossy(&bytes).trim()));
    let fact = Fact::of(found.known());
    let note = match &fact.state {
        _ if moment == Moment::Now => None,
        State::Absent => Some("the next boot is a first boot: presets are applied, a new identity is made"),
        state if *state == State::from("uninitialized") => {
            Some("the next boot is a first boot: presets are applied, a new identity is made")
        }
        state if *state == State::from("") => {
            Some("the next boot makes a new identity; it is not a first boot")
        }
        _ => None,
    };
    let fact = fact.because(Origin::file(PATH));
    match note {
        Some(note) => fact.note(note),
        None => fact,
    }
}
