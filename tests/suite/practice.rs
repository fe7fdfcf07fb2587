//! The public practice table: what a tree of files leads to after a boot, measured in real boots
//! (`tests/practice/*.toml`, one case a table).

use std::collections::BTreeMap;
use std::path::Path;

use node_preflight::fact::{Moment, State, Value};
use node_preflight::host::Host;
use serde::Deserialize;

use crate::base;
use crate::tree::{Tree, ask, attribute, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    base: String,
    says: String,
    #[serde(default)]
    cmdline: Option<String>,
    #[serde(default)]
    file: BTreeMap<String, String>,
    #[serde(default)]
    link: BTreeMap<String, String>,
    #[serde(default)]
    program: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    expect: BTreeMap<String, String>,
    /// Why a tree of files can't answer this case.
    #[serde(default)]
    except: Option<String>,
}

#[test]
fn every_case_comes_out_as_it_did_in_a_real_boot() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/practice");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(directory).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|suffix| suffix != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", entry.path().display()));
        for case in file.case.iter().filter(|case| case.except.is_none()) {
            seen += 1;
            wrong.extend(judge(case));
        }
    }
    assert!(seen > 0, "no case found");
    assert!(wrong.is_empty(), "{} of {seen} cases went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What went wrong with a case.
fn judge(case: &Case) -> Vec<String> {
    assert!(!case.expect.is_empty(), "{}: a case without expectation proves nothing", case.id);
    let tree = build(case);
    let host = Host::directory(&tree.root()).unwrap();
    let mut wrong = Vec::new();
    for (question, expected) in &case.expect {
        let (question, name) = split_attribute(question);
        let fact = ask(&host, question, Moment::Boot);
        let found = match name {
            Some(name) => attribute(&fact, name),
            None => text(&fact),
        };
        let matches = match expected.as_str() {
            "unknown" => found.starts_with("unknown: "),
            expected => found == expected,
        };
        if !matches {
            let because: Vec<String> = fact.because.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{} ({}): {question} is {found}, expected {expected}; because {because:?}, notes {:?}",
                case.id, case.says, fact.notes
            ));
        }
    }
    wrong
}

/// `service:x.service.active` asks for an attribute of a record; the last word counts only if the probe's
/// answer has such an attribute.
fn split_attribute(question: &str) -> (&str, Option<&str>) {
    const ATTRIBUTES: [&str; 8] =
        ["active", "enabled", "mode", "backend", "target", "held", "version", "kind"];
    match question.rsplit_once('.') {
        Some((rest, name)) if ATTRIBUTES.contains(&name) && !question.starts_with("sysctl:") => {
            (rest, Some(name))
        }
        _ => (question, None),
    }
}

fn build(case: &Case) -> Tree {
    let mut tree = match case.base.as_str() {
        "debian12" => base::debian12(case.cmdline.as_deref().unwrap_or("")),
        "debian13" => base::debian13(case.cmdline.as_deref().unwrap_or("")),
        "generic" => match &case.cmdline {
            Some(cmdline) => Tree::new().boots("6.1.0-1-amd64", cmdline),
            None => Tree::new(),
        },
        other => panic!("{}: no base {other}", case.id),
    };
    for path in &case.remove {
        tree = tree.without(path);
    }
    for (path, content) in &case.file {
        tree = tree.file(path, content);
    }
    for (path, content) in &case.program {
        tree = tree.program(path, content);
    }
    for (path, target) in &case.link {
        tree = tree.link(path, target);
    }
    tree
}

#[test]
fn an_unknown_is_never_taken_for_a_value() {
    let unknown = State::unknown("x");
    assert_ne!(unknown, State::Known(Value::from("unknown: x")));
}
