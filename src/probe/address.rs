//! `address`: the addresses of the host.

use super::key::verbatim;
use super::{Key, KeyKind, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Reason};
use crate::subsystem::Subsystems;
use crate::subsystem::network::interfaces;

pub(super) static PROBE: Probe = Probe {
    name: "address",
    summary: "Addresses of the host's interfaces, with their prefix; with a key, those of one interface.",
    details: "Now: what getifaddrs(3) lists, without loopback. A boot may give other addresses, so that they are not \
              answered for it.",
    key: KeySyntax::Optional(&KeyKind { noun: "interface", canonical: verbatim }),
    answer: Shape::List(&Shape::Network),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let mut addresses = interfaces::addresses(running);
    if let (Ok(addresses), false) = (&mut addresses, key.is_none()) {
        addresses.retain(|address| address.interface == key.as_str());
        if addresses.is_empty() {
            return Fact::absent();
        }
    }
    interfaces::fact(addresses)
}
