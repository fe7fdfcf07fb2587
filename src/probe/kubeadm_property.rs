//! `kubeadm-property:WORD`: what is known of the configuration that the user gives kubeadm besides its fields.

use super::{BOTH, Key, KeySyntax, KeyWords, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::kubeadm::PROPERTIES;
use crate::subsystem::Subsystems;

pub(super) static WORDS: KeyWords = KeyWords { noun: "property", all: || PROPERTIES.iter().collect() };

pub(super) static PROBE: Probe = Probe {
    name: "kubeadm-property",
    summary: "What is known of the configuration that kubeadm will be given, besides its fields.",
    details: "Of the file of `--kubeadm-config`, or the command of `--kubeadm-join`. The same at both moments; absent without these options.",
    key: KeySyntax::Word(&WORDS),
    answer: Shape::Text,
    moments: BOTH,
    examples: &["kubeadm-config"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    subsystems.kubeadm().map_or_else(Fact::absent, |kubeadm| kubeadm.property(key.as_str()))
}
