//! What right rules become.

use node_preflight::builtin;
use node_preflight::engine::Selection;
use node_preflight::engine::plan::{Condition, Matcher, Plan, Subject};
use node_preflight::fact::{Moment, State, Value};
use node_preflight::rule::{self, RuleSet, SourceFile, diagnostic};
use proptest::prelude::*;

use super::{complaints, given, loaded, planned};

fn rule(id: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\nseverity = \"error\"\n{rest}\n")
}

fn rules(text: &str) -> RuleSet {
    loaded(&[given("a.toml", text)])
}

fn plan(rules: &RuleSet, selection: &Selection, set: &[(&str, &str)]) -> Plan {
    match planned(rules, selection, set) {
        Ok(plan) => plan,
        Err(wrong) => panic!("{}", diagnostic::render(&rules.files, &wrong, false)),
    }
}

fn wrong(rules: &RuleSet, selection: &Selection, set: &[(&str, &str)]) -> String {
    match planned(rules, selection, set) {
        Ok(_) => String::new(),
        Err(wrong) => diagnostic::render(&rules.files, &wrong, false),
    }
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.rules.iter().map(|rule| rule.id.as_str()).collect()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn every_form_of_a_condition_is_understood() {
    for check in [
        r#"{ sysctl = "net.ipv4.ip_forward", equals = 1 }"#,
        r#"{ sysctl = "net/ipv4/ip_forward", in = ["1", 2], not-equals = "0" }"#,
        r#"{ sysctl = "kernel.pid_max", at-least = 4_194_304 }"#,
        r#"{ swap = { equals = [] } }"#,
        r#"{ swap = "/dev/sda2", equals = "off" }"#,
        r#"{ cgroup = { mode = "v2", controllers = { contains = "cpu" } } }"#,
        r#"{ memory = { total = { at-least = "1700MiB", at-most = 99999999999 } } }"#,
        r#"{ hostname = { matches = "^[a-z]" } }"#,
        r#"{ hostname = {}, not-equals = "localhost" }"#,
        r#"{ service = { var = "unit" }, active = "active", enabled = { in = ["enabled", "static"] } }"#,
        r#"{ file = "/etc/x", owner = "root", mode = { at-most = "0600" } }"#,
        r#"{ crio = "a.b", equals = { crio = "c.d" } }"#,
        r#"{ package = "kubelet", version = { equals = { package = "kubeadm", attribute = "version" } } }"#,
        r#"{ package = "kubelet", version = { package = "kubeadm", attribute = "version" } }"#,
        r#"{ package = "kubelet", version = ">=1.30, <1.37" }"#,
        r#"{ package = "kubelet", exists = true }"#,
        r#"{ kernel = { version = ">=5.10" } }"#,
        r#"{ kernel = { skew = { from = "5.10" } } }"#,
        r#"{ package = "a", version = { skew = { from = { package = "b", attribute = "version" }, newer = 2, older = 2 } } }"#,
        r#"{ network = { overlaps = { var = "pod-cidr" } } }"#,
        r#"{ network = { overlaps = ["10.0.0.0/8", "fd00::/8"] } }"#,
        r#"{ network = { overlaps = "10.0.0.1" } }"#,
        r#"{ cgroup = { controllers = { each = { matches = "^[a-z]", not-equals = "io" } } } }"#,
        r#"{ cgroup = { controllers = { contains = { matches = "^cpu" } } } }"#,
        r#"{ cgroup = { controllers = { each = { in = ["cpu", "memory"] } } } }"#,
        r#"{ crio = "a", each = { in = { crio = "b" } } }"#,
        r#"{ cgroup = { controllers = { none = { matches = "^rdma" } } } }"#,
        r#"{ swap = { none = { kind = "file", priority = { at-least = 5, at-most = 9 } } } }"#,
        r#"{ swap = { each = { device = "a", priority = { exists = true } } } }"#,
        r#"{ swap = { contains = { kind = { in = ["file"] } } } }"#,
        r#"{ network = { each = { overlaps = "10.0.0.0/8" } } }"#,
        r#"{ var = "cni", in = ["calico"] }"#,
        r#"{ var = "pod-cidr", exists = true }"#,
        r#"{ hostname = { equals = { hostname = {} } } }"#,
        r#"{ memory = { total = { at-least = { memory = {}, attribute = "total" } } } }"#,
        r#"{ all = [{ any = [{ not = { swap = { equals = [] } } }] }, { kernel = { exists = true } }] }"#,
    ] {
        let found = complaints(&[given("a.toml", &rule("a", &format!("check = {check}")))]);
        assert_eq!(found, "", "{check}");
    }
}

#[test]
fn one_question_has_one_spelling_and_is_asked_once() {
    let text = rule("a", r#"check = { sysctl = "net/ipv4/ip_forward", equals = 1 }"#)
        + &rule("b", r#"check = { sysctl = "net.ipv4.ip_forward", equals = 1 }"#);
    let plan = plan(&rules(&text), &Selection::everything(), &[]);
    let keys: Vec<&str> = plan.questions.iter().map(|question| question.key.as_str()).collect();
    assert_eq!(keys, ["net.ipv4.ip_forward"]);
}

#[test]
fn a_rule_is_judged_when_all_its_probes_can_answer() {
    let text = rule("now", "check = { memory = { total = 1 } }")
        + &rule("both", "check = { kernel = { exists = true } }")
        + &rule("narrowed", "moments = [\"boot\"]\ncheck = { kernel = { exists = true } }")
        + &rule("by-when", "when = { fstab = \"/\", exists = true }\ncheck = { kernel = { exists = true } }");
    let plan = plan(&rules(&text), &Selection::everything(), &[]);
    let moments: Vec<&[Moment]> = plan.rules.iter().map(|rule| rule.moments).collect();
    assert_eq!(moments, [&[Moment::Now][..], &Moment::ALL, &[Moment::NextBoot], &[Moment::NextBoot]]);
}

fn operand(plan: &Plan) -> &State {
    match &plan.rules[0].check {
        Condition::Test(test) => match &test.matcher {
            Matcher::Equals(Subject::Constant { state, .. }) => state,
            _ => panic!("another matcher"),
        },
        _ => panic!("another condition"),
    }
}

#[test]
fn a_variable_has_the_last_of_default_profile_and_set() {
    let rules = rules(&rule("a", "check = { crio = \"x\", equals = { var = \"cni\" } }"));
    let image = Selection { profiles: words(&["image"]), ..Selection::default() };
    assert_eq!(operand(&plan(&rules, &Selection::everything(), &[])), &State::Absent);
    assert_eq!(operand(&plan(&rules, &image, &[])), &State::from("cilium"));
    let set = plan(&rules, &image, &[("cni", "calico")]);
    assert_eq!(operand(&set), &State::from("calico"));
    assert_eq!(set.variables["cni"], Some(Value::from("calico")));
    assert_eq!(set.variables.len(), 1, "only what is used");
}

#[test]
fn a_probe_asked_about_an_unset_variable_is_unknown() {
    let rules = rules(&rule("a", "check = { service = { var = \"cni\" }, active = \"active\" }"));
    let plan = plan(&rules, &Selection::everything(), &[]);
    let Condition::Test(test) = &plan.rules[0].check else { panic!("one test") };
    assert!(matches!(&test.subject, Subject::Constant { state: State::Unknown(_), .. }));
}

#[test]
fn wrong_settings_are_refused_with_advice() {
    let rules = rules(&rule("a", "check = { swap = { equals = [] } }"));
    let everything = Selection::everything();
    assert!(wrong(&rules, &everything, &[("cin", "calico")]).contains("did you mean `cni`?"));
    assert!(wrong(&rules, &everything, &[("cni", "calcio")]).contains("did you mean `calico`?"));
    assert!(wrong(&rules, &everything, &[("pod-cidr", "10.0.0.0/99")]).contains("not an address"));
}

fn selected(selection: &Selection) -> Vec<String> {
    let text = rule("a", "profiles = [\"node\"]\ntags = [\"x\"]\ncheck = { swap = { equals = [] } }")
        + &rule(
            "b",
            "profiles = [\"image\"]\ntags = [\"x\"]\nneeds = [\"a\"]\ncheck = { swap = { equals = [] } }",
        )
        + &rule("c", "check = { swap = { equals = [] } }");
    words(&ids(&plan(&rules(&text), selection, &[])))
}

#[test]
fn rules_are_selected_by_profile_id_and_tag() {
    let select = |profiles: &[&str], only: &[&str], skip: &[&str]| {
        selected(&Selection { profiles: words(profiles), only: words(only), skip: words(skip) }).join(" ")
    };
    assert_eq!(select(&[], &[], &[]), "a b c");
    assert_eq!(select(&["node"], &[], &[]), "a c", "a rule without profiles belongs to all");
    assert_eq!(select(&["image"], &[], &[]), "a b c", "image includes node");
    assert_eq!(select(&["node"], &["x"], &[]), "a");
    assert_eq!(select(&["node"], &["b"], &[]), "a b", "by id whatever the profile, and what it needs");
    assert_eq!(select(&[], &[], &["a"]), "b c", "what is skipped is not judged although it is needed");
    assert_eq!(select(&[], &[], &["x"]), "c");
}

#[test]
fn selections_that_match_nothing_say_so() {
    let rules = rules(&rule(
        "swap-off",
        "profiles = [\"image\"]\ntags = [\"memory\"]\ncheck = { swap = { equals = [] } }",
    ));
    let only = |only: &str| Selection { profiles: words(&["node"]), only: words(&[only]), skip: Vec::new() };
    assert!(wrong(&rules, &only("swapoff"), &[]).contains("did you mean `swap-off`?"));
    assert!(wrong(&rules, &only("memory"), &[]).contains("no rule of profile node has this tag"));
    let skip = Selection { skip: words(&["memry"]), ..Selection::default() };
    assert!(wrong(&rules, &skip, &[]).contains("did you mean `memory`?"));
    let profile = Selection { profiles: words(&["imag"]), ..Selection::default() };
    assert!(wrong(&rules, &profile, &[]).contains("did you mean `image`?"));
    let nothing = Selection { profiles: words(&["node"]), ..Selection::default() };
    assert!(wrong(&rules, &nothing, &[]).contains("empty-selection"));
}

#[test]
fn a_given_rule_replaces_the_built_in_one_at_its_place() {
    let first = SourceFile {
        name: "built-in".into(),
        text: (rule("a", "title = \"old\"\ncheck = { swap = { equals = [] } }")
            + &rule("b", "check = { swap = { equals = [] } }"))
            .into(),
        built_in: true,
    };
    let second = given("mine.toml", &rule("a", "title = \"new\"\ncheck = { swap = { equals = [] } }"));
    let rules = loaded(&[first, second]);
    let plan = plan(&rules, &Selection::everything(), &[]);
    assert_eq!(ids(&plan), ["a", "b"]);
    assert_eq!(plan.rules[0].prose.title, "new");
}

#[test]
fn needs_point_into_the_plan() {
    let text = rule("unused", "profiles = [\"image\"]\ncheck = { swap = { equals = [] } }")
        + &rule("b", "profiles = [\"node\"]\nneeds = [\"c\"]\ncheck = { swap = { equals = [] } }")
        + &rule("c", "profiles = [\"image\"]\ncheck = { swap = { equals = [] } }");
    let node = Selection { profiles: words(&["node"]), ..Selection::default() };
    let plan = plan(&rules(&text), &node, &[]);
    assert_eq!(ids(&plan), ["b", "c"]);
    assert_eq!(plan.rules[0].needs, [1]);
}

#[test]
fn no_file_of_the_catalogue_is_missing() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| format!("built-in:{}", entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    files.sort();
    let embedded: Vec<String> = builtin::sources().into_iter().map(|source| source.name).collect();
    assert_eq!(files, embedded);
}

#[test]
fn the_built_in_rules_are_what_their_files_say() {
    // The built-in rules have no places; nothing else may differ.
    let bytes = |rules: &RuleSet| postcard::to_allocvec(rules).unwrap();
    assert_eq!(bytes(&builtin::rules()), bytes(&rule::load(builtin::sources()).unwrap()));
}

#[test]
fn thousands_of_rules_take_time_in_proportion() {
    let text: String = (0..3_000)
        .map(|i| {
            rule(
                &format!("r{i}"),
                &format!("needs = [\"r{}\"]\ncheck = {{ sysctl = \"a.b{i}\", equals = 1 }}", i + 1),
            )
        })
        .chain([rule("r3000", "check = { swap = { equals = [] } }")])
        .collect();
    let plan = plan(&rules(&text), &Selection::everything(), &[]);
    assert_eq!((plan.rules.len(), plan.questions.len()), (3_001, 3_001));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        complaints(&[given("a.toml", &text)]);
    }

    #[test]
    fn no_mixture_of_words_makes_it_panic(parts in proptest::collection::vec(prop_oneof![
        Just("[[rule]]\n"), Just("id = "), Just("\"a\"\n"), Just("check = "), Just("{ "), Just("} "), Just("all = "),
        Just("[ "), Just("] "), Just(", "), Just("sysctl = "), Just("\"x.y\" "), Just("equals = "), Just("1 "),
        Just("var = "), Just("not = "), Just("[vars.x]\n"), Just("type = \"word\"\n"), Just("\n"), Just("swap = "),
        Just("severity = \"error\"\n"), Just("é"), Just("[profiles.p]\n"), Just("needs = "), Just("exists = true "),
    ], 0..40)) {
        complaints(&[given("a.toml", &parts.concat())]);
    }
}
