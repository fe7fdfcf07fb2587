//! The built binary as people use it, with the mistakes they make: exit codes, where output goes, what it says.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::tree::Tree;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear().env("COLUMNS", "120");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A rule file of one rule, on an empty root: its verdict is in the hands of the test.
fn verdict_of(check: &str, severity: &str, more: &[&str]) -> Option<i32> {
    let tree = Tree::new().file("/etc/yes", "").directory("/etc/dunno");
    let rules = tree.root().join("../rule.toml");
    let rule = format!(
        "[[rule]]\nid = \"a-rule\"\ntitle = \"T\"\nseverity = \"{severity}\"\nwhy = \"W\"\ncheck = {check}\nfix.text = \"F\"\n"
    );
    std::fs::write(&rules, rule).unwrap();
    let (root, rules) = (tree.root(), rules.to_str().unwrap().to_owned());
    let mut arguments = vec![
        "check",
        "--root",
        root.to_str().unwrap(),
        "--root-partial",
        "--rules",
        &rules,
        "--only",
        "a-rule",
    ];
    arguments.extend(more);
    run(&arguments).status.code()
}

#[test]
fn the_exit_code_is_the_verdict() {
    let (yes, no) = (r#"{ file = "/etc/yes", exists = true }"#, r#"{ file = "/etc/no", exists = true }"#);
    let unknown = r#"{ ini = "/etc/dunno#a", exists = true }"#;
    assert_eq!(verdict_of(yes, "error", &[]), Some(0));
    assert_eq!(verdict_of(no, "error", &[]), Some(1));
    assert_eq!(verdict_of(unknown, "error", &[]), Some(3));
    assert_eq!(verdict_of(no, "warning", &[]), Some(0));
    assert_eq!(verdict_of(no, "warning", &["--fail-on", "warning"]), Some(1));
    assert_eq!(verdict_of(unknown, "warning", &["--fail-on", "warning"]), Some(3));
    assert_eq!(verdict_of(no, "info", &["--fail-on", "warning"]), Some(0));
}

#[test]
fn mistakes_judge_nothing_and_say_what_to_do() {
    for (arguments, said) in [
        (&["--root", "/no/such/place"][..], "can't open the host: /no/such/place: not found"),
        (&["--root", "Cargo.toml"], "is not a directory"),
        (&["--recording", "src"], "--recording takes a directory with root/"),
        (&["--profile", "nod"], "did you mean `node`?"),
        (&["--only", "ipv4-forwardin"], "did you mean `ipv4-forwarding`?"),
        (&["--skip", "no-such-tag"], "no-such-tag"),
        (&["--set", "pod-cidr"], "--set takes NAME=VALUE"),
        (&["--set", "pod-cdir=10.0.0.0/8"], "did you mean `pod-cidr`?"),
        (&["--set", "pod-cidr=10.0.0.0/33"], "is not an address or network"),
        (&["--rules", "/no/such/file.toml"], "/no/such/file.toml"),
        (&["--root", "/", "--moment", "now"], "needs a running system"),
        (&["--fromat", "json"], "--format"),
        (&["facts", "sysctrl:a"], "did you mean `sysctl`?"),
        (&["facts", "sysctl"], "it needs the kernel variable"),
        (&["explain", "swapoff"], "did you mean `swap-off`?"),
    ] {
        let output = run(arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert!(complaint.contains(said), "{arguments:?} doesn't say `{said}`: {complaint}");
        assert!(output.stdout.is_empty(), "{arguments:?} prints on standard output");
    }
}

#[test]
fn every_command_of_the_readme_works() {
    let fixture = "fixtures/debian10-article";
    for (arguments, code) in [
        (&["--recording", fixture, "--profile", "article"][..], 1),
        (&["--recording", fixture, "--profile", "article", "--format", "json"], 1),
        (&["explain", "swap-off", "--recording", fixture], 0),
        (&["facts", "sysctl:net.ipv4.ip_forward", "--recording", fixture], 0),
        (&["list"], 0),
        (&["list", "--covers"], 0),
        (&["lint", "rules"], 0),
        (&["schema", "rule"], 0),
        (&["schema", "report"], 0),
        (&["schema", "waivers"], 0),
        (&["schema", "facts"], 0),
        (&["completions", "bash"], 0),
        (&["--version"], 0),
        (&["--help"], 0),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stdout.is_empty(), "{arguments:?} prints nothing");
        assert!(!text(&output.stdout).contains('\u{1b}'), "{arguments:?} colours a pipe");
    }
}

#[test]
fn a_list_has_the_profiles_and_variables() {
    let output = run(&["list", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let named = |field: &str, name: &str| {
        list[field].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap().clone()
    };
    assert!(!list["rules"].as_array().unwrap().is_empty());
    assert!(named("profiles", "kubeadm-join")["includes"].as_array().unwrap().contains(&"node".into()));
    assert!(named("variables", "cni")["values"].as_array().unwrap().contains(&"flannel".into()));
    assert!(named("variables", "pod-cidr")["description"].is_string());
}

#[test]
fn lists_cut_no_word_on_a_narrow_terminal() {
    for columns in [40, 60, 80] {
        for arguments in [&["list"][..], &["list", "--covers"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
            let output = command.args(arguments).env("COLUMNS", columns.to_string()).output().unwrap();
            let shown = text(&output.stdout);
            let long = |line: &&str| line.chars().count() > columns && line.trim().contains(' ');
            let broken = shown.lines().find(|line| long(line) && !line.contains("`node-preflight explain"));
            assert_eq!(broken, None, "{arguments:?} at {columns} columns");
            assert!(shown.lines().any(|line| line.contains("kubernetes-versions-agree")), "{shown}");
        }
    }
}

#[test]
fn a_file_for_another_command_of_kubeadm_is_told() {
    let tree = crate::tree::Tree::new()
        .file("/join.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n")
        .file("/init.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n");
    for (file, profile, said) in [
        ("init.yaml", "kubeadm-join", Some("has no JoinConfiguration: `kubeadm join --config` refuses it")),
        ("join.yaml", "kubeadm-init", Some("has neither InitConfiguration nor ClusterConfiguration")),
        ("join.yaml", "kubeadm-join", None),
        ("init.yaml", "kubeadm-init", None),
        ("init.yaml", "node", None),
    ] {
        let path = tree.root().join(file);
        let path = path.to_str().unwrap();
        let recording = ["--recording", "fixtures/debian10-article", "--moment", "boot"];
        let arguments = [&recording[..], &["--profile", profile, "--kubeadm-config", path]].concat();
        let output = run(&arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code() == Some(2), said.is_some(), "{file} {profile}: {complaint}");
        assert!(said.is_none_or(|said| complaint.contains(said)), "{file} {profile}: {complaint}");
    }
}

#[test]
fn a_file_for_kubeadm_selects_the_profile_where_none_is_named() {
    let init = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n";
    let join = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery: {bootstrapToken: \
        {token: abcdef.0123456789abcdef, apiServerEndpoint: '192.0.2.1:6443', unsafeSkipCAVerification: true}}\n";
    let tree = crate::tree::Tree::new()
        .file("/init.yaml", init)
        .file("/join.yaml", join)
        .file("/both.yaml", format!("{join}---\n{init}"));
    for (file, named, profile, said) in [
        ("init.yaml", None, "kubeadm-init", None),
        ("join.yaml", None, "kubeadm-join", Some("the API server to join is not asked")),
        ("both.yaml", None, "kubeadm-init", Some("it is checked for init; `--profile kubeadm-join`")),
        ("both.yaml", Some("kubeadm-join"), "kubeadm-join", None),
        ("join.yaml", Some("node"), "node", None),
    ] {
        let path = tree.root().join(file);
        let path = path.to_str().unwrap();
        let mut arguments = vec!["--recording", "fixtures/debian13-ready", "--kubeadm-config", path];
        arguments.extend(named.iter().flat_map(|profile| ["--profile", profile]));
        let output = run(&arguments);
        let (shown, complaint) = (text(&output.stdout), text(&output.stderr));
        assert!(shown.contains(&format!("profile {profile} ")), "{file} {named:?}: {shown}{complaint}");
        match said {
            Some(said) => assert!(complaint.contains(said), "{file}: {complaint}"),
            None => assert!(!complaint.contains("note"), "{file}: {complaint}"),
        }
    }
}

/// A run whose report nobody reads.
fn unread(arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_node-preflight"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

/// And a gate that looks at a part of the report only must not open.
#[test]
fn a_closed_pipe_is_no_error_and_the_verdict_stands() {
    let output = unread(&["schema", "rule"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    for (recording, code) in [("debian13-ready", 0), ("debian10-article", 1), ("alpine322", 3)] {
        for format in ["json", "table"] {
            let recording = format!("fixtures/{recording}");
            let output = unread(&["--recording", &recording, "--format", format, "--all"]);
            assert_eq!(output.status.code(), Some(code), "{recording} {format}");
            assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        }
    }
}

#[test]
fn a_misplaced_command_to_join_shows_no_token() {
    let command = "kubeadm join 127.0.0.1:6443 --token 9876ab.0123456789abcdef";
    for arguments in
        [&[command][..], &["check", command], &["--kubeadm-config", command], &["--set", command]]
    {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(!said.is_empty() && !said.contains("0123456789abcdef"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_report_file_is_replaced_as_a_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.json");
    std::fs::write(&path, "old").unwrap();
    let output = run(&[
        "--recording",
        "fixtures/debian13-ready",
        "--format",
        "json",
        "--output",
        path.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(report["schema"], "node-preflight/report/v1");
    assert_eq!(report["ready"], true);
    assert_eq!(report["summary"]["error"]["fail"], 0);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "a temporary file is left behind");
}

#[test]
fn the_environment_sets_variables_and_the_command_line_beats_it() {
    let with = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--recording", "fixtures/debian13-ready"]);
        command
            .args(["--only", "pod-cidr-free"])
            .args(arguments)
            .env("NODE_PREFLIGHT_POD_CIDR", "192.168.0.0/16");
        text(&command.output().unwrap().stdout)
    };
    assert!(
        with(&[]).contains("192.168.0.0/16 contains this node's 192.168.45.2/24 (eth0)"),
        "{}",
        with(&[])
    );
    assert!(!with(&["--set", "pod-cidr=10.244.0.0/16"]).contains("contains"));
}

#[test]
fn control_characters_of_a_host_reach_no_terminal() {
    let tree = Tree::new()
        .file("/etc/hostname", "a\u{1b}]0;evil\u{7}\n")
        .file("/etc/os-release", "PRETTY_NAME=\"x\u{1b}[31m\"\n");
    let root = tree.root();
    for arguments in [&["check", "--all"][..], &["facts"], &["facts", "file:/etc/\u{9b}x"]] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--root", root.to_str().unwrap()]);
        let output = run(&arguments);
        for bytes in [&output.stdout, &output.stderr] {
            let bad = text(bytes).chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(bad, None, "{arguments:?}");
        }
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_node-preflight")).exists());
}

#[test]
fn what_would_be_judged_by_mistake_is_refused_or_told() {
    let empty = tempfile::tempdir().unwrap();
    std::fs::create_dir(empty.path().join("root")).unwrap();
    let refused = [
        (vec!["--root", empty.path().to_str().unwrap()], "holds no root filesystem"),
        (
            vec!["--recording", "fixtures/debian13-ready", "--set", "pod-cidr=10.244.0.0"],
            "no length of a prefix",
        ),
    ];
    for (arguments, said) in refused {
        let output = run(&arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(said), "{complaint}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_node-preflight"))
        .args(["--recording", "fixtures/debian13-ready"])
        .env("NODE_PREFLIGHT_POD_CDR", "10.0.0.0/8")
        .env("NODE_PREFLIGHT_CNI", "calico")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let complaint = text(&output.stderr);
    assert!(complaint.contains("did you mean NODE_PREFLIGHT_POD_CIDR?"), "{complaint}");
    assert!(!complaint.contains("NODE_PREFLIGHT_CNI"), "{complaint}");
}
