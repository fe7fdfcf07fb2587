//! Whole hosts: every recording in `fixtures/` is judged and compared with reviewed snapshots
//! (`INSTA_UPDATE=always cargo test` writes them again; read the diff). A rule has one line for all recordings in
//! `verdicts`; what fails or is unknown has its place in `troubles`; two recordings have their whole reports.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use node_preflight::builtin;
use node_preflight::engine::finding::{Finding, Verdict, Worst};
use node_preflight::engine::identity::{Identity, identify};
use node_preflight::engine::{self, Detail, Facts, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::report::render::v1::ReportV1;
use node_preflight::report::render::{FORMATS, Style};
use node_preflight::report::{Circumstances, Outcome, Report};
use node_preflight::rule::Severity;
use node_preflight::subsystem::Subsystems;
use node_preflight::subsystem::node::container_runtime;

pub const CIRCUMSTANCES: Circumstances<'static> = Circumstances {
    moments: &Moment::ALL,
    fail_on: Severity::Error,
    time: UNIX_EPOCH,
    duration: Duration::ZERO,
    options: "",
};

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
    let host = Host::recording(&fixtures().join(name)).unwrap();
    let subsystems = Subsystems::of(&host);
    // As the command line does it, which `ready.rs` tries.
    let found = container_runtime::of_host(&subsystems).map(|found| found.runtime);
    let runtime =
        found.into_iter().flat_map(|found| [("cri-unit", found.unit), ("cri-socket", found.socket)]);
    let runtime = runtime.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sets: Vec<(String, String)> = runtime.chain(sets.iter().cloned()).collect();
    let plan = engine::compile(&rules, &selection, &sets).unwrap_or_else(|_| panic!("no profile {profile}"));
    let findings = engine::judge_with(&plan, &Facts::new(&subsystems, &plan), &Moment::ALL, detail);
    // Where the checkout is and how fast the machine is say nothing about the host.
    let host = Identity { path: Some(format!("fixtures/{name}")), ..identify(&subsystems) };
    Report::new(&plan, host, findings, Vec::new(), CIRCUMSTANCES)
}

fn rendered(report: &Report, format: &str) -> String {
    let format = FORMATS.iter().find(|found| found.name == format).unwrap();
    let mut out = Vec::new();
    (format.render)(report, Style { width: 120, color: false, all: true }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn id(entry: &Finding) -> &str {
    entry.rule.as_str()
}

/// What a rule came to: now, after reboot.
fn verdicts(report: &Report, rule: &str) -> (String, String) {
    let entry = report.findings.iter().find(|entry| entry.rule == rule).unwrap();
    let word =
        |moment| entry.at(moment).map_or("-".to_owned(), |judgement| format!("{:?}", judgement.verdict));
    (word(Moment::Now), word(Moment::NextBoot))
}

/// The recordings whose reports are compared as a whole: most things that can be told stand in one or the other.
const IN_FULL: [&str; 2] = ["debian10-article", "debian13-ready"];

fn profile(name: &str) -> &'static str {
    if name.ends_with("article") { "article" } else { "node" }
}

#[test]
fn two_recordings_have_the_reports_that_their_snapshots_say() {
    for name in IN_FULL {
        let report = judged(name, profile(name));
        insta::assert_snapshot!(format!("{name}-table"), rendered(&report, "table"));
        insta::assert_snapshot!(format!("{name}-json"), rendered(&report, "json"));
    }
}

/// Now and after reboot: `pass unknown`.
fn in_words(entry: &Finding) -> String {
    Moment::ALL.map(|moment| entry.at(moment).map_or("-", |judgement| judgement.verdict.name())).join(" ")
}

/// One line a rule: what most recordings say, and those that say otherwise.
fn verdicts_of(reports: &BTreeMap<String, Report>) -> String {
    let rules: BTreeSet<&str> = reports.values().flat_map(|report| &report.findings).map(id).collect();
    let mut out = String::new();
    for rule in rules {
        let mut by_words: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, report) in reports {
            let entry = report.findings.iter().find(|entry| entry.rule == rule);
            by_words.entry(entry.map_or("absent".into(), in_words)).or_default().push(name);
        }
        let (most, _) = by_words.iter().max_by_key(|(_, names)| names.len()).unwrap();
        write!(out, "{rule}: {most}").unwrap();
        for (words, names) in by_words.iter().filter(|(words, _)| *words != most) {
            write!(out, "; {words}: {}", names.join(" ")).unwrap();
        }
        out.push('\n');
    }
    out
}

/// One line for each verdict that isn't pass or skip: `rule now boot place`.
fn troubles_of(reports: &BTreeMap<String, Report>) -> String {
    let mut out = String::new();
    for (name, report) in reports {
        writeln!(out, "# {name}: {:?}", report.outcome()).unwrap();
        let mut lines: Vec<String> = Vec::new();
        for entry in &report.findings {
            let judgements = Moment::ALL.into_iter().filter_map(|moment| entry.at(moment));
            let mut troubles = judgements
                .filter(|judgement| !matches!(judgement.verdict, Verdict::Pass | Verdict::Skip(_)))
                .peekable();
            if troubles.peek().is_some() {
                let places: BTreeSet<String> =
                    troubles.flat_map(|judgement| &judgement.because).map(ToString::to_string).collect();
                let places: Vec<String> = places.into_iter().collect();
                lines.push(format!("{} {} {}", entry.rule, in_words(entry), places.join(", ")));
            }
        }
        lines.sort();
        out += &lines.iter().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    }
    out
}

