//! `facts`: the collected facts and where they come from.

use std::io::{self, Write};
use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Serialize;

use super::error::Failure;
use super::output::Outputs;
use super::{FactsArguments, kubeadm, source};
use crate::engine::keys::{self, KeyKnowledge};
use crate::engine::plan::Question;
use crate::fact::{Fact, Moment, Reason, State, Value, bounded, did_you_mean};
use crate::probe::{self, PROBES};
use crate::report::render::v1::{Json, OriginV1, Words};
use crate::report::render::{Format, Page, Style, notes, places, write_document};
use crate::rule::suggestion;
use crate::subsystem::Subsystems;

pub(super) fn run(arguments: &FactsArguments) -> Result<ExitCode, Failure> {
    let outputs = Outputs::of(&arguments.format, None)?;
    let questions = questions(&arguments.questions)?;
    let kubeadm = kubeadm::read(&arguments.source)?.judge(&[], true)?;
    let (host, moments) = source::open(&arguments.source)?;
    source::warn_of_partial(&arguments.source, &host);
    let subsystems = Subsystems::of(&host).with_kubeadm(kubeadm.as_ref());
    let mut answers = Vec::new();
    for question in questions {
        let answered = question.probe.moments_of(&question.key);
        for moment in moments.iter().copied().filter(|moment| answered.contains(moment)) {
            answers.push(Answer {
                fact: question.ask(&subsystems, moment),
                question: question.clone(),
                moment,
            });
        }
    }
    outputs.write(&Facts(answers), true)?;
    Ok(ExitCode::SUCCESS)
}

/// What was asked, and the answers.
pub(super) struct Facts(Vec<Answer>);

/// The formats of facts.
pub(super) static FORMATS: &[Format<Facts>] = &[
    Format { name: "table", summary: "Text for people.", complete: true, render: write_text },
    Format { name: "json", summary: "One JSON document, schema v1.", complete: true, render: write_json },
];

struct Answer {
    question: Question,
    moment: Moment,
    fact: Fact,
}

impl Answer {
    /// `sysctl:net.ipv4.ip_forward`
    fn name(&self) -> String {
        match self.question.key.as_str() {
            "" => self.question.probe.name.to_owned(),
            key => format!("{}:{key}", self.question.probe.name),
        }
    }
}

/// The questions that the arguments name; without any, every probe with its typical keys.
fn questions(names: &[String]) -> Result<Vec<Question>, Failure> {
    if !names.is_empty() {
        return names.iter().map(|name| question(name)).collect();
    }
    let mut all = Vec::new();
    for probe in PROBES.iter().copied() {
        let keyless = probe.key.may_be_missing();
        let keys = keyless.then_some(None).into_iter().chain(probe.examples.iter().copied().map(Some));
        for key in keys {
            let key =
                probe.key.parse(key).map_err(|wrong| Failure::input(format!("{}: {wrong}", probe.name)))?;
            all.push(Question { probe, key });
        }
    }
    Ok(all)
}

fn question(text: &str) -> Result<Question, Failure> {
    let (name, key) = text.split_once(':').map_or((text, None), |(name, key)| (name, Some(key)));
    let Some(probe) = probe::find(name) else {
        let names = PROBES.iter().map(|probe| probe.word());
        let failure = Failure::input(format!("there is no probe `{name}`"));
        return Err(match suggestion::nearest(name, names) {
            Some(similar) => failure.hint(did_you_mean(similar)),
            None => failure.hint("`node-preflight facts` without a name asks all probes"),
        });
    };
    let wrong = |wrong: &str, hint: Option<String>| {
        let failure = Failure::input(format!("`{text}`: {wrong}"));
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    };
    let key = probe.key.parse(key).map_err(|what| {
        let words = probe.key.words();
        let near = key.filter(|_| !words.is_empty());
        let near = near.and_then(|key| suggestion::help(key, words.iter().map(|word| word.word)));
        let example =
            || probe.examples.first().map(|example| format!("for example {}:{example}", probe.word()));
        wrong(&what, near.or_else(example))
    })?;
    if let KeyKnowledge::Misspelt(other, word) = keys::look(probe, key.as_str()) {
        let meant = did_you_mean(&format!("{}:{}", other.word(), word.word));
        return Err(wrong(&format!("there is no such {}", probe.key.noun().unwrap_or("key")), Some(meant)));
    }
    Ok(Question { probe, key })
}

