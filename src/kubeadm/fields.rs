//! Fields that kubeadm drops with a warning (strict decoding), and values that it can't decode and exits with.

use super::{ConfigWarning, Finding, Topic, syntax};
use crate::component::kubeadm::field_table::{self, In, Type};
use crate::component::kubeadm::form;
use crate::component::kubelet::fields as kubelet;
use crate::fact::{did_you_mean, nearest};
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// What looking at the fields of all documents found.
#[derive(Default)]
pub(super) struct Looked {
    pub remarks: Vec<ConfigWarning>,
    pub findings: Vec<Finding>,
}

/// Where a value is: in which kind of which version, and its dotted name.
struct Place<'p> {
    /// The kind, or the version of kubeadm's own kinds: whose field a field is.
    whose: &'p str,
    /// v1beta4, else v1beta3.
    new: bool,
    path: &'p str,
    line: u32,
}

impl Looked {
    /// Keys that are written twice in one table.
    pub(super) fn twice(&mut self, keys: &[(String, u32)]) {
        for (key, line) in keys {
            self.remarks.push(ConfigWarning {
                line: *line,
                word: key.clone(),
                message: format!("`{key}` is written twice in one table"),
                help: Some("kubeadm warns, and takes the last one".into()),
            });
        }
    }

    /// A document whose fields the tables here have: kubeadm's own, and kube-proxy's.
    pub(super) fn own(&mut self, kind: &str, version: &str, root: &Node, line: u32) {
        let whose = if kind == "KubeProxyConfiguration" { kind } else { version };
        self.table(kind, root, &Place { whose, new: version == "v1beta4", path: "", line });
    }

    /// A `KubeletConfiguration`: kubeadm decodes it and hands it on. Which values stop the kubelet is asked elsewhere.
    pub(super) fn kubelet(&mut self, root: &Node, line: u32) {
        let kubelet::Oddities { unknown, wrong } =
            kubelet::look(root, kubelet::Reading { all_known: true, is_patch: false });
        for (name, at) in unknown {
            let word = name.rsplit('.').next().unwrap_or_default().to_owned();
            self.unknown(at.unwrap_or(line), word, &name, "KubeletConfiguration", None);
        }
        for (text, at) in wrong {
            self.wrong(at.unwrap_or(line), text);
        }
    }

    fn table(&mut self, name: &str, node: &Node, place: &Place<'_>) {
        let Some(fields) = field_table::of(name) else { return };
        let Content::Table(table) = &node.content else { return };
        for (key, value) in table {
            let path = if place.path.is_empty() { key.clone() } else { format!("{}.{key}", place.path) };
            let line = value.line.unwrap_or(place.line);
            let here = |wanted: In| wanted == In::Both || (wanted == In::New) == place.new;
            match fields.iter().find(|(known, ..)| known == key) {
                Some((_, kind, wanted)) if here(*wanted) => {
                    self.value(*kind, value, &Place { path: &path, line, ..*place });
                }
                Some(_) => {
                    let (has, lacks) =
                        if place.new { ("v1beta3", "v1beta4") } else { ("v1beta4", "v1beta3") };
                    let help = format!("{has} has it, {lacks} does not");
                    self.unknown(line, key.clone(), &path, place.whose, Some(help));
                }
                None => {
                    let known = fields.iter().filter(|(.., wanted)| here(*wanted)).map(|(name, ..)| *name);
                    let help = near(key, known);
                    self.unknown(line, key.clone(), &path, place.whose, help);
                }
            }
        }
    }

    fn value(&mut self, kind: Type, value: &Node, place: &Place<'_>) {
        match (kind, &value.content) {
            (_, Content::Null) => {}
            (Type::Table(part), Content::Table(_)) => self.table(part, value, place),
            (Type::Tables(part), Content::List(items)) => self.items(items, Type::Table(part), place),
            (Type::Texts, Content::List(items)) => self.items(items, Type::Text, place),
            (Type::Flags, Content::List(items)) if place.new => self.items(items, Type::Table("flag"), place),
            (Type::Flags, Content::Table(_)) if !place.new => self.value(Type::Map, value, place),
            (Type::Map | Type::Bools, Content::Table(table)) => {
                let kind = if kind == Type::Map { Type::Text } else { Type::Bool };
                for (name, value) in table {
                    let path = format!("{}.{}", place.path, syntax::without_tokens(name));
                    let line = value.line.unwrap_or(place.line);
                    self.value(kind, value, &Place { path: &path, line, ..*place });
                }
            }
            (_, content) => {
                if let Some(wanted) = wanted(kind, content, place.new) {
                    let shown = rendered(kind, content);
                    self.wrong(place.line, format!("{}{shown} must be {wanted}", place.path));
                }
            }
        }
    }

