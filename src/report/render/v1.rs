//! The report as a document, schema `node-preflight/report/v1`: within v1, fields are only ever added. These types are
//! the contract and mirror no internal type. The program writes its reports with them, and reads them back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of the schema.
pub const SCHEMA: &str = "node-preflight/report/v1";

/// A text: borrowed from a report that is written, owned where a document was read.
pub type Words<'r> = Cow<'r, str>;

/// A whole report.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[schemars(title = "node-preflight/report/v1")]
pub struct ReportV1<'r> {
    /// The name of this schema.
    pub schema: Words<'r>,
    /// The program that judged.
    pub tool: Tool<'r>,
    /// The host that was judged.
    pub host: Host<'r>,
    /// The profiles, with commas.
    pub profile: Words<'r>,
    /// The profiles that were selected.
    pub profiles: Vec<Words<'r>>,
    /// The moments at which rules were judged: `now`, `boot`.
    pub moments: Vec<Words<'r>>,
    /// The variables that the rules use; null if a variable is not set.
    pub vars: BTreeMap<Words<'r>, Option<Json>>,
    /// How many rules of each severity came to what; each rule counts once, as its worst.
    pub summary: Summary,
    /// Whether the outcome is `ready`.
    pub ready: bool,
    /// `ready`, `not-ready` or `unknown`.
    pub outcome: Words<'r>,
    /// `error` or `warning`: findings of this severity or higher make a host not ready.
    #[serde(default)]
    pub fail_on: Option<Words<'r>>,
    /// One finding a rule.
    pub findings: Vec<FindingV1<'r>>,
    /// The waivers of the run, and what became of them.
    #[serde(default)]
    pub waivers: Vec<WaiverV1<'r>>,
    /// When the host was judged, in UTC: `2026-11-30T17:00:00Z`; null if the clock can't be right.
    #[serde(default)]
    pub time: Option<Words<'r>>,
    /// How long reading and judging took, in microseconds.
    pub duration_us: u64,
}

/// The program that judged.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Tool<'r> {
    /// `node-preflight`.
    pub name: Words<'r>,
    /// Its version.
    pub version: Words<'r>,
}

/// The host that was judged.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Host<'r> {
    /// Its name.
    pub name: Option<Words<'r>>,
    /// The name of its distribution.
    pub os: Option<Words<'r>>,
    /// The release of its kernel: the running one, or the one that boots next.
    pub kernel: Option<Words<'r>>,
    /// The machine ID.
    pub machine_id: Option<Words<'r>>,
    /// `live`, `directory` or `recording`.
    pub source: Words<'r>,
    /// The directory that it was read from.
    pub path: Option<Words<'r>>,
}

/// How many rules came to what, by severity.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Summary {
    /// Rules of this severity.
    pub error: CountsV1,
    /// Rules of this severity.
    pub warning: CountsV1,
    /// Rules of this severity.
    pub info: CountsV1,
}

/// How many rules of one severity came to what.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CountsV1 {
    /// Rules that hold.
    pub pass: usize,
    /// Rules that fail at a moment.
    pub fail: usize,
    /// Rules that can't be known.
    pub unknown: usize,
    /// Rules whose failure is waived.
    #[serde(default)]
    pub waived: usize,
    /// Rules that don't apply.
    pub skip: usize,
}

/// One rule and what it came to.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FindingV1<'r> {
    /// The rule's id.
    pub rule: Words<'r>,
    /// What must hold, as a sentence.
    pub title: Words<'r>,
    /// `error`, `warning` or `info`.
    pub severity: Words<'r>,
    /// What the rule is about: the name of its file.
    #[serde(default)]
    pub topic: Option<Words<'r>>,
    /// Words that select the rule.
    #[serde(default)]
    pub tags: Vec<Words<'r>>,
    /// The judgement now; null if the rule isn't judged at this moment.
    pub now: Option<JudgementV1<'r>>,
    /// The judgement after a reboot; null if the rule isn't judged at this moment.
    pub boot: Option<JudgementV1<'r>>,
    /// Why it matters.
    pub why: Words<'r>,
    /// How to fix a host that fails.
    pub fix: Option<FixV1<'r>>,
    /// Pages to read.
    pub refs: Vec<Words<'r>>,
}

