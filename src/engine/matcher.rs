//! How facts are compared. A matcher answers whether it holds and, where the values alone don't tell the
//! story, in which words.

use std::cmp::Ordering;

use super::describe;
use super::facts::Facts;
use super::plan::{Matcher, Subject, Test};
use super::truth::Truth;
use crate::fact::{Moment, Network, State, Value, Version, parse_size};
use crate::probe::{Attribute, Shape};

/// What a comparison came to.
pub(super) struct Comparison {
    pub(super) truth: Truth,
    /// The story, where it is more than the subject's value.
    pub(super) story: Option<String>,
}

impl From<Truth> for Comparison {
    fn from(truth: Truth) -> Self {
        Comparison { truth, story: None }
    }
}

/// Compares what was found of the subject of a test with its operand.
pub(super) fn compare(facts: &Facts<'_>, test: &Test, found: &State, moment: Moment) -> Comparison {
    let asked = Comparing { facts, subject: &test.subject, shape: facts.shape(&test.subject), moment };
    asked.compare(&test.matcher, found)
}

/// What is compared: a subject at a moment, or an item of it.
#[derive(Clone, Copy)]
struct Comparing<'f> {
    facts: &'f Facts<'f>,
    subject: &'f Subject,
    shape: Option<Shape>,
    moment: Moment,
}

impl Comparing<'_> {
    fn compare(self, matcher: &Matcher, found: &State) -> Comparison {
        let operand = |subject| self.facts.state(subject, self.moment);
        let is_mode = self.shape == Some(Shape::Mode);
        let truth = match (matcher, found) {
            (_, State::Unknown(reason)) => Truth::Unknown(reason.clone()),
            (Matcher::Equals(wanted), _) => equals(found, operand(wanted)),
            (Matcher::NotEquals(unwanted), _) => equals(found, operand(unwanted)).not(),
            (Matcher::In(wanted), _) => is_in(found, wanted.iter().map(operand)),
            (Matcher::Exists(wanted), _) => Truth::from(matches!(found, State::Known(_)) == *wanted),
            (_, State::Absent) => Truth::No,
            (Matcher::AtLeast(bound), State::Known(found)) => {
                bounded(found, operand(bound), Ordering::is_ge, is_mode.then_some(has_all_bits))
            }
            (Matcher::AtMost(bound), State::Known(found)) => {
                bounded(found, operand(bound), Ordering::is_le, is_mode.then_some(has_no_other_bits))
            }
            (Matcher::Matches(pattern), State::Known(found)) => pattern.is_match(&plain(found)).into(),
            (Matcher::Contains(part), State::Known(found)) => contains(found, operand(part)),
            (Matcher::ContainsSuch(matchers), State::Known(found)) => match items(found) {
                Ok(items) => items.iter().fold(Truth::No, |truth, item| truth.or(self.item(matchers, item))),
                Err(unknown) => unknown,
            },
            (Matcher::Each(matchers), State::Known(found)) => return self.each(matchers, found, true),
            (Matcher::None(matchers), State::Known(found)) => return self.each(matchers, found, false),
            (Matcher::Attribute(attribute, matchers), State::Known(found)) => {
                return self.attribute(attribute, matchers, found).into();
            }
            (Matcher::Version(requirement), State::Known(found)) => match Version::parse(&plain(found)) {
                Some(version) => requirement.holds(&version).into(),
                None => Truth::unknown(format!("`{found}` is not a version")),
            },
            (Matcher::Skew { from, older, newer }, State::Known(found)) => {
                return match operand(from) {
                    State::Absent => Truth::unknown(nothing_to_compare(from)).into(),
                    state => skew(found, state, *older, *newer),
                };
            }
            (Matcher::Overlaps(other), State::Known(found)) => return self.overlaps(found, other),
        };
        truth.into()
    }

    /// Whether every item meets all matchers, or none does; the story names the others.
    fn each(self, matchers: &[Matcher], found: &Value, wanted: bool) -> Comparison {
        let items = match items(found) {
            Ok(items) => items,
            Err(unknown) => return unknown.into(),
        };
        let mut truth = Truth::Yes;
        let mut others: Vec<String> = Vec::new();
        for item in items {
            let meets = self.item(matchers, item);
            let holds = if wanted { meets } else { meets.not() };
            if holds == Truth::No {
                others.push(item.to_string());
            }
            truth = truth.and(holds);
        }
        let name = describe::name(self.facts, self.subject);
        let story = (truth == Truth::No).then(|| format!("{name} has {}", others.join(", ")));
        Comparison { truth, story }
    }

    /// Whether an item meets all matchers.
    fn item(self, matchers: &[Matcher], item: &Value) -> Truth {
        let shape = match self.shape {
            Some(Shape::List(item)) => Some(*item),
            _ => None,
        };
        let state = State::Known(item.clone());
        let holds = |matcher| Comparing { shape, ..self }.compare(matcher, &state).truth;
        matchers.iter().fold(Truth::Yes, |truth, matcher| truth.and(holds(matcher)))
    }

    /// Whether the attribute of a record meets all matchers.
    fn attribute(self, attribute: &'static Attribute, matchers: &[Matcher], found: &Value) -> Truth {
        let state = match found {
            Value::Record(attributes) => attributes.get(attribute.name),
            _ => None,
        };
        let Some(state) = state else {
            return Truth::unknown(format!("`{found}` has no {}", attribute.word));
        };
        let asked = Comparing { shape: Some(attribute.shape), ..self };
        matchers.iter().fold(Truth::Yes, |truth, matcher| truth.and(asked.compare(matcher, state).truth))
    }

    fn overlaps(self, found: &Value, other: &Subject) -> Comparison {
        let other_value = match self.facts.state(other, self.moment) {
            State::Known(value) => value,
            State::Absent => return Truth::No.into(),
            State::Unknown(reason) => return Truth::Unknown(reason.clone()).into(),
        };
        let (found, wanted) = match (networks(found), networks(other_value)) {
            (Ok(found), Ok(wanted)) => (found, wanted),
            (Err(wrong), _) | (_, Err(wrong)) => return Truth::unknown(wrong).into(),
        };
        let pair = found
            .iter()
            .find_map(|ours| wanted.iter().find(|theirs| ours.overlaps(theirs)).map(|t| (ours, t)));
        let Some((ours, theirs)) = pair else { return Truth::No.into() };
        // A variable is no network of the node.
        let whose = if matches!(self.subject, Subject::Fact { .. }) { "this node's " } else { "" };
        let owner = owner(self.facts, self.subject, self.moment, *ours);
        let relation = if theirs.contains(ours) { "contains" } else { "lies within" };
        Comparison { truth: Truth::Yes, story: Some(format!("{theirs} {relation} {whose}{ours}{owner}")) }
    }
}

