//! Regular expressions of rules. One is made ready when a text is first held against it: most stand in fixes and conditions
//! that a run never comes to, and to compile all of them is a fiftieth of a run.

use std::cell::OnceCell;

use regex_lite::{Error, Regex};

use crate::rule::Text;

/// A regular expression without mistakes.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Text,
    regex: OnceCell<Option<Regex>>,
}

impl Pattern {
    /// One that a user wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn given(text: &Text) -> Result<Self, Error> {
        let regex = OnceCell::from(Some(Regex::new(text)?));
        Ok(Pattern { text: text.clone(), regex })
    }

    /// One of a built-in rule; a test compiles them all.
    #[must_use]
    pub fn built_in(text: &Text) -> Self {
        Pattern { text: text.clone(), regex: OnceCell::new() }
    }

    /// How it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is found in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        // A pattern that is none can only be built in, and is none of these.
        let regex = self.regex.get_or_init(|| Regex::new(&self.text).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}