/// `node-preflight/facts/v1`: within v1, fields are only ever added.
#[derive(JsonSchema, Serialize)]
#[schemars(title = "node-preflight/facts/v1")]
struct Document<'f> {
    schema: &'static str,
    facts: Vec<FactV1<'f>>,
}

/// The answer to a question at a moment.
#[derive(JsonSchema, Serialize)]
struct FactV1<'f> {
    /// The probe that was asked.
    probe: &'static str,
    /// What it was asked about.
    key: Option<&'f str>,
    /// `now` or `boot`.
    moment: &'static str,
    /// `known`, `absent` or `unknown`.
    state: &'static str,
    /// The value, if it is known.
    value: Option<Json>,
    /// The places that decided; the deciding place comes first.
    because: Vec<OriginV1<'f>>,
    /// Candidates that lost, in the order in which they apply.
    overruled: Vec<OriginV1<'f>>,
    /// `certain`, `high` or `heuristic`.
    confidence: &'static str,
    /// Why the value, or an attribute of it, is unknown, in words.
    reason: Option<String>,
    /// What kind of reason that is, of the first one if there are several; recommended over the words.
    reason_code: Option<&'static str>,
    /// What a reader should know besides.
    notes: Vec<Words<'f>>,
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
        .to_value()
}

fn write_json(Facts(answers): &Facts, _style: Style, out: &mut dyn Write) -> io::Result<()> {
    let facts = answers.iter().map(|Answer { question, moment, fact }| {
        let (state, value, reasons) = match &fact.state {
            State::Known(value) => ("known", Some(Json::from(value)), attribute_reasons(value)),
            State::Absent => ("absent", None, Vec::new()),
            State::Unknown(reason) => ("unknown", None, vec![(None, reason)]),
        };
        FactV1 {
            probe: question.probe.name,
            key: Some(question.key.as_str()).filter(|key| !key.is_empty()),
            moment: moment.name(),
            state,
            value,
            because: places(&fact.because),
            overruled: places(&fact.overruled),
            confidence: fact.confidence.name(),
            reason: in_words(&reasons),
            reason_code: reasons.first().map(|(_, reason)| reason.code.name()),
            notes: notes(&fact.notes, &[&fact.because, &fact.overruled]),
        }
    });
    write_document(&Document { schema: "node-preflight/facts/v1", facts: facts.collect() }, out)
}

/// Why attributes of a record are unknown: their values are null in JSON.
fn attribute_reasons(value: &Value) -> Vec<(Option<&str>, &Reason)> {
    let Value::Record(attributes) = value else { return Vec::new() };
    let unknown = attributes.iter().filter_map(|(name, state)| match state {
        State::Unknown(reason) => Some((Some(name.as_str()), reason)),
        State::Known(_) | State::Absent => None,
    });
    unknown.collect()
}

fn in_words(reasons: &[(Option<&str>, &Reason)]) -> Option<String> {
    let texts = reasons.iter().map(|(attribute, reason)| match attribute {
        Some(name) => format!("{name}: {reason}"),
        None => reason.to_string(),
    });
    (!reasons.is_empty()).then(|| texts.collect::<Vec<_>>().join("; "))
}

fn write_text(Facts(answers): &Facts, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let mut last = String::new();
    for answer in answers {
        let name = answer.name();
        if name != last {
            page.line(&name)?;
            last = name;
        }
        let fact = &answer.fact;
        let value = match &fact.state {
            State::Known(value) => bounded(value),
            State::Absent => "absent".into(),
            State::Unknown(reason) => format!("unknown: {reason}"),
        };
        let confidence = match fact.confidence.name() {
            "certain" => String::new(),
            other => format!("  ({other})"),
        };
        page.line(format_args!("  {:<13} {value}{confidence}", heading(answer.moment)))?;
        for (mark, origins) in [("*", &fact.because), ("-", &fact.overruled)] {
            for origin in origins {
                let says = origin.says.as_deref().map_or(String::new(), |says| format!(" {says}"));
                page.line(format_args!("                {mark} {origin}{says}"))?;
            }
        }
        for note in &fact.notes {
            page.line(format_args!("                  note: {note}"))?;
        }
    }
    Ok(())
}

fn heading(moment: Moment) -> &'static str {
    match moment {
        Moment::Now => "now",
        Moment::NextBoot => "after reboot",
    }
}
