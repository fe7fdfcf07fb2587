//! Fields that kubeadm drops with a warning (strict decoding), and values that it can't decode and exits with.

use super::field_table::{self, In, PROXY, Type};
use super::{ConfigWarning, Finding, Topic};
use crate::component::kubelet::fields as kubelet;
use crate::fact::{did_you_mean, nearest};
use crate::parse::document::{Content, Node};

/// What looking at the fields of all documents found.
#[derive(Default)]
pub(super) struct Looked {
    pub remarks: Vec<ConfigWarning>,
    pub findings: Vec<Finding>,
}

/// Where a value is: in which kind of which version, and its dotted name.
struct Place<'p> {
    /// v1beta4, else v1beta3.
    new: bool,
    path: &'p str,
    line: u32,
}

impl Looked {
    /// A document of kubeadm's own.
    pub(super) fn kubeadm(&mut self, kind: &str, version: &str, root: &mut Node, line: u32) {
        self.table(kind, root, &Place { new: version == "v1beta4", path: "", line });
    }

    /// A `KubeletConfiguration`.
    pub(super) fn kubelet(&mut self, root: &mut Node, line: u32) {
        let kubelet::Oddities { unknown, wrong } = kubelet::look(root, false);
        for (name, at) in unknown {
            let word = name.rsplit('.').next().unwrap_or_default().to_owned();
            self.unknown(at.unwrap_or(line), word, &name, "KubeletConfiguration", None);
        }
        for (text, at) in wrong {
            self.wrong(at.unwrap_or(line), text);
        }
    }

    /// A `KubeProxyConfiguration`: later versions may have more fields than those that are known here.
    pub(super) fn proxy(&mut self, root: &Node) {
        let Content::Table(table) = &root.content else { return };
        for (name, node) in table {
            let lost = !PROXY.contains(&name.as_str());
            if let Some(near) = near(name, PROXY.iter().copied()).filter(|_| lost) {
                let line = node.line.unwrap_or(1);
                self.unknown(line, name.clone(), name, "KubeProxyConfiguration", Some(near));
            }
        }
    }

    fn table(&mut self, name: &str, node: &mut Node, place: &Place<'_>) {
        let Some(fields) = field_table::of(name) else { return };
        let Content::Table(table) = &mut node.content else { return };
        for (key, value) in table {
            let path = if place.path.is_empty() { key.clone() } else { format!("{}.{key}", place.path) };
            let line = value.line.unwrap_or(place.line);
            let version = if place.new { "v1beta4" } else { "v1beta3" };
            let here = |wanted: In| wanted == In::Both || (wanted == In::New) == place.new;
            match fields.iter().find(|(known, ..)| known == key) {
                Some((_, kind, wanted)) if here(*wanted) => {
                    self.value(*kind, value, &Place { new: place.new, path: &path, line });
                }
                Some(_) => {
                    let other = if place.new { "v1beta3" } else { "v1beta4" };
                    let help = format!("{other} has it, {version} does not");
                    self.unknown(line, key.clone(), &path, version, Some(help));
                }
                None => {
                    let known = fields.iter().filter(|(.., wanted)| here(*wanted)).map(|(name, ..)| *name);
                    let help = near(key, known);
                    self.unknown(line, key.clone(), &path, version, help);
                }
            }
        }
    }

    fn value(&mut self, kind: Type, value: &mut Node, place: &Place<'_>) {
        if kind == Type::Bool
            && let Content::Text(text) = &value.content
            && let Some(flag) = kubelet::old_bool(text)
        {
            value.content = Content::Bool(flag);
        }
        let wanted = match (kind, &mut value.content) {
            (_, Content::Null)
            | (Type::Any, _)
            | (Type::Bool, Content::Bool(_))
            | (Type::Integer, Content::Integer(_))
            | (Type::Text, Content::Text(_)) => return,
            (Type::Table(part), Content::Table(_)) => return self.table(part, value, place),
            (Type::Tables(part), Content::List(items)) => {
                return self.items(items, place, |this, item, place| this.table(part, item, place));
            }
            (Type::Texts, Content::List(items)) => {
                return self.items(items, place, |this, item, place| this.value(Type::Text, item, place));
            }
            (Type::Map, Content::Table(table)) => {
                for (name, value) in table {
                    let path = format!("{}.{name}", place.path);
                    let line = value.line.unwrap_or(place.line);
                    self.value(Type::Text, value, &Place { new: place.new, path: &path, line });
                }
                return;
            }
            (Type::Flags, Content::Table(_)) if !place.new => return self.value(Type::Map, value, place),
            (Type::Flags, Content::List(items)) if place.new => {
                return self.items(items, place, |this, item, place| this.table("flag", item, place));
            }
            (Type::Flags, _) if place.new => "a list of `- name: ...` and `value: ...` (v1beta3 had a map)",
            (Type::Flags, _) => "a map of names and values (v1beta4 has a list)",
            (Type::Bool, _) => "true or false",
            (Type::Integer, _) => "a number without quotes",
            (Type::Text, _) => "text; put it in quotes",
            (Type::Texts | Type::Tables(_), _) => "a list",
            (Type::Table(_) | Type::Map, _) => "a table",
        };
        self.wrong(place.line, format!("{} must be {wanted}", place.path));
    }

    fn items(
        &mut self,
        items: &mut [Node],
        place: &Place<'_>,
        look: impl Fn(&mut Self, &mut Node, &Place<'_>),
    ) {
        for (index, item) in items.iter_mut().enumerate() {
            let path = format!("{}[{index}]", place.path);
            let line = item.line.unwrap_or(place.line);
            look(self, item, &Place { new: place.new, path: &path, line });
        }
    }

    fn unknown(&mut self, line: u32, word: String, path: &str, whose: &str, help: Option<String>) {
        self.findings.push(Finding { topic: Topic::UnknownFields, line, text: path.to_owned() });
        let message = format!("`{path}` is no field of {whose}: kubeadm ignores it with a warning");
        self.remarks.push(ConfigWarning { line, word, message, help });
    }

    fn wrong(&mut self, line: u32, text: String) {
        self.findings.push(Finding { topic: Topic::ValueErrors, line, text });
    }
}

/// The known name that a misspelt one stands for.
fn near<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    nearest(name, known, |known| 1 + known.len() / 5).map(did_you_mean)
}
