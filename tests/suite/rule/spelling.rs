//! Words of the language: old spellings mean the same and are told by `lint`; findings are no configuration keys.

use node_preflight::builtin;
use node_preflight::engine::plan::Plan;
use node_preflight::engine::{self, Selection};
use node_preflight::probe::{KeySyntax, PROBES};
use node_preflight::rule::{self, Diagnostic, diagnostic};

use super::given;

/// A rule with this check, beside the built-in ones.
fn compiled(check: &str) -> (Result<Plan, Vec<Diagnostic>>, Vec<rule::SourceFile>) {
    let text = format!("[[rule]]\nid = \"mine\"\nseverity = \"error\"\ncheck = {check}\n");
    let files: Vec<_> = builtin::sources().into_iter().chain([given("mine.toml", &text)]).collect();
    let rules = rule::load(files).unwrap_or_else(|_| panic!("{check}"));
    (engine::compile(&rules, &Selection::everything(), &[]), rules.files)
}

fn mistakes(check: &str) -> String {
    let (plan, files) = compiled(check);
    diagnostic::render(&files, &plan.err().unwrap_or_else(|| panic!("{check} is accepted")), false)
}

fn hints(check: &str) -> String {
    let (plan, files) = compiled(check);
    match plan {
        Ok(plan) => diagnostic::render(&files, &plan.hints, false),
        Err(wrong) => panic!("{}", diagnostic::render(&files, &wrong, false)),
    }
}

#[test]
fn a_misspelt_finding_is_a_mistake() {
    for (check, meant) in [
        ("{ crio = \"unknwon_keys\", equals = [] }", "did you mean `crio-finding = \"unknown-keys\"`?"),
        ("{ crio = \"unknown-keys\", equals = [] }", "did you mean `crio-finding = \"unknown-keys\"`?"),
        ("{ kubelet = \"configErors\", equals = [] }", "did you mean `kubelet-finding = \"config-errors\"`?"),
        ("{ kubelet = \"configFil\", exists = true }", "did you mean `kubelet-property = \"config-file\"`?"),
        (
            "{ kubeadm = \"networkErors\", equals = [] }",
            "did you mean `kubeadm-finding = \"network-errors\"`?",
        ),
        ("{ crio-finding = \"unknwon-keys\", equals = [] }", "did you mean `unknown-keys`?"),
        ("{ crio-finding = \"unknown_keys\", equals = [] }", "did you mean `unknown-keys`?"),
        ("{ kubelet-finding = \"config-erors\", equals = [] }", "did you mean `config-errors`?"),
        ("{ kubelet-property = \"configfile\", exists = true }", "did you mean `config-file`?"),
        ("{ kubeadm-finding = \"networks\", equals = [] }", "known are discovery-errors, endpoint-errors"),
    ] {
        let said = mistakes(check);
        assert!(said.contains("error[bad-probe-key]") && said.contains(meant), "{check}\n{said}");
    }
    let said = mistakes("{ crio-finding = \"unknown-keys\", equals = 3 }");
    assert!(said.contains("error[wrong-operand]"), "{said}");
}

#[test]
fn old_spellings_mean_the_same_and_are_told() {
    for (check, meant) in [
        ("{ crio = \"unknown_keys\", equals = [] }", "write `crio-finding = \"unknown-keys\"`"),
        ("{ kubelet = \"configErrors\", equals = [] }", "write `kubelet-finding = \"config-errors\"`"),
        ("{ kubelet = \"configFile\", exists = true }", "write `kubelet-property = \"config-file\"`"),
        ("{ kubeadm = \"networkErrors\", equals = [] }", "write `kubeadm-finding = \"network-errors\"`"),
        ("{ cri = { network_ready = true } }", "write `network-ready`"),
        ("{ cri = {}, cgroup_driver = \"systemd\" }", "write `cgroup-driver`"),
        (
            "{ kubelet = \"cgroupDriver\", equals = { cri = {}, attribute = \"cgroup_driver\" } }",
            "write `cgroup-driver`",
        ),
        ("{ restarts = \"kubelet.service\", at-most = 3 }", "write `service-restarts`"),
        ("{ uplink = { ipv4-count = 1 } }", "write `default-route`"),
    ] {
        let said = hints(check);
        assert!(said.contains("warning[old-spelling]") && said.contains(meant), "{check}\n{said}");
        assert_eq!(said.matches("warning").count(), 1, "{said}");
    }
}

