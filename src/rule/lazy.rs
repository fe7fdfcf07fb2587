//! Parts of a rule that are kept packed until somebody looks: a run judges hundreds of rules, of which many don't apply
//! to the host, and shows a few.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::Visitor;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A part of a rule: of a built-in one, unpacked when it is first looked at.
#[derive(Clone)]
pub struct Lazy<T> {
    packed: &'static [u8],
    value: OnceLock<Box<T>>,
}

impl<T> Lazy<T> {
    /// Its packed form, if it is built in and nobody has looked yet. The same bytes are the same part.
    #[must_use]
    pub fn packed(&self) -> Option<&'static [u8]> {
        self.value.get().is_none().then_some(self.packed)
    }
}

impl<T: Deserialize<'static>> Deref for Lazy<T> {
    type Target = T;

    #[expect(
        clippy::expect_used,
        reason = "the build of this very program packed it, and a test unpacks all"
    )]
    fn deref(&self) -> &T {
        self.value.get_or_init(|| Box::new(postcard::from_bytes(self.packed).expect("what was packed")))
    }
}

impl<T> From<T> for Lazy<T> {
    fn from(value: T) -> Self {
        Lazy { packed: &[], value: OnceLock::from(Box::new(value)) }
    }
}

impl<T: Default> Default for Lazy<T> {
    fn default() -> Self {
        T::default().into()
    }
}

impl<T: Deserialize<'static> + PartialEq> PartialEq for Lazy<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Deserialize<'static> + fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<T: Deserialize<'static> + Serialize> Serialize for Lazy<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&postcard::to_allocvec(&**self).map_err(S::Error::custom)?)
    }
}

impl<'de: 'static, T> Deserialize<'de> for Lazy<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(InPlace(PhantomData))
    }
}

struct InPlace<T>(PhantomData<T>);

impl<'de: 'static, T> Visitor<'de> for InPlace<T> {
    type Value = Lazy<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a packed part of a rule")
    }

    fn visit_borrowed_bytes<E>(self, packed: &'de [u8]) -> Result<Lazy<T>, E> {
        Ok(Lazy { packed, value: OnceLock::new() })
    }
}
