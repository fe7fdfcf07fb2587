//! YAML as the programs of Kubernetes take it: sigs.k8s.io/yaml, which is go-yaml v2 (YAML 1.1) with JSON behind it.
//!
//! The first document counts, of two equal keys the last one, and all keys are text. Depth, size and what aliases
//! repeat are bounded.

use std::collections::{BTreeMap, HashMap};

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::document::{Content, Node, SyntaxError};
use super::go_scalar::resolve;

/// No configuration is nested more deeply, or has more values.
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 100_000;

/// The first document of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it holds.
    pub root: Node,
    /// Keys that are written twice in one table, with the line of the second: strict readers warn.
    pub twice: Vec<(String, u32)>,
}

/// Reads a text; `before` lines of its file come before it.
///
/// # Errors
/// The first mistake, or whatever exceeds the bounds, with its line in the file.
pub fn parse(text: &str, before: u32) -> Result<Document, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder { before, ..Builder::default() };
    if let Some(line) = text.lines().position(|line| line.chars().any(is_control)) {
        let line = u32::try_from(line + 1).unwrap_or(u32::MAX);
        return Err(builder.mistake(line, "a control character"));
    }
    for step in Parser::new_from_str(text) {
        let (event, span) = step.map_err(|error| builder.scan_error(&error))?;
        if builder.take(event, line_of(&span))? {
            break;
        }
    }
    let root = builder.root.take().unwrap_or(Node::unplaced(Content::Null));
    Ok(Document { root: Node { line: None, ..root }, twice: builder.twice })
}

/// What go-yaml's reader refuses, wherever it is.
fn is_control(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) || c == '\u{feff}'
}

fn line_of(span: &Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(u32::MAX)
}

/// A list or table that is not yet closed.
enum Open {
    List(Vec<Node>),
    Table { entries: BTreeMap<String, Node>, key: Option<(Key, u32)> },
}

enum Key {
    Named(String),
    /// `<<`: the entries of the value are taken over.
    Merge,
}

#[derive(Default)]
struct Builder {
    before: u32,
    open: Vec<(Open, u32, usize)>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    twice: Vec<(String, u32)>,
}

