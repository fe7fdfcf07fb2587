//! A configuration as the kubelet sees it when it validates: files, drop-ins and flags merged, zeros made defaults.

use std::borrow::Cow;

use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// A value with which the kubelet exits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The dotted field that is set, and whose place is shown.
    pub field: String,
    /// What it is and what it must be.
    pub text: String,
}

/// What validation came to.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub faults: Vec<Fault>,
    /// What can't be decided, and why.
    pub undecided: Vec<Fault>,
}

impl Judgement {
    pub(super) fn fault(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.faults.push(Fault { field: field.into(), text: text.into() });
    }

    pub(super) fn undecided(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.undecided.push(Fault { field: field.into(), text: text.into() });
    }
}

/// The configuration, and the minor version of the kubelet that reads it.
#[derive(Clone, Copy)]
pub(crate) struct View<'c> {
    pub root: &'c Node,
    /// None where the version isn't known: only what holds for every supported version is judged then.
    pub minor: Option<u64>,
    /// Fields that are set by a flag whose value isn't read.
    pub unread: &'c [&'c str],
}

impl<'c> View<'c> {
    /// Whether the kubelet is of a minor version or later; 0 is every one.
    pub(super) fn since(&self, minor: u64) -> bool {
        minor == 0 || self.minor.is_some_and(|own| own >= minor)
    }

    pub(super) fn at(&self, field: &str) -> Option<&'c Content> {
        self.root.at(field).map(|node| &node.content).filter(|content| **content != Content::Null)
    }

    pub(super) fn integer(&self, field: &str) -> Option<i64> {
        match self.at(field)? {
            Content::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text(&self, field: &str) -> Option<&'c str> {
        match self.at(field)? {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a text is set and not empty.
    pub(super) fn has_text(&self, field: &str) -> bool {
        self.text(field).is_some_and(|text| !text.is_empty())
    }

    pub(super) fn bool(&self, field: &str) -> Option<bool> {
        match self.at(field)? {
            Content::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// Nanoseconds.
    pub(super) fn span(&self, field: &str) -> Option<i64> {
        go_duration::nanoseconds(self.text(field)?)
    }

    pub(super) fn list(&self, field: &str) -> &'c [Node] {
        match self.at(field) {
            Some(Content::List(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn texts(&self, field: &str) -> impl Iterator<Item = &'c str> {
        self.list(field).iter().filter_map(|node| match &node.content {
            Content::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The names and texts of a map.
    pub(super) fn pairs(&self, field: &str) -> impl Iterator<Item = (&'c str, Cow<'c, str>)> {
        let table = match self.at(field) {
            Some(Content::Table(table)) => Some(table),
            _ => None,
        };
        table.into_iter().flatten().filter_map(|(name, node)| match &node.content {
            Content::Text(text) => Some((name.as_str(), Cow::Borrowed(text.as_str()))),
            Content::Integer(number) => Some((name.as_str(), Cow::Owned(number.to_string()))),
            _ => None,
        })
    }

    /// Whether a feature gate is on: as it is set, else on from a minor version on (never where that is none). None if it
    /// depends on what isn't known.
    pub(super) fn gate(&self, name: &str, on_since: Option<u64>) -> Option<bool> {
        if let Some(set) = self.bool(&format!("featureGates.{name}")) {
            return Some(set);
        }
        if ["AllAlpha", "AllBeta"].iter().any(|all| self.at(&format!("featureGates.{all}")).is_some()) {
            return None;
        }
        match (on_since, self.minor) {
            (None, _) => Some(false),
            (Some(since), Some(minor)) => Some(minor >= since),
            (Some(_), None) => None,
        }
    }
}
