//! What is known of the built-in rules before any of them is read. `build.rs` writes it, the program reads it.

use serde::{Deserialize, Serialize};

use crate::rule::{Profile, Variable};

/// The built-in rules without their contents.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(crate) struct Index {
    pub(crate) variables: Vec<Variable>,
    pub(crate) profiles: Vec<Profile>,
    /// For each profile the rules that it selects, those of profiles that it includes and those that they need among
    /// them; in order.
    pub(crate) selected: Vec<Vec<u16>>,
    /// Where each rule ends in the bytes of all rules.
    pub(crate) ends: Vec<u32>,
}
