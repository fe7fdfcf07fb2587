//! registries.conf and the files of registries.conf.d as CRI-O decodes and checks them when it starts (containers-registries.conf(5);
//! `image/pkg/sysregistriesv2`).

use super::Since;
use crate::component::go_decoder::{self, Field, Format, Type};
use crate::fact::{State, Value};
use crate::parse::document::{Content, Node};
use crate::parse::image_reference;

const FIELDS: &[Field] = &[
    ("", "additional-layer-store-auth-helper", Type::Text),
    ("", "aliases", Type::TextMap),
    ("", "credential-helpers", Type::Texts),
    ("", "registry", Type::Tables("registry")),
    ("", "short-name-mode", Type::Text),
    ("", "unqualified-search-registries", Type::Texts),
    // The old format.
    ("", "registries", Type::Table("old")),
    ("old", "block", Type::Table("old-list")),
    ("old", "insecure", Type::Table("old-list")),
    ("old", "search", Type::Table("old-list")),
    ("old-list", "registries", Type::Texts),
    ("registry", "blocked", Type::Bool),
    ("registry", "insecure", Type::Bool),
    ("registry", "location", Type::Text),
    ("registry", "mirror", Type::Tables("mirror")),
    ("registry", "mirror-by-digest-only", Type::Bool),
    ("registry", "prefix", Type::Text),
    ("registry", "pull-from-mirror", Type::Text),
    ("mirror", "insecure", Type::Bool),
    ("mirror", "location", Type::Text),
    ("mirror", "pull-from-mirror", Type::Text),
];

/// Lists of the old format.
const OLD: [&str; 3] =
    ["registries.search.registries", "registries.insecure.registries", "registries.block.registries"];

const PULL_FROM: [&str; 4] = ["", "all", "digest-only", "tag-only"];
const SHORT_NAME_MODES: [&str; 4] = ["", "enforcing", "permissive", "disabled"];

/// Something that is wrong, its line, and since when CRI-O minds it.
#[derive(Debug, PartialEq)]
pub(crate) struct Mistake {
    pub(crate) line: Option<u32>,
    pub(crate) what: String,
    pub(crate) since: Since,
}

fn schema(table: &str, key: &str) -> Option<(&'static str, Type)> {
    go_decoder::find(FIELDS, table, key)
}

/// The document with its fields as the library spells them, and what is wrong with it.
pub(crate) fn read(document: Node, is_drop_in: bool) -> (Node, Vec<Mistake>) {
    let (document, mistyped) = go_decoder::decode(document, "", schema, Format::Toml);
    let mut judge = Judge { mistakes: Vec::new() };
    for one in mistyped {
        judge.add(one.line, one.what, Since::Always);
    }
    judge.formats(&document, is_drop_in);
    judge.registries(&document);
    judge.search(&document);
    judge.aliases(&document);
    let mode = text(&document, "short-name-mode");
    if !SHORT_NAME_MODES.contains(&mode.as_str()) {
        let line = document.at("short-name-mode").and_then(|node| node.line);
        let what = format!("short-name-mode is \"{mode}\"; CRI-O accepts enforcing, permissive or disabled");
        judge.add(line, what, Since::Minor(21));
    }
    (document, judge.mistakes)
}

struct Judge {
    mistakes: Vec<Mistake>,
}

impl Judge {
    fn add(&mut self, line: Option<u32>, what: impl Into<String>, since: Since) {
        self.mistakes.push(Mistake { line, what: what.into(), since });
    }

    fn formats(&mut self, document: &Node, is_drop_in: bool) {
        if OLD.iter().all(|key| document.at(key).is_none()) {
            return;
        }
        let old = document.at("registries").and_then(|node| node.line);
        let is_new = |(table, key, kind): &Field| {
            let is_set = |node: &Node| {
                *kind != Type::Text
                    || !text(document, key).is_empty()
                    || matches!(node.content, Content::List(_))
            };
            table.is_empty() && *key != "registries" && document.at(key).is_some_and(is_set)
        };
        if is_drop_in {
            self.add(old, "the old format, which only registries.conf itself may have", Since::Always);
        } else if FIELDS.iter().any(is_new) {
            self.add(old, "the old and the new format are mixed", Since::Always);
        }
        for key in &OLD[1..] {
            for (line, location) in texts(document, key) {
                self.location(line, key, &location);
            }
        }
    }

    /// A place must not have a scheme.
    fn location(&mut self, line: Option<u32>, key: &str, location: &str) {
        if is_scheme(location) {
            let what = format!("{key} is \"{location}\"; CRI-O accepts HOST[:PORT][/PATH] without a scheme");
            self.add(line, what, Since::Always);
        }
    }

