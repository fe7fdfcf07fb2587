//! `resolver`: whom the host asks for names, `/etc/resolv.conf`.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::HostPath;
use crate::parse::resolv_conf;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral;

pub(super) static PROBE: Probe = Probe {
    name: "resolver",
    summary: "Whom the host asks for names: /etc/resolv.conf.",
    details: "The file behind the link, as the kubelet reads it. At boot only who writes it is known if it is not on disk. \
              Absent if the file isn't there. No name is looked up. What pods inherit is `kubelet:loopbackNameServers`.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute { name: "options", shape: Shape::List(&Shape::Text), summary: "Options: `ndots:2`." },
        Attribute { name: "search", shape: Shape::List(&Shape::Text), summary: "Search domains." },
        Attribute { name: "search-count", shape: Shape::Integer, summary: "How many there are." },
        Attribute {
            name: "search-length",
            shape: Shape::Integer,
            summary: "Characters of all of them, blanks between them included.",
        },
        Attribute {
            name: "server-count",
            shape: Shape::Integer,
            summary: "How many name servers there are.",
        },
        Attribute { name: "servers", shape: Shape::List(&Shape::Text), summary: "Name servers." },
        Attribute {
            name: "writer",
            shape: Shape::Word(&["file", "networkmanager", "other", "resolvconf", "systemd-resolved"]),
            summary: "Who writes it, by where the link leads; `file` if it is on disk.",
        },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

const PATH: &str = "/etc/resolv.conf";

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let host = subsystems.host();
    let real = ephemeral::real(host.files(), &HostPath::new(PATH));
    let is_volatile = ephemeral::is_below_memory(&real);
    let writer = match () {
        () if !is_volatile => "file",
        () if real.as_path().starts_with("/run/systemd/resolve") => "systemd-resolved",
        () if real.as_path().starts_with("/run/NetworkManager") => "networkmanager",
        () if real.as_path().starts_with("/run/resolvconf") => "resolvconf",
        () => "other",
    };
    let content = match (moment, is_volatile, host.running()) {
        (Moment::Now, _, None) => return Fact::unknown("nothing is running here"),
        (Moment::Now, true, Some(running)) => running.files().read(&real),
        (Moment::Boot, true, _) => return written_at_boot(&real, writer),
        (_, false, _) => host.files().read(PATH),
    };
    let found = match content {
        Ok(content) => resolv_conf::parse(&content),
        Err(error) if error.is_not_found() => {
            return Fact::absent().because(Origin::file(PATH)).note(format!("{real} is not there"));
        }
        Err(error) => return Fact::unknown(error.to_string()),
    };
    let count = |length: usize| State::from(i64::try_from(length).unwrap_or(i64::MAX));
    let origins = found
        .servers
        .iter()
        .map(|(line, server)| Origin::line(&real, *line).says(format!("nameserver {server}")));
    let because: Vec<Origin> =
        if found.servers.is_empty() { vec![Origin::file(&real)] } else { origins.collect() };
    let record = Value::record([
        ("options", Value::list(found.options).into()),
        ("search-count", count(found.search.len())),
        ("search-length", count(found.search.join(" ").chars().count())),
        ("search", Value::list(found.search).into()),
        ("server-count", count(found.servers.len())),
        ("servers", Value::list(found.servers.into_iter().map(|(_, server)| server)).into()),
        ("writer", State::from(writer)),
    ]);
    Fact::new(record).because_all(because)
}

fn written_at_boot(real: &HostPath, writer: &str) -> Fact {
    let unknown = || State::unknown(format!("{real} is made anew at boot"));
    let names = ["options", "search", "search-count", "search-length", "server-count", "servers"];
    let mut attributes: Vec<(&str, State)> = names.iter().map(|name| (*name, unknown())).collect();
    attributes.push(("writer", State::from(writer)));
    Fact::new(Value::record(attributes)).because(Origin::file(PATH).says(format!("leads to {real}")))
}