impl Builder {
    /// Takes one event; true if the document has ended.
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<bool, SyntaxError> {
        match event {
            Event::DocumentStart(_, Some(version)) if (version.major, version.minor) != (1, 1) => {
                return Err(self.mistake(line, "only YAML 1.1 is read: remove the %YAML directive"));
            }
            Event::DocumentEnd | Event::StreamEnd => return Ok(true),
            Event::Scalar(text, style, anchor, tag) => {
                let content = self.scalar(&text, style, tag.as_deref(), line)?;
                self.put(
                    Node { line: Some(self.before + line), content },
                    line,
                    anchor,
                    is_merge(&text, style),
                )?;
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List(Vec::new()), line, anchor)?,
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open::Table { entries: BTreeMap::new(), key: None }, line, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.mistake(line, "an alias within its own anchor"));
                };
                self.count(size(&node), line)?;
                self.put(Node { line: Some(self.before + line), ..node }, line, 0, false)?;
            }
            _ => {}
        }
        Ok(false)
    }

    fn begin(&mut self, open: Open, line: u32, anchor: usize) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.mistake(line, "nested too deeply"));
        }
        self.open.push((open, line, anchor));
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        let Some((open, line, anchor)) = self.open.pop() else { return Ok(()) };
        let content = match open {
            Open::List(items) => Content::List(items),
            Open::Table { entries, .. } => Content::Table(entries),
        };
        self.put(Node { line: Some(self.before + line), content }, line, anchor, false)
    }

    /// Puts a whole value to where it belongs.
    fn put(&mut self, node: Node, line: u32, anchor: usize, is_merge: bool) -> Result<(), SyntaxError> {
        self.count(1, line)?;
        if anchor > 0 {
            self.count(size(&node), line)?;
            self.anchors.insert(anchor, node.clone());
        }
        let before = self.before;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Open::List(items), ..)) => items.push(node),
            Some((Open::Table { key: key @ None, .. }, ..)) if is_merge => *key = Some((Key::Merge, line)),
            Some((Open::Table { key: key @ None, .. }, ..)) => match name(&node.content) {
                Some(name) => *key = Some((Key::Named(name), line)),
                None => return Err(self.mistake(line, "a key that is no text")),
            },
            Some((Open::Table { entries, key }, ..)) => match key.take() {
                Some((Key::Merge, at)) => {
                    let Some(more) = merged(node) else {
                        return Err(self.mistake(at, "`<<` takes a table or a list of tables"));
                    };
                    entries.extend(more);
                }
                Some((Key::Named(name), at)) => {
                    // The place of an entry is that of its key.
                    let node = Node { line: Some(before + at), ..node };
                    if entries.insert(name.clone(), node).is_some() {
                        self.twice.push((name, before + at));
                    }
                }
                None => {}
            },
        }
        Ok(())
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        line: u32,
    ) -> Result<Content, SyntaxError> {
        let resolved =
            || resolve(text).ok_or_else(|| self.mistake(line, &format!("JSON has no value `{text}`")));
        match tag.map(|tag| tag.core_suffix()) {
            None if style == ScalarStyle::Plain => resolved(),
            // A tag of somebody's own, and `!`, make text of it.
            None | Some(None | Some("str" | "binary")) => Ok(Content::Text(text.to_owned())),
            Some(Some(kind)) => {
                let content = resolved()?;
                let fits = match content {
                    Content::Null => kind == "null",
                    Content::Bool(_) => kind == "bool",
                    Content::Integer(_) => kind == "int" || kind == "float",
                    Content::Number(_) => kind == "float",
                    _ => kind == "timestamp",
                };
                if fits { Ok(content) } else { Err(self.mistake(line, &format!("`{text}` is no {kind}"))) }
            }
        }
    }

    fn count(&mut self, nodes: usize, line: u32) -> Result<(), SyntaxError> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES { Err(self.mistake(line, "too many values")) } else { Ok(()) }
    }

    fn mistake(&self, line: u32, message: &str) -> SyntaxError {
        SyntaxError { line: Some(self.before.saturating_add(line)), message: message.to_owned() }
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        self.mistake(u32::try_from(error.marker().line()).unwrap_or(u32::MAX), &error.info())
    }
}

fn is_merge(text: &str, style: ScalarStyle) -> bool {
    text == "<<" && style == ScalarStyle::Plain
}

/// The values of a tree.
fn size(node: &Node) -> usize {
    1 + match &node.content {
        Content::List(items) => items.iter().map(size).sum(),
        Content::Table(entries) => entries.values().map(size).sum(),
        _ => 0,
    }
}

/// A key as JSON writes it.
fn name(content: &Content) -> Option<String> {
    match content {
        Content::Text(text) | Content::Number(text) => Some(text.clone()),
        Content::Integer(number) => Some(number.to_string()),
        Content::Bool(flag) => Some(flag.to_string()),
        Content::Null | Content::List(_) | Content::Table(_) => None,
    }
}

