//! The cases of the built-in rules, `tests/rules/ID.toml`: each rule must be seen to pass and to fail at every
//! moment at which it is judged.

mod access_loss;
mod blind_hosts;
mod case;
mod masked_host;

use std::collections::BTreeSet;

use node_preflight::builtin;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::rule;

pub use case::{Case, judge, plan, wrong_fix, wrong_place, wrong_reason, wrong_verdicts};

/// Their condition is a variable that has a value unless somebody takes it away.
const ALWAYS_APPLY: &[&str] = &["service-cidr-free", "service-cidr-unproxied"];

fn built_in() -> rule::RuleSet {
    builtin::rules()
}

#[test]
fn the_rules_of_a_profile_are_those_that_all_rules_would_give() {
    let all = built_in();
    for profile in &all.profiles {
        let selection = Selection { profiles: vec![profile.name.value.to_string()], ..Selection::default() };
        let plan = |rules: &rule::RuleSet| -> Vec<String> {
            let plan = engine::compile(rules, &selection, &[]).unwrap();
            plan.rules.iter().map(|rule| format!("{} {:?}", rule.id, rule.needs.len())).collect()
        };
        let few = builtin::rules_of(&selection.profiles);
        assert_eq!(plan(&few), plan(&all), "{}", profile.name.value);
        assert!(few.rules.len() < all.rules.len() || few == all);
    }
    assert_eq!(builtin::rules_of(&["none".to_owned()]), all);
}

/// A run compiles a pattern of a built-in rule when it comes to it; those of a user's rules are compiled before.
#[test]
fn every_pattern_of_the_built_in_rules_is_a_regular_expression() {
    let mut rules = builtin::written();
    rules.files.iter_mut().for_each(|file| file.built_in = false);
    assert!(engine::compile(&rules, &Selection::everything(), &[]).is_ok());
    let broken = rules.files.iter_mut().find(|file| file.name.ends_with("swap.toml")).unwrap();
    let text = broken.text.replace("matches = \"", "matches = \"(");
    assert_ne!(text, broken.text);
    broken.text = text.into();
    let rules = rule::load(std::mem::take(&mut rules.files)).unwrap();
    assert!(engine::compile(&rules, &Selection::everything(), &[]).is_err());
}

#[test]
fn every_rule_passes_and_fails_as_its_cases_say() {
    let rules = built_in();
    let mut wrong = Vec::new();
    for rule in &rules.rules {
        let id = &rule.id.value;
        let cases = match case::read(id) {
            Ok(cases) => cases,
            Err(missing) => {
                wrong.push(missing);
                continue;
            }
        };
        let mut seen = BTreeSet::new();
        let mut moments = Vec::new();
        for case in &cases {
            let context = format!("{id} ({})", case.says);
            let plan = plan(&rules, id, case);
            moments = plan.rules.iter().find(|rule| rule.id == *id).unwrap().moments.to_vec();
            let finding = judge(&plan, id, case);
            let expected = Moment::ALL.into_iter().filter(|moment| case.expected(*moment).is_some());
            seen.extend(expected.map(|moment| (moment, case::found(&finding, moment))));
            wrong.extend(wrong_verdicts(&context, case, &finding));
            wrong.extend(wrong_place(&context, case, &finding));
            wrong.extend(wrong_reason(&context, case, &finding));
            wrong.extend(wrong_fix(&context, case, &finding));
        }
        for moment in moments {
            // One with a default value always applies.
            let inapplicable = rule.when.is_some() && !ALWAYS_APPLY.contains(&id.as_str());
            for verdict in ["pass", "fail", "skip"] {
                if (verdict != "skip" || inapplicable) && !seen.contains(&(moment, verdict)) {
                    wrong.push(format!("{id}: no case in which it comes to {verdict} at {moment}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_file_belongs_to_a_rule() {
    let rules = built_in();
    for entry in std::fs::read_dir(case::directory()).unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_stem().unwrap().to_str().unwrap();
        assert!(rules.rules.iter().any(|rule| rule.id.value == id), "{} has no rule", path.display());
    }
}