#[test]
fn every_recording_is_judged_as_the_snapshots_say() {
    let mut verdicts = String::new();
    let mut all = BTreeMap::new();
    for of in ["node", "article"] {
        let reports: BTreeMap<String, Report> = names()
            .into_iter()
            .filter(|name| profile(name) == of)
            .map(|name| (name.clone(), judged(&name, of)))
            .collect();
        write!(verdicts, "# profile {of}, {} recordings\n{}", reports.len(), verdicts_of(&reports)).unwrap();
        all.extend(reports);
    }
    insta::assert_snapshot!("verdicts", verdicts);
    insta::assert_snapshot!("troubles", troubles_of(&all));
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
            [Detail::Full, Detail::FailuresOnly].map(|detail| judged_in(&name, "node", &[], detail));
        assert!(!table.shows_every_rule(full.findings.len(), style.all));
        assert_eq!(text(&full), text(&shown), "{name}");
        let words = |report: &Report| {
            let judgements = report.findings.iter().flat_map(|entry| [&entry.now, &entry.boot]).flatten();
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
    let swap = report.findings.iter().find(|entry| entry.rule == "swap-off").unwrap();
    assert_eq!(swap.boot.as_ref().unwrap().because[0].to_string(), "/etc/fstab:11");
    assert_eq!(verdicts(&report, "pod-cidr-free"), ("Fail".into(), "-".into()));
    let network = report.findings.iter().find(|entry| entry.rule == "pod-cidr-free").unwrap();
    let found = &network.now.as_ref().unwrap().found;
    assert_eq!(found, "192.168.0.0/16 contains this node's 192.168.45.2/24 (eth0)");
    let failing: Vec<&str> = report
        .findings
        .iter()
        .filter(|entry| matches!(entry.worst(), Worst::Fail | Worst::Unknown))
        .map(|entry| entry.rule.as_str())
        .collect();
    assert_eq!(failing, ["pod-cidr-free", "crio-net-raw", "swap-off"]);
}

#[test]
fn a_ready_node_raises_no_alarm() {
    for (name, unknown) in [
        ("debian13-ready", vec![]),
        ("fedora42-ready", vec![]),
        // Programs of recordings are empty, so that versions are only known where a package database tells them.
        ("flatcar-ready", vec!["crio-minor-same", "kubernetes-versions-agree"]),
        // What netconfig will write into /run/netconfig/resolv.conf is not known before it does.
        ("leap156-ready", vec!["kubelet-resolv-conf"]),
        ("rocky9-ready", vec![]),
        ("ubuntu2204-ready", vec![]),
        ("ubuntu2404-ready", vec![]),
    ] {
        let report = judged(name, "node");
        assert_eq!(report.outcome(), Outcome::Ready, "{name}");
        assert!(report.findings.iter().all(|entry| entry.worst() != Worst::Fail), "{name}");
        let unknowns = report
            .findings
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
    for entry in &report.findings {
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
        .findings
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
    let swap = report.findings.iter().find(|entry| entry.rule == "swap-off").unwrap();
    assert_eq!(swap.boot.as_ref().unwrap().because[0].to_string(), "/etc/systemd/zram-generator.conf:2");
}

#[test]
fn every_recording_is_described() {
    let text = std::fs::read_to_string(fixtures().join("README.md")).unwrap();
    for name in names() {
        assert!(text.contains(&format!("`{name}`")), "fixtures/README.md says nothing of {name}");
    }
}

/// What a program reads in a report is all there is: nothing is lost by reading it and writing it again.
#[test]
fn every_report_is_read_back_byte_for_byte() {
    for name in names() {
        let text = rendered(&judged(&name, "node"), "json");
        let mut again = Vec::new();
        ReportV1::read(text.as_bytes()).unwrap().write(&mut again).unwrap();
        assert!(String::from_utf8(again).unwrap() == text, "{name}");
    }
}

/// A report of an earlier version means today what it meant then.
#[test]
fn a_frozen_report_is_read() {
    let text = include_bytes!("../frozen/reports/waived.json");
    let report = ReportV1::read(text).unwrap();
    assert_eq!((report.ready, &*report.outcome, &*report.profile), (false, "not-ready", "article"));
    assert_eq!(report.host.name.as_deref(), Some("node1"));
    let verdict = |rule: &str| {
        let finding = report.findings.iter().find(|finding| finding.rule == rule).unwrap();
        [&finding.now, &finding.boot].map(|at| at.as_ref().map_or("-", |judgement| &*judgement.verdict))
    };
    assert_eq!(verdict("ipv4-forwarding"), ["pass", "pass"]);
    assert_eq!(verdict("swap-off"), ["pass", "fail"]);
    assert_eq!(verdict("pod-cidr-free"), ["waived", "-"]);
    let swap = report.findings.iter().find(|finding| finding.rule == "swap-off").unwrap();
    let place = &swap.boot.as_ref().unwrap().because[0];
    assert_eq!((&*place.path, place.line, &place.source), ("/etc/fstab", Some(11), &None));
    assert_eq!((&*report.waivers[0].fate, report.waivers[0].by.line), ("used", Some(2)));
}
