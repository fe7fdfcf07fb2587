//! Places in rule files.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A place in a rule file: which file, and the bytes. Rules have thousands, so they are small (no rule file has 4 GiB).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    file: u32,
    start: u32,
    end: u32,
}

impl Place {
    /// A byte range in the file with this index in [`super::RuleSet::files`].
    #[must_use]
    pub fn new(file: usize, span: &Range<usize>) -> Self {
        let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Place { file: small(file), start: small(span.start), end: small(span.end) }
    }

    /// Index into [`super::RuleSet::files`].
    #[must_use]
    pub fn file(self) -> usize {
        self.file as usize
    }

    /// Byte range in the text of that file.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
