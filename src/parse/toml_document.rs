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
    let content = from_table(&places, table.get_ref(), DEPTH);
    Ok(Node { line: Some(1), content })
}

fn from_table(places: &LineStarts, table: &DeTable<'_>, depth: usize) -> Content {
    let Some(depth) = depth.checked_sub(1) else { return Content::Null };
    let nodes = table.iter().map(|(key, value)| {
        let line = places.line(key.span().start);
        (key.get_ref().to_string(), Node { line, content: from_value(places, value.get_ref(), depth) })
    });
    Content::Table(nodes.collect())
}

fn from_value(places: &LineStarts, value: &DeValue<'_>, depth: usize) -> Content {
    match value {
        DeValue::String(value) => Content::Text(value.to_string()),
        DeValue::Integer(value) => i64::from_str_radix(value.as_str(), value.radix())
            .map_or_else(|_| Content::Number(value.as_str().to_owned()), Content::Integer),
        DeValue::Float(value) => Content::Number(value.as_str().to_owned()),
        DeValue::Boolean(value) => Content::Bool(*value),
        DeValue::Datetime(value) => Content::Text(value.to_string()),
        DeValue::Array(items) if depth > 0 => Content::List(
            items
                .iter()
                .map(|item| Node {
                    line: places.line(item.span().start),
                    content: from_value(places, item.get_ref(), depth - 1),
                })
                .collect(),
        ),
        DeValue::Array(_) => Content::Null,
        DeValue::Table(table) => from_table(places, table, depth),
    }
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
