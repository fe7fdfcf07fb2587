//! docs/crio.md: what goes wrong with CRI-O, and which rule tells it. `tests/crio-failures.toml` names the failures; each has
//! a rule that covers it, or a reason why none can.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use node_preflight::builtin;
use node_preflight::engine::{self, Selection};
use node_preflight::rule::RuleSet;
use serde::Deserialize;

use crate::docs::{NOTE, check};

const FAILURES: &str = include_str!("../crio-failures.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    failure: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    name: String,
    part: String,
    what: String,
    /// How CRI-O shows it.
    shows: String,
    /// Why no rule can tell it.
    reason: Option<String>,
}

fn failures() -> Vec<Failure> {
    toml::from_str::<File>(FAILURES).unwrap().failure
}

/// The rules that cover a failure: index and id.
fn covering(rules: &RuleSet, name: &str) -> Vec<usize> {
    let wanted = format!("cri-o:{name}");
    let covers = |index: &usize| rules.rules[*index].covers.iter().any(|covers| covers.as_str() == wanted);
    (0..rules.rules.len()).filter(covers).collect()
}

#[test]
fn every_failure_has_a_rule_or_a_reason() {
    let rules = builtin::rules();
    let failures = failures();
    let names: BTreeSet<&str> = failures.iter().map(|failure| failure.name.as_str()).collect();
    assert_eq!(names.len(), failures.len(), "a name stands twice");
    for failure in &failures {
        let covered = !covering(&rules, &failure.name).is_empty();
        assert_ne!(covered, failure.reason.is_some(), "{}: a rule, or a reason, and not both", failure.name);
    }
    for rule in &rules.rules {
        let named = rule.covers.iter().filter_map(|covers| covers.as_str().strip_prefix("cri-o:"));
        for name in named {
            assert!(names.contains(name), "{} covers cri-o:{name}, which is no failure", rule.id.value);
        }
    }
}

#[test]
fn failures_of_crio_are_documented() {
    let rules = builtin::rules();
    let plan = engine::compile(&rules, &Selection::everything(), &[]).unwrap();
    let mut text = format!(
        "# What goes wrong with CRI-O\n\n{NOTE}How CRI-O shows a failure, if it does at all, and the rule that tells it before. \
         `node-preflight explain RULE` says more; `--profile crio` judges a host without Kubernetes.\n"
    );
    let mut part = String::new();
    for failure in failures() {
        if failure.part != part {
            part.clone_from(&failure.part);
            write!(text, "\n## {part}\n\n").unwrap();
            text.push_str(match failure.reason {
                Some(_) => "| what goes wrong | how CRI-O shows it | why no rule tells it |\n|---|---|---|\n",
                None => {
                    "| what goes wrong | how CRI-O shows it | rule | judged | fix |\n|---|---|---|---|---|\n"
                }
            });
        }
        let Failure { what, shows, .. } = &failure;
        if let Some(reason) = &failure.reason {
            writeln!(text, "| {what} | {shows} | {reason} |").unwrap();
            continue;
        }
        for (number, index) in covering(&rules, &failure.name).into_iter().enumerate() {
            let rule = &rules.rules[index];
            let id = rule.id.value.as_str();
            let planned = plan.rules.iter().find(|planned| planned.id == rule.id.value).unwrap();
            let moments: Vec<&str> = planned.moments.iter().map(|moment| moment.name()).collect();
            let (what, shows) = if number == 0 { (what.as_str(), shows.as_str()) } else { ("", "") };
            let fix = rule.fix.text.as_ref().map_or("", |text| text.as_str()).replace('|', "\\|");
            writeln!(
                text,
                "| {what} | {shows} | [`{id}`](rules.md#{id}): {} | {} | {fix} |",
                rule.title,
                moments.join(", ")
            )
            .unwrap();
        }
    }
    check("crio.md", &text);
}
