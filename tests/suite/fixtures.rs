//! Whole hosts: every recording in `fixtures/` is judged, and its full reports are compared with reviewed
//! snapshots (`INSTA_UPDATE=always cargo test` writes them anew; read the diff).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use node_preflight::builtin;
use node_preflight::engine::finding::Verdict;
use node_preflight::engine::identity::identify;
use node_preflight::engine::{self, Detail, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::report::render::{FORMATS, Style};
use node_preflight::report::{Outcome, Report, Worst};
use node_preflight::subsystem::Subsystems;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(fixtures()).unwrap().map(Result::unwrap);
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn judged(name: &str, profile: &str) -> Report {
    judged_with(name, profile, &[])
}

/// The same, with `--set`.
fn judged_with(name: &str, profile: &str, sets: &[(String, String)]) -> Report {
    judged_in(name, profile, sets, Detail::Full)
}

fn judged_in(name: &str, profile: &str, sets: &[(String, String)], detail: Detail) -> Report {
    let rules = builtin::rules();
    let selection = Selection { profiles: vec![profile.into()], ..Selection::everything() };
    let plan = engine::compile(&rules, &selection, sets).unwrap_or_else(|_| panic!("no profile {profile}"));
    let host = Host::recording(&fixtures().join(name)).unwrap();
    let subsystems = Subsystems::of(&host);
    let findings = engine::judge_with(&plan, &subsystems, &Moment::ALL, detail);
    let mut report = Report::new(&plan, findings, identify(&subsystems), &Moment::ALL);
    // Where the checkout is and how fast the machine is say nothing about the host.
    report.host.path = Some(format!("fixtures/{name}"));
    report.duration = Duration::ZERO;
    report
}

fn rendered(report: &Report, format: &str) -> String {
    let format = FORMATS.iter().find(|found| found.name == format).unwrap();
    let mut out = Vec::new();
    (format.render)(report, Style { width: 120, color: false, all: true }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What a rule came to: now, after reboot.
fn verdicts(report: &Report, rule: &str) -> (String, String) {
    let entry = report.entries.iter().find(|entry| entry.rule == rule).unwrap();
    let word =
        |moment| entry.at(moment).map_or("-".to_owned(), |judgement| format!("{:?}", judgement.verdict));
    (word(Moment::Now), word(Moment::Boot))
}

#[test]
fn every_recording_is_judged_as_its_snapshots_say() {
    for name in names() {
        let profile = if name.ends_with("article") { "article" } else { "node" };
        let report = judged(&name, profile);
        insta::assert_snapshot!(format!("{name}-table"), rendered(&report, "table"));
        insta::assert_snapshot!(format!("{name}-json"), rendered(&report, "json"));
    }
}

#[test]
fn a_table_is_the_same_if_only_what_it_shows_was_put_into_words() {
    let table = FORMATS.iter().find(|format| format.name == "table").unwrap();
    let style = Style { width: 120, color: false, all: false };
    let text = |report: &Report| {
        let mut out = Vec::new();
        (table.render)(report, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let mut spared = 0;
    for name in names() {
        let [full, shown] =
            [Detail::Full, Detail::Troubles].map(|detail| judged_in(&name, "node", &[], detail));
        assert_eq!((table.detail)(full.entries.len(), style), Detail::Troubles);
        assert_eq!(text(&full), text(&shown), "{name}");
        let words = |report: &Report| {
            let judgements = report.entries.iter().flat_map(|entry| [&entry.now, &entry.boot]).flatten();
            judgements.filter(|judgement| !judgement.found.is_empty()).count()
        };
        spared += words(&full) - words(&shown);
    }
    assert!(spared > 1_000, "{spared} judgements without words");
}

#[test]
fn the_article_passes_now_and_fails_after_reboot() {
    let report = judged("debian10-article", "article");
    assert_eq!(report.outcome(), Outcome::NotReady);
    assert_eq!(verdicts(&report, "swap-off"), ("Pass".into(), "Fail".into()));
    let swap = report.entries.iter().find(|entry| entry.rule == "swap-off").unwrap();
    assert_eq!(swap.boot.as_ref().unwrap().because[0].to_string(), "/etc/fstab:11");
    assert_eq!(verdicts(&report, "pod-cidr-free"), ("Fail".into(), "-".into()));
    let network = report.entries.iter().find(|entry| entry.rule == "pod-cidr-free").unwrap();
    let found = &network.now.as_ref().unwrap().found;
    assert_eq!(found, "192.168.0.0/16 contains this node's 192.168.45.2/24 (eth0)");
    let failing: Vec<&str> = report
        .entries
        .iter()
        .filter(|entry| matches!(entry.worst(), Worst::Fail | Worst::Unknown))
        .map(|entry| entry.rule.as_str())
        .collect();
    assert_eq!(failing, ["pod-cidr-free", "crio-net-raw", "swap-off"]);
}

#[test]
fn a_ready_node_raises_no_alarm() {
    // Programs of recordings are empty, so that versions are only known where a package database tells them.
    let versions = vec!["crio-minor-same", "kubernetes-versions-agree"];
    for (name, unknown) in [
        ("debian13-ready", vec![]),
        ("fedora42-ready", versions.clone()),
        ("flatcar-ready", versions.clone()),
        // What netconfig will write into /run/netconfig/resolv.conf is not known before it does.
        ("leap156-ready", [versions.clone(), vec!["kubelet-resolv-conf"]].concat()),
        ("rocky9-ready", versions),
        ("ubuntu2204-ready", vec![]),
        ("ubuntu2404-ready", vec![]),
    ] {
        let report = judged(name, "node");
        assert_eq!(report.outcome(), Outcome::Ready, "{name}");
        assert!(report.entries.iter().all(|entry| entry.worst() != Worst::Fail), "{name}");
        let unknowns = report
            .entries
            .iter()
            .filter(|entry| entry.worst() == Worst::Unknown)
            .map(|entry| entry.rule.as_str())
            .collect::<BTreeSet<_>>();
        assert_eq!(unknowns, unknown.into_iter().collect(), "{name}");
    }
}

#[test]
fn another_init_is_no_failure_and_what_it_does_is_unknown_with_its_reason() {
    let report = judged("alpine322", "node");
    for entry in &report.entries {
        for judgement in Moment::ALL.into_iter().filter_map(|moment| entry.at(moment)) {
            match &judgement.verdict {
                Verdict::Pass => {}
                Verdict::Unknown(reason) | Verdict::Skip(reason) => {
                    assert!(!reason.as_str().is_empty(), "{}", entry.rule);
                }
                verdict => panic!("{} is {verdict:?}: {}", entry.rule, judgement.found),
            }
        }
    }
    for rule in ["systemd-runs", "kubelet-enabled", "crio-runs", "crio-cgroup-manager-systemd"] {
        let (now, boot) = verdicts(&report, rule);
        assert!(now.starts_with("Skip") && boot.starts_with("Skip"), "{rule}: {now}, {boot}");
    }
    // What runs now is judged as anywhere; only the next boot is another program's.
    for rule in ["swap-off", "ipv4-forwarding", "overlay-usable", "cgroup-v2"] {
        let (now, boot) = verdicts(&report, rule);
        assert!(now == "Pass" && boot.starts_with("Unknown"), "{rule}: {now}, {boot}");
    }
    assert_eq!(verdicts(&report, "cri-answers").0, "Pass");
}

#[test]
fn a_ready_node_stays_ready_when_its_pod_network_needs_bridged_traffic() {
    let report = judged_with("debian13-ready", "node", &[("cni".into(), "flannel".into())]);
    for rule in ["br-netfilter-loaded", "bridged-traffic-filtered"] {
        assert_eq!(verdicts(&report, rule), ("Pass".into(), "Pass".into()), "{rule}");
    }
    let odd: Vec<&str> = report
        .entries
        .iter()
        .filter(|entry| matches!(entry.worst(), Worst::Fail | Worst::Unknown))
        .map(|entry| entry.rule.as_str())
        .collect();
    assert_eq!((report.outcome(), odd), (Outcome::Ready, vec![]));
}

#[test]
fn zram_comes_back() {
    let report = judged("ubuntu2404-zram", "node");
    assert_eq!(verdicts(&report, "swap-off"), ("Pass".into(), "Fail".into()));
    let swap = report.entries.iter().find(|entry| entry.rule == "swap-off").unwrap();
    assert_eq!(swap.boot.as_ref().unwrap().because[0].to_string(), "/etc/systemd/zram-generator.conf:2");
}

#[test]
fn every_recording_is_described() {
    let text = std::fs::read_to_string(fixtures().join("README.md")).unwrap();
    for name in names() {
        assert!(text.contains(&format!("`{name}`")), "fixtures/README.md says nothing of {name}");
    }
}
