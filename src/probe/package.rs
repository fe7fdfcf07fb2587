//! `package:NAME`: the installed version of a package, and whether it is held back.

use super::key::{KeyKind, verbatim};
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;

const VERSION: Attribute = Attribute::new("version", Shape::Version, "The version as the database has it.");
const HELD: Attribute = Attribute::new("held", Shape::Bool, "Whether upgrades leave it alone.");

pub(super) static PROBE: Probe = Probe {
    name: "package",
    summary: "The installed version of a package, and whether it is held back.",
    details: "Reads the databases of dpkg, apk, pacman and RPM (SQLite, ndb, Berkeley DB); the same answer now and at \
              boot. The key is a name, or NAME:ARCHITECTURE. A hold is one of dpkg, a version in apk's world, or a lock or \
              exclusion of dnf, zypper or pacman; an apt pin is not a hold. Unknown if the database can't be read, if SQLite \
              has not written all of it into its file yet, or if several versions of the package are installed.",
    key: KeySyntax::Required(&KeyKind { noun: "package", canonical: verbatim }),
    answer: Shape::Record(&[VERSION, HELD]),
    moments: BOTH,
    examples: &["cri-o", "kubeadm", "kubectl", "kubelet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    subsystems.packages().package(subsystems, key.as_str()).map(|package| {
        Value::record([VERSION.is(package.version.map(Value::from)), HELD.is(package.held.map(Value::from))])
    })
}
