//! `image-policy`: which images may be pulled.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::image_policy;

pub(super) static PROBE: Probe = Probe {
    name: "image-policy",
    summary: "The policy that decides which images may be pulled: policy.json.",
    details: "The file that CRI-O's `signature_policy` names, else /root/.config/containers/policy.json, else \
              /etc/containers/policy.json. Absent if there is none: then every pull fails.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute {
            name: "default",
            shape: Shape::Text,
            summary: "What holds for images that nothing else covers: `insecureAcceptAnything`, `reject`, ...",
        },
        Attribute { name: "mistakes", shape: Shape::List(&Shape::Text), summary: "Why the file is refused." },
        Attribute {
            name: "missing-keys",
            shape: Shape::List(&Shape::Text),
            summary: "Files with keys for signatures that it names and that are not there.",
        },
        Attribute { name: "path", shape: Shape::Text, summary: "The file." },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    image_policy::policy(subsystems, moment)
}
