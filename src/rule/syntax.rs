//! What a rule file may contain: the keys of its tables, with the words that editors show. Reading and the
//! JSON Schema use the same lists.

use std::sync::Arc;

use toml::de::DeTable;

use super::table::{Reader, Value};
use super::{
    Code, Entry, Expression, Profile, Rule, RuleText, Severity, Spanned, Text, Variable, VariableKind,
    expression, fix, suggestion,
};
use crate::fact::Moment;

pub use super::expression::LOGIC;

/// A key of a table.
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What its value is.
    pub kind: KeyKind,
    /// One sentence.
    pub summary: &'static str,
}

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A day.
    Date,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of these words.
    Words(&'static [&'static str]),
    /// A condition: `check`, `when`.
    Condition,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table of names, each with a value of a variable.
    Values,
    /// A value of a variable.
    Value,
    /// A table of names, each with a variable or the question of a probe.
    Operands,
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// A table of names, each with a table of these keys.
    Named(&'static [Key]),
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind
    }
}
impl Eq for Key {}
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(super) const fn key(name: &'static str, kind: KeyKind, summary: &'static str) -> Key {
    Key { name, kind, summary }
}

const SEVERITIES: &[&str] = &["error", "warning", "info"];
pub(super) const MOMENTS: &[&str] = &["now", "boot"];
const TYPES: &[&str] = &["text", "integer", "bool", "size", "network", "networks", "version", "word"];

/// The tables of a rule file.
pub const FILE: &[Key] = &[
    key("rule", KeyKind::Tables(RULE), "The rules: one [[rule]] each."),
    key("vars", KeyKind::Named(VARIABLE), "Declared variables: [vars.NAME]; set with --set NAME=VALUE."),
    key(
        "profiles",
        KeyKind::Named(PROFILE),
        "Declared profiles: [profiles.NAME]; selected with --profile NAME.",
    ),
];

/// The tables of a waiver file.
pub const WAIVERS: &[Key] =
    &[key("waiver", KeyKind::Tables(WAIVER), "Accepted failures: one [[waiver]] each.")];

pub(super) const ACCEPTS: &[&str] = &["fail", "unknown"];

/// The keys of a waiver.
pub const WAIVER: &[Key] = &[
    key(
        "rule",
        KeyKind::Text,
        "The id of a rule, or a check of another tool: `swap-off`, `kubeadm:Swap`, `Swap`.",
    ),
    key("reason", KeyKind::Text, "Why the failure is accepted."),
    key("owner", KeyKind::Text, "Who accepts it."),
    key("expires", KeyKind::Date, "The last day on which the waiver counts, to its end in UTC: 2026-12-31."),
    key("moment", KeyKind::Word(MOMENTS), "The only moment at which it counts; both without this key."),
    key(
        "accepts",
        KeyKind::Words(ACCEPTS),
        "What is accepted: [\"fail\"] without this key; \"unknown\" is a verdict that can't be known.",
    ),
];

/// The keys of a rule.
pub const RULE: &[Key] = &[
    key(
        "id",
        KeyKind::Text,
        "Unique, kebab-case, never reused; the required condition, noun first: `swap-off`.",
    ),
    key(
        "aliases",
        KeyKind::Texts,
        "Ids that it had before: options, waivers, `needs` and files that replace it may still use them.",
    ),
    key("title", KeyKind::Text, "What must hold, as a sentence without full stop."),
    key(
        "severity",
        KeyKind::Word(SEVERITIES),
        "What failing costs: error (the node will not work), warning, info.",
    ),
    key(
        "profiles",
        KeyKind::Texts,
        "The profiles that select the rule; a rule without this key belongs to all.",
    ),
    key("tags", KeyKind::Texts, "Words to select the rule by: --only, --skip."),
    key(
        "covers",
        KeyKind::Texts,
        "Checks of other tools that it stands for, as `tool:check`: `kubeadm:NumCPU`.",
    ),
    key("why", KeyKind::Text, "Why it matters to a node."),
    key("check", KeyKind::Condition, "What must hold."),
    key("when", KeyKind::Condition, "When the rule applies; where this doesn't hold, the rule is skipped."),
    key("needs", KeyKind::Texts, "Rules by id: if one of them failed, this one is skipped and says so."),
    key(
        "moments",
        KeyKind::Words(MOMENTS),
        "The only moments it is judged at; without this key all that its probes can answer.",
    ),
    key("fix", KeyKind::Table(fix::FIX), "How to mend the host."),
    key("refs", KeyKind::Texts, "Addresses of pages to read."),
];

/// The keys of `[vars.NAME]`.
pub const VARIABLE: &[Key] = &[
    key("type", KeyKind::Word(TYPES), "What values it takes."),
    key("values", KeyKind::Texts, "The words that a variable of type `word` takes."),
    key("default", KeyKind::Value, "Its value if nobody sets it; without this key it is not set."),
    key("description", KeyKind::Text, "One sentence: what it says."),
];

/// The keys of `[profiles.NAME]`.
pub const PROFILE: &[Key] = &[
    key("description", KeyKind::Text, "One sentence: what the profile is for."),
    key("includes", KeyKind::Texts, "Profiles whose rules and values it also selects."),
    key("vars", KeyKind::Values, "Values of variables under this profile."),
];

