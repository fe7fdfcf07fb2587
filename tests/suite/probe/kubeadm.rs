//! The configuration that kubeadm is given, through the program: variables, provenance, mistakes.

use std::process::{Command, Output};

use crate::tree::Tree;

const CONFIG: &str = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- tokn: abcdef.0123456789abcdef
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 192.168.0.0/16
";

/// The program on a recording of a host at 192.168.45.2, with a configuration of kubeadm.
fn run(config: &str, arguments: &[&str]) -> Output {
    let tree = Tree::new().machine(
        "[uname]\nnodename = \"node1\"\n\n[[address]]\ninterface = \"eth0\"\naddress = \"192.168.45.2\"\nprefix = 24\n",
    );
    let tree =
        tree.live("/proc/net/route", "Iface\tDestination\n").live("/proc/sys/kernel/ostype", "Linux\n");
    let file = tree.root().join("../kubeadm.yaml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.args(arguments).arg("--recording").arg(tree.recording()).arg("--kubeadm-config").arg(file);
    command.env_clear().env("COLUMNS", "200").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn without_the_option_everything_is_absent() {
    for key in ["kubeadm:kubeadm-config", "kubeadm:networkErrors", "kubeadm:ClusterConfiguration"] {
        assert_eq!(Tree::new().machine("").now_text(key), "absent", "{key}");
    }
}

#[test]
fn facts_tell_fields_and_findings_with_their_lines() {
    let output =
        run(CONFIG, &["facts", "kubeadm:ClusterConfiguration.networking.podSubnet", "kubeadm:unknownFields"]);
    let told = text(&output.stdout);
    assert!(told.contains("192.168.0.0/16") && told.contains("kubeadm.yaml:9"), "{told}");
    assert!(told.contains("[bootstrapTokens[0].tokn]") && told.contains("kubeadm.yaml:4"), "{told}");
}

#[test]
fn a_variable_names_the_line_that_set_it_and_the_command_line_wins() {
    let judged = |more: &[&str]| {
        let mut arguments = vec!["check", "--only", "pod-cidr-free", "--format", "json"];
        arguments.extend(more);
        text(&run(CONFIG, &arguments).stdout)
    };
    let file = judged(&[]);
    assert!(
        file.contains("192.168.0.0/16 contains this node's") && file.contains("kubeadm.yaml\""),
        "{file}"
    );
    assert!(file.contains("\"line\": 9"), "{file}");
    let command_line = judged(&["--set", "pod-cidr=10.244.0.0/16"]);
    assert!(command_line.contains("\"pass\"") && !command_line.contains("kubeadm.yaml\""), "{command_line}");
    let profile = judged(&["--profile", "article"]);
    assert!(profile.contains("kubeadm.yaml\""), "{profile}");
}

#[test]
fn what_kubeadm_ignores_is_shown_without_secrets() {
    let output = run(CONFIG, &["check", "--only", "kubeadm-config-fields-known"]);
    assert_eq!(output.status.code(), Some(0));
    let told = text(&output.stderr);
    assert!(told.contains("warning[kubeadm-ignores]") && told.contains("did you mean `token`?"), "{told}");
    assert!(told.contains("kubeadm.yaml:4") && !told.contains("0123456789"), "{told}");
}

#[test]
fn what_kubeadm_does_not_understand_is_judged_by_nobody() {
    for (config, said) in [
        ("kind: ClusterConfiguration\n", "lacks apiVersion or kind"),
        ("apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n", "kubeadm config migrate"),
        ("a: [\n", "this is not YAML"),
    ] {
        let output = run(config, &["check"]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("error[kubeadm-config]") && told.contains(said), "{told}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_node-preflight"))
        .args(["--kubeadm-config", "/no/such/file"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("can't read the configuration of kubeadm /no/such/file"));
}

#[test]
fn a_pasted_command_is_judged_without_showing_its_token() {
    let join = |hash: &str| {
        let command = format!(
            "kubeadm join k8s.example.com:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash {hash}"
        );
        let recording = Tree::new().machine("[uname]\nnodename = \"node1\"\n");
        Command::new(env!("CARGO_BIN_EXE_node-preflight"))
            .args([
                "check",
                "--only",
                "kubeadm-config-discovery",
                "--format",
                "json",
                "--kubeadm-join",
                &command,
            ])
            .arg("--recording")
            .arg(recording.recording())
            .output()
            .unwrap()
    };
    let good = join(&format!("sha256:{}", "0a".repeat(32)));
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    let short = join("sha256:0a");
    let told = text(&short.stdout);
    assert_eq!(short.status.code(), Some(1), "{told}");
    assert!(
        told.contains("has 2 hexadecimal digits instead of 64") && told.contains("\"--kubeadm-join\""),
        "{told}"
    );
    for output in [good, short] {
        assert!(!format!("{}{}", text(&output.stdout), text(&output.stderr)).contains("abcdef.0"));
    }
    let other = Command::new(env!("CARGO_BIN_EXE_node-preflight"))
        .args(["--kubeadm-join", "kubeadm init"])
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("does not begin with `kubeadm join`"));
}
