//! What a condition compares: attributes and matchers of one term, as tests.

use super::Compiler;
use super::items::is_matchers;
use super::kind::Kind;
use super::literal;
use super::operator::{self, Operand, Operator};
use super::subject::Query;
use crate::engine::pattern::Pattern;
use crate::engine::plan::{Condition, Matcher, Subject, Test};
use crate::fact::{Requirement, State, Value, did_you_mean};
use crate::rule::{Code, ConditionTable, Diagnostic, Entry, Place, Spanned, Text, TomlValue, suggestion};

impl<'r> Compiler<'r> {
    /// The tests of a term; none after mistakes.
    pub(super) fn term(&mut self, term: &'r ConditionTable) -> Option<Condition> {
        let asked = self.asked(&term.entries, &term.place)?;
        if asked.rest().next().is_none() {
            let message = format!("{} is asked, but nothing is compared", asked.name);
            let help = match &asked.kind {
                Kind::Record(attributes) if !attributes.is_empty() => {
                    format!("add an attribute, `{} = ..`, or `exists = true`", attributes[0].word)
                }
                _ => "add a matcher: `equals = ..`, `exists = true`".to_owned(),
            };
            self.mistakes.push(Diagnostic::at(asked.place, Code::NothingCompared, message).help(help));
            return None;
        }
        let mut tests = Vec::with_capacity(asked.rest().count());
        for (key, datum) in asked.rest() {
            self.entry(&asked, key, datum, &mut tests);
        }
        if tests.len() > 1 { Some(Condition::All(tests)) } else { tests.pop() }
    }

    fn entry(
        &mut self,
        asked: &Query<'r>,
        key: &'r Spanned<Text>,
        datum: &'r Spanned<TomlValue>,
        tests: &mut Vec<Condition>,
    ) {
        let name = key.value.as_str();
        if let Kind::Record(attributes) = asked.kind
            && let Some(attribute) = attributes.iter().find(|attribute| attribute.is_called(name))
        {
            self.spelling(&key.place, name, attribute.word);
            let subject = with_attribute(&asked.subject, attribute.name);
            self.attribute(&subject, &attribute.shape.into(), key, datum, tests);
            return;
        }
        if let Some(operator) = operator::find(name) {
            let matcher = self.matcher(operator, &asked.kind, key, datum);
            tests.extend(matcher.map(|matcher| test(&asked.subject, matcher)));
            return;
        }
        let attributes: Vec<&str> = match asked.kind {
            Kind::Record(attributes) => attributes.iter().map(|attribute| attribute.word).collect(),
            _ => Vec::new(),
        };
        let message = if attributes.is_empty() {
            format!("`{name}` is not a matcher")
        } else {
            format!("`{name}` is neither a matcher nor an attribute of {}", asked.name)
        };
        let help = match suggestion::nearest(name, attributes.iter().copied().chain(operator::names())) {
            Some(near) => did_you_mean(near),
            None if attributes.is_empty() => {
                format!("matchers are {}", operator::names().collect::<Vec<_>>().join(", "))
            }
            None => format!("attributes are {}", attributes.join(", ")),
        };
        self.mistakes.push(
            Diagnostic::at(&key.place, Code::UnknownEntry, message)
                .label(asked.place, "asked here")
                .help(help),
        );
    }

    /// `active = "active"`, `mode = { at-most = "0600" }`, `version = { equals = { .. } }`.
    fn attribute(
        &mut self,
        subject: &Subject,
        kind: &Kind<'r>,
        key: &'r Spanned<Text>,
        datum: &'r Spanned<TomlValue>,
        tests: &mut Vec<Condition>,
    ) {
        let matchers = self.attribute_matchers(kind, key, datum);
        tests.extend(matchers.into_iter().map(|matcher| test(subject, matcher)));
    }

