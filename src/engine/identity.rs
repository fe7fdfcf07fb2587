//! Which host was judged.

use super::plan::Question;
use crate::fact::{Moment, State, Value};
use crate::host::Source;
use crate::probe::{self, Key};
use crate::subsystem::Subsystems;

/// What tells one host from another in a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: Option<String>,
    /// The name of its distribution, `Debian GNU/Linux 12 (bookworm)`.
    pub os: Option<String>,
    /// The release of its kernel: the running one, or the one that boots next.
    pub kernel: Option<String>,
    /// The machine ID.
    pub machine_id: Option<String>,
    /// `live`, `directory` or `recording`.
    pub source: &'static str,
    /// The directory that it was read from.
    pub path: Option<String>,
}

/// Asks a host who it is.
#[must_use]
pub fn identify(subsystems: &Subsystems<'_>) -> Identity {
    let host = subsystems.host();
    let moment = if host.running().is_some() { Moment::Now } else { Moment::NextBoot };
    let text = |name, attribute: Option<&str>| {
        let question = Question { probe: probe::find(name)?, key: Key::none() };
        match (question.ask(subsystems, moment).state, attribute) {
            (State::Known(Value::Text(text)), None) => Some(text),
            (State::Known(Value::Record(mut attributes)), Some(attribute)) => {
                match attributes.remove(attribute)? {
                    State::Known(Value::Text(text)) => Some(text),
                    _ => None,
                }
            }
            _ => None,
        }
    };
    let (source, path) = match host.source() {
        Source::Live => ("live", None),
        Source::Directory(path) => ("directory", Some(path.clone())),
        Source::Recording(path) => ("recording", Some(path.clone())),
    };
    Identity {
        name: text("hostname", None),
        os: text("os", Some("name")),
        kernel: text("kernel", None),
        machine_id: text("machine-id", None),
        source,
        path,
    }
}
