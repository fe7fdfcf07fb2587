//! TOML 1.1 files, as trees of values with their lines.

use toml::de::{DeTable, DeValue};

use super::LineStarts;
use super::document::{Content, Node, SyntaxError};

/// Deeper nesting is an attack; the parser has its own limit, which is not promised.
const DEPTH: usize = 64;

/// Reads a TOML file.
///
/// # Errors
/// The first mistake: such a file has no meaning at all.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    let text = std::str::from_utf8(bytes).map_err(|error| SyntaxError {
        line: line(bytes, error.valid_up_to()),
        message: "not UTF-8".into(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = DeTable::parse(text).map_err(|error| SyntaxError {
        line: error.span().and_then(|span| line(text.as_bytes(), span.start)),
        message: error.message().to_owned(),
    })?;
    let places = LineStarts::of(text.as_bytes());
    let mut reader = Reader { places: &places, out_of_range: None };
    let content = reader.table(table.get_ref(), DEPTH);
    match reader.out_of_range {
        Some(error) => Err(error),
        None => Ok(Node { line: Some(1), content }),
    }
}

/// Makes the tree.
struct Reader<'p> {
    places: &'p LineStarts,
    /// The first number that no reader can hold: TOML calls that a mistake, wherever it stands.
    out_of_range: Option<SyntaxError>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Content {
        let Some(depth) = depth.checked_sub(1) else { return Content::Null };
        let nodes = table.iter().map(|(key, value)| {
            let line = self.places.line(key.span().start);
            (key.get_ref().to_string(), Node { line, content: self.value(line, value.get_ref(), depth) })
        });
        Content::Table(nodes.collect())
    }

    fn value(&mut self, line: Option<u32>, value: &DeValue<'_>, depth: usize) -> Content {
        match value {
            DeValue::String(value) => Content::Text(value.to_string()),
            DeValue::Integer(value) => match i64::from_str_radix(value.as_str(), value.radix()) {
                Ok(number) => Content::Integer(number),
                Err(_) => self.number(line, value.as_str(), false),
            },
            DeValue::Float(value) => self.number(line, value.as_str(), is_float(value.as_str())),
            DeValue::Boolean(value) => Content::Bool(*value),
            DeValue::Datetime(value) => Content::Text(value.to_string()),
            DeValue::Array(items) if depth > 0 => {
                let nodes = items.iter().map(|item| {
                    let line = self.places.line(item.span().start);
                    Node { line, content: self.value(line, item.get_ref(), depth - 1) }
                });
                Content::List(nodes.collect())
            }
            DeValue::Array(_) => Content::Null,
            DeValue::Table(table) => self.table(table, depth),
        }
    }

    fn number(&mut self, line: Option<u32>, text: &str, fits: bool) -> Content {
        if !fits {
            let message = format!("{text} is out of range");
            self.out_of_range.get_or_insert(SyntaxError { line, message });
        }
        Content::Number(text.to_owned())
    }
}

/// Whether 64 bits hold it; infinity is written as such.
fn is_float(text: &str) -> bool {
    text.ends_with("inf") || text.parse::<f64>().is_ok_and(|number| !number.is_infinite())
}

/// The line of a single place.
fn line(bytes: &[u8], at: usize) -> Option<u32> {
    LineStarts::of(&bytes[..at.min(bytes.len())]).line(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_know_their_lines() {
        let node = parse(b"[crio.runtime]\n\ncgroup_manager = \"systemd\"\nlist=[1,\n2]\n").unwrap();
        let found = node.at("crio.runtime.cgroup_manager").unwrap();
        assert_eq!((&found.content, found.line), (&Content::Text("systemd".into()), Some(3)));
        assert_eq!(node.at("crio.runtime.list.1").unwrap().line, Some(5));
        assert_eq!(parse(b"a=1\nb=\n").unwrap_err().line, Some(2));
        assert_eq!(parse(b"a=1\na=2\n").unwrap_err().line, Some(2));
    }

    #[test]
    fn a_number_that_no_reader_holds_is_a_mistake() {
        for text in ["a=1\nb=9223372036854775808\n", "a=1\nb=[-9223372036854775809]\n", "a=1\nb=1e400\n"] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().line, Some(2), "{text}");
        }
        for text in ["a=9223372036854775807", "a=-9223372036854775808", "a=1e308", "a=inf", "a=-inf", "a=nan"]
        {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn integers_come_back(value: i64) {
            let node = parse(format!("a = {value}").as_bytes()).unwrap();
            prop_assert_eq!(&node.at("a").unwrap().content, &Content::Integer(value));
        }
    }
}
