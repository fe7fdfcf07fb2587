//! The TOML language of rules, as text: it knows no probe and no host.

mod code;
pub mod diagnostic;
mod excerpt;
mod expression;
pub mod fix;
pub mod lint;
mod load;
pub mod other_tools;
mod place;
pub mod placeholder;
mod rule_text;
pub mod suggestion;
pub mod syntax;
mod table;
mod text;
pub mod waiver;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use code::Code;
pub use diagnostic::Diagnostic;
pub use load::{Broken, extend, load};
pub use place::Place;
pub use rule_text::RuleText;
pub use text::Text;

use crate::fact::Moment;

/// A value with the place it was written at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

/// A rule file as it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the user gave it, or `built-in:network.toml`.
    pub name: String,
    /// The whole text.
    pub text: Cow<'static, str>,
    /// Part of the program: what it defines may be replaced by files that are not.
    pub built_in: bool,
}

impl SourceFile {
    /// A file that the user gave.
    pub fn given(name: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        SourceFile { name: name.into(), text: text.into(), built_in: false }
    }

    /// A file that is part of the program.
    pub fn built_in(name: &str, text: impl Into<Cow<'static, str>>) -> Self {
        SourceFile { name: format!("built-in:{name}"), text: text.into(), built_in: true }
    }

    /// What the file is about, by its name: `network` for `built-in:network.toml` and `/etc/rules/network.toml`.
    #[must_use]
    pub fn topic(&self) -> &str {
        let name = self.name.rsplit(['/', ':']).next().unwrap_or(&self.name);
        name.strip_suffix(".toml").unwrap_or(name)
    }
}

/// Everything that was loaded, replacements by id applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct RuleSet {
    /// The files, in the order of loading. They are no part of a serialized set.
    #[serde(skip)]
    pub files: Vec<SourceFile>,
    /// The rules, in the order of loading.
    pub rules: Vec<Rule>,
    /// The declared variables.
    pub variables: Vec<Variable>,
    /// The declared profiles.
    pub profiles: Vec<Profile>,
}

/// A rule as it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Rule {
    /// Unique, kebab-case, never reused.
    pub id: Spanned<Text>,
    /// Ids that it had before, which still name it.
    pub aliases: Vec<Spanned<Text>>,
    /// What failing costs.
    pub severity: Severity,
    /// The profiles that select it; a rule that names none belongs to all.
    pub profiles: Vec<Spanned<Text>>,
    /// Words to select it by.
    pub tags: Arc<Vec<Text>>,
    /// What must hold.
    pub check: Expression,
    /// When it applies; always if none.
    pub when: Option<Expression>,
    /// Rules whose failure makes this one pointless.
    pub needs: Vec<Spanned<Text>>,
    /// The only moments it is judged at; all if none.
    pub moments: Option<Vec<Moment>>,
    /// What it says to people.
    pub prose: Arc<RuleText>,
    /// Fixes for states that need another one than the rule's.
    pub fixes: Fixes,
}

impl Rule {
    /// Its id, then those that it had before.
    pub fn names(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.id).chain(&self.aliases).map(|name| &name.value)
    }
}

/// What a failing rule costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// The node will not work.
    Error,
    /// The node works, and somebody will regret it.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word in rules, on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// Three-valued logic over terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub enum Expression {
    /// All must hold.
    All(Vec<Expression>, Place),
    /// One must hold.
    Any(Vec<Expression>, Place),
    /// Must not hold.
    Not(Box<Expression>, Place),
    /// One probe, its key, matchers and attributes.
    Table(ConditionTable),
}

/// `{ service = "crio.service", active = "active" }`: which key is the probe is found when it is compiled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct ConditionTable {
    /// The keys and values, in the order of writing.
    pub entries: Vec<Entry>,
    /// The whole table.
    pub place: Place,
}

/// A key and its value.
pub type Entry = (Spanned<Text>, Spanned<TomlValue>);

/// A TOML value as it was written, places kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub enum TomlValue {
    /// `true`
    Bool(bool),
    /// `1`
    Integer(i64),
    /// `"text"`
    Text(Text),
    /// `[..]`
    List(Vec<Spanned<TomlValue>>),
    /// `{ var = "cni" }`, `{ crio = "runtime.cgroup_manager" }`, `{ at-least = 2 }`, ...
    Table(Vec<Entry>),
}

/// How to mend the host: words for people, and typed actions for the generators of fixes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Fix {
    /// What to do, in words and commands.
    pub text: Option<Text>,
    /// `sysctl = { "net.ipv4.ip_forward" = 1 }`: set now and at boot.
    pub sysctl: Vec<(Text, Text)>,
    /// `modules = ["overlay"]`: load now and at boot.
    pub modules: Vec<Text>,
    /// `enable = ["crio.service"]`: enable and start units.
    pub enable: Vec<Text>,
    /// `mask = ["dev-sda2.swap"]`: stop and mask units.
    pub mask: Vec<Text>,
    /// `hold = ["kubelet"]`: keep packages at their version.
    pub hold: Vec<Text>,
}

/// Fixes for states that need another one than the rule's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Fixes {
    /// `with = { unit = { var = "cri-unit" } }`: what the placeholders of the rule's fixes stand for.
    pub with: Vec<Entry>,
    /// The first one that fits the finding is its fix; the rule's own if none does.
    pub cases: Vec<FixCase>,
}

/// A fix for one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct FixCase {
    /// What must hold at the moment at which the rule fails; always if none.
    pub when: Option<Expression>,
    /// The moments at which the rule has to fail; any if none.
    pub fails: Option<Fails>,
    /// What to do.
    pub fix: Fix,
    /// The whole table.
    pub place: Place,
}

/// At which moments a rule fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fails {
    /// Now, and after a reboot it holds: rebooting is enough.
    Now,
    /// After a reboot, and now it holds or isn't asked.
    Boot,
    /// At both.
    Both,
}

/// A declared variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Variable {
    /// Kebab-case.
    pub name: Spanned<Text>,
    /// What values it takes.
    pub kind: VariableKind,
    /// Its value if nobody sets it; none means "not set": a condition on it does not hold.
    pub default: Option<Spanned<TomlValue>>,
    /// One sentence.
    pub description: Text,
}

/// What values a variable takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub enum VariableKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Bool,
    /// An amount of memory or storage.
    Size,
    /// An address or network.
    Network,
    /// A list of addresses or networks.
    Networks,
    /// A version number.
    Version,
    /// One of these words.
    Word(Vec<Text>),
}

/// A named selection of rules and variable values for one purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Profile {
    /// Kebab-case.
    pub name: Spanned<Text>,
    /// One sentence.
    pub description: Text,
    /// Profiles whose rules it also selects.
    pub includes: Vec<Spanned<Text>>,
    /// Values of variables under this profile.
    pub variables: Vec<Entry>,
}
