//! `os`: the distribution.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "os",
    summary: "The distribution and its release.",
    details: "Both moments: /etc/os-release, else /usr/lib/os-release (os-release(5)).",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute { name: "id", shape: Shape::Text, summary: "`debian`, `rocky`." },
        Attribute {
            name: "version",
            shape: Shape::Version,
            summary: "`12`, `9.4`; absent for rolling releases.",
        },
        Attribute { name: "name", shape: Shape::Text, summary: "For people." },
        Attribute { name: "like", shape: Shape::List(&Shape::Text), summary: "What it is derived from." },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let os = subsystems.os_release();
    match &os.trouble {
        Some(error) if error.is_not_found() => return Fact::absent(),
        Some(error) => return Fact::unknown(error.to_string()),
        None => {}
    }
    let text = |text: &str| if text.is_empty() { State::Absent } else { State::from(text) };
    let like = Value::list(os.like.iter().map(String::as_str));
    let record = Value::record([
        ("id", text(&os.id)),
        ("version", text(&os.version)),
        ("name", text(&os.name)),
        ("like", State::from(like)),
    ]);
    Fact::new(State::from(record)).because_all(os.origin.iter().cloned())
}
