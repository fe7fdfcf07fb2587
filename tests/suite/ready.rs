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
