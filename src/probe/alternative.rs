//! `alternative:NAME`: what a generic command name leads to.

use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::alternatives;

const TARGET: Attribute = Attribute::new("target", Shape::Text, "The end of the links.");
const MODE: Attribute =
    Attribute::new("mode", Shape::Word(&["auto", "manual"]), "Who chose; absent without a group.");
const BACKEND: Attribute =
    Attribute::new("backend", Shape::Word(&["legacy", "nft"]), "Packet filter tools only.");

pub(super) static PROBE: Probe = Probe {
    name: "alternative",
    summary: "What a generic command name leads to, through all links.",
    details: "Both moments alike: links are persistent. The name is looked for in /usr/sbin, /sbin, /usr/bin, /bin and \
              /etc/alternatives and followed to its end; the link decides, the administrative file \
              (/var/lib/dpkg/alternatives) says whether it was chosen automatically. `backend` is answered for iptables, \
              ip6tables, arptables and ebtables.",
    key: KeySyntax::Required(&KeyKind { noun: "name", canonical }),
    answer: Shape::Record(&[TARGET, MODE, BACKEND]),
    moments: BOTH,
    examples: &["iptables", "ip6tables", "arptables", "ebtables"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if text.contains('/') || text == "." || text == ".." {
        return Err(format!("`{text}` is a path, not a name"));
    }
    Ok(text.to_owned())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    alternatives::alternative(subsystems, key.as_str()).map(|found| {
        let mode = |is_automatic| Value::from(if is_automatic { "auto" } else { "manual" });
        Value::record([
            TARGET.is(found.target.to_string()),
            MODE.is(found.is_automatic.map(mode)),
            BACKEND.is(found.backend.map(|backend| Value::from(backend.name()))),
        ])
    })
}
