//! Places in rule files.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place in a rule file: which file, and the bytes. Rules have thousands, so they are small (no rule file has 4 GiB), and
/// no part of a serialized set: a run that finds no mistake looks at none. Who has to report a mistake reads the files again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Place::default())
    }
}
