//! `os`: the distribution.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;

const ID: Attribute = Attribute::new("id", Shape::Text, "`debian`, `rocky`.");
const VERSION: Attribute =
    Attribute::new("version", Shape::Version, "`12`, `9.4`; absent for rolling releases.");
const NAME: Attribute = Attribute::new("name", Shape::Text, "For people.");
const LIKE: Attribute = Attribute::new("like", Shape::List(&Shape::Text), "What it is derived from.");

pub(super) static PROBE: Probe = Probe {
    name: "os",
    summary: "The distribution and its release.",
    details: "Both moments: /etc/os-release, else /usr/lib/os-release (os-release(5)).",
    key: KeySyntax::None,
    answer: Shape::Record(&[ID, VERSION, NAME, LIKE]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let os = subsystems.os_release();
    match (&os.trouble, &os.origin) {
        (Some(error), _) => return Fact::unknown(error.clone()),
        (None, None) => return Fact::absent(),
        (None, Some(_)) => {}
    }
    let text = |text: &str| if text.is_empty() { State::Absent } else { State::from(text) };
    let like = Value::list(os.like.iter().map(String::as_str));
    let record = Value::record([
        ID.is(text(&os.id)),
        VERSION.is(text(&os.version)),
        NAME.is(text(&os.name)),
        LIKE.is(like),
    ]);
    Fact::new(State::from(record)).because_all(os.origin.iter().cloned())
}
