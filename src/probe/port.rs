//! `port:tcp/6443`: whether something listens on a port, where, and who.

use super::key::KeyKind;
use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::network::ports::{self, Found, Protocol};

const ADDRESSES: Attribute =
    Attribute::new("addresses", Shape::List(&Shape::Text), "Where: `127.0.0.1:6443`, `[::]:10250`.");
const LISTENING: Attribute = Attribute::new("listening", Shape::Bool, "Whether something does.");
const PROCESS: Attribute = Attribute::new(
    "process",
    Shape::Text,
    "The name of the process; absent for a socket of the kernel, unknown without root rights and for ranges.",
);

pub(super) static PROBE: Probe = Probe {
    name: "port",
    summary: "Whether something listens on a port of this host, or on one of a range.",
    details: "The key is `tcp/6443`, `udp/8472`, a range `tcp/30000-32767`, or `any/...` for both protocols; a bare number is \
              TCP, a bare range is both. Now: /proc/net/tcp, tcp6, udp and udp6, that is sockets of the host itself and of \
              pods with `hostNetwork`. A program that wants every address of the host can't have a port on which \
              another one listens, on whichever address. What a boot starts is asked by `service`.",
    key: KeySyntax::Required(&KeyKind { noun: "port", canonical }),
    answer: Shape::Record(&[ADDRESSES, LISTENING, PROCESS]),
    moments: NOW,
    examples: &["tcp/6443", "tcp/10250"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let Some((protocols, first, last)) = parse(key.as_str()) else { return Fact::unknown("this is no port") };
    let mut found: Vec<(Protocol, Found)> = Vec::new();
    for protocol in protocols {
        match subsystems.ports().of(running, *protocol) {
            Ok(all) => {
                let here = all.iter().filter(|found| (first..=last).contains(&found.listener.port));
                found.extend(here.map(|found| (*protocol, found.clone())));
            }
            Err(reason) => return Fact::unknown(reason),
        }
    }
    let process = if found.is_empty() {
        State::Absent
    } else if first == last {
        let sockets: Vec<Found> = found.iter().map(|(_, found)| found.clone()).collect();
        ports::owner(running, &sockets)
    } else {
        State::unknown("a range of ports is not asked for processes")
    };
    let owner = match &process {
        State::Known(value) => format!(", process {value}"),
        State::Absent | State::Unknown(_) => String::new(),
    };
    let address =
        |found: &Found| std::net::SocketAddr::new(found.listener.address, found.listener.port).to_string();
    let origins: Vec<Origin> = found
        .iter()
        .map(|(protocol, found)| {
            Origin::line(found.table, found.listener.line)
                .says(format!("{protocol} {}{owner}", address(found)))
        })
        .collect();
    let is_kubelet = process == State::from("kubelet");
    let record = Value::record([
        ADDRESSES.is(Value::list(found.iter().map(|(_, found)| address(found)))),
        LISTENING.is(!found.is_empty()),
        PROCESS.is(process),
    ]);
    let fact = Fact::new(record).because_all(origins);
    if is_kubelet {
        fact.note("it is the kubelet: `systemctl stop kubelet` frees the port, and kubeadm starts it again")
    } else {
        fact
    }
}

/// The protocols, the first and the last port.
fn parse(text: &str) -> Option<(&'static [Protocol], u16, u16)> {
    let (protocol, ports) = text.split_once('/')?;
    let protocols: &[Protocol] = match protocol {
        "tcp" => &[Protocol::Tcp],
        "udp" => &[Protocol::Udp],
        "any" => &[Protocol::Tcp, Protocol::Udp],
        _ => return None,
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((protocols, first, last))
}

/// `6443` is `tcp/6443`, `30000-32767` is `any/30000-32767`.
fn canonical(text: &str) -> Result<String, String> {
    let full = match (text.contains('/'), text.contains('-')) {
        (true, _) => text.to_owned(),
        (false, false) => format!("tcp/{text}"),
        (false, true) => format!("any/{text}"),
    };
    let (_, first, last) =
        parse(&full).ok_or_else(|| format!("`{text}` is no port such as tcp/6443 or udp/8472"))?;
    let protocol = full.split('/').next().unwrap_or_default();
    Ok(if first == last { format!("{protocol}/{first}") } else { format!("{protocol}/{first}-{last}") })
}
