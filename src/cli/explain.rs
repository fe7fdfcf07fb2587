//! `explain`: one rule: what it demands and why, its result on this host, and how to fix it.

use std::io;
use std::process::ExitCode;

use super::error::Failure;
use super::load::Request;
use super::{ExplainArguments, RulesArguments, kubeadm, load, source, terminal};
use crate::engine;
use crate::engine::finding::{Judgement, Verdict};
use crate::engine::plan::PlannedRule;
use crate::fact::{Moment, did_you_mean};
use crate::report::render::Page;
use crate::rule::{Fix, Rule, Text, suggestion};
use crate::subsystem::Subsystems;

pub(super) fn run(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let id = &arguments.rule;
    let rules = load::rules(&arguments.rules)?;
    let Some(written) = rules.rules.iter().find(|rule| rule.names().any(|name| name == id)) else {
        let ids = rules.rules.iter().map(|rule| rule.id.value.as_str());
        let failure = Failure::input(format!("there is no rule `{id}`"));
        return Err(match suggestion::nearest(id, ids) {
            Some(similar) => failure.hint(did_you_mean(similar)),
            None => failure.hint("`node-preflight list` shows all rules"),
        });
    };
    let selection = RulesArguments {
        profile: arguments.profile.clone(),
        rules: arguments.rules.clone(),
        only: vec![written.id.value.to_string()],
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
    let subsystems = Subsystems::of(&host).with_kubeadm(kubeadm.as_ref());
    let plan = request.for_host(plan, &subsystems)?;
    let findings = engine::judge(&plan, &subsystems, &moments);
    let mut out = Vec::new();
    let page = &mut Page::new(terminal::style(true, true), &mut out);
    let at = plan.rules.iter().position(|rule| rule.id == *id);
    if let Some((rule, finding)) = at.and_then(|at| Some((plan.rules.get(at)?, findings.get(at)?))) {
        write_rule(rule, written, page)?;
        for moment in Moment::ALL {
            if let Some(judgement) = finding.at(moment) {
                write_judgement(moment, judgement, page)?;
            }
        }
        write_fix(finding.fix(), page)?;
        write_list("See", &rule.prose.refs, page)?;
    }
    terminal::write(&out)?;
    Ok(ExitCode::SUCCESS)
}

fn write_rule(rule: &PlannedRule, written: &Rule, page: &mut Page<'_>) -> io::Result<()> {
    let title = rule.prose.title_or(&rule.id);
    page.line(format_args!("{}: {title} ({})", rule.id, rule.severity.name()))?;
    page.line("")?;
    page.paragraph(&rule.prose.why, "")?;
    page.line("")?;
    page.line(format_args!("Checked   {}", moments(rule)))?;
    for (label, names) in [("Profiles", &written.profiles), ("Needs", &written.needs)] {
        let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        if !names.is_empty() {
            page.line(format_args!("{label:<9} {}", names.join(", ")))?;
        }
    }
    for (label, words) in [("Tags", &*written.tags), ("Covers", &written.prose.covers)] {
        if !words.is_empty() {
            page.line(format_args!("{label:<9} {}", words.join(", ")))?;
        }
    }
    Ok(())
}

/// `now, after reboot`
fn moments(rule: &PlannedRule) -> String {
    let name = |moment: &Moment| match moment {
        Moment::Now => "now",
        Moment::NextBoot => "after reboot",
    };
    rule.moments.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// What this host says at a moment, with every place that has a say, the deciding one first.
fn write_judgement(moment: Moment, judgement: &Judgement, page: &mut Page<'_>) -> io::Result<()> {
    let heading = match moment {
        Moment::Now => "Now",
        Moment::NextBoot => "After reboot",
    };
    let verdict = match &judgement.verdict {
        Verdict::Fail => "FAIL",
        Verdict::Skip(_) => "skipped",
        other => other.name(),
    };
    page.line("")?;
    page.line(format_args!("{heading}: {verdict}"))?;
    if let Some(reason) = judgement.verdict.reason() {
        page.paragraph(reason.as_str(), "  ")?;
    } else {
        page.paragraph(&format!("found  {}", judgement.found), "  ")?;
        page.paragraph(&format!("wanted {}", judgement.expected), "  ")?;
    }
    for (mark, places) in [("✓", &judgement.because), ("✗ overruled:", &judgement.overruled)] {
        for place in places {
            let says = place.says.as_deref().map_or(String::new(), |says| format!("  {says}"));
            page.line(format_args!("  {mark} {place}{says}"))?;
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
