//! YAML 1.2 files, as trees of values with their lines. Aliases, depth and size are budgeted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::document::{Content, Node, SyntaxError};

#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Table(BTreeMap<String, Spanned<Raw>>),
    Null(()),
}

/// Reads the only document of a YAML file; an empty file is null.
///
/// # Errors
/// The first mistake, or whatever exceeds the budget.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| SyntaxError { line: None, message: "not UTF-8".into() })?;
    if text.trim().is_empty() {
        return Ok(Node { line: None, content: Content::Null });
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_nodes: 100_000, max_events: 400_000 },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options).map(node).map_err(|error| {
        SyntaxError {
            line: error.location().and_then(|place| u32::try_from(place.line()).ok()),
            message: error.to_string(),
        }
    })
}

fn node(raw: Spanned<Raw>) -> Node {
    let line = u32::try_from(raw.referenced.line()).ok().filter(|line| *line > 0);
    let content = match raw.value {
        Raw::Null(()) => Content::Null,
        Raw::Bool(value) => Content::Bool(value),
        Raw::Integer(value) => Content::Integer(value),
        Raw::Float(value) => Content::Text(value.to_string()),
        Raw::Text(value) => Content::Text(value),
        Raw::List(items) => Content::List(items.into_iter().map(node).collect()),
        Raw::Table(table) => Content::Table(table.into_iter().map(|(key, raw)| (key, node(raw))).collect()),
    };
    Node { line, content }
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
            ("e", Content::Text("1.5".into())),
        ] {
            assert_eq!(node.at(path).unwrap().content, expected, "{path}");
        }
        assert!(parse(b"a: [1\nb: 2\n").is_err());
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(","));
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
