//! `iptables`: the backend of the host's packet filter tools.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::{Subsystems, alternatives};

pub(super) static PROBE: Probe = Probe {
    name: "iptables",
    summary: "Which backend the packet filter tools use, and whether all of them use the same.",
    details: "Both moments alike: the programs behind iptables, ip6tables, arptables and ebtables, as far as they are \
              installed; absent if none is. Programs without `nft` in their name write legacy rules.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute {
            name: "backend",
            shape: Shape::Word(&["legacy", "nft"]),
            summary: "That of the first tool found.",
        },
        Attribute { name: "consistent", shape: Shape::Bool, summary: "Whether the others use it, too." },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    alternatives::filter(subsystems)
}
