//! Every recording of a ready host, by the built binary, in each profile that a gate uses: exit code 0, and nothing to
//! report. What runtime it has is found.

use std::path::Path;
use std::process::Command;

/// The profiles of gates.
const PROFILES: [&str; 3] = ["node", "kubeadm-init", "kubeadm-join"];

/// What can't be known of these recordings yet, and why.
const OPEN: [(&str, &[&str], &str); 2] = [
    ("leap156-ready", &["kubelet-resolv-conf"], "netconfig makes resolv.conf at boot"),
    (
        "flatcar-ready",
        &["kubernetes-versions-agree", "crio-minor-same", "volume-plugins-writable"],
        "its programs are empty, and no package has them",
    ),
];

fn odd(fixture: &str, profile: &str) -> (Option<i32>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
    command
        .args(["--format", "json", "--profile", profile, "--recording"])
        .arg(format!("fixtures/{fixture}"));
    let output = command.output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let is_odd = |finding: &&serde_json::Value| {
        ["now", "boot"].iter().any(|moment| {
            ["fail", "unknown"].contains(&finding[*moment]["verdict"].as_str().unwrap_or_default())
        })
    };
    let odd = report["findings"].as_array().unwrap().iter().filter(is_odd);
    (output.status.code(), odd.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn containerd_without_its_cri_is_reported_with_the_line_that_switches_it_off() {
    let (code, odd) = odd("debian13-containerd-docker", "kubeadm-init");
    assert_eq!(code, Some(1));
    assert_eq!(odd, ["containerd-cri-on", "cri-answers"].map(String::from), "{odd:?}");
}

#[test]
fn a_ready_host_is_ready_for_every_gate_without_a_row() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let names =
        std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut ready: Vec<String> = names.filter(|name| name.ends_with("-ready")).collect();
    ready.sort();
    assert!(ready.len() >= 7, "{ready:?}");
    let mut wrong = Vec::new();
    for name in &ready {
        let open = OPEN.iter().find(|(fixture, ..)| fixture == name).map_or(&[][..], |(_, rules, _)| *rules);
        for profile in PROFILES {
            let (code, mut odd) = odd(name, profile);
            odd.retain(|rule| !open.contains(&rule.as_str()));
            if code != Some(0) || !odd.is_empty() {
                wrong.push(format!("{name} {profile}: {code:?} {odd:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_node_before_its_upgrade_is_judged_for_the_version_of_its_kubeadm() {
    let (code, found) = odd("debian13-upgrade", "kubeadm-upgrade");
    assert_eq!((code, found), (Some(0), vec![]));
    let (code, mut found) = odd("debian13-upgrade-broken", "kubeadm-upgrade");
    found.sort();
    let expected = [
        "admin-kubeconfig-exists",
        "control-plane-fits-target",
        "etcd-backup-space",
        "etcd-fits-target",
        "image-space-above-eviction",
        "kubeadm-fits-target",
        "kubelet-flags-fit-target",
        "kubelet-gates-not-settled",
        "kubelet-values-fit-target",
        "kubernetes-repository-fits-target",
        "node-space-above-eviction",
    ];
    assert_eq!(code, Some(1));
    assert_eq!(found, expected);
}

#[test]
fn the_target_of_an_upgrade_is_set_or_found() {
    let target = |fixture: &str, more: &[&str]| -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
        let recording = format!("fixtures/{fixture}");
        command
            .args(["--format", "json", "--profile", "kubeadm-upgrade", "--recording", &recording])
            .args(more);
        let report: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        report["vars"]["kubernetes-target"].to_string()
    };
    // kubeadm is newer than the API server; it isn't; nothing tells; somebody says it.
    assert_eq!(target("debian13-upgrade", &[]), "\"1.35\"");
    assert_eq!(target("debian13-upgrade-broken", &[]), "\"1.35\"");
    assert_eq!(target("debian12-fresh", &[]), "null");
    assert_eq!(target("debian13-upgrade", &["--set", "kubernetes-target=1.34.4"]), "\"1.34.4\"");
}
