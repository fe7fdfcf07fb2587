//! `upgraded-kubelet:VERSION`: what the kubelet of another version makes of this node's configuration.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Confidence, Fact, Knowledge, Moment, Origin, State, Value, Version};
use crate::subsystem::Subsystems;

const FAILS_ON_CGROUP_V1: Attribute = Attribute::new(
    "fails-on-cgroup-v1",
    Shape::Bool,
    "Whether it exits on a host with cgroup v1: `failCgroupV1` where it is set, else so from 1.35 on.",
)
.phrase("failing on cgroup v1");
const REMOVED_FLAGS: Attribute = Attribute::new(
    "removed-flags",
    Shape::List(&Shape::Text),
    "Flags on the kubelet's command line that it doesn't know and the installed one does. (The one that kubeadm 1.35 removes from \
     kubeadm-flags.env itself is left out for 1.35.)",
);
const SETTLED_GATES: Attribute = Attribute::new(
    "settled-gates",
    Shape::List(&Shape::Text),
    "Feature gates that are set, to the only value that it accepts: a later version no longer knows them.",
);
const VALUE_ERRORS: Attribute = Attribute::new(
    "value-errors",
    Shape::List(&Shape::Text),
    "Values with which it exits and the installed one doesn't: feature gates that are gone or locked, fields and flags.",
);

pub(super) static PROBE: Probe = Probe {
    name: "upgraded-kubelet",
    summary: "What the kubelet of another version makes of the configuration and the flags that this node has.",
    details: "The key is a version, of which the minor version counts: `1.37`. The same files, drop-ins, flags and environment files as \
              `kubelet-finding`, judged for that version; what the installed kubelet refuses as well is left out. Fields and flags are \
              known up to 1.36, feature gates and removed flags up to 1.37: for later versions nothing more is certain. Both moments \
              alike. Absent if the kubelet is not installed, unknown if too little can be read.",
    key: VERSION,
    answer: Shape::Record(&[FAILS_ON_CGROUP_V1, REMOVED_FLAGS, SETTLED_GATES, VALUE_ERRORS]),
    moments: BOTH,
    examples: &[],
    ask,
};

/// A version of Kubernetes 1, of which the minor version counts.
pub(super) const VERSION: KeySyntax = KeySyntax::Required(&KeyKind { noun: "version", canonical });

fn canonical(text: &str) -> Result<String, String> {
    match Version::parse(text) {
        Some(version) if version.number(0) == 1 => Ok(format!("1.{}", version.number(1))),
        _ => Err(format!("`{text}` is no version of Kubernetes, such as 1.37")),
    }
}

/// The minor version in a key that is canonical.
pub(super) fn minor(key: &Key) -> u64 {
    Version::parse(key.as_str()).map_or(0, |version| version.number(1))
}

/// Findings as the value of an attribute, and their places as those of this attribute; of several, each says which one it is.
pub(super) fn listed(attribute: &Attribute, found: Vec<(Origin, String)>, places: &mut Vec<Origin>) -> State {
    let several = found.len() > 1;
    places.extend(found.iter().map(|(place, text)| {
        let place = place.clone().decides(attribute.name);
        if several { place.says(text.clone()) } else { place }
    }));
    State::from(Value::list(found.into_iter().map(|(_, text)| text)))
}

/// The newest minor version whose changes are known.
const KNOWN_UP_TO: u64 = 37;

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let target = minor(key);
    let mut places = Vec::new();
    let fact = subsystems.kubelet().upgraded(subsystems, target).map(|upgraded| {
        let mut known = |attribute: &Attribute, found: Knowledge<Vec<(Origin, String)>>| match found {
            Knowledge::Known(found) => listed(attribute, found, &mut places),
            Knowledge::Absent => State::Absent,
            Knowledge::Unknown(reason) => State::Unknown(reason),
        };
        let errors = known(&VALUE_ERRORS, upgraded.value_errors);
        let flags = known(&REMOVED_FLAGS, upgraded.removed_flags);
        Value::record([
            FAILS_ON_CGROUP_V1.is(upgraded.fails_on_cgroup_v1.map(Value::from)),
            REMOVED_FLAGS.is(flags),
            SETTLED_GATES.is(listed(&SETTLED_GATES, upgraded.settled_gates, &mut places)),
            VALUE_ERRORS.is(errors),
        ])
    });
    let fact = fact.because_all(places);
    if target > KNOWN_UP_TO { fact.at_most(Confidence::High).note(beyond()) } else { fact }
}

/// What a reader should know of a version whose changes nobody has entered here.
pub(super) fn beyond() -> String {
    format!("what versions after 1.{KNOWN_UP_TO} remove is not known here")
}

/// Whether the changes of a version are known.
pub(super) fn is_beyond(target: u64) -> bool {
    target > KNOWN_UP_TO
}
