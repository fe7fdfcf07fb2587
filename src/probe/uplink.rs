//! `uplink`: the interfaces that default routes lead to.

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::network::interfaces;

pub(super) static PROBE: Probe = Probe {
    name: "uplink",
    summary: "The interfaces that default routes lead to, and their hardware addresses.",
    details: "Now: /proc/net/route and /proc/net/ipv6_route, and /sys/class/net/INTERFACE/address. Half of all addresses \
              (`0.0.0.0/1`, as VPNs write it) is a default route, too; one that refuses packets is none. kubeadm takes the \
              address of the interface of the default route unless it is told another one.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute {
            name: "ipv4",
            shape: Shape::List(&Shape::Text),
            summary: "Interfaces of default routes of IPv4.",
        },
        Attribute { name: "ipv4-count", shape: Shape::Integer, summary: "How many there are." },
        Attribute {
            name: "ipv6",
            shape: Shape::List(&Shape::Text),
            summary: "Interfaces of default routes of IPv6.",
        },
        Attribute { name: "ipv6-count", shape: Shape::Integer, summary: "How many there are." },
        Attribute {
            name: "macs",
            shape: Shape::List(&Shape::Text),
            summary: "Hardware addresses of all of them, as far as they have one.",
        },
    ]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown("nothing is running here") };
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
            Ok(text) => macs.extend(
                Some(String::from_utf8_lossy(&text).trim().to_owned()).filter(|text| !text.is_empty()),
            ),
            Err(error) if error.is_not_found() => {}
            Err(error) => unread = Some(error.to_string()),
        }
    }
    let count = |list: &[String]| State::from(i64::try_from(list.len()).unwrap_or(i64::MAX));
    let origins: Vec<Origin> =
        all.iter().map(|interface| Origin::file(interface).says("has a default route")).collect();
    let record = Value::record([
        ("ipv4-count", count(&ipv4)),
        ("ipv4", Value::list(ipv4).into()),
        ("ipv6-count", count(&ipv6)),
        ("ipv6", Value::list(ipv6).into()),
        ("macs", unread.map_or_else(|| Value::list(macs).into(), State::unknown)),
    ]);
    Fact::new(record).because_all(origins)
}
