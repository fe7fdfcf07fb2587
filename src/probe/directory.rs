//! `directory:PATH`: whether a directory is empty.

use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{HostPath, Kind};
use crate::subsystem::{Subsystems, volatile};

/// As many names as a reader wants to see.
const SHOWN: usize = 5;

pub(super) static PROBE: Probe = Probe {
    name: "directory",
    summary: "What is in a directory: whether it is empty, and the first names in it.",
    details: "Links are followed; a file at the path is a directory that isn't empty, as kubeadm takes it. Boot: what is on disk; \
              unknown below /run, /tmp and the like, which every boot makes anew.",
    key: KeySyntax::Required(&KeyKind { noun: "path", canonical }),
    answer: Shape::Record(&[
        Attribute { name: "empty", shape: Shape::Bool, summary: "Whether nothing is in it." },
        Attribute {
            name: "names",
            shape: Shape::List(&Shape::Text),
            summary: "The first names in it, sorted; at most five.",
        },
    ]),
    moments: BOTH,
    examples: &["/var/lib/etcd"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err(format!("`{text}` is not an absolute path"));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(format!("`{text}` has `..` in it"));
    }
    Ok(HostPath::new(text).to_string())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let path = HostPath::new(key.as_str());
    let disk = subsystems.host().files();
    let end = volatile::real(disk, &path);
    let origin = Origin::file(&path);
    let files = match (moment, subsystems.host().running()) {
        (Moment::Now, None) => return Fact::unknown("nothing is running here"),
        (Moment::Now, Some(running)) if volatile::is_below_memory(&end) => running.files(),
        (Moment::Now, Some(_)) => disk,
        (Moment::Boot, _) => match volatile::lost(subsystems, &end) {
            Ok(None) => disk,
            Ok(Some(why)) => return Fact::unknown(why).because(origin),
            Err(reason) => return Fact::unknown(reason).because(origin),
        },
    };
    match files.list(&end) {
        Ok(names) => {
            let shown = names.iter().take(SHOWN).map(|name| name.to_string_lossy().into_owned());
            let value = Value::record([
                ("empty", State::from(names.is_empty())),
                ("names", State::Known(Value::list(shown))),
            ]);
            Fact::new(State::from(value)).because(origin)
        }
        // Listing what is no directory may say "not found", too.
        Err(error) => match files.stat(&end) {
            Ok(found) if found.kind != Kind::Directory => {
                let nothing = Value::List(Vec::new());
                let value = Value::record([("empty", State::from(false)), ("names", State::Known(nothing))]);
                Fact::new(State::from(value)).because(origin).note("this is no directory")
            }
            Err(missing) if missing.is_not_found() && error.is_not_found() => Fact::absent().because(origin),
            _ => Fact::unknown(error.to_string()).because(origin),
        },
    }
}
