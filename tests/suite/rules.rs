//! The cases of the built-in rules, `tests/rules/ID.toml`: each rule must be seen to pass and to fail at every
//! moment at which it is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use node_preflight::builtin;
use node_preflight::engine::finding::{Finding, Judgement, Verdict};
use node_preflight::engine::plan::Plan;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::rule;
use node_preflight::subsystem::Subsystems;
use node_preflight::subsystem::kubeadm::Kubeadm;
use serde::Deserialize;

use crate::tree::Tree;
use crate::{base, cluster};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub says: String,
    /// A distribution's minimal root to start from; nothing if left out.
    base: Option<String>,
    cmdline: Option<String>,
    #[serde(default)]
    file: BTreeMap<String, String>,
    #[serde(default)]
    link: BTreeMap<String, String>,
    #[serde(default)]
    program: BTreeMap<String, String>,
    #[serde(default)]
    mode: BTreeMap<String, String>,
    /// When files were changed, in seconds since 1970.
    #[serde(default)]
    modified: BTreeMap<String, i64>,
    /// Files of the running system; the host has none if this and `machine` are left out.
    live: Option<BTreeMap<String, String>>,
    /// Character devices of the running system.
    #[serde(default)]
    device: Vec<String>,
    /// Sockets of the running system.
    #[serde(default)]
    socket: Vec<String>,
    /// `live/machine.toml`.
    machine: Option<String>,
    #[serde(default)]
    vars: BTreeMap<String, String>,
    /// The file of `--kubeadm-config`, named kubeadm.yaml.
    kubeadm: Option<String>,
    /// The command of `--kubeadm-join`; HASH stands for that of the cluster's CA.
    join: Option<String>,
    /// What the API server at k8s.example.com:6443 answers, by name.
    cluster: Option<String>,
    /// More of `meta.toml`, by path: `uid = 1000`, `denied = true`.
    #[serde(default)]
    meta: BTreeMap<String, String>,
    pub now: Option<String>,
    pub boot: Option<String>,
    /// The first place that decided: at boot where the case says `boot`, else now.
    pub because: Option<String>,
}

/// Their condition is a variable that has a value unless somebody takes it away.
const ALWAYS_APPLY: &[&str] = &["service-cidr-free", "service-cidr-unproxied"];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

fn built_in() -> rule::RuleSet {
    builtin::rules()
}

#[test]
fn the_rules_of_a_profile_are_those_that_all_rules_would_give() {
    let all = built_in();
    for profile in &all.profiles {
        let selection = Selection { profiles: vec![profile.name.value.to_string()], ..Selection::default() };
        let plan = |rules: &rule::RuleSet| -> Vec<String> {
            let plan = engine::compile(rules, &selection, &[]).unwrap();
            plan.rules.iter().map(|rule| format!("{} {:?}", rule.id, rule.needs.len())).collect()
        };
        let few = builtin::rules_of(&selection.profiles);
        assert_eq!(plan(&few), plan(&all), "{}", profile.name.value);
        assert!(few.rules.len() < all.rules.len() || few == all);
    }
    assert_eq!(builtin::rules_of(&["none".to_owned()]), all);
}

