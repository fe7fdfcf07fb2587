//! Rules that got a better id: their old ones still name them.

use node_preflight::engine::{self, Selection};
use node_preflight::rule::other_tools::OtherTools;
use node_preflight::rule::{self, RuleSet, SourceFile, waiver};

const BUILT_IN: &str = "
[[rule]]
id = \"restarts-rare\"
aliases = [\"restarts-few\"]
severity = \"error\"
check = { hostname = { exists = true } }
[[rule]]
id = \"other\"
severity = \"error\"
needs = [\"restarts-few\"]
check = { hostname = { exists = true } }
";

fn loaded(given: &str) -> Result<RuleSet, String> {
    let built_in = SourceFile { name: "base.toml".into(), text: BUILT_IN.into(), built_in: true };
    let files = vec![built_in, super::given("mine.toml", given)];
    rule::load(files).map_err(|broken| rule::diagnostic::render(&broken.rules.files, &broken.mistakes, false))
}

fn ids(rules: &RuleSet, only: &str) -> Vec<String> {
    let selection = Selection { only: vec![only.to_owned()], ..Selection::everything() };
    let plan = engine::compile(rules, &selection, &[]).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    plan.rules.iter().map(|rule| rule.id.to_string()).collect()
}

#[test]
fn an_old_id_selects_is_needed_and_waived() {
    let rules = loaded("").unwrap();
    assert_eq!(ids(&rules, "restarts-few"), ["restarts-rare"]);
    assert_eq!(ids(&rules, "other"), ["restarts-rare", "other"]);
    let peers = OtherTools::default();
    let targets = waiver::Targets::new(&rules.rules, &peers);
    assert!(
        matches!(targets.find("Restarts-Few"), Ok(waiver::Target::Rules(ids)) if ids == ["restarts-rare"])
    );
    let plan =
        engine::compile(&rules, &Selection::everything(), &[]).unwrap_or_else(|_| panic!("it compiles"));
    assert_eq!(plan.hints.len(), 1, "{:?}", plan.hints);
    assert!(plan.hints[0].message.contains("`restarts-few` is the old spelling of `restarts-rare`"));
}

#[test]
fn a_rule_with_an_old_id_replaces_the_built_in_one() {
    let rules = loaded(
        "[[rule]]\nid = \"restarts-few\"\nseverity = \"info\"\ncheck = { hostname = { exists = true } }\n",
    );
    let rules = rules.unwrap();
    assert_eq!(rules.rules.len(), 2);
    assert_eq!(ids(&rules, "other"), ["restarts-few", "other"]);
    assert_eq!(ids(&rules, "restarts-rare"), ["restarts-few"]);
}

#[test]
fn an_id_names_one_rule() {
    let said = loaded(
        "[[rule]]\nid = \"mine\"\naliases = [\"other\"]\nseverity = \"info\"\ncheck = { hostname = { exists = true } }\n",
    );
    let said = said.err().unwrap_or_default();
    assert!(
        said.contains("error[duplicate]") && said.contains("`other` is the id of another rule"),
        "{said}"
    );
}
