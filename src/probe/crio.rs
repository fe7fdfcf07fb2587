//! `crio:KEY`: the effective configuration of crio.

use super::key::{KeyKind, verbatim};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "crio",
    summary: "A setting of crio after merging every file, drop-in, environment and flag.",
    details: "Merged from files at both moments; the running program is not asked. Absent if it is not installed.",
    key: KeySyntax::Required(&KeyKind { noun: "configuration key", canonical: verbatim }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &["api.listen", "runtime.cgroup_manager", "runtime.default_runtime"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let fact = subsystems.crio().at_boot(subsystems, key.as_str());
    match moment {
        Moment::Boot => fact,
        Moment::Now => fact.at_most(Confidence::High).note("from files; the running program was not asked"),
    }
}
