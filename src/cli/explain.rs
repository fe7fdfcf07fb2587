//! `explain`: all about one rule: what it demands and why, what this host says, and how to mend it.

use std::io::Write;
use std::process::ExitCode;

use super::error::Failure;
use super::{ExplainArguments, RulesArguments, kubeadm, list, rules, source, terminal};
use crate::engine;
use crate::engine::finding::{Judgement, Verdict};
use crate::engine::plan::PlannedRule;
use crate::fact::{Moment, Origin, printable};
use crate::rule::{Fix, Rule, Text, suggestion};
use crate::subsystem::Subsystems;

pub(super) fn run(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let id = &arguments.rule;
    let rules = rules::load(&arguments.rules)?;
    let Some(written) = rules.rules.iter().find(|rule| rule.id.value == *id) else {
        let ids = rules.rules.iter().map(|rule| rule.id.value.as_str());
        let failure = Failure::input(format!("there is no rule `{id}`"));
        return Err(match suggestion::nearest(id, ids) {
            Some(similar) => failure.hint(format!("did you mean `{similar}`?")),
            None => failure.hint("`node-preflight list` shows all rules"),
        });
    };
    let selection = RulesArguments {
        profile: arguments.profile.clone(),
        rules: arguments.rules.clone(),
        only: vec![id.clone()],
        skip: Vec::new(),
        variables: arguments.variables.clone(),
    };
    let profiles = rules::profiles(&selection, &arguments.source);
    let kubeadm = kubeadm::read(&arguments.source)?;
    let given = kubeadm::given(kubeadm.as_ref(), &profiles);
    let plan = rules::compile(&rules, &selection, &profiles, &given)?;
    let (host, moments) = source::open(&arguments.source)?;
    let findings = engine::judge(&plan, &Subsystems::of(&host).with_kubeadm(kubeadm.as_ref()), &moments);
    let mut out = Vec::new();
    let at = plan.rules.iter().position(|rule| rule.id == *id);
    if let Some((rule, finding)) = at.and_then(|at| Some((plan.rules.get(at)?, findings.get(at)?))) {
        write_rule(rule, written, &mut out)?;
        for moment in Moment::ALL {
            if let Some(judgement) = finding.at(moment) {
                write_judgement(moment, judgement, &mut out)?;
            }
        }
        write_fix(&rule.prose.fix, &mut out)?;
        write_list("See", &rule.prose.refs, &mut out)?;
    }
    terminal::write(None, &out)?;
    Ok(ExitCode::SUCCESS)
}

fn write_rule(rule: &PlannedRule, written: &Rule, out: &mut dyn Write) -> std::io::Result<()> {
    let title = printable(rule.prose.title_or(&rule.id));
    writeln!(out, "{}: {title} ({})\n", printable(&rule.id), rule.severity.name())?;
    paragraph(&rule.prose.why, "", out)?;
    writeln!(out)?;
    writeln!(out, "Judged    {}", list::moments(rule))?;
    for (label, names) in [("Profiles", &written.profiles), ("Needs", &written.needs)] {
        let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        if !names.is_empty() {
            writeln!(out, "{label:<9} {}", names.join(", "))?;
        }
    }
    for (label, words) in [("Tags", &*written.tags), ("Covers", &written.prose.covers)] {
        if !words.is_empty() {
            writeln!(out, "{label:<9} {}", words.join(", "))?;
        }
    }
    Ok(())
}

/// What this host says at a moment, with every place that has a say and the deciding one marked.
fn write_judgement(moment: Moment, judgement: &Judgement, out: &mut dyn Write) -> std::io::Result<()> {
    let heading = match moment {
        Moment::Now => "Now",
        Moment::Boot => "After reboot",
    };
    let verdict = match &judgement.verdict {
        Verdict::Fail => "FAIL",
        Verdict::Skip(_) => "skipped",
        other => other.name(),
    };
    writeln!(out, "\n{heading}: {verdict}")?;
    if let Some(reason) = judgement.verdict.reason() {
        paragraph(reason.as_str(), "  ", out)?;
    } else {
        paragraph(&format!("found  {}", judgement.found), "  ", out)?;
        paragraph(&format!("wanted {}", judgement.expected), "  ", out)?;
    }
    let mut write_places = |mark: &str, places: &[Origin]| {
        places.iter().try_for_each(|place| {
            let says = place.says.as_deref().map_or(String::new(), |says| format!("  {}", printable(says)));
            writeln!(out, "  {mark} {}{says}", printable(&place.to_string()))
        })
    };
    write_places("✓", &judgement.because)?;
    write_places("✗ overruled:", &judgement.overruled)?;
    for note in &judgement.notes {
        paragraph(&format!("note: {note}"), "  ", out)?;
    }
    match judgement.confidence.name() {
        "certain" => Ok(()),
        other => writeln!(out, "  confidence: {other}"),
    }
}

fn write_fix(fix: &Fix, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(text) = &fix.text else { return Ok(()) };
    writeln!(out, "\nTo fix")?;
    paragraph(text, "  ", out)
}

fn write_list(heading: &str, items: &[Text], out: &mut dyn Write) -> std::io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    items.iter().try_for_each(|item| writeln!(out, "  {}", printable(item)))
}

/// Text in lines that fit the terminal; a word that is longer stays whole.
fn paragraph(text: &str, indent: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let width = terminal::style(true, true).width;
    crate::report::render::write_wrapped(&printable(text), indent, width, out)
}
