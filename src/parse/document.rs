//! What TOML and YAML files hold: a tree of values that know their lines.

use std::collections::BTreeMap;

use crate::fact::{State, Value};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its line, counted from 1, where the parser tells.
    pub line: Option<u32>,
    /// What it holds.
    pub content: Content,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// YAML's null.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Another number: with a fraction, or of more than 64 bits.
    Number(String),
    /// Text; also dates, as they are written.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A table.
    Table(BTreeMap<String, Node>),
}

/// Why a file is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line, where the parser tells.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", crate::fact::printable(&self.message)),
            None => f.write_str(&crate::fact::printable(&self.message)),
        }
    }
}

impl Node {
    /// A node of no file, or of a place in one that isn't known.
    #[must_use]
    pub fn unplaced(content: Content) -> Node {
        Node { line: None, content }
    }

    /// The node at a dotted path; a number picks from a sequence. A key that itself has dots is found too.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Node> {
        match &self.content {
            Content::Table(table) => table.get(path).or_else(|| {
                let mut dots = path.bytes().enumerate().filter(|(_, byte)| *byte == b'.');
                dots.find_map(|(at, _)| table.get(&path[..at])?.at(&path[at + 1..]))
            }),
            Content::List(items) => {
                let (index, rest) =
                    path.split_once('.').map_or((path, None), |(index, rest)| (index, Some(rest)));
                let item = items.get(index.parse::<usize>().ok()?)?;
                rest.map_or(Some(item), |rest| item.at(rest))
            }
            _ => None,
        }
    }

    /// The text at a dotted path, and its line.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<(Option<u32>, &str)> {
        let node = self.at(path)?;
        match &node.content {
            Content::Text(text) => Some((node.line, text)),
            _ => None,
        }
    }

    /// Whether a dotted path holds `true`.
    #[must_use]
    pub fn is_true_at(&self, path: &str) -> bool {
        self.at(path).is_some_and(|node| node.content == Content::Bool(true))
    }

    /// The entries of the table at a dotted path; none where there is no table.
    pub fn entries_at(&self, path: &str) -> impl Iterator<Item = (&String, &Node)> {
        let table = self.at(path).and_then(|node| match &node.content {
            Content::Table(table) => Some(table),
            _ => None,
        });
        table.into_iter().flatten()
    }

    /// The node at a dotted path through tables.
    pub fn at_mut(&mut self, path: &str) -> Option<&mut Node> {
        path.split('.').try_fold(self, |node, name| match &mut node.content {
            Content::Table(table) => table.get_mut(name),
            _ => None,
        })
    }

    /// As a fact tells it; null is absent.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.content {
            Content::Null => State::Absent,
            Content::Bool(value) => State::from(*value),
            Content::Integer(value) => State::from(*value),
            Content::Number(value) | Content::Text(value) => State::from(value.as_str()),
            Content::List(items) => State::Known(Value::List(
                items
                    .iter()
                    .map(|item| match item.state() {
                        State::Known(value) => value,
                        State::Absent | State::Unknown(_) => Value::Text(String::new()),
                    })
                    .collect(),
            )),
            Content::Table(table) => {
                State::Known(Value::record(table.iter().map(|(name, node)| (name.as_str(), node.state()))))
            }
        }
    }
}
