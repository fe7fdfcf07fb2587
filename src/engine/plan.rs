//! What will be judged: rules with every name resolved. Nothing is left to look up.

use std::collections::BTreeMap;

use crate::fact::{Moment, Origin, Requirement, State, Value};
use crate::probe::{Key, Probe};
use crate::rule::{LazyProse, Severity, Text};

/// The rules of one run, ready to be judged.
pub struct Plan {
    /// The profiles that were selected.
    pub profiles: Vec<String>,
    /// The variables that the rules use, with the values they have in this run.
    pub variables: BTreeMap<String, Option<Value>>,
    /// The rules, in the order of the catalogue.
    pub rules: Vec<PlannedRule>,
    /// Every question the rules ask, each once.
    pub questions: Vec<Question>,
}

/// A probe and what it is asked about.
#[derive(Clone)]
pub struct Question {
    /// The probe.
    pub probe: &'static Probe,
    /// The key.
    pub key: Key,
}

/// A rule with all names resolved.
pub struct PlannedRule {
    /// Its id.
    pub id: Text,
    /// What failing costs.
    pub severity: Severity,
    /// Words to select it by.
    pub tags: Vec<Text>,
    /// What it says to people.
    pub prose: LazyProse,
    /// The moments it is judged at: those that all its probes can answer, narrowed by the rule.
    pub moments: Vec<Moment>,
    /// When it applies.
    pub when: Option<Condition>,
    /// What must hold.
    pub check: Condition,
    /// Indices into [`Plan::rules`] of the rules whose failure makes this one pointless.
    pub needs: Vec<usize>,
}

/// Three-valued logic over tests.
#[derive(Clone)]
pub enum Condition {
    /// All must hold.
    All(Vec<Condition>),
    /// One must hold.
    Any(Vec<Condition>),
    /// Must not hold.
    Not(Box<Condition>),
    /// One comparison.
    Test(Test),
}

/// A subject compared with an operand.
#[derive(Clone)]
pub struct Test {
    /// What is compared.
    pub subject: Subject,
    /// How.
    pub matcher: Matcher,
}

/// What is compared, or compared with.
#[derive(Clone)]
pub enum Subject {
    /// A fact, by index into [`Plan::questions`], or one attribute of it.
    Fact {
        /// Index into [`Plan::questions`].
        question: usize,
        /// The attribute of a record.
        attribute: Option<&'static str>,
    },
    /// A value written in the rule or of a variable; absent for a variable that is not set.
    Constant {
        /// The value.
        state: State,
        /// The variable that it came from, for messages.
        variable: Option<Text>,
        /// The place that set the variable, if a file did.
        origin: Option<Box<Origin>>,
    },
}

/// How a fact is compared.
#[derive(Clone)]
pub enum Matcher {
    /// The same value.
    Equals(Subject),
    /// Another value; also holds for an absent thing.
    NotEquals(Subject),
    /// One of these values.
    In(Vec<Subject>),
    /// Not less (numbers, sizes, versions; file modes by bits).
    AtLeast(Subject),
    /// Not more (numbers, sizes, versions; file modes: no bit besides these).
    AtMost(Subject),
    /// The regular expression is found in the text.
    Matches(Box<regex_lite::Regex>),
    /// The list has the item; the text has the part.
    Contains(Subject),
    /// The list has an item that meets all of these.
    ContainsSuch(Vec<Matcher>),
    /// Every item of the list meets all of these.
    Each(Vec<Matcher>),
    /// The thing is there, or is not.
    Exists(bool),
    /// The version meets the requirement.
    Version(Requirement),
    /// The version is of the same major version as another, and at most so many minor versions older or newer.
    Skew {
        /// The other version.
        from: Subject,
        /// How many minor versions older it may be.
        older: u64,
        /// How many minor versions newer it may be.
        newer: u64,
    },
    /// One of the networks shares an address with one of the operand's.
    Overlaps(Subject),
}
