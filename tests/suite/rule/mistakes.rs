//! Every mistake that can be made in a rule file, and what is said about it.

use node_preflight::rule::SourceFile;

use super::{complaints, given, load_mistakes};

/// What a rule file says besides a complete rule, and what must be said about it: the code, the place and
/// words of message or help.
const CONDITIONS: &[(&str, &str)] = &[
    // The probe.
    (r#"check = { syctl = "a.b", equals = 1 }"#, "unknown-probe 4:11 did you mean `sysctl`?"),
    (r#"check = { equals = 1 }"#, "unknown-probe 4:9 names no probe"),
    (r#"check = { sysctl = "a.b", hostname = "x", equals = 1 }"#, "several-probes 4:11 asks several probes"),
    (r#"check = { sysctl = "a b", equals = 1 }"#, "bad-probe-key 4:20 has a blank"),
    (r#"check = { sysctl = {}, equals = "1" }"#, "bad-probe-key 4:20 needs the kernel variable"),
    (r#"check = { sysctl = true }"#, "bad-probe-key 4:20 not asked like this"),
    (r#"check = { hostname = "x", equals = "y" }"#, "bad-probe-key 4:22 takes no key"),
    // Entries.
    (r#"check = { sysctl = "a.b", equal = 1 }"#, "unknown-entry 4:27 did you mean `equals`?"),
    (r#"check = { service = "a", activ = "active" }"#, "unknown-entry 4:26 did you mean `active`?"),
    (
        r#"check = { service = "a", active = { equal = "active" } }"#,
        "unknown-entry 4:37 did you mean `equals`?",
    ),
    (r#"check = { sysctl = "a.b" }"#, "nothing-compared 4:11 add a matcher"),
    (r#"check = { service = "a" }"#, "nothing-compared 4:11 add an attribute"),
    (r#"check = { service = "a", active = {} }"#, "nothing-compared 4:35 nothing is compared"),
    (r#"check = {}"#, "unknown-probe 4:9 names no probe"),
    // Matchers and kinds.
    (r#"check = { network = { at-least = 2 } }"#, "wrong-matcher 4:23 matchers that can are"),
    (r#"check = { service = "a", equals = "active" }"#, "wrong-matcher 4:26 ask one of its attributes"),
    (r#"check = { service = "a", active = "actve" }"#, "wrong-operand 4:35 did you mean `active`?"),
    (r#"check = { memory = { total = { at-least = "1700 MB oder so" } } }"#, "wrong-operand 4:43 not a size"),
    (r#"check = { hostname = { matches = "[a-z" } }"#, "wrong-operand 4:34 not a regular expression"),
    (r#"check = { kernel = { version = "5.10" } }"#, "wrong-operand 4:32 needs one of >="),
    (r#"check = { kernel = { skew = "5.10" } }"#, "wrong-operand 4:29 write for example"),
    (r#"check = { kernel = { skew = { older = 1 } } }"#, "wrong-operand 4:29 from which version"),
    (
        r#"check = { kernel = { skew = { from = "5.10", odler = 1 } } }"#,
        "unknown-entry 4:46 did you mean `older`?",
    ),
    (r#"check = { kernel = { skew = { from = "x" } } }"#, "wrong-operand 4:38 must be a version"),
    (r#"check = { kernel = { skew = { from = "5.10", older = -1 } } }"#, "wrong-operand 4:54 from 0 to 100"),
    (r#"check = { swap = { skew = { from = "5.10" } } }"#, "wrong-matcher 4:20 matchers that can are"),
    (r#"check = { cgroup = { controllers = { each = "quiet" } } }"#, "wrong-operand 4:45 write for example"),
    (r#"check = { cgroup = { controllers = { each = {} } } }"#, "nothing-compared 4:45 nothing is compared"),
    (
        r#"check = { cgroup = { controllers = { each = { match = "a" } } } }"#,
        "unknown-entry 4:47 did you mean `matches`?",
    ),
    (
        r#"check = { cgroup = { controllers = { each = { matches = "[" } } } }"#,
        "wrong-operand 4:57 not a regular expression",
    ),
    (r#"check = { swap = { none = { priorty = 5 } } }"#, "unknown-entry 4:29 did you mean `priority`?"),
    (
        r#"check = { swap = { none = { priority = { atleast = 5 } } } }"#,
        "unknown-entry 4:42 did you mean `at-least`?",
    ),
    (r#"check = { swap = { none = { kind = "fil" } } }"#, "wrong-operand 4:36 did you mean `file`?"),
    (r#"check = { swap = { contains = { kind = {} } } }"#, "nothing-compared 4:40 nothing is compared"),
    (r#"check = { swap = { none = {} } }"#, "nothing-compared 4:27 nothing is compared"),
    (r#"check = { network = { each = { at-least = 2 } } }"#, "wrong-matcher 4:32 matchers that can are"),
    (r#"check = { hostname = { each = { matches = "a" } } }"#, "wrong-matcher 4:24 matchers that can are"),
    (
        r#"check = { cgroup = { controllers = { contains = { matches = 1 } } } }"#,
        "wrong-operand 4:61 takes a regular expression",
    ),
    (r#"check = { network = { overlaps = "10.0.0.0/33" } }"#, "wrong-operand 4:34 not an address"),
    (r#"check = { package = "a", held = "yes" }"#, "wrong-operand 4:33 must be true or false"),
    (r#"check = { file = "/a", mode = { at-most = 600 } }"#, "wrong-operand 4:43 write \"0600\""),
    (r#"check = { file = "/a", mode = "rw-r--r--" }"#, "wrong-operand 4:31 permission bits"),
    (r#"check = { sysctl = "a.b", exists = 1 }"#, "wrong-operand 4:36 true or false"),
    (r#"check = { sysctl = "a.b", in = 1 }"#, "wrong-operand 4:32 takes a list"),
    (r#"check = { sysctl = "a.b", in = [] }"#, "wrong-operand 4:32 empty list"),
    (r#"check = { sysctl = "a.b", at-least = "many" }"#, "wrong-operand 4:38 neither a number"),
    (r#"check = { sysctl = "a.b", equals = 1.5 }"#, "wrong-type 4:36 a fraction"),
    (r#"check = { cgroup = { controllers = "cpu" } }"#, "wrong-operand 4:36 must be a list"),
    (r#"check = { cgroup = { mode = ["v2"] } }"#, "wrong-operand 4:29 must be one of"),
    // Operands.
    (r#"check = { sysctl = "a.b", equals = { service = "a" } }"#, "wrong-operand 4:36 which one?"),
    (
        r#"check = { sysctl = "a.b", equals = { service = "a", attribute = "actve" } }"#,
        "unknown-entry 4:65 did you mean `active`?",
    ),
    (
        r#"check = { sysctl = "a.b", equals = { crio = "x", in = ["a"] } }"#,
        "unknown-entry 4:50 means nothing",
    ),
    (r#"check = { sysctl = "a.b", equals = { crx = "x" } }"#, "unknown-probe 4:38 there is no probe"),
    (r#"check = { package = "a", held = { kernel = {} } }"#, "wrong-operand 4:33 must be true or false"),
    // Variables.
    (r#"check = { sysctl = "a.b", equals = { var = "cnj" } }"#, "unknown-variable 4:44 did you mean `cni`?"),
    (r#"check = { var = "cni", equals = "calcio" }"#, "wrong-operand 4:33 did you mean `calico`?"),
    (r#"check = { var = 3, equals = "calico" }"#, "wrong-type 4:17 name of a variable"),
    (
        r#"check = { service = { var = "cin" }, active = "active" }"#,
        "unknown-variable 4:29 did you mean `cni`?",
    ),
    // Logic.
    (r#"check = { all = [] }"#, "bad-logic 4:17 no condition inside"),
    (r#"check = { all = [{ swap = { equals = [] } }], equals = 1 }"#, "bad-logic 4:47 stands alone"),
    (r#"check = { any = { swap = {} } }"#, "wrong-type 4:17 a list of conditions"),
    (r#"check = { not = [] }"#, "wrong-type 4:17 must be a table"),
    (r#"check = "swap""#, "wrong-type 4:9 must be a table"),
    // Other keys of a rule.
    ("check = { swap = { equals = [] } }\nsevrity = 1", "unknown-key 5:1 did you mean `severity`?"),
    ("check = { swap = { equals = [] } }\nprofiles = [\"nod\"]", "unknown-profile 5:13 did you mean `node`?"),
    ("check = { swap = { equals = [] } }\nneeds = [\"rul\"]", "unknown-rule 5:10 did you mean `rule`?"),
    ("check = { swap = { equals = [] } }\nneeds = [\"rule\"]", "needs-circle 5:10 rule → rule"),
    ("check = { swap = { equals = [] } }\nmoments = [\"boo\"]", "unknown-word 5:12 did you mean `boot`?"),
    ("check = { swap = { equals = [] } }\nmoments = []", "no-moment 5:11 never be judged"),
    ("check = { memory = { total = 1 } }\nmoments = [\"boot\"]", "no-moment 2:6 can be judged at no moment"),
    (
        "check = { memory = { total = 1 } }\nwhen = { fstab = \"/\", exists = true }",
        "no-moment 2:6 at no moment",
    ),
    ("check = { swap = { equals = [] } }\nfix.txt = \"x\"", "unknown-key 5:5 did you mean `text`?"),
    (
        "check = { swap = { equals = [] } }\nfix.sysctl = { net.ipv4 = 1 }",
        "wrong-type 5:16 written in quotes",
    ),
    ("check = { swap = { equals = [] } }\ntags = \"a\"", "wrong-type 5:8 a list of texts"),
    ("check = { swap = { equals = [] } }\ntitle = 3", "wrong-type 5:9 must be text"),
];

/// Fixes with a mistake, and what must be said about them.
const FIXES: &[(&str, &str)] = &[
    (r#"fix.cases = [{ text = "x" }]"#, "missing-key 4:14 has neither `when` nor `fails`"),
    (r#"fix.cases = [{ fails = "now" }]"#, "missing-key 4:14 has no `text`"),
    (r#"fix.cases = [{ fails = "nov", text = "x" }]"#, "unknown-word 4:24 did you mean `now`?"),
    (r#"fix.cases = { text = "x" }"#, "wrong-type 4:13 a list of tables"),
    (
        r#"fix.cases = [{ when = { syctl = "a.b", equals = 1 }, text = "x" }]"#,
        "unknown-probe 4:25 did you mean `sysctl`?",
    ),
    (r#"fix.with = { unit = "x" }"#, "wrong-type 4:21 must be a variable or the question of a probe"),
    (r#"fix.with = { unit = { var = "nothing" } }"#, "unknown-variable 4:29 there is no variable"),
    (r#"fix.with = { file = { kernel = {} } }"#, "duplicate 4:14 has a placeholder `file` already"),
];

#[test]
fn every_mistake_in_a_condition_is_named_at_its_place() {
    let complete = "\ncheck = { swap = { equals = [] } }";
    let fixes = FIXES.iter().map(|(fix, expected)| (format!("{fix}{complete}"), expected));
    let conditions = CONDITIONS.iter().map(|(condition, expected)| ((*condition).to_owned(), expected));
    let mut wrong = Vec::new();
    for (condition, expected) in conditions.chain(fixes) {
        let text = format!("[[rule]]\nid = \"rule\"\nseverity = \"error\"\n{condition}\n");
        let found = complaints(&[given("a.toml", &text)]);
        let (code, rest) = expected.split_once(' ').unwrap();
        let (place, words) = rest.split_once(' ').unwrap();
        let fits = found.contains(&format!("error[{code}]"))
            && found.contains(&format!("a.toml:{place}"))
            && found.contains(words)
            && found.matches("error[").count() == 1;
        if !fits {
            wrong.push(format!("{condition}\n  expected {expected}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whole files with their mistakes.
const FILES: &[(&str, &[&str])] = &[
    ("[[rule]]\nid = \"a\n", &["syntax 2:8"]),
    ("[[rule]]\nseverity = \"error\"\ncheck = { swap = { equals = [] } }\n", &["missing-key 1:1"]),
    ("[[rule]]\nid = \"a\"\n", &["missing-key 1:1", "missing-key 1:1"]),
    (
        "[[rule]]\nid = \"A_b\"\nseverity = \"fatal\"\ncheck = { swap = { equals = [] } }\n",
        &["bad-name 2:6", "unknown-word 3:12"],
    ),
    ("[[rules]]\nid = \"a\"\n", &["unknown-key 1:3"]),
    ("[rule]\nid = \"a\"\n", &["wrong-type 1:1"]),
    ("[vars.x]\n", &["missing-key 1:7"]),
    ("[vars.x]\ntype = \"wurd\"\n", &["unknown-word 2:8"]),
    ("[vars.x]\ntype = \"word\"\n", &["missing-key 2:8"]),
    ("[vars.x]\ntype = \"size\"\ndefault = \"big\"\n", &["bad-variable-value 3:11"]),
    ("[profiles.x]\nvars = { cin = 1 }\n", &["unknown-variable 2:10"]),
    ("[profiles.x]\nvars = { cni = \"calcio\" }\n", &["bad-variable-value 2:16"]),
    ("[profiles.x]\nincludes = [\"nod\"]\n", &["unknown-profile 2:13"]),
    ("[profiles.x]\nvars = 1\n", &["wrong-type 2:8"]),
];

#[test]
fn every_mistake_of_a_file_is_found_at_once() {
    for (text, expected) in FILES {
        let found = complaints(&[given("a.toml", text)]);
        assert_eq!(found.matches("error[").count(), expected.len(), "{text}\n{found}");
        for (code, place) in expected.iter().map(|expected| expected.split_once(' ').unwrap()) {
            assert!(found.contains(&format!("error[{code}]")), "{text}\n{found}");
            assert!(found.contains(&format!("a.toml:{place}")), "{text}: {place}\n{found}");
        }
    }
}

#[test]
fn mistakes_of_all_files_come_sorted_by_place() {
    let rule = |id: &str, check: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nseverity = \"error\"\nneeds = [\"nothing-such\"]\ncheck = {check}\n"
        )
    };
    let files =
        [given("b.toml", &rule("one", "{ swp = 1 }")), given("a.toml", &rule("two", "{ a = 1.5, b = 2 }"))];
    let found = complaints(&files);
    let order: Vec<&str> =
        found.lines().filter(|line| line.contains("-->")).map(|l| l.split("--> ").nth(1).unwrap()).collect();
    assert_eq!(order, ["b.toml:4:10", "b.toml:5:11", "a.toml:4:10", "a.toml:5:15"]);
}

#[test]
fn a_duplicate_shows_both_places() {
    let rule = "[[rule]]\nid = \"a\"\nseverity = \"error\"\ncheck = { swap = { equals = [] } }\n";
    let found = complaints(&[given("one.toml", rule), given("two.toml", rule)]);
    insta::assert_snapshot!(found, @r#"
    error[duplicate]: the rule `a` is defined twice
     --> two.toml:2:6
      |
    2 | id = "a"
      |      ^^^
      |
     ::: one.toml:2:6
      |
    2 | id = "a"
      |      --- first defined here
    "#);
}

#[test]
fn a_mistake_is_shown_as_rustc_would() {
    let text = "[[rule]]\nid = \"swap-off\"\nseverity = \"eror\"\ncheck = { service = \"crio.service\", activ = \"active\" }\n";
    insta::assert_snapshot!(complaints(&[given("rules/mine.toml", text)]), @r#"
    error[unknown-word]: there is no severity `eror`
     --> rules/mine.toml:3:12
      |
    3 | severity = "eror"
      |            ^^^^^^
      |
      = help: did you mean `error`?

    error[unknown-entry]: `activ` is neither a matcher nor an attribute of the probe service
     --> rules/mine.toml:4:37
      |
    4 | check = { service = "crio.service", activ = "active" }
      |           ------- asked here        ^^^^^
      |
      = help: did you mean `active`?
    "#);
}

#[test]
fn hostile_names_and_texts_reach_no_terminal() {
    let text =
        "[[rule]]\nid = \"a\"\nseverity = \"\\u001b[31mred\"\n# \u{202e}\ncheck = { \"x\\u0007\" = 1 }\n";
    let found = complaints(&[SourceFile::given("a\u{1b}[2J.toml", text)]);
    assert!(!found.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{found:?}");
}

#[test]
fn what_a_terminal_obeys_is_replaced_in_the_lines_that_are_shown() {
    let text = "[[rule]]\nid = \"a\"\nseverity = \"error\"\ncheck = { swap = { exists = true } }\n\"k\u{9b}1m\u{2028}\u{202e}\u{61c}\" = 1\n";
    let found = complaints(&[given("a.toml", text)]);
    assert!(found.contains("a.toml:5:1") && found.contains("k\u{fffd}1m"), "{found}");
    assert!(!found.contains(['\u{9b}', '\u{2028}', '\u{202e}']), "{found:?}");
}

#[test]
fn of_many_mistakes_the_first_are_shown_and_the_others_counted() {
    let found = complaints(&[given("a.toml", &"../".repeat(16_000))]);
    assert_eq!(found.matches("error[").count(), 20);
    assert!(
        found.ends_with("error: 31983 more mistakes are not shown\n\n"),
        "{}",
        &found[found.len() - 100..]
    );
    assert!(found.len() < 20_000, "{}", found.len());
}

#[test]
fn a_place_far_to_the_right_has_its_column_and_a_long_name_is_cut() {
    let fine = "{ swap = { exists = false } }, ".repeat(1000);
    let long = "k".repeat(100_000);
    let rule = format!(
        "[[rule]]\nid = \"a\"\nseverity = \"error\"\ncheck = {{ all = [{fine}{{ swep = {{}} }}] }}\n"
    );
    let found = complaints(&[given("a.toml", &format!("{rule}{long} = 1\n"))]);
    assert!(found.contains("a.toml:4:31020\n") && found.contains("did you mean `swap`?"), "{found}");
    assert!(found.contains("a.toml:5:1\n") && found.len() < 5000, "{}", found.len());
}

#[test]
fn syntax_errors_hide_what_only_follows_from_them() {
    let broken = "[[rule]]\nid = \"first\nseverity = \"error\"\ncheck = { swap = { equals = [] } }\n";
    let found = complaints(&[given("a.toml", broken)]);
    assert!(found.contains("error[syntax]") && !found.contains("missing-key"), "{found}");
    assert!(load_mistakes(&[given("a.toml", broken)]));
}
