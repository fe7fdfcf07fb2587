//! What will be judged: rules whose names are resolved, or, in checks of built-in rules, known to resolve.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;

use crate::fact::{Moment, Origin, Requirement, State, Value};
use crate::probe::{Key, Probe};
use crate::rule::{Diagnostic, Expression, Lazy, Prose, Severity, Text};

/// The rules of one run, ready to be judged.
pub struct Plan {
    /// The profiles that were selected.
    pub profiles: Vec<String>,
    /// The variables that the rules use, with the values they have in this run.
    pub variables: BTreeMap<String, Option<Value>>,
    /// The rules, in the order of the catalogue.
    pub rules: Vec<PlannedRule>,
    /// Every question the rules ask, each once; those of a check that is left for later are missing.
    pub questions: Questions<'static>,
    /// The probes by name, for checks that are left for later.
    pub(super) probes: Probes,
    /// What could be written better in the rules, for `lint`: old spellings, unknown configuration keys.
    pub hints: Vec<Diagnostic>,
}

/// Probes by name.
pub(super) type Probes = HashMap<&'static str, &'static Probe>;

/// A probe and what it is asked about.
#[derive(Clone)]
pub struct Question {
    /// The probe.
    pub probe: &'static Probe,
    /// The key.
    pub key: Key,
}

/// Questions, each once. Those of a plan stay as they are, and a run adds to them.
#[derive(Default)]
pub struct Questions<'p> {
    before: Option<&'p Questions<'p>>,
    own: Vec<Question>,
    /// Where the own questions of a probe stand, by its name.
    places: HashMap<&'static str, HashMap<Key, usize>>,
}

impl<'p> Questions<'p> {
    /// No more than those of a plan.
    pub(super) fn behind(before: &'p Questions<'p>) -> Self {
        Questions { before: Some(before), ..Questions::default() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.first() + self.own.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in the order of asking.
    pub fn iter(&self) -> impl Iterator<Item = &Question> {
        self.before.map_or(&[][..], |before| &before.own).iter().chain(&self.own)
    }

    pub(super) fn get(&self, place: usize) -> &Question {
        match place.checked_sub(self.first()) {
            Some(own) => &self.own[own],
            None => &self.before.unwrap_or(self).own[place],
        }
    }

    /// The place of a question, which is added if it is new.
    pub(super) fn place(&mut self, probe: &'static Probe, key: Key) -> usize {
        let places = |questions: &Questions<'_>| questions.places.get(probe.name)?.get(&key).copied();
        if let Some(place) = self.before.and_then(places).or_else(|| places(self)) {
            return place;
        }
        let place = self.len();
        self.places.entry(probe.name).or_default().insert(key.clone(), place);
        self.own.push(Question { probe, key });
        place
    }

    /// The place of the first own question.
    fn first(&self) -> usize {
        self.before.map_or(0, |before| before.own.len())
    }
}

/// A rule without mistakes.
pub struct PlannedRule {
    /// Its id.
    pub id: Text,
    /// What failing costs.
    pub severity: Severity,
    /// Words to select it by.
    pub tags: Lazy<Vec<Text>>,
    /// What it says to people.
    pub prose: Lazy<Prose>,
    /// The moments it is judged at: those that all its probes can answer, narrowed by the rule.
    pub moments: &'static [Moment],
    /// When it applies: many rules share a condition.
    pub when: Option<Arc<Condition>>,
    /// What must hold.
    pub check: Check,
    /// Indices into [`Plan::rules`] of the rules whose failure makes this one pointless.
    pub needs: Vec<usize>,
}

/// What must hold.
pub enum Check {
    /// With all names resolved.
    Ready(Condition),
    /// Of a built-in rule, which has no mistake: resolved when the rule is seen to apply.
    Later(Lazy<Expression>),
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
