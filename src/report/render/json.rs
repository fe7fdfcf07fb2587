//! JSON, schema `node-preflight/report/v1`: what a report says, in the types of the document.

use std::borrow::Cow;
use std::io::{self, Write};

use super::v1::{
    CountsV1, FindingV1, FixV1, Host, Json, JudgementV1, OriginV1, ReportV1, SCHEMA, SourceV1, Summary, Tool,
    WaivedV1, WaiverV1, Words,
};
use super::{Format, Style};
use crate::engine::finding::{Finding, Judgement, Verdict, Waived};
use crate::engine::identity::Identity;
use crate::engine::waive::{WaiverStatus, WaiverUse};
use crate::fact::{Moment, Origin, Reason, State, Value};
use crate::report::{Counts, Outcome, Report};
use crate::rule::waiver::Target;
use crate::rule::{Fix, Severity, Text};

/// Places of a judgement or fact that are listed; ordinary ones have less than a hundred.
const MAX_PLACES: usize = 1000;
/// Items of a list that are shown.
const MAX_ITEMS: usize = 10_000;

pub(super) const FORMAT: Format =
    Format { name: "json", summary: "One JSON document, schema v1.", complete: true, render };

fn render(report: &Report, _style: Style, out: &mut dyn Write) -> io::Result<()> {
    ReportV1::from(report).write(out)
}

impl<'r> From<&'r Report> for ReportV1<'r> {
    fn from(report: &'r Report) -> Self {
        let counts = |severity| CountsV1::from(report.counts(severity));
        ReportV1 {
            schema: SCHEMA.into(),
            tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
            host: Host::from(&report.host),
            profile: report.profiles.join(",").into(),
            profiles: words(&report.profiles),
            moments: report.moments.iter().map(|moment| moment.name().into()).collect(),
            vars: report
                .variables
                .iter()
                .map(|(name, value)| (name.into(), value.as_ref().map(Json::from)))
                .collect(),
            summary: Summary {
                error: counts(Severity::Error),
                warning: counts(Severity::Warning),
                info: counts(Severity::Info),
            },
            ready: report.outcome() == Outcome::Ready,
            outcome: report.outcome().name().into(),
            fail_on: Some(report.fail_on.name().into()),
            findings: report.findings.iter().map(FindingV1::from).collect(),
            waivers: report.waivers.iter().map(WaiverV1::from).collect(),
            time: crate::fact::utc(report.time).map(Cow::Owned),
            duration_us: u64::try_from(report.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

fn words<T: AsRef<str>>(texts: &[T]) -> Vec<Words<'_>> {
    texts.iter().map(|text| Cow::Borrowed(text.as_ref())).collect()
}

/// The first places of a list that may be as long as a host likes.
pub(crate) fn places(origins: &[Origin]) -> Vec<OriginV1<'_>> {
    origins.iter().take(MAX_PLACES).map(OriginV1::from).collect()
}

/// The notes, and how many places are left out, if any are.
pub(crate) fn notes<'r>(notes: &'r [String], lists: &[&[Origin]]) -> Vec<Words<'r>> {
    let left_out: usize = lists.iter().map(|list| list.len().saturating_sub(MAX_PLACES)).sum();
    let more = (left_out > 0).then(|| format!("{left_out} more places are not listed").into());
    notes.iter().take(MAX_PLACES).map(|note| Cow::Borrowed(note.as_str())).chain(more).collect()
}

fn some_words(text: Option<&Text>) -> Option<Words<'_>> {
    text.map(|text| Cow::Borrowed(text.as_str()))
}

impl<'r> From<&'r Identity> for Host<'r> {
    fn from(host: &'r Identity) -> Self {
        let text = |text: &'r Option<String>| text.as_deref().map(Cow::Borrowed);
        Host {
            name: text(&host.name),
            os: text(&host.os),
            kernel: text(&host.kernel),
            machine_id: text(&host.machine_id),
            source: host.source.into(),
            path: text(&host.path),
        }
    }
}

impl From<Counts> for CountsV1 {
    fn from(Counts { pass, fail, unknown, waived, skip }: Counts) -> Self {
        CountsV1 { pass, fail, unknown, waived, skip }
    }
}

impl<'r> From<&'r Finding> for FindingV1<'r> {
    fn from(finding: &'r Finding) -> Self {
        let prose = &*finding.prose;
        FindingV1 {
            rule: finding.rule.as_str().into(),
            title: finding.title().into(),
            severity: finding.severity.name().into(),
            topic: (!prose.topic.is_empty()).then(|| prose.topic.as_str().into()),
            tags: words(&finding.tags),
            now: finding.at(Moment::Now).map(JudgementV1::from),
            boot: finding.at(Moment::NextBoot).map(JudgementV1::from),
            why: prose.why.as_str().into(),
            fix: (prose.fix != Fix::default()).then(|| FixV1::from(finding.fix())),
            refs: words(&prose.refs),
        }
    }
}

impl<'r> From<&'r Judgement> for JudgementV1<'r> {
    fn from(judgement: &'r Judgement) -> Self {
        let waived = match &judgement.verdict {
            Verdict::Waived(waived) => Some(WaivedV1::from(&**waived)),
            Verdict::Pass | Verdict::Fail | Verdict::Unknown(_) | Verdict::Skip(_) => None,
        };
        let reason = judgement.verdict.reason();
        JudgementV1 {
            verdict: judgement.verdict.name().into(),
            found: judgement.found.as_str().into(),
            expected: judgement.expected.as_str().into(),
            reason: reason.map(|reason| reason.as_str().into()),
            reason_code: reason.map(|Reason { code, .. }| code.name().into()),
            because: places(&judgement.because),
            overruled: places(&judgement.overruled),
            notes: notes(&judgement.notes, &[&judgement.because, &judgement.overruled]),
            confidence: judgement.confidence.name().into(),
            waived,
        }
    }
}

