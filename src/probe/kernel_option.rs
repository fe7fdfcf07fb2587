//! `kernel-option:OPTION`: whether a kernel has an option, with or without its configuration.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::kernel_option;

pub(super) static PROBE: Probe = Probe {
    name: "kernel-option",
    summary: "Whether the kernel has an option: available, loadable, blocked, or absent.",
    details: "\
Now: what the running kernel shows (its namespaces, controllers, file systems, variables), else the state of the module \
that the option builds (`module:NAME`), else the kernel's configuration (`kernel-config:OPTION`). Boot: the same if the \
next kernel is of the running release; else its modules and its configuration. A host without the configuration is \
asked like any other, and the answer is unknown only where nothing tells. An option that is a number or text is \
available if it is set.",
    key: KeySyntax::Required(&KeyKind { noun: "option", canonical: super::kernel_config::canonical }),
    answer: Shape::Word(kernel_option::WORDS),
    moments: BOTH,
    examples: &["NET_NS", "SECCOMP_FILTER", "VXLAN"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    kernel_option::state(subsystems, key.as_str(), moment)
}
