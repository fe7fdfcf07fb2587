//! `explain`: rules: what each demands and why, its result on this host, and how to fix it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use super::error::Failure;
use super::load::Request;
use super::output::Outputs;
use super::{ExplainArguments, RulesArguments, kubeadm, load, source};
use crate::builtin;
use crate::engine;
use crate::engine::finding::{Finding, Judgement, Verdict};
use crate::engine::identity::identify;
use crate::fact::{Moment, Origin, did_you_mean};
use crate::report::render::{FORMATS as REPORTS, Format, Page, Style};
use crate::report::{Circumstances, Report};
use crate::rule::waiver::{Target, Targets};
use crate::rule::{Fix, Rule, RuleSet, Severity, Text, suggestion};
use crate::subsystem::Subsystems;

/// What is explained.
pub(super) struct Explained {
    /// Of the rules that were named alone.
    report: Report,
    /// The moments at which each of them can be judged, and how it was written.
    written: Vec<(&'static str, Rule)>,
}

/// The formats of an explanation.
pub(super) static FORMATS: &[Format<Explained>] = &[
    Format { name: "table", summary: "Text for people.", complete: true, render: write_text },
    Format {
        name: "json",
        summary: "One JSON document: the report of `check` on these rules.",
        complete: true,
        render: write_json,
    },
];

pub(super) fn run(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let outputs = Outputs::of(&arguments.format, None)?;
    let rules = load::rules(&arguments.rules)?;
    let named = named(&rules, &arguments.words)?;
    let selection = RulesArguments {
        profile: arguments.profile.clone(),
        rules: arguments.rules.clone(),
        only: named.clone(),
        skip: Vec::new(),
        variables: arguments.variables.clone(),
    };
    let given = kubeadm::read(&arguments.source)?;
    let profiles = load::profiles(&selection, given.profile());
    let is_explicit = !selection.profile.is_empty();
    let kubeadm = given.judge(&profiles, is_explicit)?;
    let given = kubeadm::variables(kubeadm.as_ref(), &profiles, &arguments.source, is_explicit);
    let request = Request::of(&rules, &selection, &profiles, given)?;
    let plan = request.compile()?;
    let (host, moments) = source::open(&arguments.source)?;
    source::warn_of_partial(&arguments.source, &host);
    let subsystems = Subsystems::of(&host).with_kubeadm(kubeadm.as_ref());
    let plan = request.for_host(plan, &subsystems)?;
    let mut findings = engine::judge(&plan, &subsystems, &moments);
    // Rules that are needed only were judged, too.
    let is_named = |finding: &Finding| {
        named
            .iter()
            .any(|name| finding.rule == name.as_str() || finding.tags.iter().any(|tag| tag == name.as_str()))
    };
    findings.retain(is_named);
    let written = findings.iter().filter_map(|finding| {
        let moments =
            plan.rules.iter().find(|rule| rule.id == finding.rule).map(|rule| words(rule.moments))?;
        Some((moments, rules.rules.iter().find(|rule| rule.id.value == finding.rule)?.clone()))
    });
    let written = written.collect();
    let circumstances = Circumstances {
        moments: &moments,
        fail_on: Severity::Error,
        time: SystemTime::now(),
        duration: Duration::ZERO,
        options: "",
    };
    let report = Report::new(&plan, identify(&subsystems), findings, Vec::new(), circumstances);
    outputs.write(&Explained { report, written }, true)?;
    Ok(ExitCode::SUCCESS)
}

/// Ids and tags of the words that the user names rules with: an id, an older one, a tag, a check of another tool.
fn named(rules: &RuleSet, words: &[String]) -> Result<Vec<String>, Failure> {
    let other_tools = builtin::other_tools();
    let targets = Targets::new(&rules.rules, &other_tools);
    let mut named = Vec::new();
    for word in words {
        let rule = rules.rules.iter().find(|rule| rule.names().any(|name| name == word));
        if let Some(rule) = rule {
            named.push(rule.id.value.to_string());
        } else if rules.rules.iter().any(|rule| rule.tags.iter().any(|tag| tag == word.as_str())) {
            named.push(word.clone());
        } else {
            match targets.find(targets.of_kubeadm(word).unwrap_or(word)) {
                Ok(Target::Rules(found)) => named.extend(found.iter().map(ToString::to_string)),
                Ok(Target::Nothing(why)) => return Err(Failure::input(format!("{word}: {why}"))),
                Err(near) => return Err(unknown(rules, word, near)),
            }
        }
    }
    Ok(named)
}

fn unknown(rules: &RuleSet, word: &str, near: Option<String>) -> Failure {
    let names = rules.rules.iter().flat_map(|rule| std::iter::once(&rule.id.value).chain(rule.tags.iter()));
    let failure = Failure::input(format!("there is no rule, tag or check `{word}`"));
    let near = suggestion::nearest(word, names.map(Text::as_str)).map(str::to_owned).or(near);
    match near {
        Some(near) => failure.hint(did_you_mean(&near)),
        None => failure.hint("`node-preflight list` shows all rules"),
    }
}

fn write_json(explained: &Explained, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let json = REPORTS.iter().find(|format| format.name == "json");
    json.map_or(Ok(()), |json| (json.render)(&explained.report, style, out))
}

fn write_text(explained: &Explained, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let page = &mut Page::new(style, out);
    let both = explained.report.findings.iter().zip(&explained.written);
    for (index, (finding, (moments, written))) in both.enumerate() {
        if index > 0 {
            page.line("")?;
            page.line("─".repeat(usize::from(style.width.min(80))))?;
            page.line("")?;
        }
        write_rule(finding, moments, written, page)?;
        match (&finding.now, &finding.boot) {
            (Some(now), Some(boot)) if now == boot => write_judgement("Now and after reboot", now, page)?,
            (now, boot) => {
                for (heading, judgement) in [("Now", now), ("After reboot", boot)] {
                    judgement.iter().try_for_each(|judgement| write_judgement(heading, judgement, page))?;
                }
            }
        }
        write_fix(finding.fix(), page)?;
        write_list("See", &finding.prose.refs, page)?;
    }
    Ok(())
}

fn write_rule(finding: &Finding, moments: &str, written: &Rule, page: &mut Page<'_>) -> io::Result<()> {
    page.line(format_args!("{}: {} ({})", finding.rule, finding.title(), finding.severity.name()))?;
    page.line("")?;
    page.paragraph(&finding.prose.why, "")?;
    page.line("")?;
    page.line(format_args!("Checked   {moments}"))?;
    for (label, names) in [("Profiles", &written.profiles), ("Needs", &written.needs)] {
        let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        if !names.is_empty() {
            page.paragraph(&format!("{label:<9} {}", names.join(", ")), "")?;
        }
    }
    for (label, words) in [("Tags", &*written.tags), ("Covers", &written.prose.covers)] {
        if !words.is_empty() {
            page.paragraph(&format!("{label:<9} {}", words.join(", ")), "")?;
        }
    }
    Ok(())
}

/// When a rule is judged.
fn words(moments: &[Moment]) -> &'static str {
    match moments {
        [Moment::Now] => "now",
        [Moment::NextBoot] => "after reboot",
        _ => "now, after reboot",
    }
}

