//! The built binary with a `kubeadm join` command, as people paste it, beside the cluster that it is for.

use std::process::{Command, Output};

use crate::cluster;
use crate::tree::Tree;

const SECRET: &str = "0123456789abcdef";
const RULES: [&str; 6] = [
    "api-server-certificate-current",
    "api-server-certificate-trusted",
    "api-server-reachable",
    "cluster-ca-pinned",
    "cluster-info-served",
    "join-token-valid",
];

/// A host from which the cluster answers so.
fn host(answer: &str) -> Tree {
    Tree::new().machine(&format!("time = 1790000000\n{}", cluster::recorded(answer)))
}

fn run(tree: &Tree, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.args([
        "--profile",
        "kubeadm-join",
        "--only",
        "join",
        "--only",
        "kubeadm-config-discovery",
        "--all",
    ]);
    command.args(["--moment", "now", "--recording"]).arg(tree.recording()).args(arguments);
    let Output { status, stdout, stderr } = command.env_clear().env("COLUMNS", "400").output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(!text.contains(SECRET), "a secret: {text}");
    (status.code(), text)
}

fn pasted() -> String {
    format!(
        "sudo kubeadm join k8s.example.com:6443 --token abcdef.{SECRET} \\\n\t--discovery-token-ca-cert-hash {}",
        cluster::hash()
    )
}

fn file() -> String {
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  bootstrapToken:\n    \
         apiServerEndpoint: k8s.example.com:6443\n    token: abcdef.{SECRET}\n    caCertHashes: [\"{}\"]\n",
        cluster::hash()
    )
}

/// What a rule came to, in the table.
fn verdict<'t>(text: &'t str, rule: &str) -> &'t str {
    let row = text.lines().find(|line| line.split_whitespace().next() == Some(rule));
    row.and_then(|row| row.split_whitespace().nth(1)).unwrap_or("not shown")
}

#[test]
fn a_command_and_a_file_are_held_against_their_cluster_alike() {
    let configuration = Tree::new().file("/kubeadm.yaml", file());
    let configuration = configuration.root().join("kubeadm.yaml").to_str().unwrap().to_owned();
    for (answer, code, failed) in [
        ("right", 0, None),
        ("other-cluster", 1, Some("cluster-ca-pinned")),
        ("other-tokens", 1, Some("join-token-valid")),
        ("other-secret", 1, Some("join-token-valid")),
        ("other-name", 1, Some("api-server-certificate-trusted")),
        ("expired", 1, Some("api-server-certificate-current")),
    ] {
        let tree = host(answer);
        for given in [["--kubeadm-join", &pasted()], ["--kubeadm-config", &configuration]] {
            let (found, text) = run(&tree, &given);
            assert_eq!(found, Some(code), "{answer}: {text}");
            for rule in RULES {
                let expected = if Some(rule) == failed { "FAIL" } else { "pass" };
                assert_eq!(verdict(&text, rule), expected, "{answer}, {rule}: {text}");
            }
        }
    }
}

#[test]
fn a_command_for_another_cluster_is_told_with_both_hashes() {
    let (_, text) = run(&host("other-cluster"), &["--kubeadm-join", &pasted()]);
    let other = cluster::hash_of(&cluster::authorities()[1]);
    assert!(text.contains(&format!("its CA has {other}, not {}", cluster::hash())), "{text}");
}

#[test]
fn each_rule_tells_its_own_trouble() {
    let (code, text) = run(&host("other-everything"), &["--kubeadm-join", &pasted()]);
    assert_eq!(code, Some(1), "{text}");
    for (rule, said) in [
        ("join-token-valid", "it has no token `abcdef`"),
        ("api-server-certificate-trusted", "its certificate is for kubernetes; not for k8s.example.com"),
        ("api-server-certificate-current", "its certificate ended at 2021-01-01T00:00:00Z"),
    ] {
        let row = text.lines().find(|line| line.split_whitespace().next() == Some(rule)).unwrap();
        assert!(row.contains("FAIL") && row.contains(said) && !row.contains("its CA"), "{row}");
    }
}

#[test]
fn a_command_that_a_web_page_broke_is_not_tried_over_the_network() {
    for (from, to) in
        [("--token", "\u{2013}token"), ("--token ", "--token\u{a0}"), ("--disc", "\u{2014}disc")]
    {
        let command = pasted().replace(from, to);
        let (code, text) = run(&host("right"), &["--kubeadm-join", &command]);
        assert_eq!((code, verdict(&text, "kubeadm-config-discovery")), (Some(1), "FAIL"), "{text}");
        for rule in RULES {
            assert_eq!(verdict(&text, rule), "skip", "{rule}: {text}");
        }
    }
}

#[test]
fn nobody_is_asked_unless_somebody_is_named() {
    let (code, text) = run(&host("right"), &[]);
    assert_eq!(code, Some(0), "{text}");
    for rule in RULES {
        assert_eq!(verdict(&text, rule), "skip", "{rule}: {text}");
    }
    let (code, text) = run(&host("right"), &["--set", "endpoint=k8s.example.com"]);
    assert_eq!(code, Some(0), "{text}");
    for (rule, expected) in RULES.into_iter().zip(["pass", "pass", "pass", "skip", "pass", "skip"]) {
        assert_eq!(verdict(&text, rule), expected, "{rule}: {text}");
    }
}

#[test]
fn who_can_not_be_asked_is_unknown_and_no_pass() {
    let (code, text) = run(&Tree::new().machine(""), &["--kubeadm-join", &pasted()]);
    assert_eq!(code, Some(3), "{text}");
    for rule in RULES {
        assert_eq!(verdict(&text, rule), "UNKNOWN", "{rule}: {text}");
    }
}

#[test]
fn a_command_selects_the_profile_where_none_is_named() {
    let tree = host("right");
    for (named, profile) in [(&[][..], "kubeadm-join"), (&["--profile", "node"], "node")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
        command.args(["--moment", "now", "--kubeadm-join", &pasted(), "--recording"]).arg(tree.recording());
        let Output { stdout, .. } = command.args(named).env_clear().env("COLUMNS", "400").output().unwrap();
        let text = String::from_utf8(stdout).unwrap();
        assert!(text.contains(&format!("profile {profile} ·")), "{text}");
    }
}
