//! Files that users may have, as they were on one day (`tests/frozen/`): today's program loads them, and they mean the
//! same. Everything is asked of the binary, so that its flags and the keys of its JSON are held as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use node_preflight::builtin;
use node_preflight::probe::{PROBES, Shape};
use serde_json::Value;

/// Texts for people, which may be put better.
const PROSE: &[&str] =
    &["title", "why", "found", "expected", "reason", "notes", "says", "text", "fix", "version"];

fn frozen(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen").join(name)
}

fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(frozen(name)).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// What the program prints as JSON; it must have judged.
fn json(arguments: &[&str]) -> Value {
    let program = env!("CARGO_BIN_EXE_node-preflight");
    let root = env!("CARGO_MANIFEST_DIR");
    let output =
        Command::new(program).args(arguments).args(["--format", "json"]).current_dir(root).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Rule to `NOW BOOT`.
fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let word =
        |finding: &Value, moment: &str| finding[moment]["verdict"].as_str().map_or("-".into(), str::to_owned);
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let words = format!("{} {}", word(finding, "now"), word(finding, "boot"));
            (finding["rule"].as_str().unwrap().to_owned(), words)
        })
        .collect()
}

#[test]
fn old_rules_load_and_come_to_the_same_verdicts() {
    let words: Vec<Vec<String>> =
        lines("verdicts.txt").iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
    let fixtures: BTreeSet<&str> =
        words.iter().flat_map(|line| &line[3..]).map(String::as_str).filter(|name| *name != "*").collect();
    let changed: BTreeSet<String> = lines("changed.txt")
        .iter()
        .map(|line| line.split_once(": ").expect("a change without a reason").0.to_owned())
        .collect();
    let profiles: Vec<String> = lines("words.txt")
        .iter()
        .filter_map(|line| line.strip_prefix("profile ").map(str::to_owned))
        .collect();
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for fixture in fixtures {
        let recording = format!("fixtures/{fixture}");
        let rules = frozen("rules");
        let arguments = ["check", "--recording", &recording, "--rules", rules.to_str().unwrap()];
        let found = verdicts(&json(&[&arguments[..], &["--profile", &profiles.join(",")]].concat()));
        for line in words.iter().filter(|line| line[3..].iter().any(|name| name == fixture || name == "*")) {
            let (rule, then) = (&line[0], line[1..3].join(" "));
            let now = found.get(rule).map_or("absent", String::as_str);
            let difference = format!("{fixture} {rule} {now}");
            if now != then && !changed.contains(&difference) {
                wrong.push(format!("{difference}, was {then}"));
            } else if now != then {
                used.insert(difference);
            }
        }
    }
    assert!(wrong.is_empty(), "verdicts of old rules that changed:\n{}", wrong.join("\n"));
    assert_eq!(changed, used, "changed.txt names what did not change");
}

#[test]
fn old_waivers_mean_the_same() {
    let expected = lines("waivers/expected.txt");
    let mut found = Vec::new();
    for (file, fixture) in
        [("all-keys", "debian12-fresh"), ("names-of-others", "debian12-fresh"), ("unknown", "alpine322")]
    {
        let recording = format!("fixtures/{fixture}");
        let waivers = frozen(&format!("waivers/{file}.toml"));
        let report = json(&["check", "--recording", &recording, "--waivers", waivers.to_str().unwrap()]);
        for waiver in report["waivers"].as_array().unwrap() {
            let rules: Vec<&str> =
                waiver["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
            let (name, fate) = (waiver["name"].as_str().unwrap(), waiver["fate"].as_str().unwrap());
            found.push(format!("{file} {name} {fate} {}", rules.join(" ")));
        }
        let waived = verdicts(&report).into_iter().filter(|(_, words)| words.contains("waived"));
        found.extend(waived.map(|(rule, words)| format!("{file} {rule} {words}")));
    }
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(found), sorted(expected));
}

