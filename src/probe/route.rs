//! `route`: the networks that the host has routes to.

use super::{Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Reason};
use crate::subsystem::Subsystems;
use crate::subsystem::network::interfaces;

pub(super) static PROBE: Probe = Probe {
    name: "route",
    summary: "Destinations of the host's routes, without default and link-local ones.",
    details: "Now: /proc/net/route and /proc/net/ipv6_route.",
    key: KeySyntax::None,
    answer: Shape::List(&Shape::Network),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    interfaces::fact(interfaces::routes(running))
}
