//! Properties of judging: three-valued logic, root causes, order, and cost in the number of rules.

use std::process::Command;

use node_preflight::engine::finding::{Finding, Verdict};
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::rule::{self, SourceFile};
use node_preflight::subsystem::Subsystems;
use proptest::prelude::*;

use crate::tree::Tree;

/// A host on which `/etc/yes` is there, `/etc/no` is not, and whether `/etc/dunno` is an ini file can't be known.
fn tree() -> Tree {
    Tree::new().file("/etc/yes", "").directory("/etc/dunno")
}

const YES: &str = r#"{ file = "/etc/yes", exists = true }"#;
const NO: &str = r#"{ file = "/etc/no", exists = true }"#;
const UNKNOWN: &str = r#"{ ini = "/etc/dunno#a", exists = true }"#;

fn rule(id: &str, check: &str, rest: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ntitle = \"T\"\nseverity = \"error\"\nwhy = \"W\"\ncheck = {check}\n{rest}\n"
    )
}

fn judge(text: &str) -> Vec<Finding> {
    judge_on(&tree(), text)
}

fn judge_on(tree: &Tree, text: &str) -> Vec<Finding> {
    let source = SourceFile::given("test.toml", text.to_owned());
    let rules = rule::load(vec![source]).unwrap_or_else(|broken| panic!("{:?}", broken.mistakes));
    let plan = engine::compile(&rules, &Selection::everything(), &[]).unwrap();
    let host = Host::directory(&tree.root()).unwrap();
    engine::judge(&plan, &Subsystems::of(&host), &[Moment::NextBoot])
}

fn word(finding: &Finding) -> &'static str {
    finding.boot.as_ref().map_or("not judged", |judgement| judgement.verdict.name())
}

fn truth(check: &str) -> &'static str {
    word(&judge(&rule("a", check, ""))[0])
}

#[test]
fn the_three_values_are_what_the_tests_take_them_for() {
    assert_eq!((truth(YES), truth(NO), truth(UNKNOWN)), ("pass", "fail", "unknown"));
}

