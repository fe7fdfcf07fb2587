//! JSON, schema `node-preflight/report/v1`: within v1, fields are only ever added. The structs here are the
//! contract and mirror no internal type.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Format, Style};
use crate::engine::Detail;
use crate::engine::finding::{Judgement, Verdict, Waived};
use crate::engine::waive::{Applied, Fate};
use crate::fact::{Moment, Origin, Reason, State, Value};
use crate::report::{Counts, Entry, Outcome, Report};
use crate::rule::waiver::Target;
use crate::rule::{Fix, Severity, Text};

pub(super) static FORMAT: Format =
    Format { name: "json", summary: "One JSON document, schema v1.", detail: |_, _| Detail::Full, render };

#[derive(JsonSchema, Serialize)]
#[schemars(title = "node-preflight/report/v1")]
struct Document<'r> {
    schema: &'static str,
    tool: Tool,
    host: Host<'r>,
    profile: String,
    profiles: &'r [String],
    moments: Vec<&'static str>,
    vars: BTreeMap<&'r str, Option<Json>>,
    summary: Summary,
    ready: bool,
    outcome: &'static str,
    findings: Vec<FindingV1<'r>>,
    waivers: Vec<WaiverV1<'r>>,
    duration_us: u128,
}

#[derive(JsonSchema, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct Host<'r> {
    name: Option<&'r str>,
    os: Option<&'r str>,
    kernel: Option<&'r str>,
    machine_id: Option<&'r str>,
    source: &'static str,
    path: Option<&'r str>,
}

#[derive(JsonSchema, Serialize)]
struct Summary {
    error: CountsV1,
    warning: CountsV1,
    info: CountsV1,
}

#[derive(JsonSchema, Serialize)]
struct CountsV1 {
    pass: usize,
    fail: usize,
    unknown: usize,
    waived: usize,
    skip: usize,
}

#[derive(JsonSchema, Serialize)]
struct FindingV1<'r> {
    rule: &'r str,
    title: &'r str,
    severity: &'static str,
    now: Option<JudgementV1<'r>>,
    boot: Option<JudgementV1<'r>>,
    why: &'r str,
    fix: Option<FixV1<'r>>,
    #[schemars(with = "Vec<String>")]
    refs: &'r [Text],
}

#[derive(JsonSchema, Serialize)]
struct JudgementV1<'r> {
    verdict: &'static str,
    found: &'r str,
    expected: &'r str,
    reason: Option<&'r str>,
    because: Vec<OriginV1<'r>>,
    overruled: Vec<OriginV1<'r>>,
    notes: &'r [String],
    confidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<WaivedV1<'r>>,
}

/// Why a failure counts for nothing: the verdict is `waived`.
#[derive(JsonSchema, Serialize)]
struct WaivedV1<'r> {
    /// `fail` or `unknown`.
    verdict: &'static str,
    reason: &'r str,
    owner: Option<&'r str>,
    expires: Option<String>,
    by: OriginV1<'r>,
}

#[derive(JsonSchema, Serialize)]
struct WaiverV1<'r> {
    /// As it was written.
    name: &'r str,
    /// The rules that it is about.
    #[schemars(with = "Vec<String>")]
    rules: &'r [Text],
    moment: Option<&'static str>,
    reason: &'r str,
    owner: Option<&'r str>,
    expires: Option<String>,
    by: OriginV1<'r>,
    /// `used`, `unused`, `expired`, or `no-clock`: whether it expired can't be known.
    fate: &'static str,
    /// Why it is unused.
    why: Option<&'r str>,
}

/// A place that decided, as in facts.
#[derive(JsonSchema, Serialize)]
pub(crate) struct OriginV1<'r> {
    path: &'r str,
    line: Option<u32>,
    says: Option<&'r str>,
}

#[derive(JsonSchema, Serialize)]
struct FixV1<'r> {
    text: Option<&'r str>,
    sysctl: BTreeMap<&'r str, &'r str>,
    #[schemars(with = "Vec<String>")]
    modules: &'r [Text],
    #[schemars(with = "Vec<String>")]
    enable: &'r [Text],
    #[schemars(with = "Vec<String>")]
    mask: &'r [Text],
    #[schemars(with = "Vec<String>")]
    hold: &'r [Text],
}

/// A value as JSON: sizes are bytes; an attribute that is absent or unknown is null.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum Json {
    Bool(bool),
    Integer(i64),
    Size(u64),
    Text(String),
    List(Vec<Json>),
    Record(BTreeMap<String, Option<Json>>),
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => Json::Integer(*value),
            Value::Size(bytes) => Json::Size(*bytes),
            Value::Text(text) => Json::Text(text.clone()),
            Value::List(items) => Json::List(items.iter().map(Json::from).collect()),
            Value::Record(attributes) => Json::Record(
                attributes
                    .iter()
                    .map(|(name, state)| {
                        let value = match state {
                            State::Known(value) => Some(Json::from(value)),
                            State::Absent | State::Unknown(_) => None,
                        };
                        (name.clone(), value)
                    })
                    .collect(),
            ),
        }
    }
}

