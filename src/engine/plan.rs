//! What will be judged: rules whose names are resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;

use super::pattern::Pattern;
use crate::fact::{Moment, Origin, Requirement, State, Value};
use crate::probe::{Attribute, Key, Probe};
use crate::rule::{Diagnostic, Fails, Fix, RuleText, Severity, Text};

/// The rules of one run, ready to be judged.
pub struct Plan {
    /// The profiles that were selected.
    pub profiles: Vec<String>,
    /// These, and those that they include.
    pub selected: Vec<String>,
    /// The variables that the rules use, with the values they have in this run.
    pub variables: BTreeMap<String, Option<Value>>,
    /// The variables that somebody has set, whether or not the rules use them: a profile, a file, the environment, the
    /// command line.
    pub set: BTreeMap<String, SetVariable>,
    /// The rules, in the order of the catalogue.
    pub rules: Vec<PlannedRule>,
    /// Every question the rules ask, each once.
    pub questions: Questions,
    /// What could be written better in the rules, for `lint`: old spellings, unknown configuration keys.
    pub hints: Vec<Diagnostic>,
}

/// A variable that somebody has set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetVariable {
    /// Its value.
    pub value: Value,
    /// The place that sets it, if a file does.
    pub origin: Option<Origin>,
}

/// A probe and what it is asked about.
#[derive(Clone)]
pub struct Question {
    /// The probe.
    pub probe: &'static Probe,
    /// The key.
    pub key: Key,
}

/// Questions, each once.
#[derive(Default)]
pub struct Questions {
    all: Vec<Question>,
    /// Where the questions of a probe stand, by its name.
    places: HashMap<&'static str, HashMap<Key, usize>>,
}

impl Questions {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, in the order of asking.
    pub fn iter(&self) -> impl Iterator<Item = &Question> {
        self.all.iter()
    }

    pub(super) fn get(&self, place: usize) -> &Question {
        &self.all[place]
    }

    /// The place of a question, which is added if it is new.
    pub(super) fn place(&mut self, probe: &'static Probe, key: Key) -> usize {
        let places = self.places.entry(probe.name).or_default();
        if let Some(place) = places.get(&key) {
            return *place;
        }
        let place = self.all.len();
        places.insert(key.clone(), place);
        self.all.push(Question { probe, key });
        place
    }
}

/// A rule without mistakes.
pub struct PlannedRule {
    /// Its id.
    pub id: Text,
    /// What failing costs.
    pub severity: Severity,
    /// Words to select it by.
    pub tags: Arc<Vec<Text>>,
    /// What it says to people.
    pub prose: Arc<RuleText>,
    /// The moments it is judged at: those that all its probes can answer, narrowed by the rule.
    pub moments: &'static [Moment],
    /// When it applies; always if none.
    pub when: Option<Condition>,
    /// What must hold.
    pub check: Condition,
    /// Indices into [`Plan::rules`] of the rules whose failure makes this one pointless.
    pub needs: Vec<usize>,
    /// Fixes for states that need another one than the rule's own; none for most rules.
    pub fixes: Option<Box<PlannedFixes>>,
}

/// Fixes for states that need another one than the rule's own.
pub struct PlannedFixes {
    /// What placeholders stand for.
    pub with: Vec<(Text, Subject)>,
    /// The first that fits is the fix.
    pub cases: Vec<PlannedFix>,
}

/// A fix for one state.
pub struct PlannedFix {
    /// What must hold at the moment at which the rule fails; always if none.
    pub when: Option<Condition>,
    /// The moments at which that can be answered.
    pub moments: &'static [Moment],
    /// The moments at which the rule has to fail; any if none.
    pub fails: Option<Fails>,
    /// What to do.
    pub fix: Arc<Fix>,
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
    Test(Box<Test>),
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
    /// A fact, by its place among the [`Questions`] of the run, or one attribute of it.
    Fact {
        /// The place.
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
    Matches(Box<Pattern>),
    /// The list has the item; the text has the part.
    Contains(Subject),
    /// The list has an item that meets all of these.
    ContainsSuch(Vec<Matcher>),
    /// Every item of the list meets all of these.
    Each(Vec<Matcher>),
    /// No item of the list meets all of these.
    None(Vec<Matcher>),
    /// The attribute of a record in a list meets all of these.
    Attribute(&'static Attribute, Vec<Matcher>),
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