/// What this host says at a moment: found, wanted, and every place that has a say, those that decide first.
fn write_judgement(heading: &str, judgement: &Judgement, page: &mut Page<'_>) -> io::Result<()> {
    let (verdict, mark) = match &judgement.verdict {
        Verdict::Fail => ("FAIL", "✗"),
        Verdict::Skip(_) => ("skipped", "·"),
        Verdict::Pass => ("pass", "✓"),
        Verdict::Unknown(_) => ("UNKNOWN", "?"),
        Verdict::Waived(_) => ("waived", "="),
    };
    page.line("")?;
    page.line(format_args!("{heading}: {verdict}"))?;
    if let Some(reason) = judgement.verdict.reason() {
        page.paragraph(reason.as_str(), "  ")?;
    } else {
        page.paragraph(&format!("found  {}", judgement.found), "  ")?;
        page.paragraph(&format!("wanted {}", judgement.expected), "  ")?;
    }
    for (mark, places) in [(mark, &judgement.because), ("- overruled:", &judgement.overruled)] {
        for (index, place) in places.iter().enumerate() {
            if !places[..index].iter().any(|earlier| said(earlier) == said(place)) {
                page.line(format_args!("  {mark} {}", said(place)))?;
            }
        }
    }
    for note in &judgement.notes {
        page.paragraph(&format!("note: {note}"), "  ")?;
    }
    match judgement.confidence.name() {
        "certain" => Ok(()),
        other => page.line(format_args!("  confidence: {other}")),
    }
}

/// A place, and what it says.
fn said(place: &Origin) -> String {
    let says = place.says.as_deref().map_or(String::new(), |says| format!("  {says}"));
    format!("{place}{says}")
}

fn write_fix(fix: &Fix, page: &mut Page<'_>) -> io::Result<()> {
    let Some(text) = &fix.text else { return Ok(()) };
    page.line("")?;
    page.line("To fix")?;
    page.paragraph(text, "  ")
}

fn write_list(heading: &str, items: &[Text], page: &mut Page<'_>) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    page.line("")?;
    page.line(heading)?;
    items.iter().try_for_each(|item| page.line(format_args!("  {item}")))
}
