//! `name-service:hosts`: where the C library looks for names of hosts, users and the like.

use super::key::{KeyKind, verbatim};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
use crate::parse::hosts;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "name-service",
    summary: "The sources of a database of /etc/nsswitch.conf, in their order: `files`, `dns`.",
    details: "Both moments alike. Absent if the file or the line is missing: then the C library does as it was built to do \
              (glibc: files before dns; musl knows no such file).",
    key: KeySyntax::Required(&KeyKind { noun: "database", canonical: verbatim }),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["hosts"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let host = subsystems.host();
    if moment == Moment::Now && host.running().is_none() {
        return Fact::unknown(Reason::not_running());
    }
    let path = "/etc/nsswitch.conf";
    match host.files().read(path) {
        Read::There(content) => match hosts::sources(&content, key.as_str()) {
            Some((line, sources)) => {
                Fact::new(State::Known(Value::list(sources))).because(Origin::line(path, line))
            }
            None => Fact::absent().because(Origin::file(path)).note(format!("the file has no `{key}:`")),
        },
        Read::Missing(_) => Fact::absent().because(Origin::file(path)).note("the file is not there"),
        Read::Hidden(error) => Fact::unknown(error),
    }
}
