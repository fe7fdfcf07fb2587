//! What files and flags add up to, for one field: a JSON merge patch (RFC 7386) a file, then the flags.

use super::config::Document;
use super::flags::Setting;
use crate::fact::Origin;
use crate::parse::document::{Content, Node};

/// What one field came to.
#[derive(Debug, Default)]
pub(super) struct Effective {
    /// The value; none if nothing sets it, or what set it was taken back.
    pub value: Option<Node>,
    /// The places that count, the deciding one first.
    pub because: Vec<Origin>,
    /// The places that were overruled, in the order in which they apply.
    pub overruled: Vec<Origin>,
    /// Why the value can't be known.
    pub unknown: Option<String>,
}

impl Effective {
    /// The value of a dotted key.
    pub(super) fn of(key: &str, documents: &[Document], settings: &[Setting<'_>]) -> Self {
        let mut effective = Effective::default();
        for document in documents {
            let place = |line| document.place(line);
            let top = top(&document.node, key).and_then(|node| node.line);
            match document.node.at(key) {
                Some(node) => effective.lay(node, place(node.line.or(top))),
                None if hides(&document.node, key) => effective.drop(place(top)),
                None => {}
            }
        }
        for setting in settings {
            effective.flag(key, setting);
        }
        effective
    }

    fn flag(&mut self, key: &str, setting: &Setting<'_>) {
        let field = setting.field;
        let (asked, node) = if key == field {
            // A value that the kubelet refuses is among its mistakes.
            ("", setting.value.as_ref().ok().cloned())
        } else if let Some(rest) = key.strip_prefix(field).and_then(|rest| rest.strip_prefix('.')) {
            // The same.
            (rest, setting.value.as_ref().ok().and_then(|node| node.at(rest).cloned()))
        } else if let Some(rest) = field.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')) {
            // The same.
            ("", setting.value.as_ref().ok().map(|node| wrapped(rest, node.clone())))
        } else {
            return;
        };
        if let Err(reason) = &setting.value {
            self.unknown = Some(reason.clone());
        }
        let mut origins = setting.flags.iter().map(|flag| flag.origin.clone());
        // It is on if either the file or the flag says so.
        let is = |node: &Option<Node>, flag: bool| {
            node.as_ref().is_some_and(|node| node.content == Content::Bool(flag))
        };
        if field == "seccompDefault" && is(&self.value, true) && is(&node, false) {
            return self.overruled.extend(origins);
        }
        // Flags take the place of a whole map, but for feature gates; and they add to a table that is asked for.
        if !setting.merges && field.len() <= key.len() {
            self.forget();
        }
        match (node, origins.next_back()) {
            (Some(node), Some(last)) => {
                let adds = matches!(node.content, Content::List(_) | Content::Table(_));
                for origin in origins {
                    if adds { self.because.insert(0, origin) } else { self.overruled.push(origin) }
                }
                self.lay(&node, last);
            }
            (None, Some(last)) if !asked.is_empty() && !setting.merges => self.drop(last),
            _ => {}
        }
    }

    /// Lays a value over what was there: maps merge, null takes away, anything else takes the place.
    fn lay(&mut self, node: &Node, origin: Origin) {
        match (&mut self.value, &node.content) {
            (_, Content::Null) => return self.drop(origin),
            (Some(Node { content: Content::Table(_), .. }), Content::Table(_)) => {}
            _ => self.forget(),
        }
        self.because.insert(0, origin);
        match &mut self.value {
            Some(value) => merge(value, node),
            None => self.value = Some(without_null(node)),
        }
    }

    fn drop(&mut self, origin: Origin) {
        self.forget();
        self.overruled.push(origin);
    }

    fn forget(&mut self) {
        self.value = None;
        self.unknown = None;
        self.because.reverse();
        self.overruled.append(&mut self.because);
    }
}

fn top<'n>(document: &'n Node, key: &str) -> Option<&'n Node> {
    document.at(key.split('.').next().unwrap_or(key))
}

/// Whether something on the way to a key is no map: null or a value that takes the place of what was there.
fn hides(document: &Node, key: &str) -> bool {
    let mut ancestors = key.match_indices('.').map(|(at, _)| &key[..at]);
    ancestors.any(|path| document.at(path).is_some_and(|node| !matches!(node.content, Content::Table(_))))
}

