//! `uplink`: the interfaces that default routes lead to.

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
use crate::subsystem::Subsystems;
use crate::subsystem::network::interfaces;

const IPV4: Attribute =
    Attribute::new("ipv4", Shape::List(&Shape::Text), "Interfaces of default routes of IPv4.");
const IPV4_COUNT: Attribute = Attribute::new("ipv4-count", Shape::Integer, "How many there are.");
const IPV6: Attribute =
    Attribute::new("ipv6", Shape::List(&Shape::Text), "Interfaces of default routes of IPv6.");
const IPV6_COUNT: Attribute = Attribute::new("ipv6-count", Shape::Integer, "How many there are.");
const MACS: Attribute = Attribute::new(
    "macs",
    Shape::List(&Shape::Text),
    "Hardware addresses of all of them, as far as they have one.",
);

pub(super) static PROBE: Probe = Probe {
    name: "uplink",
    summary: "The interfaces that default routes lead to, and their hardware addresses.",
    details: "Now: /proc/net/route and /proc/net/ipv6_route, and /sys/class/net/INTERFACE/address. Half of all addresses \
              (`0.0.0.0/1`, as VPNs write it) is a default route, too; one that refuses packets is none. kubeadm takes the \
              address of the interface of the default route unless it is told another one.",
    key: KeySyntax::None,
    answer: Shape::Record(&[IPV4, IPV4_COUNT, IPV6, IPV6_COUNT, MACS]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let (ipv4, ipv6) = match interfaces::uplinks(running) {
        Ok(found) => found,
        Err(reason) => return Fact::unknown(reason),
    };
    let mut all: Vec<&String> = ipv4.iter().chain(&ipv6).collect();
    all.sort();
    all.dedup();
    let (mut macs, mut unread) = (Vec::new(), None);
    for interface in &all {
        // What has no hardware address, such as a tunnel, has an empty file or none.
        match running.files().read(format!("/sys/class/net/{interface}/address")) {
            Read::There(text) => macs.extend(
                Some(String::from_utf8_lossy(&text).trim().to_owned()).filter(|text| !text.is_empty()),
            ),
            Read::Missing(_) => {}
            Read::Hidden(error) => unread = Some(error),
        }
    }
    let count = |list: &[String]| State::from(i64::try_from(list.len()).unwrap_or(i64::MAX));
    let origins: Vec<Origin> =
        all.iter().map(|interface| Origin::file(interface).says("has a default route")).collect();
    let record = Value::record([
        IPV4_COUNT.is(count(&ipv4)),
        IPV4.is(Value::list(ipv4)),
        IPV6_COUNT.is(count(&ipv6)),
        IPV6.is(Value::list(ipv6)),
        MACS.is(unread.map_or_else(|| Value::list(macs).into(), State::unknown)),
    ]);
    Fact::new(record).because_all(origins)
}