/// A verdict at one moment and what decided it.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct JudgementV1<'r> {
    /// `pass`, `fail`, `unknown`, `skip` or `waived`.
    pub verdict: Words<'r>,
    /// What was found, in words.
    pub found: Words<'r>,
    /// What is wanted, in words.
    pub expected: Words<'r>,
    /// Why it is unknown or skipped, in words.
    pub reason: Option<Words<'r>>,
    /// What kind of reason that is: `denied`, `not-running`, `does-not-apply`; recommended over the words.
    #[serde(default)]
    pub reason_code: Option<Words<'r>>,
    /// The places that decided; the deciding place comes first.
    pub because: Vec<OriginV1<'r>>,
    /// Candidates that lost, in the order in which they apply.
    pub overruled: Vec<OriginV1<'r>>,
    /// What a reader should know besides.
    pub notes: Vec<Words<'r>>,
    /// `certain`, `high` or `heuristic`.
    pub confidence: Words<'r>,
    /// Why the failure counts for nothing, if the verdict is `waived`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<WaivedV1<'r>>,
}

/// Why a failure counts for nothing: the verdict is `waived`.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct WaivedV1<'r> {
    /// `fail` or `unknown`.
    pub verdict: Words<'r>,
    /// Why it is accepted.
    pub reason: Words<'r>,
    /// Who accepts it.
    pub owner: Option<Words<'r>>,
    /// The last day on which it is accepted.
    pub expires: Option<Words<'r>>,
    /// Where it was written.
    pub by: OriginV1<'r>,
}

/// A waiver and what became of it.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct WaiverV1<'r> {
    /// As it was written.
    pub name: Words<'r>,
    /// The rules that it is about.
    pub rules: Vec<Words<'r>>,
    /// The only moment at which it counts; null if it counts at all.
    pub moment: Option<Words<'r>>,
    /// Why the failure is accepted.
    pub reason: Words<'r>,
    /// Who accepts it.
    pub owner: Option<Words<'r>>,
    /// The last day on which it is accepted.
    pub expires: Option<Words<'r>>,
    /// Where it was written.
    pub by: OriginV1<'r>,
    /// `used`, `unused`, `expired`, or `no-clock`: whether it expired can't be known.
    pub fate: Words<'r>,
    /// Why it is unused.
    pub why: Option<Words<'r>>,
}

/// A place that decided, as in facts.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct OriginV1<'r> {
    /// The place in words: a path or the name of an interface. Programs should read `source` instead.
    pub path: Words<'r>,
    /// The line in that file, counted from 1.
    pub line: Option<u32>,
    /// What the place says, in words.
    pub says: Option<Words<'r>>,
    /// The place for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceV1<'r>>,
}

/// A place that decided, for programs.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SourceV1<'r> {
    /// `file`, `kernel`, `system-call`, `bus`, `socket`, `network`, `command-line` or `program`; readers accept others.
    pub kind: Words<'r>,
    /// The path, if the place is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Words<'r>>,
    /// The line in that file, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The key that the line sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Words<'r>>,
    /// The value that the line gives it, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Words<'r>>,
}

/// How to fix a host that fails.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FixV1<'r> {
    /// In words.
    pub text: Option<Words<'r>>,
    /// Kernel variables to set.
    pub sysctl: BTreeMap<Words<'r>, Words<'r>>,
    /// Modules to load at boot.
    pub modules: Vec<Words<'r>>,
    /// Units to enable and start.
    pub enable: Vec<Words<'r>>,
    /// Units to stop and mask.
    pub mask: Vec<Words<'r>>,
    /// Packages to keep at their version.
    pub hold: Vec<Words<'r>>,
}

/// A value as JSON: sizes are bytes; an attribute that is absent or unknown is null.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Json {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// An amount in bytes.
    Size(u64),
    /// Text.
    Text(String),
    /// Several values.
    List(Vec<Json>),
    /// Named attributes.
    Record(BTreeMap<String, Option<Json>>),
}

/// Why a document can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON, or misses a field.
    #[error("this is no report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another schema.
    #[error("the report has the schema `{0}`, and this program reads {SCHEMA}")]
    OtherSchema(String),
}

impl ReportV1<'static> {
    /// Reads a report that this program, an older or a younger one wrote.
    ///
    /// # Errors
    /// If it is no report of this schema.
    pub fn read(text: &[u8]) -> Result<Self, ReadError> {
        let report: Self = serde_json::from_slice(text)?;
        if report.schema == SCHEMA {
            Ok(report)
        } else {
            Err(ReadError::OtherSchema(report.schema.into_owned()))
        }
    }
}

impl ReportV1<'_> {
    /// Writes the report.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        super::write_document(self, out)
    }
}

/// The JSON Schema of the document.
#[must_use]
pub fn report_schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<ReportV1<'_>>()
        .to_value()
}
