//! What a condition asks: finds the probe among the entries of a table, and its key; or the variable.

use std::borrow::Cow;
use std::fmt;

use super::kind::Kind;
use super::{Compiler, variables};
use crate::engine::plan::Subject;
use crate::fact::{State, Value, did_you_mean};
use crate::probe::{KeySyntax, Probe, Shape};
use crate::rule::{Code, Diagnostic, Entry, Place, Spanned, TomlValue, suggestion};

/// What is asked, and what stands beside it.
pub(super) struct Query<'r> {
    pub(super) subject: Subject,
    pub(super) kind: Kind<'r>,
    pub(super) name: Name<'r>,
    pub(super) place: &'r Place,
    inner: &'r [Entry],
    beside: [&'r [Entry]; 2],
}

impl<'r> Query<'r> {
    /// The entries that say what to compare.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'r Entry> + use<'r> {
        let [before, after] = self.beside;
        self.inner.iter().chain(before).chain(after)
    }
}

/// The entries before and after one.
fn beside(entries: &[Entry], index: usize) -> [&[Entry]; 2] {
    [&entries[..index], &entries[index + 1..]]
}

/// What is asked, for messages: `the probe service`, `the variable cni`.
#[derive(Clone, Copy)]
pub(super) enum Name<'r> {
    Probe(&'static str),
    Variable(&'r str),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Probe(name) => write!(f, "the probe {name}"),
            Name::Variable(name) => write!(f, "the variable {name}"),
        }
    }
}

