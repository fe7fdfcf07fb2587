//! `directory:PATH`: whether a directory is empty.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{HostPath, Kind, Read};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral;

/// As many names as a reader wants to see.
const MAX_NAMES: usize = 5;

const EMPTY: Attribute = Attribute::new("empty", Shape::Bool, "Whether nothing is in it.");
const NAMES: Attribute =
    Attribute::new("names", Shape::List(&Shape::Text), "The first names in it, sorted; at most five.");

pub(super) static PROBE: Probe = Probe {
    name: "directory",
    summary: "What is in a directory: whether it is empty, and the first names in it.",
    details: "Links are followed; a file at the path is a directory that isn't empty, as kubeadm takes it. Boot: what is on disk; \
              unknown below /run, /tmp and the like, which every boot makes anew.",
    key: KeySyntax::Required(&super::file::PATH),
    answer: Shape::Record(&[EMPTY, NAMES]),
    moments: BOTH,
    examples: &["/var/lib/etcd"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let path = HostPath::new(key.as_str());
    let disk = subsystems.host().files();
    let end = ephemeral::real(disk, &path);
    let origin = Origin::file(&path);
    let files = match ephemeral::files(subsystems, &end, moment) {
        Ok(files) => files,
        Err(unavailable) => return Fact::unknown(unavailable.why()).because(origin),
    };
    match files.list(&end) {
        Read::There(names) => {
            let shown = names.iter().take(MAX_NAMES).map(|name| name.to_string_lossy().into_owned());
            let value =
                Value::record([EMPTY.is(names.is_empty()), NAMES.is(State::Known(Value::list(shown)))]);
            Fact::new(State::from(value)).because(origin)
        }
        // Listing what is no directory may say "not found", too.
        unlisted => match (files.stat(&end), unlisted) {
            (Read::There(found), _) if found.kind != Kind::Directory => {
                let nothing = Value::List(Vec::new());
                let value = Value::record([EMPTY.is(false), NAMES.is(State::Known(nothing))]);
                Fact::new(State::from(value)).because(origin).note("this is no directory")
            }
            (Read::Missing(_), Read::Missing(_)) => Fact::absent().because(origin),
            (_, Read::Hidden(error)) | (Read::Hidden(error), _) => Fact::unknown(error).because(origin),
            _ => Fact::unknown(format!("{end}: changed while it was read")).because(origin),
        },
    }
}
