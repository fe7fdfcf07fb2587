//! The promise that no file is opened twice in a run.

use std::collections::BTreeSet;

use node_preflight::engine;
use node_preflight::fact::Moment;
use node_preflight::host::{Files, Host};
use node_preflight::subsystem::Subsystems;

use crate::bad_input::{answers, default_plan, full, questions};

fn none_twice(files: &Files, of: &str) {
    let opened = files.opened();
    assert!(!opened.is_empty(), "{of}: nothing was opened");
    let mut seen = BTreeSet::new();
    let twice: Vec<String> =
        opened.iter().filter(|path| !seen.insert(*path)).map(ToString::to_string).collect();
    assert!(twice.is_empty(), "{of}: opened twice: {}", twice.join(", "));
}

#[test]
fn the_default_profile_opens_nothing_twice_on_the_live_host() {
    let host = Host::live().unwrap();
    drop(engine::judge(&default_plan(), &Subsystems::of(&host), &Moment::ALL));
    none_twice(host.files(), "live");
}

#[test]
fn all_questions_together_open_nothing_twice() {
    let tree = full();
    let host = Host::recording(&tree.recording()).unwrap();
    drop(engine::judge(&default_plan(), &Subsystems::of(&host), &Moment::ALL));
    drop(answers(&host, &questions()));
    none_twice(host.files(), "root");
    none_twice(host.running().unwrap().files(), "live part");
}
