//! The words that all rooms share: a fact is what a probe answers for one moment. No I/O here.

mod date;
mod depth_first;
mod escape;
mod key_word;
mod nearest;
mod network;
mod origin;
mod reason;
mod value;
mod version;

pub use date::{Date, utc};
pub(crate) use depth_first::DepthFirst;
pub use escape::{MAX_TEXT, bounded, cut, is_dangerous, mark, printable, shortened, shown_bytes};
pub use key_word::KeyWord;
pub use nearest::{did_you_mean, distance, nearest};
pub use network::Network;
pub use origin::{Origin, OriginKind, Setting};
pub use reason::{Reason, ReasonCode};
pub use value::{Value, format_size, parse_size};
pub use version::{Requirement, Version};

use std::fmt;

use serde::{Deserialize, Serialize};

/// The moment a fact holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Moment {
    /// The running system.
    Now,
    /// What the files on disk will produce at the next boot: `boot` on the command line, in rules and in JSON.
    NextBoot,
}

impl Moment {
    /// Both moments, in the order in which they are shown.
    pub const ALL: [Moment; 2] = [Moment::Now, Moment::NextBoot];

    /// The word used on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Moment::Now => "now",
            Moment::NextBoot => "boot",
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How sure an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Follows from a rule of thumb; the text of the fact says so.
    Heuristic,
    /// Deterministic, given an assumption that is named.
    High,
    /// Deterministic from what was read.
    #[default]
    Certain,
}

impl Confidence {
    /// The word used in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::High => "high",
            Confidence::Heuristic => "heuristic",
        }
    }
}

/// What is known. Absent is knowledge ("there is no such thing"); unknown is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge<T> {
    /// The thing is there, and this is its value.
    Known(T),
    /// The thing is certainly not there.
    Absent,
    /// It can't be known, and this is why.
    Unknown(Reason),
}

/// What is known of something whose value a rule may compare.
pub type State = Knowledge<Value>;

impl<T> Knowledge<T> {
    /// Shorthand for an unknown state.
    pub fn unknown(reason: impl Into<Reason>) -> Self {
        Knowledge::Unknown(reason.into())
    }

    /// The same knowledge of another value, which is made of this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Knowledge<U> {
        match self {
            Knowledge::Known(value) => Knowledge::Known(make(value)),
            Knowledge::Absent => Knowledge::Absent,
            Knowledge::Unknown(reason) => Knowledge::Unknown(reason),
        }
    }
}

impl<T: Into<Value>> From<T> for State {
    fn from(value: T) -> Self {
        State::Known(value.into())
    }
}

/// The answer to a question about a host at one moment, with its provenance. Parts of the system answer with types of
/// their own; a probe turns these into a [`Fact`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What is known.
    pub state: Knowledge<T>,
    /// What decided it; the deciding place comes first.
    pub because: Vec<Origin>,
    /// Candidates that lost against the deciding place, in the order in which they apply.
    pub overruled: Vec<Origin>,
    /// How sure the answer is.
    pub confidence: Confidence,
    /// What a reader should know besides the value: "right by accident: ...".
    pub notes: Vec<String>,
}

/// A probe's answer at one moment.
pub type Fact = Answer<Value>;

impl Fact {
    /// A fact with nothing said yet about its origin.
    pub fn new(state: impl Into<State>) -> Self {
        Fact::of(state.into())
    }

    /// Texts as a list, each with its place; of several, each place says which one it is.
    #[must_use]
    pub fn findings(found: Vec<(Origin, String)>) -> Self {
        let several = found.len() > 1;
        let (places, texts): (Vec<Origin>, Vec<String>) = found
            .into_iter()
            .map(|(place, text)| (if several { place.says(text.clone()) } else { place }, text))
            .unzip();
        Fact::new(Value::list(texts)).because_all(places)
    }
}

impl<T> Answer<T> {
    /// An answer with nothing said yet about its origin.
    #[must_use]
    pub fn of(state: Knowledge<T>) -> Self {
        Answer {
            state,
            because: Vec::new(),
            overruled: Vec::new(),
            confidence: Confidence::Certain,
            notes: Vec::new(),
        }
    }

    /// The thing is there, and this is its value.
    #[must_use]
    pub fn known(value: T) -> Self {
        Answer::of(Knowledge::Known(value))
    }

    /// The thing is certainly not there.
    #[must_use]
    pub fn absent() -> Self {
        Answer::of(Knowledge::Absent)
    }

    /// It can't be known.
    pub fn unknown(reason: impl Into<Reason>) -> Self {
        Answer::of(Knowledge::Unknown(reason.into()))
    }

    /// The same answer with another value, which is made of this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Answer<U> {
        let Answer { state, because, overruled, confidence, notes } = self;
        Answer { state: state.map(make), because, overruled, confidence, notes }
    }

    /// Adds a place that decided.
    #[must_use]
    pub fn because(mut self, origin: Origin) -> Self {
        self.because.push(origin);
        self
    }

    /// Adds places that decided.
    #[must_use]
    pub fn because_all(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.because.extend(origins);
        self
    }

    /// Lowers the confidence to at most this.
    #[must_use]
    pub fn at_most(mut self, confidence: Confidence) -> Self {
        self.confidence = self.confidence.min(confidence);
        self
    }

    /// Adds a note for the reader.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(cut(text.into()));
        self
    }
}