impl<'r> From<&'r Waived> for WaivedV1<'r> {
    fn from(waived: &'r Waived) -> Self {
        WaivedV1 {
            verdict: if waived.unknown.is_some() { "unknown" } else { "fail" }.into(),
            reason: waived.reason.as_str().into(),
            owner: some_words(waived.owner.as_ref()),
            expires: waived.expires.map(|last| last.to_string().into()),
            by: OriginV1::from(&waived.by),
        }
    }
}

impl<'r> From<&'r WaiverUse> for WaiverV1<'r> {
    fn from(applied: &'r WaiverUse) -> Self {
        let waiver = &applied.waiver;
        WaiverV1 {
            name: waiver.name.as_str().into(),
            rules: match &applied.target {
                Target::Rules(ids) => words(ids),
                Target::Nothing(_) => Vec::new(),
            },
            moment: waiver.moment.map(|moment| moment.name().into()),
            reason: waiver.reason.as_str().into(),
            owner: some_words(waiver.owner.as_ref()),
            expires: waiver.expires.map(|last| last.to_string().into()),
            by: OriginV1::from(&waiver.by),
            fate: applied.status.name().into(),
            why: match &applied.status {
                WaiverStatus::Unused(why) => Some(why.into()),
                WaiverStatus::Used | WaiverStatus::Expired | WaiverStatus::NoClock => None,
            },
        }
    }
}

impl<'r> From<&'r Origin> for OriginV1<'r> {
    fn from(origin: &'r Origin) -> Self {
        let setting = origin.sets.as_deref();
        OriginV1 {
            path: origin.path.as_str().into(),
            line: origin.line,
            says: origin.says.as_deref().map(Cow::Borrowed),
            source: Some(SourceV1 {
                kind: origin.kind.name().into(),
                path: origin.path_of_file().map(Cow::Borrowed),
                line: origin.line,
                key: setting.map(|setting| setting.key.as_str().into()),
                value: setting.map(|setting| setting.value.as_str().into()),
            }),
        }
    }
}

impl<'r> From<&'r Fix> for FixV1<'r> {
    fn from(fix: &'r Fix) -> Self {
        FixV1 {
            text: some_words(fix.text.as_ref()),
            sysctl: fix
                .sysctl
                .iter()
                .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
                .collect(),
            modules: words(&fix.modules),
            enable: words(&fix.enable),
            mask: words(&fix.mask),
            hold: words(&fix.hold),
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        let attribute = |state: &State| match state {
            State::Known(value) => Some(Json::from(value)),
            State::Absent | State::Unknown(_) => None,
        };
        match value {
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => Json::Integer(*value),
            Value::Size(bytes) => Json::Size(*bytes),
            Value::Text(text) => Json::Text(text.clone()),
            Value::List(items) => {
                let left_out = items.len().saturating_sub(MAX_ITEMS);
                let more = (left_out > 0).then(|| Json::Text(format!("… ({left_out} more items)")));
                Json::List(items.iter().take(MAX_ITEMS).map(Json::from).chain(more).collect())
            }
            Value::Record(attributes) => Json::Record(
                attributes.iter().map(|(name, state)| (name.clone(), attribute(state))).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sample_is_a_document_of_its_schema() {
        let text = sample::rendered(&FORMAT, 80, true);
        insta::assert_snapshot!(text);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["findings"].as_array().unwrap().len(), sample::report().findings.len());
        assert_eq!(document["schema"], SCHEMA);
        assert_eq!(document["ready"], false);
    }

    #[test]
    fn the_sample_is_read_back_byte_for_byte() {
        let text = sample::rendered(&FORMAT, 80, true);
        let read = ReportV1::read(text.as_bytes()).unwrap();
        assert_eq!(read, ReportV1::from(&sample::report()));
        let mut again = Vec::new();
        read.write(&mut again).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text);
    }

    #[test]
    fn lists_have_an_end() {
        let list = |items: i64| Json::from(&Value::list(0..items));
        let Json::List(items) = list(60_000) else { panic!("no list") };
        assert_eq!((items.len(), items.last()), (10_001, Some(&Json::Text("… (50000 more items)".into()))));
        assert!(matches!(list(10_000), Json::List(items) if items.len() == 10_000));
        let origins = vec![Origin::file("/etc/x"); 60_000];
        assert_eq!(places(&origins).len(), MAX_PLACES);
        assert_eq!(notes(&["a".into()], &[&origins, &[]]), ["a", "59000 more places are not listed"]);
        assert_eq!(notes(&[], &[&origins[..10]]).len(), 0);
    }

    #[test]
    fn what_is_no_report_of_this_schema_is_refused() {
        let text = sample::rendered(&FORMAT, 80, true);
        let other = text.replace("report/v1", "report/v2");
        let refused = |text: &str| ReportV1::read(text.as_bytes()).unwrap_err().to_string();
        assert!(refused(&other).contains("has the schema `node-preflight/report/v2`"), "{}", refused(&other));
        assert!(refused("{}").contains("this is no report"));
        let older = text.replace("\"fail_on\": \"error\",", "").replace("\"source\": {", "\"sources\": {");
        assert_eq!(ReportV1::read(older.as_bytes()).unwrap().fail_on, None, "an older report is read");
    }
}
