//! What is known of the built-in rules before any of them is unpacked. `build.rs` writes it, the program reads it.

use serde::{Deserialize, Serialize};

use crate::rule::RuleSet;

/// The built-in rules without their contents.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(crate) struct Catalogue {
    /// Variables and profiles; no rules, no files.
    pub(crate) set: RuleSet,
    /// For each profile of the set: itself and all that it includes, as bits by their places there.
    pub(crate) includes: Vec<u64>,
    /// For each rule: the profiles that select it, or a rule that needs it, as bits; and where it ends in the bytes
    /// of all rules.
    pub(crate) rules: Vec<(u64, u32)>,
}
