//! Why something can't be known: a code for programs, and words for people.

use std::fmt;

use super::escape::cut;

/// Why something can't be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What kind of reason it is.
    pub code: ReasonCode,
    /// In words; a fragment without a full stop: "needs root to read /proc/1/fd".
    text: String,
}

/// What kind of reason keeps something from being known, or a rule from being judged. The words are part of the JSON reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReasonCode {
    /// The rights of this process don't suffice; root may see it.
    Denied,
    /// It is larger than anything that is read, or than what a whole run may read.
    TooLarge,
    /// It is there and can't be read: an error of the system, a loop of links, no regular file.
    Unreadable,
    /// It is there and its content makes no sense.
    Corrupt,
    /// Nothing is running here that could be asked: a directory or an image.
    NotRunning,
    /// It didn't answer, or not in time.
    NoResponse,
    /// The recording doesn't hold it.
    NotRecorded,
    /// This program doesn't read or understand something that may decide it.
    NotUnderstood,
    /// It depends on what happens before or during the next boot.
    Undecided,
    /// A rule doesn't apply to this host.
    DoesNotApply,
    /// A rule that is needed failed.
    Blocked,
    /// Any other reason; the words say it.
    Other,
}

impl ReasonCode {
    /// The word used in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReasonCode::Denied => "denied",
            ReasonCode::TooLarge => "too-large",
            ReasonCode::Unreadable => "unreadable",
            ReasonCode::Corrupt => "corrupt",
            ReasonCode::NotRunning => "not-running",
            ReasonCode::NoResponse => "no-response",
            ReasonCode::NotRecorded => "not-recorded",
            ReasonCode::NotUnderstood => "not-understood",
            ReasonCode::Undecided => "undecided",
            ReasonCode::DoesNotApply => "does-not-apply",
            ReasonCode::Blocked => "blocked",
            ReasonCode::Other => "other",
        }
    }
}

impl Reason {
    /// A reason of a kind, in words without a full stop; words that quote too much of a host are cut.
    pub fn new(code: ReasonCode, text: impl Into<String>) -> Self {
        Reason { code, text: cut(text.into()) }
    }

    /// That nothing is running here which could be asked what holds now.
    #[must_use]
    pub fn not_running() -> Self {
        Reason::new(ReasonCode::NotRunning, "nothing is running here")
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same kind of reason, in other words, which are made of these.
    #[must_use]
    pub fn reworded(self, make: impl FnOnce(&str) -> String) -> Self {
        Reason::new(self.code, make(&self.text))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Words alone are a reason of any other kind.
impl<T: Into<String>> From<T> for Reason {
    fn from(text: T) -> Self {
        Reason::new(ReasonCode::Other, text)
    }
}