impl<'r> Compiler<'r> {
    /// Finds out what the entries of a table ask.
    pub(super) fn asked(&mut self, entries: &'r [Entry], place: &'r Place) -> Option<Query<'r>> {
        match self.probe_among(entries) {
            Ok((index, probe)) => self.probe(entries, index, probe),
            Err(several) if several.len() > 1 => {
                let mut diagnostic = Diagnostic::at(
                    &several[0].0.place,
                    Code::SeveralProbes,
                    format!("one condition asks several probes: {}", words(&several)),
                );
                for (key, _) in &several[1..] {
                    diagnostic = diagnostic.label(&key.place, "a second probe");
                }
                let help = "make each its own condition: all = [{ .. }, { .. }]";
                self.mistakes.push(diagnostic.help(help.to_owned()));
                None
            }
            Err(_) => {
                if let Some(index) = entries.iter().position(|(key, _)| key.value == "var") {
                    return self.variable(entries, index);
                }
                self.no_probe(entries, place);
                None
            }
        }
    }

    /// The entry that names the probe. An attribute may be spelt like another probe: then the probe is the
    /// one that has all the others as attributes.
    fn probe_among(&self, entries: &'r [Entry]) -> Result<(usize, &'static Probe), Vec<&'r Entry>> {
        let mut named = entries
            .iter()
            .enumerate()
            .filter_map(|(index, (key, _))| Some((index, *self.probes.get(key.value.as_str())?)));
        let Some(first) = named.next() else { return Err(Vec::new()) };
        let Some(second) = named.next() else { return Ok(first) };
        let candidates: Vec<(usize, &'static Probe)> = [first, second].into_iter().chain(named).collect();
        let owns = |probe: &Probe, name: &str| match probe.answer {
            Shape::Record(attributes) => attributes.iter().any(|attribute| attribute.is_called(name)),
            _ => false,
        };
        let mut owners = candidates.iter().filter(|(index, probe)| {
            candidates.iter().all(|(other, named)| other == index || owns(probe, named.name))
        });
        match (owners.next(), owners.next()) {
            (Some(owner), None) => Ok(*owner),
            _ => Err(candidates.iter().map(|(index, _)| &entries[*index]).collect()),
        }
    }

    fn no_probe(&mut self, entries: &[Entry], place: &Place) {
        let unknown = entries.iter().find(|(key, _)| super::operator::find(&key.value).is_none());
        self.mistakes.push(match unknown {
            Some((key, _)) => {
                let help = suggestion::nearest(
                    &key.value,
                    self.probes.values().map(|probe| probe.word()).chain(["all", "any", "not", "var"]),
                );
                Diagnostic::at(&key.place, Code::UnknownProbe, format!("there is no probe `{}`", key.value))
                    .help(
                        help.map_or_else(
                            || "`node-preflight facts` lists all probes".to_owned(),
                            did_you_mean,
                        ),
                    )
            }
            None => Diagnostic::at(place, Code::UnknownProbe, "the condition names no probe").help(
                "a condition asks one probe: { sysctl = \"net.ipv4.ip_forward\", equals = 1 }".to_owned(),
            ),
        });
    }

    fn variable(&mut self, entries: &'r [Entry], index: usize) -> Option<Query<'r>> {
        let (key, datum) = &entries[index];
        let (subject, kind) = self.variable_value(datum)?;
        let name = Name::Variable(match &datum.value {
            TomlValue::Text(name) => name.as_str(),
            _ => "",
        });
        Some(Query { subject, kind, name, place: &key.place, inner: &[], beside: beside(entries, index) })
    }

    /// The value of `{ var = NAME }`.
    pub(super) fn variable_value(&mut self, name: &'r Spanned<TomlValue>) -> Option<(Subject, Kind<'r>)> {
        let TomlValue::Text(text) = &name.value else {
            let message = "`var` takes the name of a variable, as text";
            self.mistakes.push(Diagnostic::at(&name.place, Code::WrongType, message));
            return None;
        };
        let Some(setting) = self.settings.get(text.as_str()) else {
            self.mistakes.push(variables::unknown(text, Some(&name.place), self.rules));
            return None;
        };
        self.used.insert(text);
        let state = setting.value.clone().map_or(State::Absent, State::Known);
        let origin = setting.origin.clone().map(Box::new);
        let subject = Subject::Constant { state, variable: Some(text.clone()), origin };
        Some((subject, Kind::from(&setting.variable.kind)))
    }

    fn probe(&mut self, entries: &'r [Entry], index: usize, probe: &'static Probe) -> Option<Query<'r>> {
        let (name, datum) = &entries[index];
        self.spelling(&name.place, &name.value, probe.word());
        let mut inner: &[Entry] = &[];
        let text: Result<Option<Cow<'_, str>>, String> = match &datum.value {
            TomlValue::Text(text) => Ok(Some(Cow::Borrowed(text))),
            TomlValue::Integer(number) => Ok(Some(Cow::Owned(number.to_string()))),
            TomlValue::Table(entries) if matches!(&entries[..], [(key, _)] if key.value == "var") => {
                let (subject, _) = self.variable_value(&entries[0].1)?;
                key_text(&subject).map(|text| text.map(Cow::Owned))
            }
            TomlValue::Table(entries) => {
                inner = entries;
                Ok(None)
            }
            TomlValue::Bool(_) | TomlValue::List(_) => {
                let word = probe.word();
                let help = match probe.key.noun() {
                    None => format!("write {word} = {{ equals = .. }}"),
                    Some(noun) => format!("write {word} = \"{noun}\", then the matchers"),
                };
                let message = format!("the probe {word} is not asked like this");
                self.mistakes.push(Diagnostic::at(&datum.place, Code::BadProbeKey, message).help(help));
                return None;
            }
        };
        let has_key = !matches!(text, Ok(None));
        let kind = match (probe.key, probe.answer) {
            // What such a probe answers for one key is not declared, unless it is a record as well.
            (KeySyntax::Optional(_), shape) if has_key && !matches!(shape, Shape::Record(_)) => Kind::Any,
            (_, shape) => shape.into(),
        };
        let subject = match text {
            Ok(text) => match probe.key.parse(text.as_deref()) {
                Ok(key) => {
                    self.ask(&name.place, probe.moments_of(&key));
                    // What a variable holds is the user's own.
                    if matches!(datum.value, TomlValue::Text(_)) {
                        self.look_at_key(probe, &key, &datum.place)?;
                    }
                    Subject::Fact { question: (self.question)(probe, key), attribute: None }
                }
                Err(wrong) => {
                    let message = format!("the probe {} can't be asked: {wrong}", probe.word());
                    let help = key_help(probe, text.as_deref());
                    self.mistakes.push(Diagnostic::at(&datum.place, Code::BadProbeKey, message).help(help));
                    return None;
                }
            },
            Err(reason) => {
                self.ask(&name.place, probe.moments);
                Subject::Constant { state: State::unknown(reason), variable: None, origin: None }
            }
        };
        let beside = beside(entries, index);
        Some(Query { subject, kind, name: Name::Probe(probe.word()), place: &name.place, inner, beside })
    }
}

/// The key that a variable holds; an error if it holds none: what is asked is unknown then.
fn key_text(subject: &Subject) -> Result<Option<String>, String> {
    let Subject::Constant { state, variable, .. } = subject else { return Ok(None) };
    match state {
        State::Known(Value::Text(text)) => Ok(Some(text.clone())),
        State::Known(other) => Ok(Some(other.to_string())),
        State::Absent | State::Unknown(_) => {
            let name = variable.as_deref().unwrap_or_default();
            Err(format!("variable {name} is not set; set it with --set {name}=..."))
        }
    }
}

fn key_help(probe: &Probe, text: Option<&str>) -> Option<String> {
    match (probe.key, text) {
        (KeySyntax::None, _) => Some(format!("write {} = {{ equals = .. }}", probe.word())),
        (KeySyntax::Word(words), Some(text)) => {
            suggestion::help(text, (words.all)().into_iter().map(|word| word.word))
        }
        _ => probe.examples.first().map(|example| format!("for example: {} = \"{example}\"", probe.word())),
    }
}

fn words(entries: &[&Entry]) -> String {
    entries.iter().map(|(key, _)| key.value.as_str()).collect::<Vec<_>>().join(", ")
}
