//! `kubelet-finding:WORD`: what is wrong with the kubelet's configuration and command line.

use super::{BOTH, Key, KeySyntax, KeyWords, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::node::kubelet::findings::{self, FINDINGS};

pub(super) static WORDS: KeyWords =
    KeyWords { noun: "finding", all: || FINDINGS.iter().map(|question| &question.word).collect() };

pub(super) static PROBE: Probe = Probe {
    name: "kubelet-finding",
    summary: "What is wrong with the kubelet's configuration and command line: a list of one kind, which is empty if all is well.",
    details: "From the same files and flags as `kubelet`. Absent if the kubelet is not installed, unknown if too little can be read.",
    key: KeySyntax::Word(&WORDS),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["config-errors", "removed-flags"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    match findings::find(key.as_str()) {
        Some(question) => subsystems.kubelet().ask(subsystems, question, moment),
        None => Fact::absent(),
    }
}
