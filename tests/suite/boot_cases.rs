//! The boot cases: what a tree of files leads to after a boot, measured in real boots
//! (`tests/boot_cases/*.toml`, one case a table).

use std::collections::BTreeSet;

use node_preflight::fact::{Moment, State, Value};
use node_preflight::host::Host;

use crate::distributions;
use crate::tree::{Tree, ask, attribute, text};

#[path = "../boot_cases/case.rs"]
mod case;

use case::{Case, split_attribute};

#[test]
fn every_case_comes_out_as_it_did_in_a_real_boot() {
    let cases = case::all();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len(), "two cases have the same id");
    let bootable = |case: &&Case| case.base.starts_with("debian") && case.except.is_none();
    let booted = cases.iter().filter(bootable).filter(|case| case.source.is_none()).count();
    assert!(booted >= 120, "{booted} cases can be booted");
    let judged: Vec<&Case> =
        cases.iter().filter(|case| case.except.is_none() && case.disk.is_none()).collect();
    let wrong: Vec<String> = judged.iter().flat_map(|case| judge(case)).collect();
    let seen = judged.len();
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
        let fact = ask(&host, question, Moment::NextBoot);
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

fn build(case: &Case) -> Tree {
    // As tests/real/boot/machine.rs boots them.
    let cmdline = format!("root=/dev/vda rw quiet {}", case.cmdline.as_deref().unwrap_or_default());
    let mut tree = match case.base.as_str() {
        "debian12" => distributions::debian12(cmdline.trim_end()),
        "debian13" => distributions::debian13(cmdline.trim_end()),
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
