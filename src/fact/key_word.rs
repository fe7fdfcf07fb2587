//! A word that a probe may be asked for, where its keys are words: declared once, with what it asks.

use super::Moment;

/// A key that is one of several declared words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyWord {
    /// The word in rules and in `facts`.
    pub word: &'static str,
    /// The key of the configuration's own probe that asks the same, from before this word had a probe of its own.
    pub old: &'static str,
    /// What the answer holds.
    pub summary: &'static str,
    /// The moments that the question makes sense for.
    pub moments: &'static [Moment],
}

impl KeyWord {
    /// A word that is asked for at both moments.
    #[must_use]
    pub const fn new(word: &'static str, old: &'static str, summary: &'static str) -> Self {
        KeyWord { word, old, summary, moments: &Moment::ALL }
    }

    /// The running system alone can be asked.
    #[must_use]
    pub const fn now(self) -> Self {
        KeyWord { moments: &[Moment::Now], ..self }
    }
}
