//! `local-address:ADDRESS`: the interface of the host that has an address.

use std::net::IpAddr;

use super::{Key, KeyKind, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "local-address",
    summary: "The interface of the host that has an address.",
    details: "Now: what getifaddrs(3) lists, loopback included; absent if no interface has the address. A boot may give other \
              addresses, so that it is not answered for it.",
    key: KeySyntax::Required(&KeyKind { noun: "address", canonical }),
    answer: Shape::Text,
    moments: NOW,
    examples: &["127.0.0.1"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    let address: IpAddr =
        text.parse().map_err(|_| format!("`{text}` is not an address such as 192.0.2.10"))?;
    Ok(address.to_string())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let addresses = match running.addresses().required() {
        Ok(addresses) => addresses,
        Err(error) => return Fact::unknown(error),
    };
    let origin = Origin::file("getifaddrs(3)");
    match addresses.iter().find(|address| address.address.to_string() == key.as_str()) {
        Some(found) => Fact::new(State::from(found.interface.as_str())).because(origin),
        None => Fact::absent().because(origin),
    }
}
