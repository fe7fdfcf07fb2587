//! A case of a rule: a host in a few lines of TOML, and what the rule comes to on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use node_preflight::engine::finding::{Finding, Judgement};
use node_preflight::engine::plan::Plan;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::kubeadm::Kubeadm;
use node_preflight::rule;
use node_preflight::subsystem::Subsystems;
use serde::Deserialize;

use crate::tree::Tree;
use crate::{cluster, distributions};

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
    /// Files that nobody could read, and directories that nobody could look into: below /proc, /sys, /run and /dev of
    /// the running system, else on disk. They need not be there otherwise.
    #[serde(default)]
    denied: Vec<String>,
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
    /// More of `meta.toml`, by path: `uid = 1000`.
    #[serde(default)]
    meta: BTreeMap<String, String>,
    pub now: Option<String>,
    pub boot: Option<String>,
    /// The first place that decided: at boot where the case says `boot`, else now.
    pub because: Option<String>,
    /// A part of the reason why it is unknown or does not apply.
    pub reason: Option<String>,
    /// A part of the fix for what is found.
    pub fix: Option<String>,
}

/// Where the cases are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// The cases of a rule.
pub fn read(id: &str) -> Result<Vec<Case>, String> {
    let path = directory().join(format!("{id}.toml"));
    let text = std::fs::read_to_string(&path).map_err(|_| format!("{id}: no {}", path.display()))?;
    let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Ok(file.case)
}

impl Case {
    /// What is expected at a moment.
    pub fn expected(&self, moment: Moment) -> Option<&str> {
        match moment {
            Moment::Now => self.now.as_deref(),
            Moment::NextBoot => self.boot.as_deref(),
        }
    }

    /// The host of the case.
    pub fn build(&self) -> Tree {
        let cmdline = self.cmdline.as_deref().unwrap_or("root=/dev/vda1 ro quiet");
        let mut tree = match self.base.as_deref() {
            Some("debian12") => distributions::debian12(cmdline),
            Some("debian13") => distributions::debian13(cmdline),
            Some(other) => panic!("no base {other}"),
            None => Tree::new(),
        };
        for (path, content) in &self.file {
            tree = tree.file(path, content);
        }
        for (path, content) in &self.program {
            tree = tree.program(path, content);
        }
        for (path, target) in &self.link {
            tree = tree.link(path, target);
        }
        for (path, mode) in &self.mode {
            tree = tree.meta(path, &format!("mode = \"{mode}\""));
        }
        for (path, text) in &self.meta {
            tree = tree.meta(path, text);
        }
        for (path, seconds) in &self.modified {
            tree = tree.meta(path, &format!("modified = {seconds}"));
        }
        if self.live.is_some() || self.machine.is_some() {
            // What every running Linux has.
            let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
            tree = tree
                .live("/proc/cmdline", cmdline)
                .live("/proc/sys/kernel/ostype", "Linux\n")
                .live("/proc/net/route", routes);
        }
        for (path, content) in self.live.iter().flatten() {
            tree = tree.live(path, content);
        }
        if self.live.is_some() || self.machine.is_some() {
            let answer = self.cluster.as_deref().map_or_else(String::new, cluster::recorded);
            tree = tree.machine(&format!("{}{answer}", self.machine.as_deref().unwrap_or("")));
        }
        tree = self.device.iter().fold(tree, |tree, path| tree.live_kind(path, "char-device"));
        tree = self.socket.iter().fold(tree, |tree, path| tree.live_kind(path, "socket"));
        for path in &self.denied {
            let running =
                ["/proc", "/sys", "/run", "/dev"].iter().any(|top| Path::new(path).starts_with(top));
            tree = tree.hidden(if running { "live" } else { "root" }, path);
        }
        tree
    }

    pub fn kubeadm(&self) -> Option<Kubeadm> {
        let read = match (&self.join, &self.kubeadm) {
            (Some(command), _) => {
                Kubeadm::join_command(&command.replace("HASH", &cluster::hash())).map_err(|wrong| vec![wrong])
            }
            (None, Some(text)) => Kubeadm::read("kubeadm.yaml", text),
            (None, None) => return None,
        };
        Some(read.unwrap_or_else(|wrong| panic!("{}: {wrong:?}", self.says)))
    }
}

/// What was expected at a moment and not found.
pub fn wrong_verdicts(context: &str, case: &Case, finding: &Finding) -> Vec<String> {
    let mut wrong = Vec::new();
    for moment in Moment::ALL {
        let Some(word) = case.expected(moment) else { continue };
        let found = found(finding, moment);
        if word != found {
            let judgement = finding.at(moment);
            wrong.push(format!("{context}: {moment} {found}, expected {word}: {judgement:?}"));
        }
    }
    wrong
}

/// The verdict at a moment.
pub fn found(finding: &Finding, moment: Moment) -> &'static str {
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

pub fn wrong_fix(context: &str, case: &Case, finding: &Finding) -> Option<String> {
    let expected = case.fix.as_deref()?;
    let fix = finding.fix().text.as_deref().unwrap_or_default();
    (!fix.contains(expected)).then(|| format!("{context}: the fix is `{fix}`, expected `{expected}`"))
}

/// Of what is unknown the reason is expected as well.
pub fn wrong_reason(context: &str, case: &Case, finding: &Finding) -> Vec<String> {
    let mut wrong = Vec::new();
    for moment in Moment::ALL {
        let expected = case.expected(moment).filter(|word| ["unknown", "skip"].contains(word));
        let reason = finding.at(moment).and_then(|judgement| judgement.verdict.reason());
        let (Some(word), Some(reason)) = (expected, reason) else { continue };
        match case.reason.as_deref() {
            Some(part) if reason.as_str().contains(part) => {}
            Some(part) => wrong.push(format!("{context}: {moment}, because {reason}, expected {part}")),
            None if word == "unknown" => {
                wrong.push(format!("{context}: {moment}, no `reason` is expected; it is: {reason}"));
            }
            None => {}
        }
    }
    wrong
}

pub fn plan(rules: &rule::RuleSet, id: &str, case: &Case) -> Plan {
    let selection = Selection { only: vec![id.to_owned()], ..Selection::everything() };
    let variables: Vec<(String, String)> = case.vars.clone().into_iter().collect();
    let settings = case.kubeadm().map_or_else(Vec::new, |kubeadm| kubeadm.settings(None));
    let given: Vec<engine::VariableOverride> = settings
        .into_iter()
        .map(|set| engine::VariableOverride { name: set.name.into(), value: set.value, origin: set.origin })
        .collect();
    engine::compile_given(rules, &selection, &given, &variables)
        .unwrap_or_else(|wrong| panic!("{id}: {}", rule::diagnostic::render(&rules.files, &wrong, false)))
}

pub fn judge(plan: &Plan, id: &str, case: &Case) -> Finding {
    judge_on(&Host::recording(&case.build().recording()).unwrap(), plan, id, case)
}

/// What a rule comes to on a host with the variables of a case.
pub fn judge_on(host: &Host, plan: &Plan, id: &str, case: &Case) -> Finding {
    let kubeadm = case.kubeadm();
    let subsystems = Subsystems::of(host).with_kubeadm(kubeadm.as_ref());
    let findings = engine::judge(plan, &subsystems, &Moment::ALL);
    findings.into_iter().find(|finding| finding.rule == id).unwrap()
}