#[test]
fn what_is_negated_is_wanted_otherwise() {
    let tree = Tree::new().file("/etc/a.ini", "a = 3\nlist = x\n").file("/etc/s", "");
    for (check, expected) in [
        (r#"{ not = { ini = "/etc/a.ini#a", equals = "3" } }"#, "not 3"),
        (r#"{ not = { ini = "/etc/a.ini#a", not-equals = "4" } }"#, "4"),
        (r#"{ not = { not = { ini = "/etc/a.ini#a", equals = "3" } } }"#, "3"),
        (r#"{ not = { ini = "/etc/a.ini#a", in = ["3", "4"] } }"#, "none of 3, 4"),
        (r#"{ not = { ini = "/etc/a.ini#a", matches = "^[0-9]$" } }"#, "does not match ^[0-9]$"),
        (r#"{ not = { ini = "/etc/a.ini#a", contains = "3" } }"#, "does not contain 3"),
        (r#"{ not = { ini = "/etc/a.ini#a", exists = true } }"#, "is not there"),
        (r#"{ not = { ini = "/etc/a.ini#b", exists = false } }"#, "is there"),
        (
            r#"{ not = { any = [{ file = "/etc/s", exists = true }, { file = "/etc/t", exists = true }] } }"#,
            "is not there",
        ),
        (r#"{ not = { file = "/etc/s", size = { at-most = 3 } } }"#, "more than 3B"),
        (r#"{ not = { file = "/etc/s", size = { at-least = 3 } } }"#, "less than 3B"),
    ] {
        let findings = judge_on(&tree, &rule("a", check, ""));
        assert_eq!(findings[0].boot.as_ref().unwrap().expected, expected, "{check}");
    }
}

#[test]
fn a_skew_is_counted_in_minor_versions_of_one_major_version() {
    for (found, from, bounds, expected) in [
        ("v1.31.2", "1.31.9", "", "pass"),
        ("1.30.9", "1.31.0", "", "fail"),
        ("1.32.0", "1.31.9", "", "fail"),
        ("1.28.0", "1.31.0-1.1", ", older = 3", "pass"),
        ("1.27.9", "1.31.0", ", older = 3", "fail"),
        ("1.32.0", "1.31.0", ", older = 3", "fail"),
        ("1.33.4-2.rhaos", "1.31.0", ", newer = 2", "pass"),
        ("1.34.0", "1.31.0", ", newer = 2", "fail"),
        ("2.31.0", "1.31.0", ", older = 3, newer = 3", "fail"),
        ("new", "1.31.0", "", "unknown"),
    ] {
        let text = rule(
            "a",
            &format!("{{ ini = \"/etc/found#version\", skew = {{ from = \"{from}\"{bounds} }} }}"),
            "",
        );
        let tree = Tree::new().file("/etc/found", format!("version={found}\n"));
        assert_eq!(word(&judge_on(&tree, &text)[0]), expected, "{found} {from} {bounds}");
    }
    for (from, expected) in [
        ("1.34.0", "1.31.9 is 3 minor versions older than 1.34.0"),
        ("1.30", "1.31.9 is 1 minor version newer than 1.30"),
        ("2.31", "1.31.9 is of another major version than 2.31"),
    ] {
        let text =
            rule("a", &format!("{{ ini = \"/etc/found#version\", skew = {{ from = \"{from}\" }} }}"), "");
        let findings = judge_on(&Tree::new().file("/etc/found", "version=1.31.9\n"), &text);
        assert_eq!(findings[0].boot.as_ref().unwrap().found, expected);
    }
    let operand = r#"{ ini = "/etc/found#version", skew = { from = { ini = "/etc/found#other" } } }"#;
    let tree = Tree::new().file("/etc/found", "version=1.31\n");
    assert_eq!(word(&judge_on(&tree, &rule("a", operand, ""))[0]), "unknown");
}

#[test]
fn the_items_of_a_list_are_compared_one_by_one() {
    for (list, matchers, expected) in [
        ("[]", "each = { equals = 1 }", "pass"),
        ("[1, 1]", "each = { equals = 1 }", "pass"),
        ("[1, 2]", "each = { equals = 1 }", "fail"),
        ("[3, 9]", "each = { at-least = 3, at-most = 8 }", "fail"),
        ("[3, 8]", "each = { at-least = 3, at-most = 8 }", "pass"),
        (r#"["1.2", "x"]"#, r#"each = { version = ">=1.0" }"#, "unknown"),
        (r#"["1.2", "x", "0.9"]"#, r#"each = { version = ">=1.0" }"#, "fail"),
        ("[[1], [1, 2]]", "each = { each = { equals = 1 } }", "fail"),
        ("[[1], []]", "each = { each = { equals = 1 } }", "pass"),
        ("[]", "none = { equals = 1 }", "pass"),
        ("[2, 3]", "none = { equals = 1 }", "pass"),
        ("[1, 2]", "none = { equals = 1 }", "fail"),
        ("[3, 9]", "none = { at-least = 3, at-most = 8 }", "fail"),
        ("[2, 9]", "none = { at-least = 3, at-most = 8 }", "pass"),
        (r#"["1.2", "x"]"#, r#"none = { version = "<1.0" }"#, "unknown"),
        (r#"["0.2", "x"]"#, r#"none = { version = "<1.0" }"#, "fail"),
        ("1", "each = { equals = 1 }", "unknown"),
        ("[]", "contains = { equals = 1 }", "fail"),
        ("[2, 1]", "contains = { equals = 1 }", "pass"),
        (r#"["x", "1.2"]"#, r#"contains = { version = ">=1.0" }"#, "pass"),
        (r#"["x", "0.9"]"#, r#"contains = { version = ">=1.0" }"#, "unknown"),
        (r#""net.x""#, r#"contains = { matches = "^net" }"#, "unknown"),
    ] {
        let tree = Tree::new().file("/etc/a.toml", format!("list = {list}\n"));
        let text = rule("a", &format!("{{ toml = \"/etc/a.toml#list\", {matchers} }}"), "");
        assert_eq!(word(&judge_on(&tree, &text)[0]), expected, "{list} {matchers}");
    }
    let absent = rule("a", r#"{ toml = "/etc/a.toml#list", each = { equals = 1 } }"#, "");
    assert_eq!(word(&judge_on(&Tree::new(), &absent)[0]), "fail");
    let tree = Tree::new().file("/etc/a.toml", "list = [1, 5, 7]\n");
    let found = |check: &str| judge_on(&tree, &rule("a", check, ""))[0].boot.clone().unwrap();
    let judgement = found(r#"{ toml = "/etc/a.toml#list", each = { at-most = 4 } }"#);
    assert_eq!(judgement.found, "/etc/a.toml#list has 5, 7");
    assert_eq!(judgement.expected, "each item is such: at most 4");
    let judgement = found(r#"{ toml = "/etc/a.toml#list", contains = { at-most = 0 } }"#);
    assert_eq!(
        (judgement.found.as_str(), judgement.expected.as_str()),
        ("[1, 5, 7]", "one item is such: at most 0")
    );
}

#[test]
fn what_is_true_or_false_is_said_in_words() {
    let tree = tree().directory("/srv/none").file("/srv/some/x", "");
    let say = |check: &str| {
        let judgement = judge_on(&tree, &rule("a", check, ""))[0].boot.clone().unwrap();
        (judgement.found.clone(), judgement.expected.clone())
    };
    for (check, found, expected) in [
        (r#"{ directory = "/srv/some", empty = true }"#, "/srv/some is not empty", "empty"),
        (r#"{ directory = "/srv/none", empty = false }"#, "/srv/none is empty", "not empty"),
        (r#"{ directory = "/srv/none", empty = { not-equals = true } }"#, "/srv/none is empty", "not empty"),
        (r#"{ not = { directory = "/srv/none", empty = true } }"#, "/srv/none is empty", "not empty"),
    ] {
        assert_eq!(say(check), (found.to_owned(), expected.to_owned()), "{check}");
    }
}

#[test]
fn what_is_said_of_several_things_is_said_once() {
    let tree = tree().file("/etc/a.toml", "one = 1\ntwo = 2\nuno = 1\nbad = \"x\"\n");
    let found = |check: &str| judge_on(&tree, &rule("a", check, ""))[0].boot.clone().unwrap().found.clone();
    let file = |name: &str| format!("{{ file = \"/etc/{name}\", exists = true }}");
    let any = |parts: &[String]| format!("{{ any = [{}] }}", parts.join(", "));
    assert_eq!(found(&any(&[file("a")])), "/etc/a is absent");
    assert_eq!(found(&any(&[file("a"), file("b")])), "/etc/a and /etc/b are absent");
    assert_eq!(found(&any(&[file("a"), file("b"), file("c")])), "/etc/a, /etc/b and /etc/c are absent");
    let value = |key: &str| format!("{{ toml = \"/etc/a.toml#{key}\", equals = 9 }}");
    assert_eq!(
        found(&any(&[value("one"), file("b"), value("two"), value("uno"), file("b"), file("c")])),
        "/etc/a.toml#one and /etc/a.toml#uno are 1, /etc/b and /etc/c are absent, /etc/a.toml#two is 2"
    );
    let kind = |name: &str| format!("{{ file = \"/etc/{name}\", kind = \"fifo\" }}");
    assert_eq!(found(&any(&[kind("yes"), kind("a.toml")])), "kind is file for /etc/yes and /etc/a.toml");
    assert_eq!(found(&any(&[kind("yes"), kind("b")])), "/etc/yes kind is file, /etc/b is absent");
    // A story is told as it is, and once.
    let skew = r#"{ toml = "/etc/a.toml#one", skew = { from = "2.1" } }"#.to_owned();
    assert_eq!(
        found(&any(&[skew.clone(), file("b"), skew])),
        "1 is of another major version than 2.1, /etc/b is absent"
    );
}

/// A condition of a few levels over the three values, as TOML.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just(YES.to_owned()), Just(NO.to_owned()), Just(UNKNOWN.to_owned())];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(", "));
        prop_oneof![
            parts.clone().prop_map(|parts| format!("{{ all = [{parts}] }}")),
            parts.prop_map(|parts| format!("{{ any = [{parts}] }}")),
            inner.prop_map(|inner| format!("{{ not = {inner} }}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn de_morgan_holds(a in condition(), b in condition()) {
        prop_assert_eq!(
            truth(&format!("{{ not = {{ all = [{a}, {b}] }} }}")),
            truth(&format!("{{ any = [{{ not = {a} }}, {{ not = {b} }}] }}"))
        );
    }

    #[test]
    fn learning_what_was_unknown_never_turns_a_verdict_around(check in condition()) {
        let before = truth(&check);
        if before != "unknown" {
            for known in [YES, NO] {
                prop_assert_eq!(truth(&check.replace(UNKNOWN, known)), before);
            }
        }
    }

    #[test]
    fn the_order_of_rules_changes_no_finding(checks in proptest::collection::vec(condition(), 1..6)) {
        let texts: Vec<String> =
            checks.iter().enumerate().map(|(n, check)| rule(&format!("r-{n}"), check, "")).collect();
        let reversed: Vec<String> = texts.iter().rev().cloned().collect();
        let mut forward: Vec<_> = judge(&texts.concat()).into_iter().map(|f| (f.rule, f.boot)).collect();
        let mut backward: Vec<_> = judge(&reversed.concat()).into_iter().map(|f| (f.rule, f.boot)).collect();
        forward.sort_by(|a, b| a.0.cmp(&b.0));
        backward.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(forward, backward);
    }
}

#[test]
fn one_root_cause_is_one_failure() {
    let text = [
        rule("c", YES, "needs = [\"b\"]"),
        rule("b", YES, "needs = [\"a\"]"),
        rule("a", NO, ""),
        rule("d", NO, "needs = [\"u\"]"),
        rule("u", UNKNOWN, ""),
    ]
    .concat();
    let findings = judge(&text);
    let words: Vec<(&str, &str)> = findings.iter().map(|f| (f.rule.as_str(), word(f))).collect();
    assert_eq!(words, [("c", "skip"), ("b", "skip"), ("a", "fail"), ("d", "fail"), ("u", "unknown")]);
    let Some(Verdict::Skip(reason)) = findings[0].boot.as_ref().map(|judgement| judgement.verdict.clone())
    else {
        panic!("c is skipped");
    };
    assert_eq!(reason.as_str(), "needs b, which was skipped");
}

#[test]
fn a_condition_that_does_not_hold_skips_and_an_unknown_one_spoils_only_failures() {
    for (when, check, expected) in [
        (NO, NO, "skip"),
        (YES, NO, "fail"),
        (UNKNOWN, YES, "pass"),
        (UNKNOWN, NO, "unknown"),
        (UNKNOWN, UNKNOWN, "unknown"),
    ] {
        let findings = judge(&rule("a", check, &format!("when = {when}")));
        assert_eq!(word(&findings[0]), expected, "when {when} check {check}");
    }
}

#[test]
fn a_rule_of_the_other_moment_is_not_judged() {
    let findings = judge(&rule("a", r#"{ cpu = { count = { at-least = 1 } } }"#, ""));
    assert_eq!(word(&findings[0]), "not judged");
}

/// Ten thousand rules, each with questions of its own.
fn many(count: usize) -> String {
    (0..count)
        .map(|n| {
            rule(
                &format!("r-{n}"),
                &format!("{{ sysctl = \"net.x.k{n}\", equals = {n} }}"),
                "tags = [\"many\"]",
            )
        })
        .collect()
}

#[test]
fn ten_thousand_rules_are_judged_with_little_memory() {
    let tree = Tree::new().file("/etc/hostname", "node1\n").file("/rules.toml", many(10_000));
    // No more address space than 150 MiB, the program itself included.
    let limited = "ulimit -v 153600; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited, "sh", env!("CARGO_BIN_EXE_node-preflight"), "check", "--moment", "boot"])
        .args(["--root-partial", "--format", "json", "--only", "many", "--rules"])
        .arg(tree.root().join("rules.toml"))
        .arg("--root")
        .arg(tree.root())
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.matches("\"rule\": \"r-").count(), 10_000, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn needs_in_a_long_chain_don_t_exhaust_the_stack() {
    let mut text = rule("r-0", NO, "");
    for n in 1..3_000 {
        text.push_str(&rule(&format!("r-{n}"), YES, &format!("needs = [\"r-{}\"]", n - 1)));
    }
    let findings = judge(&text);
    assert_eq!(findings.iter().filter(|finding| word(finding) == "fail").count(), 1);
    assert_eq!(findings.iter().filter(|finding| word(finding) == "skip").count(), 2_999);
}
