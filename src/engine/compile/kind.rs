//! Kinds of values, of probes and of variables alike, and which can be compared with which.

use std::fmt;

use crate::probe::{Attribute, Shape};
use crate::rule::{Text, VariableKind};

/// The kind of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'r> {
    Bool,
    Integer,
    Size,
    Text,
    Word(Words<'r>),
    Version,
    Network,
    Mode,
    List(Box<Kind<'r>>),
    Record(&'static [Attribute]),
    Any,
}

/// The words that a value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Words<'r> {
    OfProbe(&'static [&'static str]),
    OfVariable(&'r [Text]),
}

impl Words<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let (of_probe, of_variable): (&[&str], &[Text]) = match self {
            Words::OfProbe(words) => (words, &[]),
            Words::OfVariable(words) => (&[], words),
        };
        of_probe.iter().copied().chain(of_variable.iter().map(Text::as_str))
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.iter().any(|word| word == text)
    }
}

impl From<Shape> for Kind<'_> {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Bool => Kind::Bool,
            Shape::Integer => Kind::Integer,
            Shape::Size => Kind::Size,
            Shape::Text => Kind::Text,
            Shape::Word(words) => Kind::Word(Words::OfProbe(words)),
            Shape::Version => Kind::Version,
            Shape::Network => Kind::Network,
            Shape::Mode => Kind::Mode,
            Shape::List(item) => Kind::List(Box::new((*item).into())),
            Shape::Record(attributes) => Kind::Record(attributes),
            Shape::Any => Kind::Any,
        }
    }
}

impl<'r> From<&'r VariableKind> for Kind<'r> {
    fn from(kind: &'r VariableKind) -> Self {
        match kind {
            VariableKind::Text => Kind::Text,
            VariableKind::Integer => Kind::Integer,
            VariableKind::Bool => Kind::Bool,
            VariableKind::Size => Kind::Size,
            VariableKind::Network => Kind::Network,
            VariableKind::Networks => Kind::List(Box::new(Kind::Network)),
            VariableKind::Version => Kind::Version,
            VariableKind::Word(words) => Kind::Word(Words::OfVariable(words)),
        }
    }
}

impl Kind<'_> {
    /// Whether values of the two kinds can be equal at all.
    pub(super) fn fits(&self, other: &Kind<'_>) -> bool {
        if *self == Kind::Any || *other == Kind::Any {
            return true;
        }
        match (self, other) {
            (Kind::List(a), Kind::List(b)) => a.fits(b),
            (Kind::Word(a), Kind::Word(b)) => a.iter().any(|word| b.contains(word)),
            (Kind::Record(_) | Kind::List(_), _) | (_, Kind::Record(_) | Kind::List(_)) => false,
            (Kind::Bool, other) | (other, Kind::Bool) => *other == Kind::Bool,
            // The system keeps numbers, versions and networks as text, too.
            (Kind::Text, _) | (_, Kind::Text) | (Kind::Integer | Kind::Size, Kind::Integer | Kind::Size) => {
                true
            }
            (a, b) => a == b,
        }
    }

    /// Whether its values have an order.
    pub(super) fn has_order(&self) -> bool {
        matches!(self, Kind::Integer | Kind::Size | Kind::Text | Kind::Version | Kind::Mode | Kind::Any)
    }

    /// Whether its values are texts.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Kind::Text | Kind::Word(_) | Kind::Version | Kind::Network | Kind::Mode | Kind::Any)
    }

    /// The kind of the items of a list.
    pub(super) fn item(&self) -> Option<&Self> {
        match self {
            Kind::List(item) => Some(item),
            _ => None,
        }
    }
}

/// Fits after "it is" and "must be".
impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bool => f.write_str("true or false"),
            Kind::Integer => f.write_str("a whole number"),
            Kind::Size => f.write_str("a size such as \"1700MiB\""),
            Kind::Text => f.write_str("text"),
            Kind::Word(words) => write!(f, "one of {}", words.iter().collect::<Vec<_>>().join(", ")),
            Kind::Version => f.write_str("a version such as \"1.30\""),
            Kind::Network => f.write_str("an address or network such as \"10.0.0.0/8\""),
            Kind::Mode => f.write_str("permission bits such as \"0644\""),
            Kind::List(item) => write!(f, "a list, each item {item}"),
            Kind::Record(attributes) => {
                let names: Vec<&str> = attributes.iter().map(|attribute| attribute.word).collect();
                write!(f, "a record of {}", names.join(", "))
            }
            Kind::Any => f.write_str("any value"),
        }
    }
}
