//! `kubelet-property:WORD`: what follows from the kubelet's configuration and is no field of it.

use super::{BOTH, Key, KeySyntax, KeyWords, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::node::kubelet::findings::{self, PROPERTIES};

pub(super) static WORDS: KeyWords =
    KeyWords { noun: "property", all: || PROPERTIES.iter().map(|question| &question.word).collect() };

pub(super) static PROBE: Probe = Probe {
    name: "kubelet-property",
    summary: "What follows from the kubelet's configuration, its unit and its runtime, and is no field of the configuration.",
    details: "From the same files and flags as `kubelet`. Absent if the kubelet is not installed, unknown if too little can be read.",
    key: KeySyntax::Word(&WORDS),
    answer: Shape::Text,
    moments: BOTH,
    examples: &["config-file", "runtime"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    match findings::find(key.as_str()) {
        Some(question) => subsystems.kubelet().ask(subsystems, question, moment),
        None => Fact::absent(),
    }
}