fn merge(target: &mut Node, patch: &Node) {
    match (&mut target.content, &patch.content) {
        (Content::Table(target), Content::Table(patch)) => {
            for (name, value) in patch {
                match (target.get_mut(name), &value.content) {
                    (_, Content::Null) => drop(target.remove(name)),
                    (Some(found), _) => merge(found, value),
                    (None, _) => drop(target.insert(name.clone(), without_null(value))),
                }
            }
        }
        _ => *target = without_null(patch),
    }
}

/// A merge patch leaves no null behind.
fn without_null(node: &Node) -> Node {
    let Content::Table(table) = &node.content else { return node.clone() };
    let kept = table.iter().filter(|(_, value)| value.content != Content::Null);
    let kept = kept.map(|(name, value)| (name.clone(), without_null(value)));
    Node { line: node.line, content: Content::Table(kept.collect()) }
}

/// `a.b` and a value as `{a: {b: value}}`.
fn wrapped(path: &str, node: Node) -> Node {
    path.rsplit('.')
        .fold(node, |inner, name| Node::unplaced(Content::Table([(name.to_owned(), inner)].into())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::config::Source;
    use super::*;
    use crate::parse::yaml;

    fn documents(texts: &[&str]) -> Vec<Document> {
        let document = |(index, text): (usize, &&str)| Document {
            from: Source::File(format!("/{index}")),
            node: yaml::parse(text.as_bytes()).unwrap(),
        };
        texts.iter().enumerate().map(document).collect()
    }

    fn outcome(key: &str, texts: &[&str]) -> (String, Vec<String>, Vec<String>) {
        let effective = Effective::of(key, &documents(texts), &[]);
        let texts = |origins: Vec<Origin>| origins.iter().map(ToString::to_string).collect();
        let value = effective.value.map_or("none".to_owned(), |node| match node.state() {
            crate::fact::State::Known(value) => value.to_string(),
            other => format!("{other:?}"),
        });
        (value, texts(effective.because), texts(effective.overruled))
    }

    #[test]
    fn scalars_and_lists_replace_and_maps_merge() {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (key, texts, value, because, overruled) in [
            ("a", &["a: 1\n", "x: 1\na: 2\n"][..], "2", &["/1:2"][..], &["/0:1"][..]),
            ("a", &["a: [1, 2]\n", "a: [3]\n"], "[3]", &["/1:1"], &["/0:1"]),
            ("a", &["a: {b: 1, c: 2}\n", "a: {b: 3}\n"], "b=3 c=2", &["/1:1", "/0:1"], &[]),
            ("a.c", &["a: {b: 1, c: 2}\n", "a: {b: 3}\n"], "2", &["/0:1"], &[]),
            ("a", &["a: {b: 1, c: 2}\n", "a: {b: ~}\n"], "c=2", &["/1:1", "/0:1"], &[]),
            ("a.b", &["a: {b: 1}\n", "a: ~\n"], "none", &[], &["/0:1", "/1:1"]),
            ("a", &["a: 1\n", "a: ~\n", "a: 5\n"], "5", &["/2:1"], &["/0:1", "/1:1"]),
        ] {
            assert_eq!(
                outcome(key, texts),
                (value.to_owned(), strings(because), strings(overruled)),
                "{key} {texts:?}"
            );
        }
    }

    fn tree() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![Just(Content::Null), any::<i64>().prop_map(Content::Integer)];
        let leaf = leaf.prop_map(Node::unplaced);
        leaf.prop_recursive(3, 16, 3, |inner| {
            proptest::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|table| Node::unplaced(Content::Table(table)))
        })
    }

    proptest! {
        /// Asking for a key of the merged whole, and merging only what lies under the key, come to the same.
        #[test]
        fn a_part_of_the_whole_is_the_whole_of_the_part(trees in proptest::collection::vec(tree(), 1..4)) {
            let root = |node: Node| wrapped("r", node);
            let documents: Vec<Document> =
                trees.into_iter().map(|node| Document { from: Source::File("/f".into()), node: root(node) }).collect();
            let whole = Effective::of("r", &documents, &[]).value;
            for key in ["a", "b", "a.b", "b.a", "a.a.b"] {
                let part = Effective::of(&format!("r.{key}"), &documents, &[]).value;
                prop_assert_eq!(part.as_ref(), whole.as_ref().and_then(|whole| whole.at(key)), "{}", key);
            }
        }
    }
}
