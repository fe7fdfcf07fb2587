//! `loaded-filter:PORTS`: what a packet filter that is loaded at boot refuses.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::network::packet_filter;

pub(super) static PROBE: Probe = Probe {
    name: "loaded-filter",
    summary: "What the rules refuse that a service loads before Kubernetes: forwarded packets, and connections to the TCP ports of the key.",
    details: "\
The files of netfilter-persistent.service (`/etc/iptables/rules.v4`, `rules.v6`), iptables.service and ip6tables.service \
(`/etc/sysconfig/iptables`, `ip6tables`; `/etc/iptables/*.rules`) and nftables.service (`/etc/nftables.conf`, \
`/etc/sysconfig/nftables.conf`), if the service is active (now) or starts (boot). A chain FORWARD is told if its policy or an \
unconditional rule refuses what no rule before, nor the chains to which they lead, lets through of new connections; INPUT if it \
refuses one of the ports. What is about IPv6 alone begins with `IPv6: `. Unknown if a file that an nftables configuration \
includes can't be read; firewalld and ufw have rules of their own. The kernel's rules are not asked.",
    key: KeySyntax::Required(&KeyKind { noun: "ports", canonical }),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["10250", "6443,10250"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    let parsed: Result<Vec<u16>, _> = text.split(',').map(|port| port.trim().parse::<u16>()).collect();
    let ports = parsed.map_err(|_| format!("`{text}` is no list of ports such as 6443,10250"))?;
    Ok(ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let ports: Vec<u16> = key.as_str().split(',').filter_map(|port| port.parse().ok()).collect();
    packet_filter::refused(subsystems, &ports, moment).map(Value::list)
}
