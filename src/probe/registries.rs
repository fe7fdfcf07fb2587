//! `registries`: where images with short names come from.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::registries;

pub(super) static PROBE: Probe = Probe {
    name: "registries",
    summary: "Where images with short names come from, and what is wrong with the files that say so.",
    details: "/etc/containers/registries.conf and the `*.conf` files of registries.conf.d; only root's own \
              .config/containers/registries.conf if that is there. Absent without any file: then short names can't be \
              pulled.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute {
            name: "mistakes",
            shape: Shape::List(&Shape::Text),
            summary: "What stops CRI-O when it starts.",
        },
        Attribute {
            name: "search",
            shape: Shape::List(&Shape::Text),
            summary: "The registries that are searched for a short name.",
        },
        Attribute { name: "search_count", shape: Shape::Integer, summary: "How many they are." },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    registries::registries(subsystems)
}
