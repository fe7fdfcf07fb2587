//! What a rule says to people.

use serde::{Deserialize, Serialize};

use super::{Fix, Text};

/// What a rule says to people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct RuleText {
    /// The name of the rule's file without directory and suffix: `network`.
    pub topic: Text,
    /// What must hold, as a sentence; empty if the file says none.
    pub title: Text,
    /// Why it matters to a node.
    pub why: Text,
    /// How to mend the host.
    pub fix: Fix,
    /// Pages to read.
    pub refs: Vec<Text>,
    /// Checks of other tools, and articles, that it stands for: `kubeadm:NumCPU`.
    pub covers: Vec<Text>,
}

impl RuleText {
    /// What must hold, as a sentence; the id of a rule that says none.
    #[must_use]
    pub fn title_or<'p>(&'p self, id: &'p str) -> &'p str {
        if self.title.is_empty() { id } else { &self.title }
    }
}