/// Whether everything of an old value is in a new one: its keys, and all that isn't prose. A list of findings may have
/// another order, and more keys may stand beside the old ones.
fn missing(place: &str, old: &Value, new: &Value, wrong: &mut Vec<String>) {
    let key = place.rsplit('.').next().unwrap_or_default();
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(new) => missing(&format!("{place}.{key}"), value, new, wrong),
                    None => wrong.push(format!("{place}.{key} is gone")),
                }
            }
        }
        (Value::Array(_), Value::Array(_)) if PROSE.contains(&key) => {}
        (Value::Array(old), Value::Array(new)) if key == "findings" => {
            for finding in old {
                let rule = &finding["rule"];
                match new.iter().find(|new| new["rule"] == *rule) {
                    Some(new) => missing(&format!("{place}.{rule}"), finding, new, wrong),
                    None => wrong.push(format!("{place}: {rule} is gone")),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let both = old.iter().zip(new).enumerate();
            both.for_each(|(index, (old, new))| missing(&format!("{place}[{index}]"), old, new, wrong));
        }
        (Value::String(_), Value::String(_)) if PROSE.contains(&key) => {}
        // New rules are counted, too.
        (Value::Number(_), Value::Number(_)) if place.contains(".summary.") => {}
        (old, new) if old == new => {}
        (old, new) => wrong.push(format!("{place} is {new}, was {old}")),
    }
}

#[test]
fn json_has_all_that_it_had() {
    let old = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(frozen(&format!("reports/{name}.json"))).unwrap())
            .unwrap()
    };
    let recording = "fixtures/debian10-article";
    let mut wrong = Vec::new();
    let report = json(&["check", "--recording", recording, "--profile", "article"]);
    missing("report", &old("debian10-article"), &report, &mut wrong);
    assert!(report["duration_us"].is_u64(), "the duration is gone");
    let facts = old("facts");
    let mut questions: Vec<String> = Vec::new();
    for fact in facts["facts"].as_array().unwrap() {
        let probe = fact["probe"].as_str().unwrap();
        let question = fact["key"].as_str().map_or(probe.to_owned(), |key| format!("{probe}:{key}"));
        if !questions.contains(&question) {
            questions.push(question);
        }
    }
    let questions = questions.iter().map(String::as_str);
    let arguments: Vec<&str> = ["facts", "--recording", recording].into_iter().chain(questions).collect();
    missing("facts", &facts, &json(&arguments), &mut wrong);
    assert!(wrong.is_empty(), "JSON that readers may rely on:\n{}", wrong.join("\n"));
}

/// The attributes of a record, and of the records of a list.
fn attributes(shape: &Shape) -> Vec<(&'static str, Shape)> {
    match shape {
        Shape::Record(attributes) => attributes.iter().map(|one| (one.name, one.shape)).collect(),
        Shape::List(of) => attributes(of),
        _ => Vec::new(),
    }
}

fn is_word(shape: &Shape, word: &str) -> bool {
    match shape {
        Shape::Word(words) => words.contains(&word),
        Shape::List(of) => is_word(of, word),
        _ => false,
    }
}

#[test]
fn old_words_are_known() {
    let rules = builtin::rules();
    let cli = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md")).unwrap();
    let help: BTreeMap<&str, &str> = cli
        .split("\n## `node-preflight")
        .skip(1)
        .filter_map(|part| part.split_once('`'))
        .map(|(command, help)| (command.trim(), help))
        .collect();
    let attribute = |probe: &str, name: &str| {
        let probe = PROBES.iter().find(|known| known.name == probe)?;
        attributes(&probe.answer).into_iter().find(|(known, _)| *known == name).map(|(_, shape)| shape)
    };
    let is_known = |words: &[&str]| match *words {
        ["flag", command, flag] => help.get(command).is_some_and(|help| help.contains(flag)),
        ["profile", name] => rules.profiles.iter().any(|profile| profile.name.value == *name),
        ["variable", name] => rules.variables.iter().any(|variable| variable.name.value == *name),
        ["probe", name] => PROBES.iter().any(|probe| probe.name == name),
        ["attribute", probe, name] => attribute(probe, name).is_some(),
        ["value", probe, name, word] => attribute(probe, name).is_some_and(|shape| is_word(&shape, word)),
        _ => false,
    };
    let words = lines("words.txt");
    assert!(words.len() > 300, "{} words", words.len());
    let lost: Vec<&String> =
        words.iter().filter(|line| !is_known(&line.split(' ').collect::<Vec<_>>())).collect();
    assert!(lost.is_empty(), "words that users may have written are no longer known: {lost:?}");
}