    /// What is compared with an attribute; none after mistakes.
    pub(super) fn attribute_matchers(
        &mut self,
        kind: &Kind<'r>,
        key: &'r Spanned<Text>,
        datum: &'r Spanned<TomlValue>,
    ) -> Vec<Matcher> {
        let mut matchers = Vec::new();
        match &datum.value {
            TomlValue::Table(inner) if inner.iter().any(|(key, _)| operator::find(&key.value).is_some()) => {
                for (key, datum) in inner {
                    match operator::find(&key.value) {
                        Some(operator) => matchers.extend(self.matcher(operator, kind, key, datum)),
                        None => self.unknown_matcher(key),
                    }
                }
            }
            TomlValue::Table(inner) if inner.is_empty() => {
                let message = format!("`{}` is asked, but nothing is compared", key.value);
                self.mistakes.push(Diagnostic::at(&datum.place, Code::NothingCompared, message));
            }
            // A lone entry that is neither matcher nor probe is a misspelt matcher.
            TomlValue::Table(inner) if !self.is_operand(inner) => {
                for (key, _) in inner {
                    self.unknown_matcher(key);
                }
            }
            // Nobody means that the version is the text ">=1.30".
            TomlValue::Text(text) if *kind == Kind::Version && text.starts_with(['<', '>', '=', '!']) => {
                matchers.extend(self.requirement(text, &datum.place));
            }
            _ => matchers.extend(self.operand(kind, datum).map(Matcher::Equals)),
        }
        matchers
    }

    fn is_operand(&self, entries: &[Entry]) -> bool {
        entries.iter().any(|(key, _)| key.value == "var" || self.probes.contains_key(key.value.as_str()))
    }

    pub(super) fn unknown_matcher(&mut self, key: &Spanned<Text>) {
        let help = suggestion::help(&key.value, operator::names());
        let message = format!("there is no matcher `{}`", key.value);
        self.mistakes.push(Diagnostic::at(&key.place, Code::UnknownEntry, message).help(help));
    }

    pub(super) fn matcher(
        &mut self,
        operator: &'static Operator,
        kind: &Kind<'r>,
        key: &'r Spanned<Text>,
        datum: &'r Spanned<TomlValue>,
    ) -> Option<Matcher> {
        if !compares(operator, kind) {
            let message = format!("`{}` can't compare this: it is {kind}", operator.name);
            self.mistakes.push(Diagnostic::at(&key.place, Code::WrongMatcher, message).help(instead(kind)));
            return None;
        }
        match operator.takes {
            Operand::Same if operator.name == "equals" => self.operand(kind, datum).map(Matcher::Equals),
            Operand::Same => self.operand(kind, datum).map(Matcher::NotEquals),
            Operand::Several => self.several(kind, datum).map(Matcher::In),
            Operand::Bound => {
                let bound = self.bound(kind, datum)?;
                Some(if operator.name == "at-least" {
                    Matcher::AtLeast(bound)
                } else {
                    Matcher::AtMost(bound)
                })
            }
            Operand::Part if is_matchers(kind, datum) => {
                self.items(operator, kind, datum).map(Matcher::ContainsSuch)
            }
            Operand::Part => {
                let is_text = kind.is_text() && *kind != Kind::Any;
                let part = kind.item().cloned().unwrap_or(if is_text { Kind::Text } else { Kind::Any });
                self.operand(&part, datum).map(Matcher::Contains)
            }
            Operand::Flag => match datum.value {
                TomlValue::Bool(flag) => Some(Matcher::Exists(flag)),
                _ => self.misfit(&datum.place, "`exists` takes true or false", None),
            },
            Operand::Pattern => self.pattern(datum),
            Operand::Requirement => match &datum.value {
                TomlValue::Text(text) => self.requirement(text, &datum.place),
                _ => {
                    self.misfit(&datum.place, "`version` takes a requirement such as \">=1.30, <1.37\"", None)
                }
            },
            Operand::Skew => self.skew(datum),
            Operand::Networks => self.networks(datum).map(Matcher::Overlaps),
            Operand::Items => {
                let matchers = self.items(operator, kind, datum)?;
                Some(if operator.name == "each" { Matcher::Each(matchers) } else { Matcher::None(matchers) })
            }
        }
    }

