//! What Go's decoders make of a document: names of fields in any letter case, and types that must fit.
//!
//! `BurntSushi/toml` (CRI-O, the containers libraries), `pelletier/go-toml` (containerd) and `encoding/json` (hooks, seccomp
//! profiles) agree in this but for what stands where a map or nothing is wanted.

use std::collections::BTreeMap;

use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Bool,
    Integer,
    /// A whole number from 0 to 2^32 - 1.
    Unsigned,
    /// A number.
    Number,
    /// A number with a point.
    Fraction,
    /// A length of time: text such as `10s`, or a whole number of nanoseconds.
    Duration,
    /// The same as text only.
    DurationText,
    /// A list of texts.
    Texts,
    /// Names with texts.
    TextMap,
    /// Names with lists of texts.
    TextsMap,
    /// A table with known fields, by the name that the schema has for it.
    Table(&'static str),
    /// Names with such tables.
    TableMap(&'static str),
    /// A list of such tables.
    Tables(&'static str),
}

impl Type {
    /// In words, for a reader.
    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Type::Text => "text in quotes",
            Type::Bool => "true or false without quotes",
            Type::Integer => "a whole number without quotes",
            Type::Unsigned => "a whole number from 0 to 4294967295 without quotes",
            Type::Number => "a number without quotes",
            Type::Fraction => "a number with a point, such as 0.02",
            Type::Duration | Type::DurationText => "a length of time such as \"10s\" or \"1m30s\"",
            Type::Texts => "a list of texts: [\"...\"]",
            Type::TextMap => "a table of texts",
            Type::TextsMap => "a table of lists of texts",
            Type::Table(_) | Type::TableMap(_) => "a table",
            Type::Tables(_) => "a list of tables",
        }
    }
}

/// A field of a table: the table's name, its own name, what it holds.
pub(crate) type Field = (&'static str, &'static str, Type);

/// The field of a table that a key means, letter case aside; the exact name counts more. Asked with the table and the key.
type Schema<'s> = &'s dyn Fn(&str, &str) -> Option<(&'static str, Type)>;

/// Which decoder reads the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `BurntSushi/toml`: anything but a table in the place of a map is ignored.
    Toml,
    /// `pelletier/go-toml`: every type must fit.
    Pelletier,
    /// The same after containerd 2.0 and later has written and read a plugin's table once more: an empty table is nothing.
    PelletierTwice,
    /// `null` is as good as nothing.
    Json,
}

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistyped {
    /// Its key, dotted.
    pub(crate) key: String,
    pub(crate) line: Option<u32>,
    /// What it is, and what is wanted.
    pub(crate) what: String,
}

/// Finds a field in a table of fields.
pub(crate) fn find(fields: &'static [Field], table: &str, key: &str) -> Option<(&'static str, Type)> {
    let of_table = || fields.iter().filter(|(of, _, _)| *of == table);
    let exact = of_table().find(|(_, name, _)| *name == key);
    let folded = || of_table().find(|(_, name, _)| name.eq_ignore_ascii_case(key));
    exact.or_else(folded).map(|(_, name, kind)| (*name, *kind))
}

/// The document with the names of its fields as the program spells them, and what has a wrong type. What the program doesn't
/// know stays as it is.
pub(crate) fn decode(
    node: Node,
    table: &'static str,
    schema: impl Fn(&str, &str) -> Option<(&'static str, Type)>,
    format: Format,
) -> (Node, Vec<Mistyped>) {
    let mut decoder = Decoder { schema: &schema, format, mistyped: Vec::new() };
    let node = decoder.table(node, table, "");
    (node, decoder.mistyped)
}

struct Decoder<'s> {
    schema: Schema<'s>,
    format: Format,
    mistyped: Vec<Mistyped>,
}

