//! `proxy:UNIT`: the proxies for HTTP that a program of the node uses.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::parse::no_proxy::redacted;
use crate::subsystem::Subsystems;
use crate::subsystem::network::proxy;
use crate::subsystem::systemd::units::full_name;

const HTTP: Attribute = Attribute::new("http", Shape::Text, "The proxy for http; absent if there is none.");
const HTTPS: Attribute =
    Attribute::new("https", Shape::Text, "The proxy for https; absent if there is none.");
const MISTAKES: Attribute = Attribute::new(
    "mistakes",
    Shape::List(&Shape::Text),
    "Entries of NO_PROXY that never match, because blanks separate nothing.",
);
const NO_PROXY: Attribute = Attribute::new("no-proxy", Shape::Text, "What is reached without a proxy.");

pub(super) static PROBE: Probe = Probe {
    name: "proxy",
    summary: "The proxies for HTTP that a unit gives its program; `login`: those of logins.",
    details: "Of a unit: `DefaultEnvironment=` of systemd, `Environment=` and `EnvironmentFile=` of the unit and its drop-ins. \
              `login` is /etc/environment, from which the shell that starts kubeadm has its proxies, and kubeadm copies them \
              into the pods of the control plane; the environment of this program itself is not looked at, since it may be \
              another one. Both moments alike, from files. Absent if there is no such unit or file. Names in upper case count \
              before those in lower case, as in Go. User and password of a proxy are not shown.",
    key: KeySyntax::Required(&KeyKind { noun: "unit", canonical }),
    answer: Shape::Record(&[HTTP, HTTPS, MISTAKES, NO_PROXY]),
    moments: BOTH,
    examples: &["crio", "kubelet", "login"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    if moment == Moment::Now && subsystems.host().running().is_none() {
        return Fact::unknown(Reason::not_running());
    }
    let found = match found(subsystems, key.as_str()) {
        Ok(Some(found)) => found,
        Ok(None) => return Fact::absent(),
        Err(reason) => return Fact::unknown(reason),
    };
    let address = |set: &Option<(Origin, String)>| {
        set.as_ref().map_or(State::Absent, |(_, address)| State::from(redacted(address)))
    };
    let exceptions = found.exceptions.as_ref().map_or(State::Absent, |(_, text)| State::from(text.as_str()));
    let record = Value::record([
        HTTP.is(address(&found.http)),
        HTTPS.is(address(&found.https)),
        MISTAKES.is(Value::list(found.no_proxy.mistakes.iter().map(String::as_str))),
        NO_PROXY.is(exceptions),
    ]);
    let places = [&found.exceptions, &found.https, &found.http].into_iter().flatten();
    let mut origins: Vec<Origin> = places.map(|(origin, _)| origin.clone()).collect();
    origins.dedup();
    Fact::new(record).because_all(origins)
}

/// The proxies of a unit, or of logins.
pub(super) fn found(subsystems: &Subsystems<'_>, name: &str) -> Result<Option<proxy::Proxies>, String> {
    match name {
        "login" => proxy::of_logins(subsystems.host().files()),
        unit => proxy::of_unit(subsystems, unit),
    }
}

fn canonical(text: &str) -> Result<String, String> {
    match text {
        "login" => Ok(text.to_owned()),
        _ if text.contains('/') || text.chars().any(char::is_whitespace) => {
            Err(format!("`{text}` is no name of a unit"))
        }
        _ => Ok(full_name(text)),
    }
}