impl<'r> From<&'r Origin> for OriginV1<'r> {
    fn from(origin: &'r Origin) -> Self {
        OriginV1 { path: &origin.path, line: origin.line, says: origin.says.as_deref() }
    }
}

/// The JSON Schema of the document.
#[must_use]
pub fn report_schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
        .to_value()
}

fn render(report: &Report, _style: Style, out: &mut dyn Write) -> io::Result<()> {
    let host = &report.host;
    let document = Document {
        schema: "node-preflight/report/v1",
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        host: Host {
            name: host.name.as_deref(),
            os: host.os.as_deref(),
            kernel: host.kernel.as_deref(),
            machine_id: host.machine_id.as_deref(),
            source: host.source,
            path: host.path.as_deref(),
        },
        profile: report.profiles.join(","),
        profiles: &report.profiles,
        moments: report.moments.iter().map(|moment| moment.name()).collect(),
        vars: report.variables.iter().map(|(k, v)| (k.as_str(), v.as_ref().map(Json::from))).collect(),
        summary: Summary {
            error: report.counts(Severity::Error).into(),
            warning: report.counts(Severity::Warning).into(),
            info: report.counts(Severity::Info).into(),
        },
        ready: report.outcome() == Outcome::Ready,
        outcome: match report.outcome() {
            Outcome::Ready => "ready",
            Outcome::NotReady => "not-ready",
            Outcome::Unknown => "unknown",
        },
        findings: report.entries.iter().map(FindingV1::from).collect(),
        waivers: report.waivers.iter().map(WaiverV1::from).collect(),
        duration_us: report.duration.as_micros(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

impl From<Counts> for CountsV1 {
    fn from(Counts { pass, fail, unknown, waived, skip }: Counts) -> Self {
        CountsV1 { pass, fail, unknown, waived, skip }
    }
}

impl<'r> From<&'r Entry> for FindingV1<'r> {
    fn from(entry: &'r Entry) -> Self {
        FindingV1 {
            rule: &entry.rule,
            title: entry.title(),
            severity: entry.severity.name(),
            now: entry.at(Moment::Now).map(JudgementV1::from),
            boot: entry.at(Moment::Boot).map(JudgementV1::from),
            why: &entry.prose.why,
            fix: (entry.prose.fix != Fix::default()).then(|| FixV1::from(&entry.prose.fix)),
            refs: &entry.prose.refs,
        }
    }
}

impl<'r> From<&'r Judgement> for JudgementV1<'r> {
    fn from(judgement: &'r Judgement) -> Self {
        let waived = match &judgement.verdict {
            Verdict::Waived(waived) => Some(WaivedV1::from(&**waived)),
            Verdict::Pass | Verdict::Fail | Verdict::Unknown(_) | Verdict::Skip(_) => None,
        };
        JudgementV1 {
            verdict: judgement.verdict.name(),
            found: &judgement.found,
            expected: &judgement.expected,
            reason: judgement.verdict.reason().map(Reason::as_str),
            because: judgement.because.iter().map(OriginV1::from).collect(),
            overruled: judgement.overruled.iter().map(OriginV1::from).collect(),
            notes: &judgement.notes,
            confidence: judgement.confidence.name(),
            waived,
        }
    }
}

impl<'r> From<&'r Waived> for WaivedV1<'r> {
    fn from(waived: &'r Waived) -> Self {
        WaivedV1 {
            verdict: if waived.unknown.is_some() { "unknown" } else { "fail" },
            reason: &waived.reason,
            owner: waived.owner.as_deref(),
            expires: waived.expires.map(|last| last.to_string()),
            by: OriginV1::from(&waived.by),
        }
    }
}

impl<'r> From<&'r Applied> for WaiverV1<'r> {
    fn from(applied: &'r Applied) -> Self {
        let waiver = &applied.waiver;
        WaiverV1 {
            name: &waiver.name,
            rules: match &applied.target {
                Target::Rules(ids) => ids,
                Target::Nothing(_) => &[],
            },
            moment: waiver.moment.map(Moment::name),
            reason: &waiver.reason,
            owner: waiver.owner.as_deref(),
            expires: waiver.expires.map(|last| last.to_string()),
            by: OriginV1::from(&waiver.by),
            fate: applied.fate.name(),
            why: match &applied.fate {
                Fate::Unused(why) => Some(why),
                Fate::Used | Fate::Expired | Fate::NoClock => None,
            },
        }
    }
}

impl<'r> From<&'r Fix> for FixV1<'r> {
    fn from(fix: &'r Fix) -> Self {
        FixV1 {
            text: fix.text.as_deref(),
            sysctl: fix.sysctl.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
            modules: &fix.modules,
            enable: &fix.enable,
            mask: &fix.mask,
            hold: &fix.hold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_is_a_document_of_its_schema() {
        let text = sample::shown(&FORMAT, 80, true);
        insta::assert_snapshot!(text);
        assert!(!text.contains(['\u{1b}', '\r', '\u{7}']), "control characters are escaped");
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let entries = sample::report().entries.len();
        assert_eq!(document["findings"].as_array().unwrap().len(), entries);
        assert_eq!(document["schema"], "node-preflight/report/v1");
        assert_eq!(document["ready"], false);
    }
}
