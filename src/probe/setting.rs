//! What the probes of single configuration keys (`ini`, `env`, `toml`, `yaml`) share: `PATH#KEY`.

use std::rc::Rc;

use super::key::KeyKind;
use super::{Key, Moment};
use crate::fact::{Fact, Origin};
use crate::host::HostPath;
use crate::parse::document::{Node, SyntaxError};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral;

pub(super) static PATH_AND_KEY: KeyKind = KeyKind { noun: "path and key (PATH#KEY)", canonical };

fn canonical(text: &str) -> Result<String, String> {
    match text.split_once('#') {
        Some((path, key)) if path.starts_with('/') && !key.is_empty() => Ok(text.to_owned()),
        _ => Err("it is not an absolute path and a key, as in /etc/x.conf#key".into()),
    }
}

/// The path and key, and the file's content; or the answer if there is none.
pub(super) fn open<'k>(
    subsystems: &Subsystems<'_>,
    key: &'k Key,
    moment: Moment,
) -> Result<(&'k str, &'k str, Rc<[u8]>), Fact> {
    let (path, key) = key.as_str().split_once('#').unwrap_or((key.as_str(), ""));
    let host = subsystems.host();
    let real = ephemeral::real(host.files(), &HostPath::new(path));
    let is_volatile = ephemeral::is_below_memory(&real);
    let files = match (is_volatile, moment) {
        (true, Moment::Boot) => return Err(Fact::unknown(format!("{path} is made anew at boot"))),
        (true, Moment::Now) => match host.running() {
            Some(running) => running.files(),
            None => return Err(Fact::unknown("nothing is running here")),
        },
        (false, _) => host.files(),
    };
    // Links of the disk that lead to what is running are not in the tree of what is running.
    let place = if is_volatile { real } else { HostPath::new(path) };
    files.read(&place).map(|content| (path, key, content)).legacy().map_err(|error| {
        if error.is_not_found() {
            Fact::absent().because(Origin::file(path)).note("the file is not there")
        } else {
            Fact::unknown(error.to_string())
        }
    })
}

/// The file is there and the key isn't.
pub(super) fn no_key(path: &str, key: &str) -> Fact {
    Fact::absent().because(Origin::file(path)).note(format!("the file has no {key}"))
}

/// The answer from a document.
pub(super) fn from_document(path: &str, key: &str, document: Result<Node, SyntaxError>) -> Fact {
    match document {
        Err(error) => Fact::unknown(format!("{path}: {error}")),
        Ok(document) => match document.at(key) {
            Some(node) => Fact::new(node.state()).because(Origin::at(path, node.line)),
            None => no_key(path, key),
        },
    }
}
