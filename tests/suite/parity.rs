//! The catalogue of what other tools check: every check has a rule or a reason, and every `covers` names one.

use node_preflight::builtin;
use node_preflight::rule::RuleText;
use node_preflight::rule::other_tools::{Answer, OtherTools};

/// A catalogue of these checks.
fn peers(text: &str) -> OtherTools {
    let mut peers = OtherTools::default();
    peers.read(text).unwrap();
    peers
}

#[test]
fn every_check_of_another_tool_has_a_rule_or_a_reason() {
    let mistakes = builtin::other_tools().mistakes(&builtin::rules().rules);
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n"));
}

#[test]
fn texts_of_the_catalogue_say_something() {
    for check in &builtin::other_tools().checks {
        let reason = match &check.answer {
            Answer::Refused(text) | Answer::Open(text) => Some(text),
            Answer::Rules | Answer::Parts(_) => None,
        };
        for text in std::iter::once(&check.asks).chain(reason) {
            let sound = !text.trim().is_empty() && !text.ends_with('.') && !text.contains(['\n', '|']);
            assert!(sound, "{}: `{text}`", check.names[0]);
        }
    }
}

#[test]
fn names_are_found_as_kubeadm_finds_them() {
    let peers = builtin::other_tools();
    let name = |word: &str| peers.find(word).map(|check| check.names[0].to_string());
    for word in ["kubeadm:Swap", "Swap", "SWAP", "KUBEADM:swap", "k3s:swap"] {
        assert_eq!(name(word).as_deref(), Some("kubeadm:Swap"), "{word}");
    }
    assert_eq!(name("swap-off"), None);
    assert_eq!(peers.nearest("NumCPUs"), Some("NumCPU"));
    assert_eq!(peers.nearest("kubeadm:Hostnme"), Some("kubeadm:Hostname"));
    assert_eq!(
        peers.nearest("filecontent--proc-sys-net-ipv4-ip-forward"),
        peers.nearest("FileContent--proc-sys-net-ipv4-ip_forward")
    );
    assert_eq!(peers.nearest("nothing like it"), None);
}

#[test]
fn a_name_for_many_checks_has_the_rules_of_all() {
    let (peers, rules) = (builtin::other_tools(), builtin::rules().rules);
    let of = |name: &str| -> Vec<&str> {
        let answers = peers.rules(peers.find(name).unwrap(), &rules);
        answers.iter().map(|index| rules[*index].id.value.as_str()).collect()
    };
    assert_eq!(of("NumCPU"), ["cpu-count"]);
    let all = of("SystemVerification");
    for one in ["cgroup-controllers", "cgroup-v2", "overlay-usable"] {
        assert!(all.contains(&one), "{one} is not in {all:?}");
    }
    assert!(!all.contains(&"cpu-count"));
}

#[test]
fn mistakes_between_catalogue_and_rules_are_told() {
    let mut rules = builtin::rules().rules;
    rules.retain(|rule| rule.id.value == "cpu-count");
    let covers = vec!["kubeadm:NumCpus".into(), "kubeadm:Swap".into(), "kubeadm:Mem".into()];
    rules[0].prose = RuleText { covers, ..RuleText::default() }.into();
    let text = r#"
        check = [
            { name = "kubeadm:NumCPU", asks = "a" },
            { name = "kubeadm:Swap", asks = "a", refused = "b" },
            { name = "kubeadm:Mem", asks = "a", open = "b" },
        ]
    "#;
    assert_eq!(
        peers(text).mistakes(&rules),
        [
            "rule `cpu-count` covers `kubeadm:NumCpus`, which peers/ doesn't have: did you mean `kubeadm:NumCPU`?",
            "`kubeadm:NumCPU` has neither a rule that covers it nor a reason (`refused`)",
            "`kubeadm:Swap` is refused, and rule `cpu-count` covers it: remove one",
            "`kubeadm:Mem` is covered by rule `cpu-count`: it is no longer `open`",
        ]
    );
}

#[test]
fn a_malformed_catalogue_is_refused() {
    for (text, expected) in [
        (r#"check = [{ name = "a:b", asks = "c", refused = "d", open = "e" }]"#, "more than one of"),
        (r#"check = [{ name = "a", asks = "c" }]"#, "`a` is not written `tool:check`"),
        (r#"check = [{ name = "a:b", also = ["a:B"], asks = "c" }]"#, "`a:B` is there twice"),
        (r#"check = [{ name = "a:b", ask = "c" }]"#, "unknown field `ask`"),
    ] {
        let refused = OtherTools::default().read(text).unwrap_err();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}