    fn registries(&mut self, document: &Node) {
        let Some(Node { content: Content::List(registries), .. }) = document.at("registry") else { return };
        let mut seen: Vec<(String, bool, bool)> = Vec::new();
        for registry in registries {
            let (prefix, location) = (place(registry, "prefix"), place(registry, "location"));
            let (insecure, blocked) = (registry.is_true_at("insecure"), registry.is_true_at("blocked"));
            self.registry(registry, &prefix, &location);
            let name = if location.is_empty() { prefix } else { location };
            let other = seen.iter().find(|(other, _, _)| *other == name);
            if other.is_some_and(|(_, other, _)| *other != insecure) {
                self.add(
                    registry.line,
                    format!("two [[registry]] of \"{name}\" disagree about insecure"),
                    Since::Always,
                );
            } else if other.is_some_and(|(_, _, other)| *other != blocked) {
                self.add(
                    registry.line,
                    format!("two [[registry]] of \"{name}\" disagree about blocked"),
                    Since::Always,
                );
            }
            seen.push((name, insecure, blocked));
        }
    }

    fn registry(&mut self, registry: &Node, prefix: &str, location: &str) {
        self.location(line_of(registry, "location"), "location", &text(registry, "location"));
        self.location(line_of(registry, "prefix"), "prefix", &text(registry, "prefix"));
        if location.is_empty() && !prefix.starts_with("*.") {
            let what =
                if prefix.is_empty() { "a [[registry]] with neither prefix nor location" } else { prefix };
            let what = format!("{what}: location is unset, and the prefix has no `*.`");
            self.add(registry.line, what, Since::Always);
        }
        if prefix.starts_with("*.") && prefix.contains(['/', '@', ':']) {
            let what =
                format!("prefix is \"{prefix}\"; CRI-O accepts a wildcard in the form *.example.com only");
            self.add(line_of(registry, "prefix"), what, Since::Minor(21));
        }
        if !text(registry, "pull-from-mirror").is_empty() {
            let what = "pull-from-mirror belongs to a [[registry.mirror]], not to the [[registry]]";
            self.add(line_of(registry, "pull-from-mirror"), what, Since::Minor(26));
        }
        let Some(Node { content: Content::List(mirrors), .. }) = registry.at("mirror") else { return };
        let by_digest = registry.is_true_at("mirror-by-digest-only");
        for mirror in mirrors {
            self.mirror(mirror, by_digest);
        }
    }

    fn mirror(&mut self, mirror: &Node, by_digest: bool) {
        let (location, from) = (text(mirror, "location"), text(mirror, "pull-from-mirror"));
        self.location(line_of(mirror, "location"), "a mirror's location", &location);
        if location.trim_end_matches('/').is_empty() {
            self.add(mirror.line, "a [[registry.mirror]] without a location", Since::Minor(21));
        }
        if by_digest && !from.is_empty() {
            let what = "pull-from-mirror beside mirror-by-digest-only of the [[registry]]; CRI-O accepts one of both";
            self.add(line_of(mirror, "pull-from-mirror"), what, Since::Minor(26));
        } else if !PULL_FROM.contains(&from.as_str()) {
            let what = format!("pull-from-mirror is \"{from}\"; CRI-O accepts all, digest-only or tag-only");
            self.add(line_of(mirror, "pull-from-mirror"), what, Since::Minor(26));
        }
    }

    fn search(&mut self, document: &Node) {
        for key in ["unqualified-search-registries", OLD[0]] {
            for (line, registry) in texts(document, key) {
                let name = registry.trim_end_matches('/');
                if is_scheme(&registry) || !image_reference::is_registry(name) {
                    let what = format!(
                        "{key} has \"{registry}\"; CRI-O accepts HOST[:PORT] without a scheme or path"
                    );
                    self.add(line, what, Since::Always);
                }
            }
        }
    }

    fn aliases(&mut self, document: &Node) {
        let Some(Node { content: Content::Table(aliases), .. }) = document.at("aliases") else { return };
        let has_host = |registry: &str| registry.contains(['.', ':']) || registry == "localhost";
        for (name, node) in aliases {
            let short = image_reference::parse(name);
            if !short.is_ok_and(|short| {
                short.tag.is_none() && short.digest.is_none() && !has_host(&short.registry)
            }) {
                let what = format!(
                    "the alias \"{name}\" is no short name; CRI-O accepts NAME without registry, tag and digest"
                );
                self.add(node.line, what, Since::Minor(21));
            }
            let Content::Text(target) = &node.content else { continue };
            let fits = |target: image_reference::ImageReference| {
                target.tag.is_none() && target.digest.is_none() && has_host(&target.registry)
            };
            // An empty text takes an alias of an earlier file away.
            if !target.is_empty() && !image_reference::parse(target).is_ok_and(fits) {
                let what = format!(
                    "the alias \"{name}\" is of \"{target}\"; CRI-O accepts REGISTRY/REPOSITORY without tag and digest"
                );
                self.add(node.line, what, Since::Minor(21));
            }
        }
    }
}

