//! YAML 1.2 files, as trees of values; all know their lines. Aliases, depth and size are budgeted.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::document::{Content, Node, SyntaxError};

/// A value as it is deserialized; every value of a table or list knows its line.
struct Raw(Content);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor).map(Raw)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(i64::try_from(value).map_or_else(|_| Content::Number(value.to_string()), Content::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Content, E> {
        Ok(Content::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Raw>>()? {
            list.push(Node { line: line(&item.referenced), content: item.value.0 });
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut table = BTreeMap::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let Raw(content) = entries.next_value()?;
            table.insert(key.value, Node { line: line(&key.referenced), content });
        }
        Ok(Content::Table(table))
    }
}

fn line(place: &Location) -> Option<u32> {
    u32::try_from(place.line()).ok().filter(|line| *line > 0)
}

/// Reads the only document of a YAML file; an empty file is null.
///
/// # Errors
/// The first mistake, or whatever exceeds the budget.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| SyntaxError { line: None, message: "not UTF-8".into() })?;
    if text.trim().is_empty() {
        return Ok(Node::unplaced(Content::Null));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_nodes: 32_768, max_events: 200_000, max_merge_keys: 256 },
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::Error,
    };
    serde_saphyr::from_str_with_options::<Raw>(text, options)
        .map(|raw| Node { line: None, content: raw.0 })
        .map_err(|error| {
            let place = error.location();
            SyntaxError {
                line: place.and_then(|place| line(&place)),
                message: without(place, error.to_string()),
            }
        })
}

/// A message without the place that it ends with: whoever shows it tells the place as well.
fn without(place: Option<Location>, mut message: String) -> String {
    if let Some(place) = place {
        let told = format!(" at line {}, column {}", place.line(), place.column());
        if let Some(rest) = message.strip_suffix(&told) {
            message.truncate(rest.len());
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_and_sequences_are_kept() {
        let node = parse(b"a: true\nb:\n  - x: 5\n  - \"6\"\nc: ~\nd: systemd\ne: 1.5\n").unwrap();
        for (path, expected) in [
            ("a", Content::Bool(true)),
            ("b.0.x", Content::Integer(5)),
            ("b.1", Content::Text("6".into())),
            ("c", Content::Null),
            ("d", Content::Text("systemd".into())),
            ("e", Content::Number("1.5".into())),
        ] {
            assert_eq!(node.at(path).unwrap().content, expected, "{path}");
        }
        assert!(parse(b"a: [1\nb: 2\n").is_err());
    }

    #[test]
    fn a_mistake_tells_its_place_once() {
        for (text, line) in [
            ("a: 1\nb: [1\nc: 2\n", 3),
            ("a:\n  b: : c\n", 2),
            ("a: 1\na: 2\n", 2),
            ("a: *x\n", 1),
            ("a: \"b", 1),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.line, Some(line), "{text}: {error}");
            assert!(!error.message.is_empty() && !error.message.contains("line"), "{text}: {error}");
        }
    }

    #[test]
    fn keys_and_items_know_their_lines() {
        let node = parse(b"# c\na: 1\nb:\n  - x: 5\n    y:\n      z: 1\n  - 6\n\"q\": {r: 1}\n").unwrap();
        for (path, line) in
            [("a", 2), ("b", 3), ("b.0", 4), ("b.0.y", 5), ("b.0.y.z", 6), ("b.1", 7), ("q", 8)]
        {
            assert_eq!(node.at(path).unwrap().line, Some(line), "{path}");
        }
        let aliased = parse(b"a: &x {k: 1}\nb: *x\n").unwrap();
        assert_eq!(aliased.at("b").unwrap().line, Some(2));
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            let line = format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(","));
            bomb.push_str(&line);
        }
        assert!(parse(bomb.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn words_come_back(word in "x[a-z]{1,9}") {
            let node = parse(format!("k: {word}\n").as_bytes()).unwrap();
            prop_assert_eq!(&node.at("k").unwrap().content, &Content::Text(word));
        }
    }
}
