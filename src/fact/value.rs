//! Values and their kinds, and how each is printed.

use std::collections::BTreeMap;
use std::fmt;

use super::State;
use super::escape::{printable, shortened};

/// A value that a probe found or a rule demands.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// An amount of memory or storage in bytes.
    Size(u64),
    /// Text; also numbers that the system keeps as text, such as sysctl values.
    Text(String),
    /// Several values in an order that means something or is sorted.
    List(Vec<Value>),
    /// Named attributes, each of which may be known, absent or unknown by itself.
    Record(BTreeMap<String, State>),
}

impl Value {
    /// The text of a text value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it has attributes: a record, or a table of a configuration file.
    #[must_use]
    pub fn has_attributes(&self) -> bool {
        matches!(self, Value::Record(_))
    }

    /// A record from its attributes.
    pub fn record<K: Into<String>>(attributes: impl IntoIterator<Item = (K, State)>) -> Self {
        Value::Record(attributes.into_iter().map(|(name, state)| (name.into(), state)).collect())
    }

    /// A list from its items.
    pub fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

/// As a person reads it: `1`, `1.7GiB`, `[a, b]`, `none` (an empty list), `active=active enabled=enabled`. Text is
/// escaped and cut: values come from hosts that may be hostile.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Size(bytes) => f.write_str(&format_size(*bytes)),
            Value::Text(text) => f.write_str(&printable(&shortened(text))),
            Value::List(items) if items.is_empty() => f.write_str("none"),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    match item {
                        Value::Record(attributes) => write_values(f, attributes)?,
                        item => write!(f, "{item}")?,
                    }
                }
                f.write_str("]")
            }
            Value::Record(attributes) => {
                for (index, (name, state)) in attributes.iter().enumerate() {
                    if index > 0 {
                        f.write_str(" ")?;
                    }
                    match state {
                        State::Known(value) => write!(f, "{}={value}", printable(name))?,
                        State::Absent => write!(f, "{}=absent", printable(name))?,
                        State::Unknown(_) => write!(f, "{}=?", printable(name))?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// A record in a list is told by its values alone: `/dev/sda5 partition`.
fn write_values(f: &mut fmt::Formatter<'_>, attributes: &BTreeMap<String, State>) -> fmt::Result {
    let known = attributes.values().filter_map(|state| match state {
        State::Known(value) => Some(value),
        State::Absent | State::Unknown(_) => None,
    });
    for (index, value) in known.enumerate() {
        write!(f, "{}{value}", if index > 0 { " " } else { "" })?;
    }
    Ok(())
}

const UNITS: [(&str, u64); 10] = [
    ("Ti", 1 << 40),
    ("Gi", 1 << 30),
    ("Mi", 1 << 20),
    ("Ki", 1 << 10),
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
    ("K", 1_000),
    ("", 1),
];

/// Bytes from `1700MiB`, `2Gi`, `10GB`, `512` (Kubernetes quantities, with an optional `B`).
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start();
    let unit = unit.strip_suffix('B').unwrap_or(unit);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*factor)
}

/// Bytes as a person reads them, to one decimal: `1.7GiB`.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    for (name, factor) in &UNITS[..4] {
        if bytes >= *factor {
            #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
            let amount = bytes as f64 / *factor as f64;
            return if bytes.is_multiple_of(*factor) {
                format!("{}{name}B", bytes / factor)
            } else {
                format!("{amount:.1}{name}B")
            };
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_size("1700MiB"), Some(1700 << 20));
        assert_eq!(parse_size("2Gi"), Some(2 << 30));
        assert_eq!(parse_size("10GB"), Some(10_000_000_000));
        assert_eq!(parse_size("512"), Some(512));
        for wrong in ["", "MiB", "12X", "-1", "99999999999999999999", "1.5Gi"] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
    }
}
