//! `iptables`: the backend of the host's packet filter tools.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::alternatives;

const BACKEND: Attribute =
    Attribute::new("backend", Shape::Word(&["legacy", "nft"]), "That of the first tool found.");
const CONSISTENT: Attribute = Attribute::new("consistent", Shape::Bool, "Whether the others use it, too.");
const LEGACY_TABLES: Attribute = Attribute::new(
    "legacy_tables",
    Shape::List(&Shape::Text),
    "Now only: tables of legacy rules that are loaded (`filter`, `ip6 filter`).",
)
.spelt("legacy-tables");

pub(super) static PROBE: Probe = Probe {
    name: "iptables",
    summary: "Which backend the packet filter tools use, and whether all of them use the same.",
    details: "The programs are the same at both moments: those behind iptables, ip6tables, arptables and ebtables, as far as they are \
              installed; absent if none is. Programs without `nft` in their name write legacy rules; a script \
              may run either. Which legacy tables are loaded now needs root and says whether rules of both backends \
              are in force.",
    key: KeySyntax::None,
    answer: Shape::Record(&[BACKEND, CONSISTENT, LEGACY_TABLES]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    alternatives::filter(subsystems, moment).map(|tools| {
        Value::record([
            BACKEND.is(tools.backend.name()),
            CONSISTENT.is(tools.consistent.map(Value::from)),
            LEGACY_TABLES.is(tools.legacy_tables.map(Value::list)),
        ])
    })
}
