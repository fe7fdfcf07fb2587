//! YAML 1.2 files, as trees of values; keys at the top know their lines. Aliases, depth and size are budgeted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::DuplicateKeyPolicy;

use super::document::{Content, Node, SyntaxError};

#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Raw>),
    Table(BTreeMap<String, Raw>),
    Null(()),
}

/// Reads the only document of a YAML file; an empty file is null.
///
/// # Errors
/// The first mistake, or whatever exceeds the budget.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    read(bytes, false)
}

/// Reads a file as the programs of Kubernetes do (sigs.k8s.io/yaml): the first document counts, and of two equal keys
/// the last one.
///
/// # Errors
/// The first mistake, or whatever exceeds the budget.
pub fn parse_lenient(bytes: &[u8]) -> Result<Node, SyntaxError> {
    read(first_document(bytes), true)
}

/// The bytes before the second `---`, or before `...`. Nothing in a document may begin a line with either.
fn first_document(bytes: &[u8]) -> &[u8] {
    let mut begun = false;
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let marks = |mark: &[u8]| {
            text.strip_prefix(mark).is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
        };
        if begun && (marks(b"---") || marks(b"...")) {
            return &bytes[..start];
        }
        begun |= !text.is_empty() && !text.starts_with(b"#") && !text.starts_with(b"%");
        start += line.len();
    }
    bytes
}

fn read(bytes: &[u8], last_wins: bool) -> Result<Node, SyntaxError> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| SyntaxError { line: None, message: "not UTF-8".into() })?;
    if text.trim().is_empty() {
        return Ok(Node { line: None, content: Content::Null });
    }
    let duplicates = if last_wins { DuplicateKeyPolicy::LastWins } else { DuplicateKeyPolicy::Error };
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_nodes: 100_000, max_events: 400_000 },
        with_snippet: false,
        duplicate_keys: duplicates,
    };
    serde_saphyr::from_str_with_options::<Raw>(text, options).map(|raw| with_lines(node(raw), text)).map_err(
        |error| SyntaxError {
            line: error.location().and_then(|place| u32::try_from(place.line()).ok()),
            message: error.to_string(),
        },
    )
}

fn node(raw: Raw) -> Node {
    let content = match raw {
        Raw::Null(()) => Content::Null,
        Raw::Bool(value) => Content::Bool(value),
        Raw::Integer(value) => Content::Integer(value),
        Raw::Float(value) => Content::Text(value.to_string()),
        Raw::Text(value) => Content::Text(value),
        Raw::List(items) => Content::List(items.into_iter().map(node).collect()),
        Raw::Table(table) => Content::Table(table.into_iter().map(|(key, raw)| (key, node(raw))).collect()),
    };
    Node { line: None, content }
}

/// Untagged values lose their places; plain keys at the start of a line are found again in the text.
fn with_lines(mut document: Node, text: &str) -> Node {
    if let Content::Table(table) = &mut document.content {
        for (line, number) in text.lines().zip(1..) {
            if let Some((key, _)) = line.split_once(':')
                && let Some(node) = table.get_mut(key)
            {
                node.line.get_or_insert(number);
            }
        }
    }
    document
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
    fn the_lenient_reader_takes_the_first_document_and_the_last_of_equal_keys() {
        for (text, value) in [
            ("a: 1\na: 2\n", 2),
            ("# c\n---\na: 1\n---\na: 2\n", 1),
            ("a: 1\n...\n[", 1),
            ("---\na: 1\nb: |\n  ---\nc: 1\n--- x\n", 1),
        ] {
            let node = parse_lenient(text.as_bytes()).unwrap();
            assert_eq!(node.at("a").unwrap().content, Content::Integer(value), "{text}");
            assert!(parse(text.as_bytes()).is_err() || text.starts_with("a: 1\n..."), "{text}");
        }
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
            let _ = parse_lenient(&bytes);
        }

        #[test]
        fn words_come_back(word in "x[a-z]{1,9}") {
            let node = parse(format!("k: {word}\n").as_bytes()).unwrap();
            prop_assert_eq!(&node.at("k").unwrap().content, &Content::Text(word));
        }
    }
}
