//! Where a fact comes from: the path and line that decided it.

use std::fmt;

/// A place that decided a fact: a file and line of the host, or a named interface such as `uname(2)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// Path on the host, or the name of a system interface.
    pub path: String,
    /// Line in that file, counted from 1.
    pub line: Option<u32>,
    /// What the place says, in few words: `sets 0`, `blacklists br_netfilter`.
    pub says: Option<String>,
}

impl Origin {
    /// A whole file, or an interface.
    pub fn file(path: impl fmt::Display) -> Self {
        Origin { path: path.to_string(), line: None, says: None }
    }

    /// A line of a file, counted from 1, where it is known; else the whole file.
    pub fn at(path: impl fmt::Display, line: Option<u32>) -> Self {
        Origin { path: path.to_string(), line, says: None }
    }

    /// One line of a file, counted from 1.
    pub fn line(path: impl fmt::Display, line: u32) -> Self {
        Origin { path: path.to_string(), line: Some(line), says: None }
    }

    /// Adds what the place says.
    #[must_use]
    pub fn says(mut self, text: impl Into<String>) -> Self {
        self.says = Some(text.into());
        self
    }
}

/// `path:line`, as editors and terminals understand it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}