fn is_scheme(location: &str) -> bool {
    let location = location.trim_end_matches('/');
    location.starts_with("http://") || location.starts_with("https://")
}

fn line_of(node: &Node, key: &str) -> Option<u32> {
    node.at(key).and_then(|found| found.line).or(node.line)
}

fn text(node: &Node, key: &str) -> String {
    match node.at(key).map(Node::state) {
        Some(State::Known(Value::Text(text))) => text,
        _ => String::new(),
    }
}

/// A place without slashes at its end.
fn place(node: &Node, key: &str) -> String {
    text(node, key).trim_end_matches('/').to_owned()
}

fn texts(document: &Node, key: &str) -> Vec<(Option<u32>, String)> {
    let Some(Node { content: Content::List(items), .. }) = document.at(key) else { return Vec::new() };
    let text = |item: &Node| match &item.content {
        Content::Text(text) => Some((item.line, text.clone())),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::toml_document;

    fn mistakes(text: &str, is_drop_in: bool) -> usize {
        read(toml_document::parse(text.as_bytes()).unwrap(), is_drop_in).1.len()
    }

    #[test]
    fn what_the_library_takes() {
        for text in [
            "",
            "unqualified-search-registries = [\"docker.io\", \"a:5000\"]\n",
            "[registries.search]\nregistries=[\"a\"]\n",
            "[[registry]]\nprefix=\"*.a.io\"\nblocked=true\n",
            "[[registry]]\nlocation=\"a.io/b\"\n[[registry.mirror]]\nlocation=\"b.io\"\npull-from-mirror=\"tag-only\"\n",
            "[[registry]]\nlocation=\"a.io\"\n[[registry]]\nlocation=\"a.io\"\n",
            "short-name-mode=\"permissive\"\n[aliases]\n\"x\"=\"docker.io/library/x\"\n\"a/y\"=\"\"\n",
            "credential-helpers=[\"nope\"]\nstrange=5\n",
        ] {
            assert_eq!(mistakes(text, false), 0, "{text}");
        }
    }

    #[test]
    fn what_it_refuses() {
        for text in [
            "unqualified-search-registries = \"docker.io\"\n",
            "unqualified-search-registries = [\"https://docker.io\"]\n",
            "unqualified-search-registries = [\"docker.io/library\"]\n",
            "[registries.search]\nregistries=[\"a/b\"]\n",
            "[registries.block]\nregistries=[\"http://a\"]\n",
            "unqualified-search-registries=[\"a\"]\n[registries.search]\nregistries=[\"a\"]\n",
            "[[Registry]]\nblocked=true\n",
            "[[registry]]\nprefix=\"a.io\"\n",
            "[[registry]]\nlocation=\"https://a.io\"\n",
            "[[registry]]\nlocation=\"a.io\"\nprefix=\"http://a.io\"\n",
            "[[registry]]\nprefix=\"*.a.io/b\"\n",
            "[[registry]]\nlocation=\"a.io\"\n[registry.mirror]\nlocation=\"b.io\"\n",
            "[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\ninsecure=true\n",
            "[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\nlocation=\"https://b.io\"\n",
            "[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\nlocation=\"b.io\"\npull-from-mirror=\"tags\"\n",
            "[[registry]]\nlocation=\"a.io\"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation=\"b.io\"\npull-from-mirror=\"all\"\n",
            "[[registry]]\nlocation=\"a.io\"\npull-from-mirror=\"all\"\n",
            "[[registry]]\nlocation=\"a.io\"\n[[registry]]\nlocation=\"a.io/\"\ninsecure=true\n",
            "[[registry]]\nlocation=\"a.io\"\n[[registry]]\nlocation=\"a.io\"\nblocked=true\n",
            "short-name-mode=\"Enforcing\"\n",
            "[aliases]\n\"a.io/x\"=\"docker.io/library/x\"\n",
            "[aliases]\n\"x:1\"=\"docker.io/library/x\"\n",
            "[aliases]\n\"x\"=\"docker.io/library/x:1\"\n",
            "[aliases]\n\"x\"=\"library/x\"\n",
            "[aliases]\n\"x\"=5\n",
        ] {
            assert_eq!(mistakes(text, false), 1, "{text}");
        }
        assert_eq!(mistakes("[registries.search]\nregistries=[\"a\"]\n", true), 1);
    }
}
