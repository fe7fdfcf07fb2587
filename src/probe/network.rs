//! `network`: every network that the host is in or has a route to.

use super::{Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Reason};
use crate::subsystem::Subsystems;
use crate::subsystem::network::interfaces;

pub(super) static PROBE: Probe = Probe {
    name: "network",
    summary: "Addresses and routes of the host together: what networks of a cluster must not overlap.",
    details: "Now: the probes address and route together. CNI plugins add routes of their own once the node has \
              joined a cluster.",
    key: KeySyntax::None,
    answer: Shape::List(&Shape::Network),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let both = interfaces::addresses(running).and_then(|mut all| {
        all.extend(interfaces::routes(running)?);
        Ok(all)
    });
    interfaces::fact(both)
}