/// The items of a list.
fn items(found: &Value) -> Result<&[Value], Truth> {
    match found {
        Value::List(items) => Ok(items),
        _ => Err(Truth::unknown(format!("`{found}` is no list"))),
    }
}

fn equals(found: &State, wanted: &State) -> Truth {
    match (found, wanted) {
        (State::Unknown(reason), _) | (_, State::Unknown(reason)) => Truth::Unknown(reason.clone()),
        (State::Absent, State::Absent) => Truth::Yes,
        (State::Absent, State::Known(_)) | (State::Known(_), State::Absent) => Truth::No,
        (State::Known(found), State::Known(wanted)) => same(found, wanted).into(),
    }
}

fn is_in<'a>(found: &State, wanted: impl Iterator<Item = &'a State>) -> Truth {
    wanted.fold(Truth::No, |truth, wanted| truth.or(equals_or_member(found, wanted)))
}

/// A list among the operands stands for its items: `in = { var = "allowed" }`.
fn equals_or_member(found: &State, wanted: &State) -> Truth {
    match (found, wanted) {
        (State::Known(found), State::Known(Value::List(items))) if !matches!(found, Value::List(_)) => {
            items.iter().any(|item| same(found, item)).into()
        }
        _ => equals(found, wanted),
    }
}

/// Whether two values are the same to a person: `"1"` is 1, `"2Gi"` is that many bytes.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::List(found), Value::List(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| same(a, b))
        }
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Text(text), Value::Bool(flag)) | (Value::Bool(flag), Value::Text(text)) => {
            text == if *flag { "true" } else { "false" }
        }
        _ if found == wanted => true,
        _ => order(found, wanted) == Some(Ordering::Equal),
    }
}

/// The order of two amounts, or of two versions written as text.
fn order(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (amount(found), amount(wanted)) {
        (Some(found), Some(wanted)) => Some(found.cmp(&wanted)),
        _ => match (found, wanted) {
            (Value::Text(found), Value::Text(wanted)) => {
                Some(Version::parse(found)?.cmp(&Version::parse(wanted)?))
            }
            _ => None,
        },
    }
}

fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => Some(i128::from(*number)),
        Value::Size(bytes) => Some(i128::from(*bytes)),
        Value::Text(text) => {
            text.trim().parse::<i64>().map(i128::from).ok().or_else(|| parse_size(text).map(i128::from))
        }
        Value::Bool(_) | Value::List(_) | Value::Record(_) => None,
    }
}

type BitTest = fn(u32, u32) -> bool;

fn has_all_bits(found: u32, wanted: u32) -> bool {
    found & wanted == wanted
}

fn has_no_other_bits(found: u32, allowed: u32) -> bool {
    found & !allowed == 0
}

fn bounded(found: &Value, bound: &State, holds: fn(Ordering) -> bool, bits: Option<BitTest>) -> Truth {
    let bound = match bound {
        State::Known(bound) => bound,
        State::Absent => return Truth::unknown("the bound is not set"),
        State::Unknown(reason) => return Truth::Unknown(reason.clone()),
    };
    if let Some(bits) = bits {
        let octal = |value: &Value| u32::from_str_radix(&plain(value), 8).ok();
        return match (octal(found), octal(bound)) {
            (Some(found), Some(bound)) => bits(found, bound).into(),
            _ => Truth::unknown(format!("`{found}` and `{bound}` can't be compared as permission bits")),
        };
    }
    match order(found, bound) {
        Some(order) => holds(order).into(),
        None => Truth::unknown(format!("`{found}` and `{bound}` have no order")),
    }
}

/// Why there is nothing to compare with: a variable is named, so that it can be set.
fn nothing_to_compare(subject: &Subject) -> String {
    match subject {
        Subject::Constant { variable: Some(name), .. } => {
            format!("variable {name} is not set; set it with --set {name}=...")
        }
        _ => "there is no version to compare with".to_owned(),
    }
}

/// Whether a version is at most so many minor versions older or newer than another of the same major version.
fn skew(found: &Value, from: &State, older: u64, newer: u64) -> Comparison {
    let from = match from {
        State::Known(from) => from,
        State::Absent => return Truth::unknown("there is no version to compare with").into(),
        State::Unknown(reason) => return Truth::Unknown(reason.clone()).into(),
    };
    let (ours, theirs) = match (Version::parse(&plain(found)), Version::parse(&plain(from))) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (None, _) => return Truth::unknown(format!("`{found}` is not a version")).into(),
        (_, None) => return Truth::unknown(format!("`{from}` is not a version")).into(),
    };
    let apart = ours.number(1).abs_diff(theirs.number(1));
    let (bound, side) = if ours.number(1) < theirs.number(1) { (older, "older") } else { (newer, "newer") };
    let story = if ours.number(0) != theirs.number(0) {
        format!("{found} is of another major version than {from}")
    } else if apart > bound {
        format!("{found} is {apart} minor version{} {side} than {from}", if apart == 1 { "" } else { "s" })
    } else {
        return Truth::Yes.into();
    };
    Comparison { truth: Truth::No, story: Some(story) }
}

fn contains(found: &Value, part: &State) -> Truth {
    let part = match part {
        State::Known(part) => part,
        State::Absent => return Truth::No,
        State::Unknown(reason) => return Truth::Unknown(reason.clone()),
    };
    match found {
        Value::List(items) => items.iter().any(|item| same(item, part)).into(),
        _ => plain(found).contains(plain(part).as_ref()).into(),
    }
}

/// Text as it is, anything else as it is printed.
fn plain(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::Text(text) => text.into(),
        other => other.to_string().into(),
    }
}

/// ` (eth0)`: the place that an address or route was found at.
fn owner(facts: &Facts<'_>, subject: &Subject, moment: Moment, network: Network) -> String {
    let Subject::Fact { question, .. } = subject else { return String::new() };
    let origins = &facts.answer(*question, moment).because;
    let says = |says: &Option<String>| says.as_deref().is_some_and(|text| text.parse() == Ok(network));
    origins.iter().find(|origin| says(&origin.says)).map_or(String::new(), |origin| format!(" ({origin})"))
}

fn networks(value: &Value) -> Result<Vec<Network>, String> {
    match value {
        Value::List(items) => items.iter().map(|item| plain(item).parse()).collect(),
        // kubeadm writes dual-stack networks with a comma.
        other => plain(other).split(',').map(str::parse).collect(),
    }
}