    fn items(&mut self, items: &[Node], kind: Type, place: &Place<'_>) {
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", place.path);
            let line = item.line.unwrap_or(place.line);
            self.value(kind, item, &Place { path: &path, line, ..*place });
        }
    }

    fn unknown(&mut self, line: u32, word: String, path: &str, whose: &str, help: Option<String>) {
        self.findings.push(Finding::new(Topic::UnknownFields, line, path.to_owned()));
        let message = format!("`{path}` is no field of {whose}: kubeadm ignores it with a warning");
        self.remarks.push(ConfigWarning { line, word, message, help });
    }

    fn wrong(&mut self, line: u32, text: String) {
        self.findings.push(Finding::new(Topic::ValueErrors, line, text));
    }
}

/// What a value must be, if JSON's decoder refuses it for the field.
fn wanted(kind: Type, content: &Content, new: bool) -> Option<&'static str> {
    let (is_right, wanted) = match (kind, content) {
        (Type::Any, _) | (Type::SpanOrNumber, Content::Integer(_)) => return None,
        (Type::Bool, content) => (matches!(content, Content::Bool(_)), "true or false, without quotes"),
        (Type::Integer, Content::Integer(number)) => {
            (i32::try_from(*number).is_ok(), "a number between -2147483648 and 2147483647")
        }
        (Type::Integer, _) => (false, "a whole number without quotes"),
        (Type::Number, content) => {
            (matches!(content, Content::Integer(_) | Content::Number(_)), "a number without quotes")
        }
        (Type::Quantity, content) => (
            !matches!(content, Content::Bool(_) | Content::List(_) | Content::Table(_)),
            "a size such as \"64Ki\"",
        ),
        (Type::Text, content) => (matches!(content, Content::Text(_)), "text; put it in quotes"),
        (Type::Token, Content::Text(text)) => {
            (form::is_token(text), "of the form abcdef.0123456789abcdef (small letters and digits, 6 and 16)")
        }
        (Type::Token, _) => (false, "text; put it in quotes"),
        (Type::Span | Type::SpanOrNumber, Content::Text(text)) => {
            (go_duration::nanoseconds(text).is_some(), "a duration with units h, m, s or ms, such as 1h30m")
        }
        (Type::Span | Type::SpanOrNumber, _) => (false, "a duration in quotes, such as \"24h\""),
        (Type::Time, Content::Text(text)) => (form::is_time(text), "a time such as \"2030-01-01T00:00:00Z\""),
        (Type::Time, _) => (false, "a time in quotes, such as \"2030-01-01T00:00:00Z\""),
        (Type::Flags, _) if new => (false, "a list of `- name: ...` and `value: ...` (v1beta3 had a map)"),
        (Type::Flags, _) => (false, "a map of names and values (v1beta4 has a list)"),
        (Type::Texts | Type::Tables(_), _) => (false, "a list"),
        (Type::Table(_) | Type::Map | Type::Bools, _) => (false, "a table"),
    };
    (!is_right).then_some(wanted)
}

/// The value as it may be shown behind the name of its field.
fn rendered(kind: Type, content: &Content) -> String {
    match content {
        Content::Text(_) if kind == Type::Token => String::new(),
        Content::Text(text) | Content::Number(text) => format!(" `{}`", syntax::without_tokens(text)),
        Content::Integer(number) => format!(" `{number}`"),
        Content::Bool(flag) => format!(" `{flag}`"),
        Content::Null | Content::List(_) | Content::Table(_) => String::new(),
    }
}

/// The known name that a misspelt one stands for.
fn near<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    nearest(name, known, |known| 1 + known.len() / 5).map(did_you_mean)
}
