//! `alternative:NAME`: what a generic command name leads to.

use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::alternatives;

pub(super) static PROBE: Probe = Probe {
    name: "alternative",
    summary: "What a generic command name leads to, through all links.",
    details: "Both moments alike: links are persistent. The name is looked for in /usr/sbin, /sbin, /usr/bin, /bin and \
              /etc/alternatives and followed to its end; the link decides, the administrative file \
              (/var/lib/dpkg/alternatives) says whether it was chosen automatically. `backend` is answered for iptables, \
              ip6tables, arptables and ebtables.",
    key: KeySyntax::Required(&KeyKind { noun: "name", canonical }),
    answer: Shape::Record(&[
        Attribute { name: "target", shape: Shape::Text, summary: "The end of the links." },
        Attribute {
            name: "mode",
            shape: Shape::Word(&["auto", "manual"]),
            summary: "Who chose; absent without a group.",
        },
        Attribute {
            name: "backend",
            shape: Shape::Word(&["legacy", "nft"]),
            summary: "Packet filter tools only.",
        },
    ]),
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
    alternatives::alternative(subsystems, key.as_str())
}
