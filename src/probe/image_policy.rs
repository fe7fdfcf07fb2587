//! `image-policy`: which images may be pulled.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::image_policy;

const DEFAULT: Attribute = Attribute::new(
    "default",
    Shape::Text,
    "What holds for images that nothing else covers: `insecureAcceptAnything`, `reject`, ...",
);
const MISTAKES: Attribute = Attribute::new("mistakes", Shape::List(&Shape::Text), "Why the file is refused.");
const MISSING_KEYS: Attribute = Attribute::new(
    "missing-keys",
    Shape::List(&Shape::Text),
    "Files with keys for signatures that it names and that are not there.",
);
const PATH: Attribute = Attribute::new("path", Shape::Text, "The file.");

pub(super) static PROBE: Probe = Probe {
    name: "image-policy",
    summary: "The policy that decides which images may be pulled: policy.json.",
    details: "The file that CRI-O's `signature_policy` names, else /root/.config/containers/policy.json, else \
              /etc/containers/policy.json. Absent if there is none: then every pull fails.",
    key: KeySyntax::None,
    answer: Shape::Record(&[DEFAULT, MISTAKES, MISSING_KEYS, PATH]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    image_policy::policy(subsystems, moment).map(|policy| {
        Value::record([
            DEFAULT.is(policy.default.map_or(State::Absent, State::from)),
            MISTAKES.is(policy.mistakes.map(Value::list)),
            MISSING_KEYS.is(policy.missing_keys.map(Value::list)),
            PATH.is(policy.path),
        ])
    })
}
