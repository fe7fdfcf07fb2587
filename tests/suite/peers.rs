//! Where other tools answer wrongly, `tests/peers/*.toml`: the state of a host, what the tool says of it, and what is right.

use std::path::Path;

use node_preflight::builtin;
use node_preflight::rule::{self, RuleSet, SourceFile};
use serde::Deserialize;

use crate::rules::{Case, judge, plan, wrong_place, wrong_verdicts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The tools.
    peers: Vec<String>,
    /// What they do wrong.
    defect: String,
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// A built-in rule; or `check`, a check of its own, as a rule writes it.
    rule: Option<String>,
    check: Option<String>,
    case: Case,
}

const OWN: &str = "asked-of-a-peer";

/// The built-in rules, and one that asks this.
fn with(check: &str) -> RuleSet {
    let text = format!(
        "[[rule]]\nid = \"{OWN}\"\ntitle = \"t\"\nseverity = \"error\"\nprofiles = [\"node\"]\nwhy = \"w\"\n\
         check = {check}\nfix.text = \"f\"\n"
    );
    rule::load(builtin::sources().into_iter().chain([SourceFile::given("own.toml", text)]).collect())
        .unwrap_or_else(|broken| panic!("{check}: {:?}", broken.mistakes))
}

fn wrong(name: &str, answer: &Answer, built_in: &RuleSet) -> Vec<String> {
    let own = answer.check.as_deref().map(with);
    let rules = own.as_ref().unwrap_or(built_in);
    let id = answer.rule.as_deref().unwrap_or(OWN);
    let case = &answer.case;
    let finding = judge(&plan(rules, id, case), id, case);
    let context = format!("{name}, {id} ({})", case.says);
    let mut wrong: Vec<String> = wrong_place(&context, case, &finding).into_iter().collect();
    if case.now.is_none() && case.boot.is_none() {
        wrong.push(format!("{context}: nothing is expected"));
    }
    wrong.extend(wrong_verdicts(&context, case, &finding));
    wrong
}

#[test]
fn what_other_tools_get_wrong_is_right_here() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let rules = builtin::rules();
    let mut mistakes = Vec::new();
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        if file.defect.is_empty() || file.peers.is_empty() || file.answer.is_empty() {
            mistakes.push(format!("{name}: says nothing"));
        }
        mistakes.extend(file.answer.iter().flat_map(|answer| wrong(&name, answer, &rules)));
        files += 1;
    }
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n"));
    assert!(files >= 19, "{files}");
}
