//! `crio-finding:WORD`: what is wrong with CRI-O's configuration.

use super::{BOTH, Key, KeySyntax, KeyWords, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::crio::findings::{self, FINDINGS};

pub(super) static WORDS: KeyWords =
    KeyWords { noun: "finding", all: || FINDINGS.iter().map(|finding| &finding.word).collect() };

pub(super) static PROBE: Probe = Probe {
    name: "crio-finding",
    summary: "What is wrong with CRI-O's configuration: a list of one kind, which is empty if all is well.",
    details: "From the same files, environment and flags as `crio`. Absent if CRI-O is not installed; unknown if what could be wrong \
              can't be read.",
    key: KeySyntax::Word(&WORDS),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["fatal-files", "unknown-keys"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    match findings::find(key.as_str()) {
        Some(finding) => subsystems.crio().finding(subsystems, finding),
        None => Fact::absent(),
    }
}
