//! `node-ip`: the address that the kubelet is told to register the node with.

use std::net::IpAddr;

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Reason, State, Value};
use crate::subsystem::Subsystems;

const ADDRESSES: Attribute =
    Attribute::new("addresses", Shape::List(&Shape::Network), "The addresses, one or two.");
const LOCAL: Attribute =
    Attribute::new("local", Shape::Bool, "Whether each is on an interface of this host.");

pub(super) static PROBE: Probe = Probe {
    name: "node-ip",
    summary: "The addresses of the kubelet's `--node-ip`, and whether this host has them.",
    details: "Now. Absent without the flag, or if it leaves the choice to the kubelet (`0.0.0.0`, `::`): then the kubelet takes \
              the address of the interface of the default route.",
    key: KeySyntax::None,
    answer: Shape::Record(&[ADDRESSES, LOCAL]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let flag = subsystems.kubelet().value(subsystems, "nodeIP", moment);
    let State::Known(Value::Text(text)) = &flag.state else { return flag };
    let parsed: Result<Vec<IpAddr>, _> = text.split(',').map(|part| part.trim().parse::<IpAddr>()).collect();
    let Ok(addresses) = parsed else {
        return Fact { state: State::unknown(format!("`{text}` is no address")), ..flag };
    };
    if addresses.iter().all(IpAddr::is_unspecified) {
        return Fact { state: State::Absent, ..flag };
    }
    let local = match running.addresses().required() {
        Ok(all) => {
            State::from(addresses.iter().all(|address| all.iter().any(|known| known.address == *address)))
        }
        Err(error) => State::unknown(error),
    };
    let list = Value::list(addresses.iter().map(ToString::to_string));
    Fact { state: State::Known(Value::record([ADDRESSES.is(list), LOCAL.is(local)])), ..flag }
}
