//! `host-entry:NAME`: the addresses that /etc/hosts gives a name.

use super::key::{KeyKind, verbatim};
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape, hostname};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
use crate::parse::hosts;
use crate::subsystem::Subsystems;

const ADDRESSES: Attribute =
    Attribute::new("addresses", Shape::List(&Shape::Network), "The addresses, in their order.");
const LOCAL: Attribute = Attribute::new(
    "local",
    Shape::Bool,
    "Now only: whether each of them that isn't a loopback address is on an interface of this host.",
);
const LOOPBACK: Attribute =
    Attribute::new("loopback", Shape::Bool, "Whether all of them are loopback addresses.");

pub(super) static PROBE: Probe = Probe {
    name: "host-entry",
    summary: "The addresses that /etc/hosts gives a name; without a key, the name of this host.",
    details: "Both moments alike, but for the name of the host and the interfaces. Absent if the file doesn't have the name, \
              or isn't there: then DNS or another source of nsswitch.conf may know it, which is not asked.",
    key: KeySyntax::Optional(&KeyKind { noun: "name", canonical: verbatim }),
    answer: Shape::Record(&[ADDRESSES, LOCAL, LOOPBACK]),
    moments: BOTH,
    examples: &["localhost"],
    ask,
};

const PATH: &str = "/etc/hosts";

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let host = subsystems.host();
    if moment == Moment::Now && host.running().is_none() {
        return Fact::unknown(Reason::not_running());
    }
    let own = key.is_none().then(|| hostname::ask(subsystems, key, moment));
    let name = match &own {
        None => key.as_str(),
        Some(Fact { state: State::Known(Value::Text(name)), .. }) => name,
        Some(fact) => return fact.clone(),
    };
    let found = match host.files().read(PATH) {
        Read::There(content) => hosts::addresses(&content, name),
        Read::Missing(_) => {
            return Fact::absent().because(Origin::file(PATH)).note("the file is not there");
        }
        Read::Hidden(error) => return Fact::unknown(error),
    };
    if found.is_empty() {
        return Fact::absent().because(Origin::file(PATH)).note(format!("the file has no `{name}`"));
    }
    let local = match host
        .running()
        .filter(|_| moment == Moment::Now)
        .map(|running| running.addresses().required())
    {
        None => State::unknown("a boot may give other addresses"),
        Some(Err(error)) => State::unknown(error),
        Some(Ok(all)) => {
            let mut outside = found.iter().filter(|(_, address)| !address.is_loopback());
            State::from(outside.all(|(_, address)| all.iter().any(|known| known.address == *address)))
        }
    };
    let record = Value::record([
        ADDRESSES.is(Value::list(found.iter().map(|(_, address)| address.to_string()))),
        LOCAL.is(local),
        LOOPBACK.is(found.iter().all(|(_, address)| address.to_canonical().is_loopback())),
    ]);
    let origins =
        found.iter().map(|(line, address)| Origin::line(PATH, *line).says(format!("{address} {name}")));
    Fact::new(record).because_all(origins)
}
