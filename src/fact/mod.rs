//! The words that all rooms share: a fact is what a probe answers for one moment. No I/O here.

mod date;
mod network;
mod origin;
mod value;
mod version;

pub use date::Date;
pub use network::Network;
pub use origin::Origin;
pub use value::{Value, format_size, parse_size, printable};
pub use version::{Requirement, Version};

use std::fmt;

use serde::{Deserialize, Serialize};

/// The moment a fact holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Moment {
    /// The running system.
    Now,
    /// What the files on disk will produce at the next boot.
    Boot,
}

impl Moment {
    /// Both moments, in the order in which they are shown.
    pub const ALL: [Moment; 2] = [Moment::Now, Moment::Boot];

    /// The word used on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Moment::Now => "now",
            Moment::Boot => "boot",
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

/// Why something can't be known. Written as a fragment: "needs root to read /proc/1/fd".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// A reason in words, without a full stop.
    pub fn new(text: impl Into<String>) -> Self {
        Reason(text.into())
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known. Absent is knowledge ("there is no such thing"); unknown is not.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The thing is there, and this is its value.
    Known(Value),
    /// The thing is certainly not there.
    Absent,
    /// It can't be known, and this is why.
    Unknown(Reason),
}

impl State {
    /// Shorthand for an unknown state.
    pub fn unknown(reason: impl Into<String>) -> Self {
        State::Unknown(Reason::new(reason))
    }
}

impl<T: Into<Value>> From<T> for State {
    fn from(value: T) -> Self {
        State::Known(value.into())
    }
}

/// A probe's answer at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What is known.
    pub state: State,
    /// What decided it; the deciding place comes first.
    pub because: Vec<Origin>,
    /// Candidates that lost against the deciding place, in the order in which they apply.
    pub overruled: Vec<Origin>,
    /// How sure the answer is.
    pub confidence: Confidence,
    /// What a reader should know besides the value: "right by accident: ...".
    pub notes: Vec<String>,
}

impl Fact {
    /// A fact with nothing said yet about its origin.
    pub fn new(state: impl Into<State>) -> Self {
        Fact {
            state: state.into(),
            because: Vec::new(),
            overruled: Vec::new(),
            confidence: Confidence::Certain,
            notes: Vec::new(),
        }
    }

    /// The thing is certainly not there.
    #[must_use]
    pub fn absent() -> Self {
        Fact::new(State::Absent)
    }

    /// It can't be known.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Fact::new(State::unknown(reason))
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
        self.notes.push(text.into());
        self
    }
}
