//! docs/crio.md: what goes wrong with CRI-O, and which rule tells it, made of `peers/cri-o-failures.toml`. That each failure
//! has a rule, or a reason why none can tell it, is a test of the whole catalogue (`parity`).

use std::fmt::Write as _;

use node_preflight::builtin;
use node_preflight::engine::{self, Selection};
use node_preflight::rule::placeholder;
use serde::Deserialize;

use crate::docs::{NOTE, check};

const FAILURES: &str = include_str!("../../peers/cri-o-failures.toml");

#[derive(Deserialize)]
struct File {
    check: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    name: String,
    part: String,
    asks: String,
    /// How CRI-O shows it.
    shows: String,
    /// Why no rule can tell it.
    refused: Option<String>,
}

#[test]
fn failures_of_crio_are_documented() {
    let (peers, rules) = (builtin::other_tools(), builtin::rules());
    let plan = engine::compile(&rules, &Selection::everything(), &[]).unwrap();
    let mut text = format!(
        "# What goes wrong with CRI-O\n\n{NOTE}How CRI-O shows a failure, if it does at all, and the rule that tells it before. \
         `node-preflight explain RULE` says more; `--profile crio` judges a host without Kubernetes.\n"
    );
    let mut part = String::new();
    for failure in toml::from_str::<File>(FAILURES).unwrap().check {
        if failure.part != part {
            part.clone_from(&failure.part);
            write!(text, "\n## {part}\n\n").unwrap();
            text.push_str(match failure.refused {
                Some(_) => "| what goes wrong | how CRI-O shows it | why no rule tells it |\n|---|---|---|\n",
                None => {
                    "| what goes wrong | how CRI-O shows it | rule | judged | fix |\n|---|---|---|---|---|\n"
                }
            });
        }
        let Failure { asks: what, shows, .. } = &failure;
        if let Some(reason) = &failure.refused {
            writeln!(text, "| {what} | {shows} | {reason} |").unwrap();
            continue;
        }
        let answers = peers.rules(peers.find(&failure.name).unwrap(), &rules.rules);
        for (number, index) in answers.into_iter().enumerate() {
            let rule = &rules.rules[index];
            let id = rule.id.value.as_str();
            let planned = plan.rules.iter().find(|planned| planned.id == rule.id.value).unwrap();
            let moments: Vec<&str> = planned.moments.iter().map(|moment| moment.name()).collect();
            let (what, shows) = if number == 0 { (what.as_str(), shows.as_str()) } else { ("", "") };
            let fix = placeholder::fill(rule.prose.fix.text.as_deref().unwrap_or_default(), |_| None)
                .replace('|', "\\|");
            writeln!(
                text,
                "| {what} | {shows} | [`{id}`](rules.md#{id}): {} | {} | {fix} |",
                rule.prose.title,
                moments.join(", ")
            )
            .unwrap();
        }
    }
    check("crio.md", &text);
}
