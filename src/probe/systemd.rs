//! `systemd`: the installed systemd.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
use crate::parse::systemd::RUNTIME_UNITS;
use crate::subsystem::Subsystems;

const INIT: Attribute = Attribute::new("init", Shape::Bool, "Whether it is the first process.");
const REPLACED: Attribute = Attribute::new(
    "replaced",
    Shape::Bool,
    "Whether another init boots and systemd is not installed, so that no unit means anything.",
);
const VERSION: Attribute = Attribute::new("version", Shape::Version, "The major version, `252`.");

pub(super) static PROBE: Probe = Probe {
    name: "systemd",
    summary: "The version of systemd, and whether it is the init.",
    details: "The version is in the name of systemd's private library; else it follows from the release of the \
              distribution. Whether it boots: where `/sbin/init` leads, or `init=` of the next command line. Now: \
              whether `/run/systemd/system` is there, as sd_booted(3) tells.",
    key: KeySyntax::None,
    answer: Shape::Record(&[INIT, REPLACED, VERSION]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let systemd = subsystems.systemd();
    let doubt = systemd.doubt.as_deref().unwrap_or("no init was found");
    let (init, origin) = match (moment, subsystems.host().running()) {
        (Moment::NextBoot, _) => (systemd.is_init.map_or_else(|| State::unknown(doubt), State::from), None),
        (Moment::Now, None) => return Fact::unknown(Reason::not_running()),
        (Moment::Now, Some(running)) => match running.files().lstat(RUNTIME_UNITS) {
            Read::There(_) => (State::from(true), Some(Origin::file(RUNTIME_UNITS))),
            Read::Missing(_) => (State::from(false), Some(Origin::file(RUNTIME_UNITS).says("is not there"))),
            Read::Hidden(error) => (State::unknown(error.to_string()), None),
        },
    };
    let version = systemd.version.map_or_else(
        || {
            let nothing = "neither its library nor a known release of a distribution was found";
            State::unknown(systemd.unread.as_deref().unwrap_or(nothing))
        },
        |version| State::from(version.to_string()),
    );
    // The init's place decides the question that rules ask; the library comes after it.
    let places = systemd.because.iter().rev().cloned();
    let replaced = systemd.is_replaced.map_or_else(|| State::unknown(doubt), State::from);
    Fact::new(Value::record([INIT.is(init), REPLACED.is(replaced), VERSION.is(version)]))
        .because_all(origin)
        .because_all(places)
        .at_most(systemd.confidence)
}
