//! `conntrack`: how full the table of tracked connections is.

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, ReasonCode, State, Value};
use crate::host::Files;
use crate::subsystem::Subsystems;

const COUNT_FILE: &str = "/proc/sys/net/netfilter/nf_conntrack_count";
const MAX_FILE: &str = "/proc/sys/net/netfilter/nf_conntrack_max";

const COUNT: Attribute = Attribute::new("count", Shape::Integer, "Connections in the table.");
const MAX: Attribute = Attribute::new("max", Shape::Integer, "How many it holds.");
const PERCENT: Attribute = Attribute::new("percent", Shape::Integer, "How full it is, rounded down.");

pub(super) static PROBE: Probe = Probe {
    name: "conntrack",
    summary: "How many connections the kernel tracks, and how many it can.",
    details: "Now: nf_conntrack_count and nf_conntrack_max of the host's network namespace. Absent while nf_conntrack isn't \
              loaded: nothing is tracked then. A table without a bound (0) is never full.",
    key: KeySyntax::None,
    answer: Shape::Record(&[COUNT, MAX, PERCENT]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else {
        return Fact::unknown(Reason::not_running());
    };
    let (count, max) = match (number(running.files(), COUNT_FILE), number(running.files(), MAX_FILE)) {
        (Ok(Some(count)), Ok(Some(max))) => (count, max),
        (Ok(None), Ok(_)) | (Ok(_), Ok(None)) => return Fact::absent().because(Origin::file(COUNT_FILE)),
        (Err(reason), _) | (_, Err(reason)) => return Fact::unknown(reason),
    };
    let percent = if max == 0 { 0 } else { u64::from(count) * 100 / u64::from(max) };
    let integer = |number: u64| State::Known(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
    let record = [COUNT.is(integer(count.into())), MAX.is(integer(max.into())), PERCENT.is(integer(percent))];
    Fact::new(State::from(Value::record(record)))
        .because(Origin::file(COUNT_FILE))
        .because(Origin::file(MAX_FILE))
}

/// The number in a file; none if there is no such file.
fn number(files: &Files, path: &str) -> Result<Option<u32>, Reason> {
    let Some(bytes) = files.read(path).found()? else { return Ok(None) };
    let text = str::from_utf8(&bytes).unwrap_or_default().trim();
    text.parse().map(Some).map_err(|_| Reason::new(ReasonCode::Corrupt, format!("{path} holds no number")))
}
