//! `registries`: where images with short names come from.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::crio::registries;

const MISTAKES: Attribute =
    Attribute::new("mistakes", Shape::List(&Shape::Text), "What stops CRI-O when it starts.");
const SEARCH: Attribute =
    Attribute::new("search", Shape::List(&Shape::Text), "The registries that are searched for a short name.");
const SEARCH_COUNT: Attribute =
    Attribute::new("search_count", Shape::Integer, "How many they are.").spelt("search-count");

pub(super) static PROBE: Probe = Probe {
    name: "registries",
    summary: "Where images with short names come from, and what is wrong with the files that say so.",
    details: "/etc/containers/registries.conf and the `*.conf` files of registries.conf.d; only root's own \
              .config/containers/registries.conf if that is there. Absent without any file: then short names can't be \
              pulled.",
    key: KeySyntax::None,
    answer: Shape::Record(&[MISTAKES, SEARCH, SEARCH_COUNT]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    registries::registries(subsystems).map(|found| {
        let count = i64::try_from(found.search.len()).unwrap_or(i64::MAX);
        Value::record([
            MISTAKES.is(Value::list(found.mistakes)),
            SEARCH.is(Value::List(found.search)),
            SEARCH_COUNT.is(count),
        ])
    })
}