    fn pattern(&mut self, datum: &'r Spanned<TomlValue>) -> Option<Matcher> {
        let TomlValue::Text(text) = &datum.value else {
            return self.misfit(&datum.place, "`matches` takes a regular expression, as text", None);
        };
        if self.rules.files[datum.place.file()].built_in {
            return Some(Matcher::Matches(Box::new(Pattern::built_in(text))));
        }
        match Pattern::given(text) {
            Ok(pattern) => Some(Matcher::Matches(Box::new(pattern))),
            Err(wrong) => {
                self.misfit(&datum.place, &format!("this is not a regular expression: {wrong}"), None)
            }
        }
    }

    pub(super) fn misfit<T>(&mut self, place: &Place, message: &str, help: Option<String>) -> Option<T> {
        self.mistakes.push(Diagnostic::at(place, Code::WrongOperand, message).help(help));
        None
    }

    fn requirement(&mut self, text: &str, place: &Place) -> Option<Matcher> {
        match Requirement::parse(text) {
            Ok(requirement) => Some(Matcher::Version(requirement)),
            Err(wrong) => self.misfit(place, &wrong, Some("write for example \">=1.30, <1.37\"".into())),
        }
    }

    /// A literal, a variable, or another probe.
    pub(super) fn operand(&mut self, kind: &Kind<'r>, datum: &'r Spanned<TomlValue>) -> Option<Subject> {
        let TomlValue::Table(entries) = &datum.value else {
            return match literal::value(kind, &datum.value) {
                Ok(value) => Some(constant(value)),
                Err(misfit) => self.misfit(&datum.place, &misfit.message, misfit.help),
            };
        };
        let (subject, found) = self.other(entries, &datum.place)?;
        if !kind.fits(&found) {
            let message = format!("this is {found}, but must be {kind}");
            return self.misfit(&datum.place, &message, None);
        }
        Some(subject)
    }

    /// `{ var = .. }`, `{ crio = ".." }`, `{ package = "kubeadm", attribute = "version" }`.
    pub(super) fn other(&mut self, entries: &'r [Entry], place: &'r Place) -> Option<(Subject, Kind<'r>)> {
        let asked = self.asked(entries, place)?;
        let mut found = (asked.subject.clone(), asked.kind.clone());
        for (key, datum) in asked.rest() {
            let TomlValue::Text(name) = &datum.value else {
                return self.not_attribute(key, &asked);
            };
            if key.value != "attribute" {
                return self.not_attribute(key, &asked);
            }
            let attributes = if let Kind::Record(attributes) = asked.kind { attributes } else { &[] };
            let Some(attribute) = attributes.iter().find(|attribute| attribute.is_called(name)) else {
                let help = suggestion::help(name, attributes.iter().map(|attribute| attribute.word));
                let message = format!("{} has no attribute `{name}`", asked.name);
                self.mistakes.push(Diagnostic::at(&datum.place, Code::UnknownEntry, message).help(help));
                return None;
            };
            self.spelling(&datum.place, name, attribute.word);
            found = (with_attribute(&asked.subject, attribute.name), attribute.shape.into());
        }
        if let Kind::Record(attributes) = found.1 {
            let message = format!("{} answers several attributes: which one?", asked.name);
            let help = suggestion::help("", attributes.iter().map(|attribute| attribute.word))
                .map(|known| format!("add attribute = \"..\"; {known}"));
            return self.misfit(place, &message, help);
        }
        Some(found)
    }

    fn not_attribute<T>(&mut self, key: &Spanned<Text>, asked: &Query<'_>) -> Option<T> {
        let message = format!("`{}` means nothing beside {} that is compared with", key.value, asked.name);
        let help = "only attribute = \"..\" may stand here".to_owned();
        self.mistakes.push(Diagnostic::at(&key.place, Code::UnknownEntry, message).help(help));
        None
    }

