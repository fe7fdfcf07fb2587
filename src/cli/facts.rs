//! `facts`: what the program sees, and why, without judging.

use std::io::Write as _;
use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Serialize;

use super::error::Failure;
use super::{FactsArguments, kubeadm, source, terminal};
use crate::engine::plan::Question;
use crate::fact::{Fact, Moment, State, printable};
use crate::probe::{self, KeySyntax, PROBES};
use crate::report::render::{Json, OriginV1};
use crate::rule::suggestion;
use crate::subsystem::Subsystems;

pub(super) fn run(arguments: &FactsArguments) -> Result<ExitCode, Failure> {
    let questions = questions(&arguments.questions)?;
    let kubeadm = kubeadm::read(&arguments.source)?;
    let (host, moments) = source::open(&arguments.source)?;
    let subsystems = Subsystems::of(&host).with_kubeadm(kubeadm.as_ref());
    let answers: Vec<Answer> = questions
        .into_iter()
        .flat_map(|question| {
            let asked = moments.iter().filter(move |moment| question.probe.moments.contains(moment));
            let question_ref = question.clone();
            asked.map(move |moment| (question_ref.clone(), *moment))
        })
        .map(|(question, moment)| Answer { fact: question.ask(&subsystems, moment), question, moment })
        .collect();
    let mut out = Vec::new();
    match arguments.format.as_str() {
        "json" => write_json(&answers, &mut out)?,
        _ => write_text(&answers, &mut out)?,
    }
    terminal::write(None, &out)?;
    Ok(ExitCode::SUCCESS)
}

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
        let keyless = !matches!(probe.key, KeySyntax::Required(_));
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
        let names = PROBES.iter().map(|probe| probe.name);
        let failure = Failure::input(format!("there is no probe `{name}`"));
        return Err(match suggestion::nearest(name, names) {
            Some(similar) => failure.hint(format!("did you mean `{similar}`?")),
            None => failure.hint("`node-preflight facts` without a name asks all probes"),
        });
    };
    let key = probe.key.parse(key).map_err(|wrong| {
        let failure = Failure::input(format!("`{text}`: {wrong}"));
        match probe.examples.first() {
            Some(example) => failure.hint(format!("for example {}:{example}", probe.name)),
            None => failure,
        }
    })?;
    Ok(Question { probe, key })
}

/// `node-preflight/facts/v1`: within v1, fields are only ever added.
#[derive(JsonSchema, Serialize)]
#[schemars(title = "node-preflight/facts/v1")]
struct Document<'f> {
    schema: &'static str,
    facts: Vec<FactV1<'f>>,
}

#[derive(JsonSchema, Serialize)]
struct FactV1<'f> {
    probe: &'static str,
    key: Option<&'f str>,
    moment: &'static str,
    state: &'static str,
    value: Option<Json>,
    because: Vec<OriginV1<'f>>,
    overruled: Vec<OriginV1<'f>>,
    confidence: &'static str,
    reason: Option<String>,
    notes: &'f [String],
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
        .to_value()
}

fn write_json(answers: &[Answer], out: &mut Vec<u8>) -> std::io::Result<()> {
    let facts = answers.iter().map(|Answer { question, moment, fact }| {
        let (state, value, reason) = match &fact.state {
            State::Known(value) => ("known", Some(Json::from(value)), attribute_reasons(value)),
            State::Absent => ("absent", None, None),
            State::Unknown(reason) => ("unknown", None, Some(reason.to_string())),
        };
        FactV1 {
            probe: question.probe.name,
            key: Some(question.key.as_str()).filter(|key| !key.is_empty()),
            moment: moment.name(),
            state,
            value,
            because: fact.because.iter().map(OriginV1::from).collect(),
            overruled: fact.overruled.iter().map(OriginV1::from).collect(),
            confidence: fact.confidence.name(),
            reason,
            notes: &fact.notes,
        }
    });
    let document = Document { schema: "node-preflight/facts/v1", facts: facts.collect() };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Why attributes of a record are unknown: their values are null in JSON.
fn attribute_reasons(value: &crate::fact::Value) -> Option<String> {
    let crate::fact::Value::Record(attributes) = value else { return None };
    let reasons: Vec<String> = attributes
        .iter()
        .filter_map(|(name, state)| match state {
            State::Unknown(reason) => Some(format!("{name}: {reason}")),
            State::Known(_) | State::Absent => None,
        })
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn write_text(answers: &[Answer], out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut last = String::new();
    for answer in answers {
        let name = answer.name();
        if name != last {
            writeln!(out, "{}", printable(&name))?;
            last = name;
        }
        let fact = &answer.fact;
        let value = match &fact.state {
            State::Known(value) => value.to_string(),
            State::Absent => "absent".into(),
            State::Unknown(reason) => format!("unknown: {}", printable(reason.as_str())),
        };
        let confidence = match fact.confidence.name() {
            "certain" => String::new(),
            other => format!("  ({other})"),
        };
        writeln!(out, "  {:<13} {value}{confidence}", heading(answer.moment))?;
        for (mark, origins) in [("*", &fact.because), ("-", &fact.overruled)] {
            for origin in origins {
                let says =
                    origin.says.as_deref().map_or(String::new(), |says| format!(" {}", printable(says)));
                writeln!(out, "                {mark} {}{says}", printable(&origin.to_string()))?;
            }
        }
        for note in &fact.notes {
            writeln!(out, "                  note: {}", printable(note))?;
        }
    }
    Ok(())
}

fn heading(moment: Moment) -> &'static str {
    match moment {
        Moment::Now => "now",
        Moment::Boot => "after reboot",
    }
}