/// The entries that `<<` takes over; of a list the first table wins.
fn merged(node: Node) -> Option<BTreeMap<String, Node>> {
    match node.content {
        Content::Table(entries) => Some(entries),
        Content::List(items) => {
            let tables = items.into_iter().rev().map(|item| match item.content {
                Content::Table(entries) => Some(entries),
                _ => None,
            });
            tables.collect::<Option<Vec<_>>>().map(|tables| tables.into_iter().flatten().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::yaml;
    use proptest::prelude::*;

    fn at(text: &str, path: &str) -> Content {
        parse(text, 0).unwrap().root.at(path).unwrap().content.clone()
    }

    #[test]
    fn values_are_those_of_json() {
        for (text, expected) in [
            ("a: yes\n", Content::Bool(true)),
            ("a: \"yes\"\n", Content::Text("yes".into())),
            ("a: !!str 12\n", Content::Text("12".into())),
            ("a: !!int \"12\"\n", Content::Integer(12)),
            ("a: ! 12\n", Content::Text("12".into())),
            ("a: |\n  12\n", Content::Text("12\n".into())),
            ("a: 0o17\n", Content::Integer(15)),
            ("a:\n", Content::Null),
            ("a: ''\n", Content::Text(String::new())),
            ("x: &n 5\na: *n\n", Content::Integer(5)),
            ("\u{feff}a: 1.5\n", Content::Number("1.5".into())),
            ("{\"a\": 1}", Content::Integer(1)),
            ("a: 1\n...\nb: [\n", Content::Integer(1)),
            ("---\na: 1\n", Content::Integer(1)),
            ("x: &x {a: 3, b: 1}\n<<: *x\nb: 2\n", Content::Integer(3)),
        ] {
            assert_eq!(at(text, "a"), expected, "{text:?}");
        }
        assert_eq!(at("yes: 1\n5: 2\n", "true"), Content::Integer(1));
        assert_eq!(at("yes: 1\n5: 2\n", "5"), Content::Integer(2));
        assert_eq!(parse("", 0).unwrap().root.content, Content::Null);
        assert_eq!(parse("# c\n", 0).unwrap().root.content, Content::Null);
    }

    #[test]
    fn mistakes_have_their_lines() {
        for (text, line) in [
            ("a: [1\nb: 2\n", 6),
            ("a: 1\n\tb: 2\n", 6),
            ("a: .nan\n", 5),
            ("a: @x\n", 5),
            ("a: `x`\n", 5),
            ("a: b: c\n", 5),
            ("%YAML 1.2\n---\na: 1\n", 5),
            ("a: 1\nb: \u{1}\n", 6),
            ("~: 1\n", 5),
            ("a: !!int x\n", 5),
            ("a: &x [*x]\n", 5),
        ] {
            let error = parse(text, 4).unwrap_err();
            assert!(error.line.is_some_and(|at| at.abs_diff(line) <= 2 && at > 4), "{text:?}: {error:?}");
        }
    }

    #[test]
    fn keys_and_items_know_their_lines_and_twice_is_told() {
        let read = parse("# c\na: 1\nb:\n  - x: 5\n    w:\n      z: 1\n  - 6\na: 2\n", 10).unwrap();
        for (path, line) in [("a", 18), ("b", 13), ("b.0", 14), ("b.0.w", 15), ("b.0.w.z", 16), ("b.1", 17)] {
            assert_eq!(read.root.at(path).unwrap().line, Some(line), "{path}");
        }
        assert_eq!(read.twice, [("a".to_owned(), 18)]);
    }

    #[test]
    fn the_first_document_and_the_last_of_equal_keys_count() {
        for (text, value) in [
            ("a: 1\na: 2\n", 2),
            ("# c\n---\na: 1\n---\na: 2\n", 1),
            ("a: 1\n...\n[", 1),
            ("---\na: 1\nb: |\n  ---\nc: 1\n--- x\n", 1),
        ] {
            let node = parse(text, 0).unwrap().root;
            assert_eq!(node.at("a").unwrap().content, Content::Integer(value), "{text}");
            assert!(yaml::parse(text.as_bytes()).is_err() || text.starts_with("a: 1\n..."), "{text}");
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
        assert!(parse(&bomb, 0).is_err());
        assert!(parse(&"[".repeat(1000), 0).is_err());
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "(\\PC|[-:{}\\[\\]&*!<|>%@ \n\t\"']){0,60}") {
            drop(parse(&text, 3));
        }

        #[test]
        fn words_come_back(word in "x[a-z]{1,9}") {
            prop_assert_eq!(at(&format!("k: {word}\n"), "k"), Content::Text(word));
        }
    }
}
