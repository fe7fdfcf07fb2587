//! `binary:NAME`, `binary:NAME@UNIT`: the program that a bare name starts.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{Kind, Read};
use crate::parse::systemd::DEFAULT_PATH;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::full_name;

const PATH: Attribute = Attribute::new("path", Shape::Text, "Where it is.");
const MODE: Attribute = Attribute::new("mode", Shape::Text, "Its permissions in octal.");

pub(super) static PROBE: Probe = Probe {
    name: "binary",
    summary: "The program that a bare name starts.",
    details: "The first executable file of that name in the standard directories: /usr/local/sbin, /usr/local/bin, \
              /usr/sbin, /usr/bin, /sbin, /bin. `NAME@UNIT` asks for what the program of a unit starts by that name: in \
              the directories of its PATH (Environment=, EnvironmentFile=, ExecSearchPath=, DefaultEnvironment= of \
              system.conf), else the standard ones, which are systemd's. The PATH of whoever asks has no part in it. \
              Links are followed inside the root.",
    key: KeySyntax::Required(&KeyKind { noun: "program", canonical }),
    answer: Shape::Record(&[PATH, MODE]),
    moments: BOTH,
    examples: &["conmon", "crio", "crun", "kubeadm", "kubelet", "mount@kubelet", "runc"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    match text.split_once('@') {
        None => Ok(text.to_owned()),
        Some((name, unit)) if !name.is_empty() && !unit.is_empty() && !unit.contains('/') => {
            Ok(format!("{name}@{}", full_name(unit)))
        }
        Some(_) => Err(format!("`{text}` is not a program and a unit, as in mount@kubelet")),
    }
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let (name, directories, origin) = match key.as_str().split_once('@') {
        None => (key.as_str(), DEFAULT_PATH.map(String::from).to_vec(), None),
        Some((name, unit)) => match subsystems.search_paths().of(subsystems, unit) {
            Ok((directories, origin)) => (name, directories, origin),
            Err(reason) => return Fact::unknown(reason),
        },
    };
    let files = subsystems.host().files();
    let mut passed = Vec::new();
    for directory in directories {
        let path = format!("{}/{name}", directory.trim_end_matches('/'));
        match files.stat(&path) {
            Read::There(found) if found.kind == Kind::File && found.mode & 0o111 != 0 => {
                let mode = State::from(format!("{:04o}", found.mode & 0o7777));
                let value = Value::record([PATH.is(path.as_str()), MODE.is(mode)]);
                let mut fact =
                    Fact::new(State::Known(value)).because(Origin::file(&path)).because_all(origin);
                fact.overruled = passed;
                return fact;
            }
            Read::There(_) => passed.push(Origin::file(path).says("is no executable file")),
            Read::Missing(_) => {}
            Read::Hidden(error) => return Fact::unknown(error),
        }
    }
    let mut fact = Fact::absent().because_all(origin);
    fact.overruled = passed;
    fact
}