impl Decoder<'_> {
    fn table(&mut self, node: Node, table: &'static str, path: &str) -> Node {
        let Content::Table(entries) = node.content else {
            return self.refuse(node, Type::Table(table), path);
        };
        let mut fields: BTreeMap<String, Node> = BTreeMap::new();
        for (key, value) in entries {
            let Some((name, kind)) = (self.schema)(table, &key) else {
                fields.insert(key, value);
                continue;
            };
            let value = self.value(value, kind, &joined(path, name));
            match fields.remove(name) {
                None => fields.insert(name.to_owned(), value),
                // The exact spelling and a folded one.
                Some(other) => fields.insert(name.to_owned(), merged(other, value)),
            };
        }
        Node { content: Content::Table(fields), ..node }
    }

    fn value(&mut self, node: Node, kind: Type, path: &str) -> Node {
        let fits = match (&node.content, kind) {
            (Content::Null, _) => self.format == Format::Json,
            (Content::Text(_), Type::Text)
            | (Content::Bool(_), Type::Bool)
            | (Content::Integer(_), Type::Integer | Type::Number | Type::Duration)
            | (Content::Number(_), Type::Number | Type::Fraction) => true,
            (Content::Table(entries), _) if entries.is_empty() && self.format == Format::PelletierTwice => {
                true
            }
            (Content::Integer(number), Type::Unsigned) => u32::try_from(*number).is_ok(),
            (Content::Text(text), Type::Duration | Type::DurationText) => {
                go_duration::nanoseconds(text).is_some()
            }
            (Content::List(items), Type::Texts) => items.iter().all(|item| self.is_text(item)),
            (Content::Table(entries), Type::TextMap) => entries.values().all(|value| self.is_text(value)),
            (Content::Table(entries), Type::TextsMap) => entries.values().all(|value| match &value.content {
                Content::List(items) => items.iter().all(|item| self.is_text(item)),
                _ => false,
            }),
            (Content::Table(_), Type::Table(table)) => return self.table(node, table, path),
            (Content::Table(_), Type::TableMap(table)) => return self.map(node, table, path),
            (Content::List(_), Type::Tables(table)) => return self.list(node, table, path),
            (_, Type::TextMap | Type::TextsMap | Type::TableMap(_)) => self.format == Format::Toml,
            _ => false,
        };
        if fits { node } else { self.refuse(node, kind, path) }
    }

    fn is_text(&self, node: &Node) -> bool {
        match node.content {
            Content::Text(_) => true,
            Content::Null => self.format == Format::Json,
            _ => false,
        }
    }

    fn map(&mut self, node: Node, table: &'static str, path: &str) -> Node {
        let Content::Table(entries) = node.content else { return node };
        let entries = entries.into_iter().map(|(name, value)| {
            let value = self.value(value, Type::Table(table), &joined(path, &name));
            (name, value)
        });
        Node { content: Content::Table(entries.collect()), ..node }
    }

    fn list(&mut self, node: Node, table: &'static str, path: &str) -> Node {
        let Content::List(items) = node.content else { return node };
        let items = items.into_iter().map(|item| self.value(item, Type::Table(table), path));
        Node { content: Content::List(items.collect()), ..node }
    }

    fn refuse(&mut self, node: Node, kind: Type, path: &str) -> Node {
        let what = format!("{path} is {}, it must be {}", described(&node.content, kind), kind.wanted());
        self.mistyped.push(Mistyped { key: path.to_owned(), line: node.line, what });
        node
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Of two values of one field the later wins; tables are filled one after the other.
fn merged(one: Node, other: Node) -> Node {
    let (first, second) = if one.line <= other.line { (one, other) } else { (other, one) };
    match (first.content, second.content) {
        (Content::Table(mut fields), Content::Table(later)) => {
            for (name, value) in later {
                let value = match fields.remove(&name) {
                    Some(earlier) => merged(earlier, value),
                    None => value,
                };
                fields.insert(name, value);
            }
            Node { content: Content::Table(fields), line: first.line }
        }
        (_, content) => Node { content, line: second.line },
    }
}

/// A value, for a reader.
fn described(content: &Content, wanted: Type) -> String {
    match content {
        Content::Null => "null".into(),
        Content::Bool(value) => value.to_string(),
        Content::Integer(number) => number.to_string(),
        Content::Number(number) => number.clone(),
        Content::Text(text) => format!("\"{text}\""),
        Content::List(_) if wanted == Type::Texts => "a list of something else".into(),
        Content::List(_) => "a list".into(),
        Content::Table(_) => "a table".into(),
    }
}

/// A JSON document as a tree.
pub(crate) fn from_json(json: serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let content = match json {
        Json::Null => Content::Null,
        Json::Bool(value) => Content::Bool(value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Content::Number(number.to_string()), Content::Integer)
        }
        Json::String(text) => Content::Text(text),
        Json::Array(items) => Content::List(items.into_iter().map(from_json).collect()),
        Json::Object(fields) => {
            Content::Table(fields.into_iter().map(|(name, value)| (name, from_json(value))).collect())
        }
    };
    Node::unplaced(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::toml_document;

    const FIELDS: &[Field] = &[
        ("", "top", Type::Table("top")),
        ("top", "number", Type::Integer),
        ("top", "small", Type::Unsigned),
        ("top", "word", Type::Text),
        ("top", "flag", Type::Bool),
        ("top", "span", Type::Duration),
        ("top", "list", Type::Texts),
        ("top", "labels", Type::TextMap),
        ("top", "named", Type::TableMap("named")),
        ("named", "path", Type::Text),
    ];

    fn schema(table: &str, key: &str) -> Option<(&'static str, Type)> {
        find(FIELDS, table, key)
    }

    fn decoded(text: &str) -> (Node, Vec<String>) {
        let (node, mistyped) =
            decode(toml_document::parse(text.as_bytes()).unwrap(), "", schema, Format::Toml);
        (node, mistyped.into_iter().map(|one| one.key).collect())
    }

    #[test]
    fn letter_case_is_folded_and_nothing_else() {
        let (node, _) = decoded("[TOP]\nNumber=5\nnum_ber=6\n[top.Named.X]\nPath=\"p\"\n");
        assert_eq!(node.at("top.number").unwrap().content, Content::Integer(5));
        assert_eq!(node.at("top.num_ber").unwrap().content, Content::Integer(6));
        // Names of a map are names.
        assert_eq!(node.at("top.named.X.path").unwrap().content, Content::Text("p".into()));
    }

    #[test]
    fn of_two_spellings_the_later_wins() {
        for (text, wanted) in [
            ("[top]\nnumber=5\nNumber=6\n", 6),
            ("[top]\nNumber=6\nnumber=5\n", 5),
            ("[Top]\nnumber=1\n[top]\nnumber=2\n", 2),
            ("[top]\nnumber=1\n[TOP]\nnumber=2\n", 2),
        ] {
            assert_eq!(decoded(text).0.at("top.number").unwrap().content, Content::Integer(wanted), "{text}");
        }
        let both = decoded("[Top]\nnumber=1\n[top]\nword=\"a\"\n").0;
        assert_eq!(both.at("top.number").unwrap().content, Content::Integer(1));
    }

    #[test]
    fn types_are_held_against_what_is_declared() {
        for good in [
            "number=5",
            "small=0",
            "word=\"\"",
            "flag=true",
            "span=5",
            "span=\"1m30s\"",
            "list=[]",
            "list=[\"a\"]",
            "labels={a=\"b\"}",
            "labels=5",
            "named=5",
            "named={x={path=\"\"}}",
            "strange=5",
        ] {
            assert_eq!(decoded(&format!("[top]\n{good}\n")).1, Vec::<String>::new(), "{good}");
        }
        for bad in [
            "number=\"5\"",
            "number=5.0",
            "small=-1",
            "small=4294967296",
            "word=5",
            "word=5.0",
            "word=true",
            "flag=\"true\"",
            "flag=1",
            "span=\"10\"",
            "span=\"1d\"",
            "span=1.5",
            "list=\"a\"",
            "list=[5]",
            "labels={a=5}",
            "named={x=5}",
            "named={x={path=5}}",
        ] {
            assert_eq!(decoded(&format!("[top]\n{bad}\n")).1.len(), 1, "{bad}");
        }
        assert_eq!(decoded("top=\"x\"").1, ["top"]);
        assert_eq!(decoded("[top]\nNumber=\"5\"\nnumber=5\n").1, ["top.number"]);
    }

    #[test]
    fn json_takes_null_and_no_word_for_a_map() {
        let mistyped = |text: &str| {
            let node = from_json(serde_json::from_str(text).unwrap());
            decode(node, "", schema, Format::Json).1.len()
        };
        for (text, wanted) in [
            (r#"{"top": {"word": null, "LIST": null}}"#, 0),
            (r#"{"top": {"labels": 5}}"#, 1),
            (r#"{"top": {"number": 1.5}}"#, 1),
        ] {
            assert_eq!(mistyped(text), wanted, "{text}");
        }
    }
}
