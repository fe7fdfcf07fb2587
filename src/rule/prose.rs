//! What a rule says to people, kept packed until somebody asks: a run judges hundreds of rules and shows a few.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::Visitor;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Fix, Text};

/// What a rule says to people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Prose {
    /// What must hold, as a sentence; empty if the file says none.
    pub title: Text,
    /// Why it matters to a node.
    pub why: Text,
    /// How to mend the host.
    pub fix: Fix,
    /// Pages to read.
    pub refs: Vec<Text>,
    /// Checks of other tools, and articles, that it stands for: `kubeadm:NumCPU`.
    pub covers: Vec<Text>,
}

/// The prose of a rule: of a built-in one, unpacked when it is first looked at.
#[derive(Clone, Default)]
pub struct LazyProse {
    packed: &'static [u8],
    prose: OnceLock<Box<Prose>>,
}

impl Prose {
    /// What must hold, as a sentence; the id of a rule that says none.
    #[must_use]
    pub fn title_or<'p>(&'p self, id: &'p str) -> &'p str {
        if self.title.is_empty() { id } else { &self.title }
    }
}

impl Deref for LazyProse {
    type Target = Prose;

    fn deref(&self) -> &Prose {
        // The build of this very program packed it, and a test unpacks all.
        self.prose.get_or_init(|| Box::new(postcard::from_bytes(self.packed).unwrap_or_default()))
    }
}

impl From<Prose> for LazyProse {
    fn from(prose: Prose) -> Self {
        LazyProse { packed: &[], prose: OnceLock::from(Box::new(prose)) }
    }
}

impl PartialEq for LazyProse {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for LazyProse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl Serialize for LazyProse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&postcard::to_allocvec(&**self).map_err(S::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for LazyProse
where
    'de: 'static,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(InPlace)
    }
}

struct InPlace;

impl<'de> Visitor<'de> for InPlace
where
    'de: 'static,
{
    type Value = LazyProse;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("packed prose")
    }

    fn visit_borrowed_bytes<E>(self, packed: &'de [u8]) -> Result<LazyProse, E> {
        Ok(LazyProse { packed, prose: OnceLock::new() })
    }
}
