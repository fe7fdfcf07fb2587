//! `resolver`: whom the host asks for names, `/etc/resolv.conf`.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{HostPath, Read};
use crate::parse::resolv_conf;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::{self, Unavailable};

const OPTIONS: Attribute = Attribute::new("options", Shape::List(&Shape::Text), "Options: `ndots:2`.");
const SEARCH: Attribute = Attribute::new("search", Shape::List(&Shape::Text), "Search domains.");
const SEARCH_COUNT: Attribute = Attribute::new("search-count", Shape::Integer, "How many there are.");
const SEARCH_LENGTH: Attribute = Attribute::new(
    "search-length",
    Shape::Integer,
    "Characters of all of them, blanks between them included.",
);
const SERVER_COUNT: Attribute =
    Attribute::new("server-count", Shape::Integer, "How many name servers there are.");
const SERVERS: Attribute = Attribute::new("servers", Shape::List(&Shape::Text), "Name servers.");
const WRITER: Attribute = Attribute::new(
    "writer",
    Shape::Word(&["file", "networkmanager", "other", "resolvconf", "systemd-resolved"]),
    "Who writes it, by where the link leads; `file` if it is on disk.",
);

pub(super) static PROBE: Probe = Probe {
    name: "resolver",
    summary: "Whom the host asks for names: /etc/resolv.conf.",
    details: "The file behind the link, as the kubelet reads it. At boot only who writes it is known if it is not on disk. \
              Absent if the file isn't there. No name is looked up. What pods inherit is `kubelet:loopbackNameServers`.",
    key: KeySyntax::None,
    answer: Shape::Record(&[OPTIONS, SEARCH, SEARCH_COUNT, SEARCH_LENGTH, SERVER_COUNT, SERVERS, WRITER]),
    moments: BOTH,
    examples: &[],
    ask,
};

const PATH: &str = "/etc/resolv.conf";

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let host = subsystems.host();
    let real = ephemeral::real(host.files(), &HostPath::new(PATH));
    let is_volatile = ephemeral::is_below_memory(&real);
    let files = ephemeral::files(subsystems, &real, moment);
    let writer = match () {
        () if !is_volatile => "file",
        () if real.as_path().starts_with("/run/systemd/resolve") => "systemd-resolved",
        () if real.as_path().starts_with("/run/NetworkManager") => "networkmanager",
        () if real.as_path().starts_with("/run/resolvconf") => "resolvconf",
        () => "other",
    };
    let files = match files {
        Ok(files) => files,
        Err(Unavailable::Remade(_) | Unavailable::InMemory(_)) => return written_at_boot(&real, writer),
        Err(Unavailable::Lost(why)) => return Fact::absent().because(Origin::file(PATH)).note(why),
        Err(Unavailable::Unknown(reason)) => return Fact::unknown(reason),
    };
    let place = if is_volatile { real.clone() } else { HostPath::new(PATH) };
    let found = match files.read(&place) {
        Read::There(content) => resolv_conf::parse(&content),
        Read::Missing(_) => {
            return Fact::absent().because(Origin::file(PATH)).note(format!("{real} is not there"));
        }
        Read::Hidden(error) => return Fact::unknown(error),
    };
    let count = |length: usize| State::from(i64::try_from(length).unwrap_or(i64::MAX));
    let origins = found
        .servers
        .iter()
        .map(|(line, server)| Origin::line(&real, *line).says(format!("nameserver {server}")));
    let because: Vec<Origin> =
        if found.servers.is_empty() { vec![Origin::file(&real)] } else { origins.collect() };
    let record = Value::record([
        OPTIONS.is(Value::list(found.options)),
        SEARCH_COUNT.is(count(found.search.len())),
        SEARCH_LENGTH.is(count(found.search.join(" ").chars().count())),
        SEARCH.is(Value::list(found.search)),
        SERVER_COUNT.is(count(found.servers.len())),
        SERVERS.is(Value::list(found.servers.into_iter().map(|(_, server)| server))),
        WRITER.is(writer),
    ]);
    Fact::new(record).because_all(because)
}

fn written_at_boot(real: &HostPath, writer: &str) -> Fact {
    let unknown = || State::unknown(format!("{real} is made anew at boot"));
    let written = [OPTIONS, SEARCH, SEARCH_COUNT, SEARCH_LENGTH, SERVER_COUNT, SERVERS];
    let mut attributes: Vec<_> = written.iter().map(|attribute| attribute.is(unknown())).collect();
    attributes.push(WRITER.is(writer));
    Fact::new(Value::record(attributes)).because(Origin::file(PATH).says(format!("leads to {real}")))
}