    fn several(&mut self, kind: &Kind<'r>, datum: &'r Spanned<TomlValue>) -> Option<Vec<Subject>> {
        match &datum.value {
            TomlValue::List(items) if items.is_empty() => {
                self.misfit(&datum.place, "an empty list holds nothing", None)
            }
            TomlValue::List(items) => {
                let operands: Vec<_> = items.iter().map(|item| self.operand(kind, item)).collect();
                operands.into_iter().collect()
            }
            TomlValue::Table(entries) => {
                let (subject, found) = self.other(entries, &datum.place)?;
                if !found.item().unwrap_or(&found).fits(kind) {
                    let message = format!("this is {found}, but each must be {kind}");
                    return self.misfit(&datum.place, &message, None);
                }
                Some(vec![subject])
            }
            TomlValue::Bool(_) | TomlValue::Integer(_) | TomlValue::Text(_) => {
                self.misfit(&datum.place, "`in` takes a list", Some("write [..] around it".into()))
            }
        }
    }

    /// A bound of a text is a number, a size or a version: other texts have no order.
    fn bound(&mut self, kind: &Kind<'r>, datum: &'r Spanned<TomlValue>) -> Option<Subject> {
        if let (Kind::Text | Kind::Any, TomlValue::Text(text)) = (kind, &datum.value)
            && crate::fact::parse_size(text).is_none()
            && crate::fact::Version::parse(text).is_none()
            && text.parse::<i64>().is_err()
        {
            return self.misfit(
                &datum.place,
                &format!("`{text}` is neither a number, a size nor a version"),
                None,
            );
        }
        if let TomlValue::Bool(_) | TomlValue::List(_) = datum.value {
            return self.misfit(&datum.place, "a bound is a number, a size or a version", None);
        }
        self.operand(kind, datum)
    }

    fn networks(&mut self, datum: &'r Spanned<TomlValue>) -> Option<Subject> {
        let list = Kind::List(Box::new(Kind::Network));
        match &datum.value {
            TomlValue::Table(entries) => {
                let (subject, found) = self.other(entries, &datum.place)?;
                if !list.fits(&found) && !Kind::Network.fits(&found) {
                    let message = format!("this is {found}, but must be networks");
                    return self.misfit(&datum.place, &message, None);
                }
                Some(subject)
            }
            TomlValue::List(_) => self.operand(&list, datum),
            TomlValue::Bool(_) | TomlValue::Integer(_) | TomlValue::Text(_) => {
                // The list has one item.
                self.operand(&Kind::Network, datum)
            }
        }
    }
}

fn test(subject: &Subject, matcher: Matcher) -> Condition {
    Condition::Test(Box::new(Test { subject: subject.clone(), matcher }))
}

fn constant(value: Value) -> Subject {
    Subject::Constant { state: State::Known(value), variable: None, origin: None }
}

/// The attribute of a question; what is unknown stays unknown.
fn with_attribute(subject: &Subject, name: &'static str) -> Subject {
    match subject {
        Subject::Fact { question, .. } => Subject::Fact { question: *question, attribute: Some(name) },
        Subject::Constant { .. } => subject.clone(),
    }
}

/// Whether a matcher can compare values of a kind.
fn compares(operator: &Operator, kind: &Kind<'_>) -> bool {
    match (operator.takes, kind) {
        (Operand::Flag, _) => true,
        (_, Kind::Record(_)) => false,
        (Operand::Same, _) => true,
        (Operand::Several, kind) => !matches!(kind, Kind::List(_)),
        (Operand::Bound, kind) => kind.has_order(),
        (Operand::Pattern, kind) => kind.is_text(),
        (Operand::Part, kind) => kind.is_text() || kind.item().is_some(),
        (Operand::Requirement | Operand::Skew, kind) => {
            matches!(kind, Kind::Version | Kind::Text | Kind::Any)
        }
        (Operand::Networks, kind) => Kind::Network.fits(kind.item().unwrap_or(kind)),
        (Operand::Items, kind) => kind.item().is_some() || *kind == Kind::Any,
    }
}

/// What to do instead where a matcher can't compare values of a kind.
fn instead(kind: &Kind<'_>) -> String {
    if let Kind::Record(attributes) = kind {
        let names: Vec<&str> = attributes.iter().map(|attribute| attribute.word).collect();
        return format!("ask one of its attributes: {}", names.join(", "));
    }
    let others = operator::OPERATORS.iter().filter(|other| compares(other, kind));
    format!("matchers that can are {}", others.map(|other| other.name).collect::<Vec<_>>().join(", "))
}
