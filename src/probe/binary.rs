//! `binary:NAME`: the program that a bare name starts.

use super::key::{KeyKind, verbatim};
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::Kind;
use crate::subsystem::Subsystems;
use crate::subsystem::program::DIRECTORIES;

pub(super) static PROBE: Probe = Probe {
    name: "binary",
    summary: "The program that a bare name starts.",
    details: "The first executable file of that name in the standard directories: /usr/local/sbin, /usr/local/bin, \
              /usr/sbin, /usr/bin, /sbin, /bin. Links are followed inside the root.",
    key: KeySyntax::Required(&KeyKind { noun: "program", canonical: verbatim }),
    answer: Shape::Record(&[
        Attribute { name: "path", shape: Shape::Text, summary: "Where it is." },
        Attribute { name: "mode", shape: Shape::Text, summary: "Its permissions in octal." },
    ]),
    moments: BOTH,
    examples: &["conmon", "crio", "crun", "kubeadm", "kubelet", "runc"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let files = subsystems.host().files();
    let mut passed = Vec::new();
    for directory in DIRECTORIES {
        let path = format!("{directory}/{key}");
        match files.stat(&path) {
            Ok(found) if found.kind == Kind::File && found.mode & 0o111 != 0 => {
                let mode = State::from(format!("{:04o}", found.mode & 0o7777));
                let value = Value::record([("path", State::from(path.as_str())), ("mode", mode)]);
                let mut fact = Fact::new(State::Known(value)).because(Origin::file(&path));
                fact.overruled = passed;
                return fact;
            }
            Ok(_) => passed.push(Origin::file(path).says("is no executable file")),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Fact::unknown(error.to_string()),
        }
    }
    let mut fact = Fact::absent();
    fact.overruled = passed;
    fact
}