#[test]
fn every_rule_passes_and_fails_as_its_cases_say() {
    let rules = built_in();
    let mut wrong = Vec::new();
    for rule in &rules.rules {
        let id = &rule.id.value;
        let path = directory().join(format!("{id}.toml"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            wrong.push(format!("{id}: no {}", path.display()));
            continue;
        };
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut seen = BTreeSet::new();
        let mut moments = Vec::new();
        for case in &file.case {
            let context = format!("{id} ({})", case.says);
            let plan = plan(&rules, id, case);
            moments = plan.rules.iter().find(|rule| rule.id == *id).unwrap().moments.clone();
            let finding = judge(&plan, id, case);
            if case.now.is_some() {
                seen.insert((Moment::Now, found(&finding, Moment::Now)));
            }
            if case.boot.is_some() {
                seen.insert((Moment::Boot, found(&finding, Moment::Boot)));
            }
            wrong.extend(wrong_verdicts(&context, case, &finding));
            wrong.extend(wrong_place(&context, case, &finding));
        }
        for moment in moments {
            // One with a default value always applies.
            let inapplicable = rule.when.is_some() && !ALWAYS_APPLY.contains(&id.as_str());
            for verdict in ["pass", "fail", "skip"] {
                if (verdict != "skip" || inapplicable) && !seen.contains(&(moment, verdict)) {
                    wrong.push(format!("{id}: no case in which it comes to {verdict} at {moment}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_file_belongs_to_a_rule() {
    let rules = built_in();
    for entry in std::fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_stem().unwrap().to_str().unwrap();
        assert!(rules.rules.iter().any(|rule| rule.id.value == id), "{} has no rule", path.display());
    }
}

/// What was expected at a moment and not found.
pub fn wrong_verdicts(context: &str, case: &Case, finding: &Finding) -> Vec<String> {
    let expected = [(Moment::Now, &case.now), (Moment::Boot, &case.boot)];
    let expected = expected.into_iter().filter_map(|(moment, word)| Some((moment, word.as_deref()?)));
    let wrong = expected.filter(|(moment, word)| *word != found(finding, *moment));
    wrong
        .map(|(moment, word)| {
            let found = found(finding, moment);
            format!("{context}: {moment} {found}, expected {word}: {:?}", finding.at(moment))
        })
        .collect()
}

fn found(finding: &Finding, moment: Moment) -> &'static str {
    finding.at(moment).map_or("not judged", |judgement| judgement.verdict.name())
}

pub fn wrong_place(context: &str, case: &Case, finding: &Finding) -> Option<String> {
    let expected = case.because.as_deref()?;
    let judgement: &Judgement =
        if case.boot.is_some() { finding.boot.as_ref()? } else { finding.now.as_ref()? };
    let places: Vec<String> = judgement.because.iter().map(ToString::to_string).collect();
    (places.first().map(String::as_str) != Some(expected))
        .then(|| format!("{context}: decided by {places:?}, expected {expected}"))
}

pub fn plan(rules: &rule::RuleSet, id: &str, case: &Case) -> Plan {
    let selection = Selection { only: vec![id.to_owned()], ..Selection::everything() };
    let variables: Vec<(String, String)> = case.vars.clone().into_iter().collect();
    let settings = kubeadm(case).map_or_else(Vec::new, |kubeadm| kubeadm.settings(None));
    let given: Vec<engine::Given> = settings
        .into_iter()
        .map(|set| engine::Given { name: set.name.into(), value: set.value, origin: set.origin })
        .collect();
    engine::compile_given(rules, &selection, &given, &variables)
        .unwrap_or_else(|wrong| panic!("{id}: {}", rule::diagnostic::render(&rules.files, &wrong, false)))
}

fn kubeadm(case: &Case) -> Option<Kubeadm> {
    if let Some(command) = &case.join {
        let command = command.replace("HASH", &cluster::hash());
        return Some(
            Kubeadm::join_command(&command).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", case.says)),
        );
    }
    let text = case.kubeadm.as_deref()?;
    Some(Kubeadm::read("kubeadm.yaml", text).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", case.says)))
}

pub fn judge(plan: &Plan, id: &str, case: &Case) -> Finding {
    judge_on(&build(case, None), plan, id, case)
}

fn judge_on(tree: &Tree, plan: &Plan, id: &str, case: &Case) -> Finding {
    let host = Host::recording(&tree.recording()).unwrap();
    let kubeadm = kubeadm(case);
    let subsystems = Subsystems::of(&host).with_kubeadm(kubeadm.as_ref());
    let findings = engine::judge(plan, &subsystems, &Moment::ALL);
    findings.into_iter().find(|finding| finding.id == id).unwrap()
}

#[test]
fn no_rule_passes_or_fails_by_a_line_that_could_not_be_read() {
    let rules = built_in();
    let mut wrong = Vec::new();
    for rule in &rules.rules {
        let id = &rule.id.value;
        let text = std::fs::read_to_string(directory().join(format!("{id}.toml"))).unwrap();
        let file: File = toml::from_str(&text).unwrap();
        for case in &file.case {
            let context = format!("{id} ({})", case.says);
            let plan = plan(&rules, id, case);
            let finding = judge(&plan, id, case);
            for moment in Moment::ALL {
                let Some(judgement) = finding.at(moment) else { continue };
                let decided = judgement.because.first().filter(|origin| origin.line.is_some());
                let Some(path) = decided.map(|origin| origin.path.to_string()) else { continue };
                let judged = matches!(judgement.verdict, Verdict::Pass | Verdict::Fail);
                if !judged || !case.file.contains_key(&path) {
                    continue;
                }
                let denied = judge_on(&build(case, Some(&path)), &plan, id, case);
                let denied = denied.at(moment).unwrap();
                // Another place may decide as well.
                let elsewhere = denied.because.iter().any(|origin| origin.path != path.as_str());
                if !elsewhere && matches!(denied.verdict, Verdict::Pass | Verdict::Fail) {
                    wrong.push(format!("{context}: {moment}, without {path}: {denied:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

/// The host of a case; one of its files can't be read.
fn build(case: &Case, denied: Option<&str>) -> Tree {
    let cmdline = case.cmdline.as_deref().unwrap_or("root=/dev/vda1 ro quiet");
    let mut tree = match case.base.as_deref() {
        Some("debian12") => base::debian12(cmdline),
        Some("debian13") => base::debian13(cmdline),
        Some(other) => panic!("no base {other}"),
        None => Tree::new(),
    };
    for (path, content) in &case.file {
        tree = tree.file(path, content);
    }
    for (path, content) in &case.program {
        tree = tree.program(path, content);
    }
    for (path, target) in &case.link {
        tree = tree.link(path, target);
    }
    let said = |path: &str| denied != Some(path);
    for (path, mode) in case.mode.iter().filter(|entry| said(entry.0)) {
        tree = tree.meta(path, &format!("mode = \"{mode}\""));
    }
    for (path, text) in case.meta.iter().filter(|entry| said(entry.0)) {
        tree = tree.meta(path, text);
    }
    for (path, seconds) in case.modified.iter().filter(|entry| said(entry.0)) {
        tree = tree.meta(path, &format!("modified = {seconds}"));
    }
    if case.live.is_some() || case.machine.is_some() {
        // What every running Linux has.
        let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
        tree = tree
            .live("/proc/cmdline", cmdline)
            .live("/proc/sys/kernel/ostype", "Linux\n")
            .live("/proc/net/route", routes);
    }
    for (path, content) in case.live.iter().flatten() {
        tree = tree.live(path, content);
    }
    if case.live.is_some() || case.machine.is_some() {
        let answer = case.cluster.as_deref().map_or_else(String::new, cluster::recorded);
        tree = tree.machine(&format!("{}{answer}", case.machine.as_deref().unwrap_or("")));
    }
    if let Some(path) = denied {
        tree = tree.denied(path);
    }
    let tree = case.socket.iter().fold(tree, |tree, path| tree.live_kind(path, "socket"));
    case.device.iter().fold(tree, |tree, path| tree.live_kind(path, "char-device"))
}