#[test]
fn a_key_that_no_known_version_has_is_warned_of() {
    for (check, help) in [
        (
            "{ crio = \"runtime.cgroup_manger\", equals = \"systemd\" }",
            "did you mean `runtime.cgroup_manager`?",
        ),
        ("{ kubelet = \"cgroupDriverr\", equals = \"systemd\" }", "did you mean `cgroupDriver`?"),
        ("{ kubelet = \"failswapon\", equals = true }", "did you mean `failSwapOn`?"),
        (
            "{ kubelet = \"authentication.anonymus.enabled\", equals = true }",
            "`authentication.anonymous.enabled`?",
        ),
        ("{ kubelet = \"fieldOfTomorrow\", exists = true }", "has the key `fieldOfTomorrow`"),
        (
            "{ kubeadm = \"ClusterConfiguration.networking.podSubnett\", exists = true }",
            "did you mean `ClusterConfiguration.networking.podSubnet`?",
        ),
        ("{ kubeadm = \"ClusterConfig\", exists = true }", "has the key `ClusterConfig`"),
    ] {
        let said = hints(check);
        assert!(said.contains("warning[unknown-setting]") && said.contains(help), "{check}\n{said}");
    }
}

#[test]
fn keys_that_there_are_bring_no_warning() {
    for check in [
        "{ crio = \"runtime.runtimes.crun.runtime_path\", exists = true }",
        "{ crio = \"runtime.workloads.x.y\", exists = true }",
        "{ crio = \"storage_driver\", exists = true }",
        "{ kubelet = \"evictionHard\", exists = true }",
        "{ kubelet = \"featureGates.KubeletInUserNamespace\", exists = true }",
        "{ kubelet = \"hostnameOverride\", exists = true }",
        "{ kubelet = \"swapBehavior\", exists = true }",
        "{ kubelet = { var = \"cri-unit\" }, exists = true }",
        "{ kubeadm = \"InitConfiguration.localAPIEndpoint.bindPort\", exists = true }",
        "{ kubeadm = \"InitConfiguration.nodeRegistration.taints\", exists = true }",
        "{ kubeadm = \"KubeProxyConfiguration.mode\", exists = true }",
        "{ kubeadm = \"KubeletConfiguration.memorySwap.swapBehavior\", exists = true }",
    ] {
        assert_eq!(hints(check), "", "{check}");
    }
}

/// A word that is asked at one moment narrows the rule, as a probe does.
#[test]
fn a_word_narrows_the_moments_of_its_rule() {
    let (plan, _) = compiled("{ crio-finding = \"stale-keys\", equals = [] }");
    let plan = plan.unwrap_or_else(|_| panic!("it is accepted"));
    let mine = plan.rules.iter().find(|rule| rule.id.as_str() == "mine").unwrap();
    assert_eq!(mine.moments, [node_preflight::fact::Moment::Now]);
}

#[test]
fn every_word_of_the_language_is_kebab_case() {
    let is_kebab = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    for probe in PROBES {
        let words = probe.key.words().into_iter().map(|word| word.word).chain([probe.word()]);
        let attributes = match probe.answer {
            node_preflight::probe::Shape::Record(attributes) => attributes,
            _ => &[],
        };
        for word in words.chain(attributes.iter().map(|attribute| attribute.word)) {
            assert!(is_kebab(word), "{}: {word}", probe.name);
        }
        if let KeySyntax::Word(words) = probe.key {
            assert!((words.all)().is_sorted_by_key(|word| word.word), "{}", probe.name);
        }
    }
}
