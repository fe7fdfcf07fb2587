//! `program:NAME`: the program that a node starts, and its version.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::program::Unversioned;

const PATH: Attribute = Attribute::new("path", Shape::Text, "Where it is.");
const VERSION: Attribute = Attribute::new("version", Shape::Version, "Its version, without a `v`: `1.31.2`.");
const KNOWN: Attribute = Attribute::new(
    "known",
    Shape::Bool,
    "Whether its version is known; unknown where what may tell it could not be read.",
)
.phrase("of a known version");
const SOURCE: Attribute = Attribute::new(
    "source",
    Shape::Word(&["binary", "package"]),
    "What told the version: the file itself, or its package.",
);

pub(super) static PROBE: Probe = Probe {
    name: "program",
    summary: "The program that a node starts, and its version, told without starting it.",
    details: "By bare name: what `ExecStart=` of the unit `NAME.service` starts, if that has the name; else the first \
              executable file in the standard directories (see `binary`) or /opt/bin. The version is what the file \
              says of itself: Go's build information (`-X` of the linker, or a module built from a tag), or the \
              variables that Kubernetes' build sets. Else it is that of the package that owns the file by the lists of \
              dpkg or RPM; of other databases, which are read without lists, that of the package of its name, if the \
              file is where packages put files. Where they differ, the file counts: it was copied over the package's. It is unknown where neither \
              says it: `-trimpath`, with which most programs are built, leaves the linker's settings out, and C \
              programs (crun, conmon) say nothing. The same answer now and at boot: a daemon \
              that was not restarted after an upgrade still is the old one.",
    key: KeySyntax::Required(&KeyKind { noun: "program", canonical }),
    answer: Shape::Record(&[PATH, VERSION, KNOWN, SOURCE]),
    moments: BOTH,
    examples: &["conmon", "containerd", "crio", "crun", "kubeadm", "kubectl", "kubelet", "runc"],
    ask,
};

/// A bare name, or an absolute path.
fn canonical(text: &str) -> Result<String, String> {
    if text.contains('/') && !text.starts_with('/') {
        return Err(format!("`{text}` is neither a bare name nor an absolute path"));
    }
    Ok(text.to_owned())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    subsystems.programs().program(subsystems, key.as_str()).map(|program| {
        let (version, source, known) = match program.version {
            Ok((version, source)) => (State::from(version), State::from(source.word()), State::from(true)),
            Err(Unversioned::Untold(reason)) => {
                (State::unknown(reason.clone()), State::unknown(reason), State::from(false))
            }
            Err(Unversioned::Unread(reason)) => {
                (State::unknown(reason.clone()), State::unknown(reason.clone()), State::unknown(reason))
            }
        };
        Value::record([KNOWN.is(known), PATH.is(program.path), SOURCE.is(source), VERSION.is(version)])
    })
}
