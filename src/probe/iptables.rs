//! `iptables`: the backend of the host's packet filter tools.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::alternatives;

pub(super) static PROBE: Probe = Probe {
    name: "iptables",
    summary: "Which backend the packet filter tools use, and whether all of them use the same.",
    details: "The programs are the same at both moments: those behind iptables, ip6tables, arptables and ebtables, as far as they are \
              installed; absent if none is. Programs without `nft` in their name write legacy rules; a script \
              may run either. Which legacy tables are loaded now needs root and says whether rules of both backends \
              are in force.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute {
            name: "backend",
            shape: Shape::Word(&["legacy", "nft"]),
            summary: "That of the first tool found.",
        },
        Attribute { name: "consistent", shape: Shape::Bool, summary: "Whether the others use it, too." },
        Attribute {
            name: "legacy_tables",
            shape: Shape::List(&Shape::Text),
            summary: "Now only: tables of legacy rules that are loaded (`filter`, `ip6 filter`).",
        },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    alternatives::filter(subsystems, moment)
}
