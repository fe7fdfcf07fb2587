//! First contact: what a stranger types, and whether the answer leads on. The built binary, as in `cli.rs`.

use std::process::{Command, Output};

const READY: &str = "fixtures/debian13-ready";

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear().env("COLUMNS", "200");
    command.output().unwrap()
}

/// Exit code, standard output, standard error.
fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What the ready host comes to with a file for kubeadm.
fn with_file(text: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("kubeadm.yaml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let (code, out, error) = said(&[&["--recording", READY, "--kubeadm-config", file], more].concat());
    (code, out.replace(file, "kubeadm.yaml"), error.replace(file, "kubeadm.yaml"))
}

const CLUSTER: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n";

#[test]
fn a_rule_that_can_not_apply_in_the_profile_is_no_pass() {
    let (code, out, error) = said(&["--recording", READY, "--only", "api-server-port-free"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("in profile node") && error.contains("--profile kubeadm-init"), "{error}");
    // By an older name or with another format, too.
    let json = ["--recording", READY, "--format", "json", "--only", "swap-off,api-server-port-free"];
    assert_eq!(said(&json).0, Some(2));
    let right = ["--recording", READY, "--only", "api-server-port-free", "--profile", "kubeadm-init"];
    assert_eq!(said(&right).0, Some(0));
    // A rule of the profile that doesn't apply to this host is one that it passes.
    assert_eq!(said(&["--recording", READY, "--only", "tmpfs-kept-from-swap"]).0, Some(0));
    // A rule of another profile that applies is judged.
    assert_eq!(said(&["--recording", READY, "--only", "kubelet-port-free"]).0, Some(0));
}

#[test]
fn an_upgrade_configuration_selects_its_profile() {
    const UPGRADE: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\n";
    let profiles = |text: &str, more: &[&str]| {
        let (_, out, error) = with_file(text, &[&["--format", "json"], more].concat());
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
        (report["profiles"].to_string(), error)
    };
    let (selected, error) = profiles(UPGRADE, &[]);
    assert_eq!((selected.as_str(), error.as_str()), ("[\"kubeadm-upgrade\"]", ""));
    // Beside others it is what the file is for, and the others are left out.
    let both = format!("{UPGRADE}---\n{CLUSTER}");
    let (selected, error) = profiles(&both, &[]);
    assert_eq!(selected, "[\"kubeadm-upgrade\"]");
    assert!(
        error.contains("it is checked for upgrade; `--profile kubeadm-init` checks it for init"),
        "{error}"
    );
    assert!(error.contains("`kubeadm upgrade` ignores this document (ClusterConfiguration)"), "{error}");
    let (selected, error) = profiles(&both, &["--profile", "kubeadm-init"]);
    assert_eq!((selected.as_str(), error.as_str()), ("[\"kubeadm-init\"]", ""));
    let (code, out, error) = with_file(CLUSTER, &["--profile", "kubeadm-upgrade"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("no UpgradeConfiguration: `kubeadm upgrade --config` refuses it"), "{error}");
}

#[test]
fn a_file_without_a_document_of_kubeadms_is_not_ready() {
    let kubelet =
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: maybe\n";
    let (code, out, error) = with_file(kubelet, &[]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("neither InitConfiguration nor ClusterConfiguration"), "{error}");
    assert!(error.contains("`--profile node` checks KubeletConfiguration alone"), "{error}");
    let (code, out, error) = with_file(kubelet, &["--profile", "node"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(out.contains("failSwapOn"), "{out}");
}

#[test]
fn a_misspelt_kind_is_reported_with_the_one_that_was_meant() {
    let (code, _, error) = with_file(&CLUSTER.replace("ClusterConfiguration", "ClusterConfigration"), &[]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("kubeadm.yaml:2:7") && error.contains("did you mean `ClusterConfiguration`?"),
        "{error}"
    );
}

#[test]
fn a_tab_is_reported_on_its_own_line() {
    for (fields, line) in [
        ("networking:\n\tpodSubnet: 10.244.0.0/16\n", 4),
        ("networking:\n  podSubnet: 10.244.0.0/16\n\tserviceSubnet: 10.96.0.0/12\n", 5),
        ("networking:\n  podSubnet: 10.244.0.0/16\n  \tserviceSubnet: 10.96.0.0/12\n", 5),
    ] {
        let (code, _, error) = with_file(&format!("{CLUSTER}{fields}"), &[]);
        assert_eq!(code, Some(2), "{fields}: {error}");
        assert!(error.contains(&format!("kubeadm.yaml:{line}:")), "{fields}: {error}");
        assert!(error.contains("indent with spaces"), "{error}");
    }
}

#[test]
fn every_fault_of_a_file_has_a_line_of_its_own_and_is_told_once() {
    let fields = "networking:\n  podSubnet: 10.244.0.0/33\n  serviceSubnet: nonsense\n";
    let (code, out, _) = with_file(&format!("{CLUSTER}{fields}"), &[]);
    assert_eq!(code, Some(1));
    for (line, what) in [(4, "podSubnet `10.244.0.0/33` is not"), (5, "serviceSubnet `nonsense` is not")] {
        let with_place =
            |text: &&str| text.contains(what) && text.ends_with(&format!(": kubeadm.yaml:{line}"));
        assert_eq!(out.lines().filter(with_place).count(), 1, "{out}");
    }
    // A file is the same after a reboot.
    let row = out.lines().find(|line| line.contains("kubeadm-config-networks")).unwrap();
    assert!(row.contains("FAIL  ·"), "{row}");
}

/// The command between backquotes that says why.
fn hint(out: &str) -> Option<String> {
    let line = out.lines().find(|line| line.contains("says why and how to fix"))?;
    Some(line.split('`').nth(1)?.to_owned())
}

#[test]
fn the_hint_is_a_command_that_says_the_same_as_the_report() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("my cluster's.yaml");
    std::fs::write(&file, format!("{CLUSTER}networking: {{podSubnet: nonsense}}\n")).unwrap();
    let file = file.to_str().unwrap();
    let article = "fixtures/debian10-article";
    for arguments in [
        &["--recording", article, "--profile", "article"][..],
        &["--recording", article, "--moment", "boot"],
        &["--root", "fixtures/debian12-fresh/root"],
        &["--recording", READY, "--kubeadm-config", file],
        &["--recording", READY, "--set", "kubernetes-version=1.30", "--only", "kubelet-fits-cluster"],
    ] {
        let (code, out, error) = said(arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {error}");
        let command = hint(&out).unwrap_or_else(|| panic!("{arguments:?}: {out}"));
        let words = command.strip_prefix("node-preflight ").unwrap();
        // As a shell takes it.
        let binary = env!("CARGO_BIN_EXE_node-preflight");
        let mut shell = Command::new("sh");
        shell.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-c", &format!("{binary} {words}")]);
        let explained = shell.output().unwrap();
        assert_eq!(
            explained.status.code(),
            Some(0),
            "{command}: {}",
            String::from_utf8_lossy(&explained.stderr)
        );
        let text = String::from_utf8(explained.stdout).unwrap();
        assert!(text.contains(": FAIL"), "{command}: {text}");
    }
}

#[test]
fn the_hint_shows_no_token() {
    let join = "kubeadm join 127.0.0.1:1 --token 9876ab.0123456789abcdef --discovery-token-unsafe-skip-ca-verification";
    let (_, out, _) = said(&["--recording", "fixtures/debian12-fresh", "--kubeadm-join", join]);
    let command = hint(&out).unwrap();
    assert!(command.ends_with("--kubeadm-join '...'") && !out.contains("0123456789abcdef"), "{out}");
}

#[test]
fn explain_takes_rules_tags_and_names_of_other_tools() {
    let rules = |words: &[&str]| -> Vec<String> {
        let (code, out, error) =
            said(&[&["explain"], words, &["--recording", READY, "--format", "json"]].concat());
        assert_eq!(code, Some(0), "{words:?}: {error}");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(report["schema"], "node-preflight/report/v1");
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rules(&["swap-off"]), ["swap-off"]);
    assert_eq!(rules(&["swap-off", "ipv4-forwarding"]).len(), 2);
    assert_eq!(rules(&["kubeadm:Swap"]), rules(&["Swap"]));
    assert!(rules(&["Swap"]).contains(&"swap-off".to_owned()));
    let of_tag = rules(&["swap"]);
    assert!(of_tag.len() > 1 && of_tag.contains(&"swap-off".to_owned()), "{of_tag:?}");
    // What a rule needs is judged, too, and not what was asked for.
    assert_eq!(rules(&["cri-answers"]), ["cri-answers"]);
    for (word, near) in [("swapoff", "swap-off"), ("netwrok", "network"), ("kubeadm:Swpa", "kubeadm:Swap")] {
        let (code, _, error) = said(&["explain", word]);
        assert_eq!(code, Some(2));
        assert!(error.contains(&format!("did you mean `{near}`?")), "{error}");
    }
}

#[test]
fn an_explanation_says_each_thing_once() {
    let article = ["--recording", "fixtures/debian10-article", "--profile", "article"];
    let (_, out, _) = said(&[&["explain", "swap-off"], &article[..]].concat());
    assert!(out.starts_with("swap-off: No swap is in use (error)\n"), "{out}");
    assert!(out.contains("\nNow: pass\n  found  none\n  wanted "), "{out}");
    assert!(out.contains("\nAfter reboot: FAIL\n  found  "), "{out}");
    assert!(out.contains("  ✗ /etc/fstab:11"), "the place is marked by its verdict: {out}");
    let found = out.split("To fix").next().unwrap();
    assert_eq!(found.matches("/etc/fstab:11").count(), 1, "{out}");
    // Of two moments that are the same there is one text.
    let (_, out, _) = said(&["explain", "kubernetes-installed", "--recording", READY]);
    assert!(out.contains("Now and after reboot: pass"), "{out}");
}

#[test]
fn options_may_stand_before_the_command() {
    for command in [
        &["explain", "swap-off"][..],
        &["facts", "swap"],
        &["check", "--only", "swap-off", "--format", "json"],
        &["list", "--format", "json"],
    ] {
        let option = if command[0] == "list" { ["--profile", "node"] } else { ["--recording", READY] };
        let (before, after) = ([&option[..], command].concat(), [command, &option[..]].concat());
        let (code, out, error) = said(&before);
        assert_eq!(code, Some(0), "{before:?}: {error}");
        let stable = |text: &str| -> String {
            text.lines().filter(|line| !line.contains("\"time\"") && !line.contains("duration_us")).collect()
        };
        assert_eq!(stable(&out), stable(&said(&after).1), "{before:?}");
    }
}

#[test]
fn an_undecided_report_says_which_command_decides_it() {
    // A container has no boot of its own to judge.
    let host = crate::recordings::RecordingCopy::of("debian13-ready");
    host.write("live/run/systemd/container", "docker\n");
    let place = host.place("");
    let place = place.to_str().unwrap();
    let (code, out, _) = said(&["--recording", place]);
    assert_eq!(code, Some(3), "{out}");
    let line =
        out.lines().find(|line| line.contains("without the next boot: `")).unwrap_or_else(|| panic!("{out}"));
    let command = line.split('`').nth(1).unwrap().strip_prefix("node-preflight ").unwrap();
    assert_eq!(said(&command.split(' ').collect::<Vec<_>>()).0, Some(0), "{command}");
    // Rules that share the reason have no row each.
    assert_eq!(out.matches("its next start is decided outside it").count(), 1, "{out}");
    let rows = out.lines().filter(|line| line.contains("UNKNOWN")).count();
    assert!(rows <= 2 && out.contains("unknown after reboot (error): "), "{rows} rows: {out}");
    // With --all each rule has its row.
    let (_, all, _) = said(&["--recording", place, "--all"]);
    assert!(all.lines().filter(|line| line.contains("UNKNOWN")).count() > 2, "{all}");
}

#[test]
fn the_readme_shows_what_the_program_says_of_the_recordings() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let commands: Vec<&str> = (readme.lines())
        .filter_map(|line| line.trim_start_matches("$ ").strip_prefix("node-preflight "))
        .filter(|command| command.contains("--recording fixtures/"))
        .collect();
    let codes: Vec<Option<i32>> =
        commands.iter().map(|command| said(&command.split(' ').collect::<Vec<_>>()).0).collect();
    assert_eq!(codes, [Some(1), Some(0), Some(0), Some(1), Some(0), Some(1)], "{commands:?}");
    // The report at the top, but for the time it took and how its lines are broken.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let out = words(&said(&commands[0].split(' ').collect::<Vec<_>>()).1);
    let shown = shown.split_once('\n').unwrap().1;
    for part in shown.split(" ...\n") {
        let part = words(part);
        let (before, after) = part.split_once(" in 2.9 ms").unwrap_or((&part, ""));
        assert!(out.contains(before) && out.contains(after.trim()), "{part}\n{out}");
    }
}

#[test]
fn a_gate_stops_at_a_port_that_something_has_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("bind-port={}", taken.local_addr().unwrap().port());
    let gate = ["--profile", "kubeadm-init", "--only", "api-server-port-free", "--set", &port];
    let (code, out, error) = said(&gate);
    assert_eq!(code, Some(1), "{error}");
    assert!(out.contains("is listening: /proc/net/tcp:"), "{out}");
    assert!(hint(&out).is_some_and(|command| command.contains(&port)), "{out}");
}
