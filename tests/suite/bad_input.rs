//! Every file that is read, in every bad version: a verdict or a clear error, never a panic and never a pass by
//! blindness.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use node_preflight::builtin;
use node_preflight::engine::finding::{Finding, Verdict};
use node_preflight::engine::plan::Plan;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::{Confidence, Fact, Moment, State, Value};
use node_preflight::host::{Files, Host};
use node_preflight::probe::{self, Shape};
use node_preflight::subsystem::Subsystems;

use crate::distributions;
use crate::tree::{Tree, text};

/// A node with everything that this program knows how to read.
pub fn full() -> Tree {
    distributions::debian12("root=/dev/vda1 ro quiet systemd.gpt_auto=0")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        .file("/etc/group", "root:x:0:\n")
        .file("/etc/fstab", "/dev/vda1 / ext4 errors=remount-ro 0 1\n/dev/vda2 none swap noauto 0 0\n")
        .file("/etc/modules-load.d/k8s.conf", "overlay\nbr_netfilter\n")
        .file("/etc/modprobe.d/k8s.conf", "options bridge x=1\nblacklist dummy\n")
        .file("/etc/sysctl.d/99-k8s.conf", "net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\nvm.overcommit_memory=1\n")
        .file("/etc/selinux/config", "SELINUX=disabled\n")
        .file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\n")
        .file("/etc/default/zramswap", "PERCENT=50\n")
        .file("/etc/systemd/zram-generator.conf", "[zram1]\nzram-size = 0\n")
        .file("/etc/crio/crio.conf", "[crio.runtime]\ncgroup_manager = \"systemd\"\n")
        .file("/etc/crio/crio.conf.d/10-x.conf", "[crio.image]\npause_image = \"registry.k8s.io/pause:3.10\"\n")
        .file("/var/lib/kubelet/config.yaml", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\nfailSwapOn: true\n")
        .file("/etc/kubernetes/kubelet.conf.d/10-x.conf", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nevictionHard:\n  memory.available: 1Gi\n")
        .file("/var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--x=y\"\n")
        .file("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=\n")
        .file("/usr/lib/systemd/system/crio.service", "[Service]\nExecStart=/usr/bin/crio\n[Install]\nWantedBy=multi-user.target\n")
        .file("/usr/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n[Install]\nWantedBy=multi-user.target\n")
        .file("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", "[Service]\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes/kubelet.conf.d\"\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n")
        .link("/etc/systemd/system/multi-user.target.wants/crio.service", "/usr/lib/systemd/system/crio.service")
        .link("/etc/systemd/system/multi-user.target.wants/kubelet.service", "/usr/lib/systemd/system/kubelet.service")
        .program("/usr/bin/crio", "")
        .program("/usr/bin/kubelet", "")
        .program("/usr/bin/kubeadm", crate::elf_sample::go_program("mod\tk8s.io/kubernetes\tv1.31.0\t\n"))
        .file("/var/lib/dpkg/info/kubelet.list", "/usr/bin/kubelet\n")
        .file("/var/lib/dpkg/diversions", "/usr/bin/x\n/usr/bin/y\n:\n")
        .file("/etc/kubernetes/pki/ca.crt", include_str!("../certificates/ca.crt"))
        .file("/etc/kubernetes/admin.conf", "users:\n- name: a\n  user: {client-certificate: pki/ca.crt}\n")
        .program("/usr/sbin/xtables-nft-multi", "")
        .link("/usr/sbin/iptables", "/etc/alternatives/iptables")
        .link("/etc/alternatives/iptables", "/usr/sbin/xtables-nft-multi")
        .file("/var/lib/dpkg/alternatives/iptables", "auto\n/usr/sbin/iptables\n\n/usr/sbin/xtables-nft-multi\n20\n\n")
        .file("/var/lib/dpkg/status", "Package: kubelet\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 1.31.0-1.1\n\nPackage: cri-o\nStatus: hold ok installed\nVersion: 1.31.0-1.1\n")
        .program("/etc/rc.local", "#!/bin/sh\nsysctl -w vm.swappiness=1\nexit 0\n")
        .file("/usr/lib/systemd/system/tuned.service", "[Service]\nExecStart=/usr/bin/true\n")
        .link("/etc/systemd/system/multi-user.target.wants/tuned.service", "/usr/lib/systemd/system/tuned.service")
        .file("/etc/tuned/active_profile", "guest\n")
        .file("/etc/tuned/tuned-main.conf", "reapply_sysctl = 1\n")
        .file("/usr/lib/tuned/guest/tuned.conf", "[sysctl]\nvm.swappiness = 30\n")
        .file("/usr/lib/systemd/system/systemd-networkd.service", "[Service]\nExecStart=/usr/bin/true\n")
        .link("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service", "/usr/lib/systemd/system/systemd-networkd.service")
        .file("/etc/systemd/network/10-lan.network", "[Match]\nName=en*\n")
        .file("/etc/systemd/network/10-lan.network.d/x.conf", "[Network]\nDHCP=yes\n")
        .file("/etc/tmpfiles.d/x.conf", "w /proc/sys/vm/laptop_mode - - - - 0\n")
        .file("/etc/ufw/ufw.conf", "ENABLED=no\n")
        .live("/proc/cmdline", "root=/dev/vda1 ro quiet\n")
        .live("/proc/sys/net/ipv4/ip_forward", "1\n")
        .live("/proc/sys/kernel/ostype", "Linux\n")
        .live("/proc/modules", "overlay 1 0 - Live 0x0\nbr_netfilter 1 0 - Live 0x0\n")
        .live("/proc/filesystems", "nodev\toverlay\n\text4\n")
        .live("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
        .live("/proc/meminfo", "MemTotal: 4194304 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nBuffers: 1 kB\nCached: 1 kB\nSwapCached: 0 kB\nActive: 1 kB\nInactive: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nDirty: 0 kB\nWriteback: 0 kB\nMapped: 1 kB\nSlab: 1 kB\nCommitted_AS: 1 kB\nVmallocTotal: 1 kB\nVmallocUsed: 1 kB\nVmallocChunk: 0 kB\n")
        .live("/proc/self/mountinfo", "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        .live("/sys/fs/cgroup/cgroup.controllers", "cpu cpuset memory pids\n")
        .live("/proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n")
        .live("/proc/net/ipv6_route", "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n")
        .machine("cpus = 4\n[uname]\nnodename = \"node1\"\nrelease = \"6.1.0-18-amd64\"\nmachine = \"x86_64\"\n")
}

/// Keys that reach what the examples don't.
const MORE: &[&str] = &[
    "alternative:iptables",
    "binary:kubelet",
    "binary:crio",
    "crio:crio.runtime.cgroup_manager",
    "crio:crio.image.pause_image",
    "env:/var/lib/kubelet/kubeadm-flags.env#KUBELET_KUBEADM_ARGS",
    "file:/etc/fstab",
    "file:/tmp/x",
    "filesystem:overlay",
    "ini:/etc/systemd/zram-generator.conf#zram1.zram-size",
    "kernel_config:CONFIG_SWAP",
    "kubelet:cgroupDriver",
    "kubelet:failSwapOn",
    "kubelet:evictionHard",
    "kubelet:ignoredEnvironmentFile",
    "kubelet:loopbackNameServers",
    "kubelet:runtime",
    "module:overlay",
    "module:br_netfilter",
    "module:dummy",
    "modules_load:overlay",
    "package:kubelet",
    "service:crio.service",
    "service:kubelet.service",
    "service:rc-local.service",
    "service:systemd-sysctl.service",
    "swap:any",
    "swap:/dev/vda2",
    "sysctl:net.ipv4.ip_forward",
    "sysctl:vm.swappiness",
    "sysctl:kernel.pid_max",
    "toml:/etc/crio/crio.conf#crio.runtime.cgroup_manager",
    "yaml:/var/lib/kubelet/config.yaml#cgroupDriver",
];

/// Every question: examples, the keys above, and the probes that need none.
pub fn questions() -> Vec<String> {
    let mut all: Vec<String> = MORE.iter().map(|&question| question.to_owned()).collect();
    for probe in probe::PROBES {
        all.extend(probe.examples.iter().map(|key| format!("{}:{key}", probe.name)));
        if probe.key.may_be_missing() {
            all.push(probe.name.to_owned());
        }
    }
    all.retain(|question| {
        let (name, key) = question.split_once(':').map_or((question.as_str(), None), |(n, k)| (n, Some(k)));
        let probe = probe::find(name).or_else(|| probe::find(&name.replace('_', "-")));
        probe.is_some_and(|probe| probe.key.parse(key).is_ok())
    });
    all.sort();
    all.dedup();
    all
}

pub fn default_plan() -> Plan {
    plan(Selection { profiles: vec!["node".into()], ..Selection::everything() })
}

/// The default profile's plan for these rules alone.
fn plan_of(only: Vec<String>) -> Plan {
    plan(Selection { profiles: vec!["node".into()], only, ..Selection::everything() })
}

fn plan(selection: Selection) -> Plan {
    let rules = builtin::rules();
    engine::compile(&rules, &selection, &[]).unwrap_or_else(|_| panic!("the built-in rules don't compile"))
}

type Answers = BTreeMap<(String, Moment), Fact>;

/// All questions at the moments they make sense for, in the order given.
pub fn answers(host: &Host, questions: &[String]) -> Answers {
    let subsystems = Subsystems::of(host);
    let mut answers = Answers::new();
    for question in questions {
        let (name, key) = question.split_once(':').map_or((question.as_str(), None), |(n, k)| (n, Some(k)));
        let probe = probe::find(name).or_else(|| probe::find(&name.replace('_', "-"))).unwrap();
        let key = probe.key.parse(key).unwrap();
        for moment in probe.moments {
            let fact = (probe.ask)(&subsystems, &key, *moment);
            if let Some(wrong) = misshapen(&fact, probe.answer, key.is_none()) {
                panic!("{question} at {moment}: {wrong}");
            }
            answers.insert((question.clone(), *moment), fact);
        }
    }
    answers
}

/// What is wrong with the kind of a value. A list that was asked with a key may answer about one thing.
fn misshapen(fact: &Fact, shape: Shape, whole: bool) -> Option<String> {
    if let State::Unknown(reason) = &fact.state
        && reason.as_str().is_empty()
    {
        return Some("unknown without a reason".into());
    }
    match (&fact.state, shape) {
        (State::Known(Value::Text(_)), Shape::List(_)) if !whole => None,
        (State::Known(value), shape) => wrong_kind(value, shape),
        _ => None,
    }
}

fn wrong_kind(value: &Value, shape: Shape) -> Option<String> {
    let right = match (value, shape) {
        (_, Shape::Any)
        | (Value::Bool(_), Shape::Bool)
        | (Value::Integer(_), Shape::Integer)
        | (Value::Size(_), Shape::Size)
        | (Value::Text(_), Shape::Text | Shape::Version) => true,
        (Value::Text(word), Shape::Word(words)) => words.contains(&word.as_str()),
        (Value::Text(network), Shape::Network) => network.contains('/'),
        (Value::Text(mode), Shape::Mode) => {
            mode.len() == 4 && mode.bytes().all(|b| (b'0'..=b'7').contains(&b))
        }
        (Value::List(items), Shape::List(of)) => return items.iter().find_map(|item| wrong_kind(item, *of)),
        (Value::Record(attributes), Shape::Record(declared)) => {
            return attributes.iter().find_map(|(name, state)| {
                let Some(attribute) = declared.iter().find(|attribute| attribute.name == name) else {
                    return Some(format!("`{name}` is not declared"));
                };
                match state {
                    State::Known(value) => {
                        wrong_kind(value, attribute.shape).map(|wrong| format!("{name}: {wrong}"))
                    }
                    _ => None,
                }
            });
        }
        _ => false,
    };
    (!right).then(|| format!("{value:?} is no {shape:?}"))
}

const VERSIONS: [&str; 8] = ["denied", "huge", "truncated", "binary", "latin", "crlf", "bom", "empty"];

/// Writes a bad version of a file; the moment's own `meta.toml` for what is denied.
fn spoil(tree: &Tree, place: &Path, version: &str) {
    let good = fs::read(place).unwrap();
    let bad = match version {
        "denied" => {
            let path = place.strip_prefix(tree.recording()).unwrap();
            let part = path.iter().next().unwrap().to_str().unwrap();
            let inside = path.strip_prefix(part).unwrap().display();
            fs::write(tree.recording().join("meta.toml"), format!("[{part}.\"/{inside}\"]\ndenied = true\n"))
                .unwrap();
            return;
        }
        "huge" => return fs::File::options().write(true).open(place).unwrap().set_len(100 << 20).unwrap(),
        "truncated" => good[..good.len() * 2 / 3].to_vec(),
        "binary" => (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
        "latin" => [b"caf\xe9=\xff\xfe\n", &*good].concat(),
        "crlf" => good.iter().flat_map(|b| if *b == b'\n' { vec![b'\r', b'\n'] } else { vec![*b] }).collect(),
        "bom" => [b"\xef\xbb\xbf", &*good].concat(),
        _ => Vec::new(),
    };
    fs::write(place, bad).unwrap();
}

fn mend(tree: &Tree, place: &Path, good: &[u8]) {
    drop(fs::remove_file(tree.recording().join("meta.toml")));
    fs::write(place, good).unwrap();
}

/// The files of a recording that are worth spoiling; modules and kernels are only named, never read.
fn parsed_files(tree: &Tree) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(tree.recording()).sort_by_file_name();
    files
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.into_path())
        .filter(|path| {
            path.extension().is_none_or(|suffix| suffix != "ko") && !path.ends_with("live/machine.toml")
        })
        .collect()
}

/// They hold on this host whether they apply or not; that is all that a file could tell.
const HOLDS_ANYWAY: &[&str] = &["crio-selinux-on", "swap-accounted"];

fn passes(findings: &[Finding]) -> Vec<(String, Moment)> {
    let all = findings.iter().flat_map(|finding| Moment::ALL.map(|moment| (finding, moment)));
    all.filter(|(finding, moment)| finding.at(*moment).is_some_and(|j| matches!(j.verdict, Verdict::Pass)))
        .map(|(finding, moment)| (finding.rule.to_string(), moment))
        .collect()
}

/// The files that an answer depends on, as places in the recording.
fn places(host: &Host) -> BTreeSet<PathBuf> {
    let of = |part: &str, files: &Files| -> Vec<PathBuf> {
        let real = files.asked().into_iter().map(|path| files.real_path(path));
        real.map(|path| Path::new(part).join(path.as_path().strip_prefix("/").unwrap())).collect()
    };
    let live = host.running().map(|running| of("live", running.files())).unwrap_or_default();
    of("root", host.files()).into_iter().chain(live).collect()
}

/// Who asks for a file: a question or a rule that doesn't comes to the same whatever becomes of it.
struct Askers {
    questions: Vec<(String, BTreeSet<PathBuf>)>,
    rules: Vec<(String, BTreeSet<PathBuf>)>,
}

impl Askers {
    fn of(tree: &Tree) -> Self {
        let after = |ask: &dyn Fn(&Host)| {
            let host = Host::recording(&tree.recording()).unwrap();
            ask(&host);
            places(&host)
        };
        let asked = |question: String| {
            let seen = after(&|host| drop(answers(host, std::slice::from_ref(&question))));
            (question, seen)
        };
        let judged = |id: String| {
            let plan = plan_of(vec![id.clone()]);
            let seen = after(&|host| drop(engine::judge(&plan, &Subsystems::of(host), &Moment::ALL)));
            (id, seen)
        };
        let rules = default_plan().rules.into_iter().map(|rule| rule.id.to_string());
        Askers { questions: questions().into_iter().map(asked).collect(), rules: rules.map(judged).collect() }
    }

    fn names(of: &[(String, BTreeSet<PathBuf>)], place: &Path) -> Vec<String> {
        of.iter().filter(|(_, places)| places.contains(place)).map(|(name, _)| name.clone()).collect()
    }
}

#[test]
fn no_bad_file_leads_to_a_panic_or_to_a_pass_by_blindness() {
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let askers = Askers::of(&full());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let askers = &askers;
        let started: Vec<_> =
            (0..workers).map(|start| scope.spawn(move || spoil_each(askers, start, workers))).collect();
        started.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every file of a worker's share in every bad version.
fn spoil_each(askers: &Askers, start: usize, workers: usize) -> Vec<String> {
    let tree = full();
    let look = |questions: &[String], plan: Option<&Plan>| {
        let host = Host::recording(&tree.recording()).unwrap();
        let judge = |plan| engine::judge(plan, &Subsystems::of(&host), &Moment::ALL);
        let findings = plan.map(judge).unwrap_or_default();
        (answers(&host, questions), findings)
    };
    let (before, good_findings) = look(&questions(), Some(&default_plan()));
    let good_passes = passes(&good_findings);
    let known = before.values().filter(|fact| !matches!(fact.state, State::Unknown(_))).count();
    assert!(known * 4 > before.len() * 3, "the good host knows only {known} of {} facts", before.len());
    let mut wrong = Vec::new();
    for place in parsed_files(&tree).into_iter().skip(start).step_by(workers) {
        let good = fs::read(&place).unwrap();
        let inside = place.strip_prefix(tree.recording()).unwrap();
        let path = format!("/{}", inside.iter().skip(1).collect::<PathBuf>().display());
        let questions = Askers::names(&askers.questions, inside);
        let rules = Askers::names(&askers.rules, inside);
        let plan = (!rules.is_empty()).then(|| plan_of(rules));
        for version in VERSIONS {
            spoil(&tree, &place, version);
            match catch_unwind(AssertUnwindSafe(|| look(&questions, plan.as_ref()))) {
                Err(_) => wrong.push(format!("{path} {version}: panics")),
                Ok((facts, findings)) if matches!(version, "denied" | "huge") => {
                    wrong.extend(blind(&path, version, &before, &facts));
                    let new = passes(&findings).into_iter().filter(|pass| {
                        !good_passes.contains(pass) && !HOLDS_ANYWAY.contains(&pass.0.as_str())
                    });
                    wrong
                        .extend(new.map(|(id, moment)| format!("{path} {version}: {id} passes at {moment}")));
                }
                Ok(_) => {}
            }
            mend(&tree, &place, &good);
        }
    }
    wrong
}

/// Facts that the file decided and that are not unknown without it. `file` and `binary` describe a file and
/// don't read it, and `program` reads parts of it, however large; whether rc.local starts is told by its mode. An assumption that names the file is fair.
fn blind(path: &str, version: &str, before: &Answers, after: &Answers) -> Vec<String> {
    let decided = |fact: &Fact| {
        fact.because.first().is_some_and(|origin| origin.to_string().split(':').next() == Some(path))
    };
    let mut wrong = Vec::new();
    let describes = |question: &str| {
        ["file:", "binary:", "service:rc-local"].iter().any(|start| question.starts_with(start))
            || version == "huge" && question.starts_with("program:") && path.starts_with("/usr/bin/")
    };
    let judged = before.iter().filter(|((question, _), fact)| decided(fact) && !describes(question));
    for ((question, moment), good) in judged {
        let bad = &after[&(question.clone(), *moment)];
        let named = |text: &str| text.contains(path.rsplit('/').next().unwrap());
        let is_told = match &bad.state {
            State::Unknown(reason) => named(reason.as_str()),
            State::Known(Value::Record(attributes)) => attributes
                .values()
                .any(|state| matches!(state, State::Unknown(reason) if named(reason.as_str()))),
            _ => false,
        };
        let is_assumed = bad.confidence < Confidence::Certain && bad.notes.iter().any(|note| named(note));
        if !is_told && !is_assumed {
            wrong.push(format!("{path} {version}: {question} at {moment}: {} -> {}", text(good), text(bad)));
        }
    }
    wrong
}