/// Reads a `[[rule]]` of a file on this topic; none if it has no id to speak of it.
pub(super) fn rule(reader: &mut Reader, value: &Value<'_>, topic: &str) -> Option<Rule> {
    let table = reader.table(value, "`rule`")?;
    reader.check_keys(table, RULE, "a rule");
    let id = reader.text(table, "id");
    match &id {
        Some(id) => reader.check_name(id, "id"),
        None if table.contains_key("id") => {}
        None => missing(reader, value, "the rule", "id"),
    }
    let aliases = reader.texts(table, "aliases");
    for alias in &aliases {
        reader.check_name(alias, "alias");
    }
    let named = id.as_ref().map_or_else(|| "the rule".to_owned(), |id| format!("rule `{}`", id.value));
    if !table.contains_key("severity") {
        missing(reader, value, &named, "severity");
    }
    let check = if let Some(check) = table.get("check") {
        expression::read(reader, check, "`check`")
    } else {
        missing(reader, value, &named, "check");
        None
    };
    let place = reader.place(value.span());
    let check = check.unwrap_or_else(|| Expression::All(Vec::new(), place));
    Some(Rule {
        severity: severity(reader, table),
        profiles: reader.texts(table, "profiles"),
        tags: Arc::new(plain(reader.texts(table, "tags"))),
        check,
        when: table.get("when").and_then(|when| expression::read(reader, when, "`when`")),
        needs: reader.texts(table, "needs"),
        moments: table.get("moments").map(|value| moments(reader, table, value)),
        prose: Arc::new(prose(reader, table, topic)),
        fixes: table.get("fix").map(|value| fix::others(reader, value)).unwrap_or_default(),
        id: id?,
        aliases,
    })
}

fn prose(reader: &mut Reader, table: &DeTable<'_>, topic: &str) -> RuleText {
    RuleText {
        topic: topic.to_owned().into(),
        title: reader.text(table, "title").map(|title| title.value).unwrap_or_default(),
        why: reader.text(table, "why").map(|why| why.value).unwrap_or_default(),
        fix: table.get("fix").map(|value| fix::own(reader, value)).unwrap_or_default(),
        refs: plain(reader.texts(table, "refs")),
        covers: plain(reader.texts(table, "covers")),
    }
}

pub(super) fn missing(reader: &mut Reader, value: &Value<'_>, owner: &str, key: &str) {
    reader.mistake(value.span(), Code::MissingKey, format!("{owner} has no `{key}`"));
}

pub(super) fn plain(texts: Vec<Spanned<Text>>) -> Vec<Text> {
    texts.into_iter().map(|text| text.value).collect()
}

fn severity(reader: &mut Reader, table: &DeTable<'_>) -> Severity {
    match reader.text(table, "severity") {
        Some(word) => match word.value.as_str() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "info" => Severity::Info,
            _ => {
                unknown_word(reader, &word, "severity", SEVERITIES);
                Severity::Error
            }
        },
        None => Severity::Error,
    }
}

pub(super) fn unknown_word(reader: &mut Reader, word: &Spanned<Text>, what: &str, known: &[&str]) {
    let help = suggestion::help(&word.value, known.iter().copied());
    let message = format!("there is no {what} `{}`", word.value);
    reader.mistake(word.place.span(), Code::UnknownWord, message).help.extend(help);
}

fn moments(reader: &mut Reader, table: &DeTable<'_>, value: &Value<'_>) -> Vec<Moment> {
    let words = reader.texts(table, "moments");
    if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        reader.mistake(value.span(), Code::NoMoment, "`moments` is empty, so the rule would never be judged");
    }
    let mut moments = Vec::new();
    for word in &words {
        match Moment::ALL.into_iter().find(|moment| moment.name() == word.value) {
            Some(moment) => moments.push(moment),
            None => unknown_word(reader, word, "moment", MOMENTS),
        }
    }
    // What was misspelt must not lead to a second mistake.
    if moments.is_empty() { Moment::ALL.to_vec() } else { moments }
}

/// Reads a `[vars.NAME]`.
pub(super) fn variable(reader: &mut Reader, name: Spanned<Text>, value: &Value<'_>) -> Option<Variable> {
    let owner = format!("variable `{}`", name.value);
    let table = reader.table(value, &owner)?;
    reader.check_name(&name, "name of the variable");
    reader.check_keys(table, VARIABLE, &owner);
    if !table.contains_key("type") {
        reader.mistake(name.place.span(), Code::MissingKey, format!("{owner} has no `type`"));
    }
    let words = plain(reader.texts(table, "values"));
    let kind = reader.text(table, "type").map_or(VariableKind::Text, |word| match word.value.as_str() {
        "text" => VariableKind::Text,
        "integer" => VariableKind::Integer,
        "bool" => VariableKind::Bool,
        "size" => VariableKind::Size,
        "network" => VariableKind::Network,
        "networks" => VariableKind::Networks,
        "version" => VariableKind::Version,
        "word" => {
            if words.is_empty() {
                let message = format!("{owner} is of type word, but has no `values`");
                reader.mistake(word.place.span(), Code::MissingKey, message);
            }
            VariableKind::Word(words)
        }
        _ => {
            unknown_word(reader, &word, "type", TYPES);
            VariableKind::Text
        }
    });
    Some(Variable {
        kind,
        default: table.get("default").and_then(|value| reader.datum(value)),
        description: reader.text(table, "description").map(|text| text.value).unwrap_or_default(),
        name,
    })
}

/// Reads a `[profiles.NAME]`.
pub(super) fn profile(reader: &mut Reader, name: Spanned<Text>, value: &Value<'_>) -> Option<Profile> {
    let owner = format!("profile `{}`", name.value);
    let table = reader.table(value, &owner)?;
    reader.check_name(&name, "name of the profile");
    reader.check_keys(table, PROFILE, &owner);
    let variables: Vec<Entry> = match table.get("vars") {
        Some(value) => reader.table(value, "`vars`").map(|table| reader.entries(table)).unwrap_or_default(),
        None => Vec::new(),
    };
    Some(Profile {
        description: reader.text(table, "description").map(|text| text.value).unwrap_or_default(),
        includes: reader.texts(table, "includes"),
        variables,
        name,
    })
}
