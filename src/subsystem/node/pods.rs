//! The pods of a node: what the runtime has, against what the kubelet and the cluster need of it.

use std::collections::BTreeMap;

use crate::fact::{Answer, Knowledge, Moment, Origin, Reason, ReasonCode, State, Value};
use crate::host::cri::{Container, ContainerState, Pod};
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::document::{Content, Node};
use crate::parse::yaml;
use crate::subsystem::Subsystems;

/// Where the cluster's own pods are.
const SYSTEM: &str = "kube-system";

/// Pods of kube-system that run for as long as the node does, by how their names begin: static pods of kubeadm, and the
/// kube-proxy and `CoreDNS` that it installs.
const LASTING: [&str; 6] =
    ["coredns-", "etcd-", "kube-apiserver-", "kube-controller-manager-", "kube-proxy-", "kube-scheduler-"];

/// Where the pods are without which a node is none: kube-system, and where pod networks are installed by their own manifests
/// and operators. What users' pods do is theirs to know.
const OF_CLUSTER: [&str; 8] = [
    SYSTEM,
    "calico-system",
    "cilium",
    "cilium-system",
    "kube-flannel",
    "kube-ovn",
    "ovn-kubernetes",
    "tigera-operator",
];

/// So many new starts are no accident.
const MAX_RESTARTS: u32 = 5;
/// So many are none if the last was a moment ago and failed, too.
const MAX_RECENT_RESTARTS: u32 = 2;
/// Seconds: the kubelet waits for at most five minutes before it starts a container again (`MaxContainerBackOff`).
const RECENT_SECONDS: i64 = 600;
/// Seconds after its sandbox in which a container was started with it: after a reboot all are, and their attempts go on
/// from before.
const STARTUP_SECONDS: i64 = 300;

/// More files are no static pods of anybody.
const MAX_FILES: usize = 256;

/// The pods of kube-system that are ready, as `crictl pods` shows them.
#[must_use]
pub fn system(pods: &[Pod]) -> Vec<String> {
    let ready = pods.iter().filter(|pod| pod.ready && pod.namespace == SYSTEM);
    let mut names: Vec<String> = ready.map(|pod| pod.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Pods of kube-system that should last and don't: no sandbox of theirs is ready, or none of its containers runs.
#[must_use]
pub fn system_down(pods: &[Pod]) -> Vec<String> {
    let lasts =
        |pod: &&Pod| pod.namespace == SYSTEM && LASTING.iter().any(|prefix| pod.name.starts_with(prefix));
    let mut by_name: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in pods.iter().filter(lasts) {
        by_name.entry(&pod.name).or_default().push(pod);
    }
    let wrong = |(name, all): (&str, Vec<&Pod>)| {
        let ready: Vec<&Pod> = all.into_iter().filter(|pod| pod.ready).collect();
        if ready.is_empty() {
            return Some(format!("{name}: not ready"));
        }
        if ready.iter().any(|pod| pod.containers.iter().any(is_running)) {
            return None;
        }
        let idle = ready.iter().find_map(|pod| pod.newest().into_values().next().map(state));
        let how = idle.map(|state| format!(": it {state}")).unwrap_or_default();
        Some(format!("{name}: no container of it runs{how}"))
    };
    by_name.into_iter().filter_map(wrong).collect()
}

/// Containers of the cluster's own pods that are started again and again: those that failed and wait for their next start,
/// and those that ran for minutes only.
///
/// # Errors
/// Which container may be one.
pub fn restarting(pods: &[Pod], now: Option<i64>) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut unsure = None;
    let is_of_cluster = |pod: &&Pod| OF_CLUSTER.contains(&pod.namespace.as_str());
    for pod in pods.iter().filter(is_of_cluster).filter(|pod| pod.ready) {
        for container in pod.newest().into_values() {
            let who = || format!("{}/{} {}: {}", pod.namespace, pod.name, container.name, state(container));
            match (again(pod, container, now), container.state, container.exit) {
                // It did its work, or waits for it.
                (_, ContainerState::Exited, Some(0)) | (Again::No, ..) => {}
                (_, ContainerState::Exited, None) => {
                    unsure.get_or_insert_with(|| format!("with which code it ended is not known: {}", who()));
                }
                (Again::Yes, ..) => found.push(who()),
                (Again::NoClock, ..) => {
                    unsure.get_or_insert_with(|| {
                        format!("since when it runs is not known, without a clock: {}", who())
                    });
                }
            }
        }
    }
    found.sort();
    match unsure {
        Some(reason) if found.is_empty() => Err(reason),
        _ => Ok(found),
    }
}

/// Whether a container was started again and again, if it failed each time.
#[derive(Clone, Copy)]
enum Again {
    Yes,
    No,
    /// Nobody knows what time it is.
    NoClock,
}

/// Attempts count reboots, too, so that they alone say nothing of a container that came with its sandbox: it may have failed
/// for the first time. One that came later was started again in it at least once.
fn again(pod: &Pod, container: &Container, now: Option<i64>) -> Again {
    let is_dated = container.created > 0 && pod.created > 0;
    if is_dated && container.created.saturating_sub(pod.created) < STARTUP_SECONDS {
        return Again::No;
    }
    let is_recent = now.map(|now| is_dated && now.saturating_sub(container.created) < RECENT_SECONDS);
    let answer = |yes: bool| if yes { Again::Yes } else { Again::No };
    match (container.state, container.attempt) {
        (ContainerState::Exited, MAX_RESTARTS..) => Again::Yes,
        // Twice in minutes is no accident; twice in a year may be.
        (ContainerState::Exited, MAX_RECENT_RESTARTS..)
        | (ContainerState::Running | ContainerState::Created, MAX_RESTARTS..)
            if is_dated =>
        {
            is_recent.map_or(Again::NoClock, answer)
        }
        _ => Again::No,
    }
}

fn is_running(container: &Container) -> bool {
    container.state == ContainerState::Running
}

fn state(container: &Container) -> String {
    let does = match (container.state, container.exit) {
        (ContainerState::Created, _) => "is not started".to_owned(),
        (ContainerState::Running, _) => "runs".to_owned(),
        (ContainerState::Exited, Some(code)) => format!("exited with {code}"),
        (ContainerState::Exited, None) => "exited".to_owned(),
        (ContainerState::Unknown, _) => "is in no state that is known".to_owned(),
    };
    match container.attempt {
        0 => does,
        attempt => format!("{does}, attempt {attempt}"),
    }
}

/// A static pod, as the kubelet's directory has it.
struct Manifest {
    path: String,
    name: String,
    namespace: String,
    containers: Vec<String>,
}

/// The static pods of a node.
#[derive(Clone, Debug)]
pub struct StaticPods {
    /// Their names, without that of the node.
    pub names: Vec<String>,
    /// Those that don't run, and why.
    pub down: Knowledge<Vec<String>>,
}

/// The static pods; absent if the kubelet is told no directory, or it holds none.
pub fn static_pods(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<StaticPods> {
    let told = subsystems.kubelet().value(subsystems, "staticPodPath", moment);
    let directory = match told.state {
        State::Known(Value::Text(path)) if path.starts_with('/') => path,
        State::Unknown(reason) => return Answer::unknown(reason),
        _ => {
            return Answer::absent()
                .because_all(told.because)
                .note("the kubelet is told no directory of static pods");
        }
    };
    let Holds { pods: manifests, broken, others } = match manifests(subsystems.host().files(), &directory) {
        Ok(holds) => holds,
        Err(reason) => return Answer::unknown(reason),
    };
    let noted = |answer: Answer<StaticPods>| {
        others
            .iter()
            .fold(answer, |answer, path| answer.note(format!("{path} is no pod; the kubelet skips it")))
    };
    if manifests.is_empty() && broken.is_empty() {
        return noted(Answer::absent().because(Origin::file(&directory).says("holds no pod")));
    }
    let mut names: Vec<String> = manifests.iter().map(|manifest| manifest.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let mut because = Vec::new();
    let down = match moment {
        Moment::NextBoot => {
            let reason = "no runtime can be asked about the next boot";
            Knowledge::unknown(Reason::new(ReasonCode::NotRunning, reason))
        }
        Moment::Now => match pods(subsystems) {
            Ok(pods) => {
                let down = manifests
                    .iter()
                    .filter_map(|manifest| Some((manifest.path.as_str(), manifest.down(&pods)?)));
                let broken = broken.iter().map(|(path, what)| (path.as_str(), what.clone()));
                let mut down: Vec<(&str, String)> = down.chain(broken).collect();
                down.sort();
                because.extend(down.iter().map(|(path, _)| Origin::file(path)));
                Knowledge::Known(down.into_iter().map(|(_, what)| what).collect())
            }
            Err(reason) => Knowledge::unknown(reason),
        },
    };
    if because.is_empty() {
        because.extend(manifests.iter().map(|manifest| Origin::file(&manifest.path)));
    }
    noted(Answer::known(StaticPods { names, down }).because_all(because).because_all(told.because))
}

/// The pods that the node's runtime has.
fn pods(subsystems: &Subsystems<'_>) -> Result<Vec<Pod>, String> {
    let running = subsystems.host().running().ok_or_else(|| Reason::not_running().to_string())?;
    let chosen = subsystems
        .cri()
        .choose(running, subsystems.kubelet().candidates(subsystems))
        .map_err(|notes| notes.join("; "))?;
    let runtime = chosen.answer.map_err(|silence| format!("{}: {silence}", chosen.socket))?;
    runtime.workloads.clone().map_err(|silence| format!("{}: {silence}", chosen.socket))
}

/// How files are named that are meant to be pods; the kubelet looks at no suffix.
const SUFFIXES: [&str; 3] = [".json", ".yaml", ".yml"];

/// What a directory of static pods holds.
#[derive(Default)]
struct Holds {
    pods: Vec<Manifest>,
    /// Files that seem to be pods and that the kubelet can't read, with what is wrong.
    broken: Vec<(String, String)>,
    /// Files that nobody misses: the kubelet says so in its log, again and again.
    others: Vec<String>,
}

/// The pods of a directory, and its files that are none; the kubelet passes over names with a dot in front
/// (`pkg/kubelet/config/file.go`).
fn manifests(files: &Files, directory: &str) -> Result<Holds, Reason> {
    let paths = match files.list(directory) {
        Read::There(names) => {
            let names = names.iter().map(|name| name.to_string_lossy());
            let seen = names.filter(|name| !name.starts_with('.'));
            seen.map(|name| format!("{}/{name}", directory.trim_end_matches('/'))).collect()
        }
        Read::Missing(_) => Vec::new(),
        // The kubelet takes the path of one file, too.
        Read::Hidden(HostError { kind: HostErrorKind::NotAFile(Kind::File), .. }) => {
            vec![directory.to_owned()]
        }
        Read::Hidden(error) => return Err(error.into()),
    };
    if paths.len() > MAX_FILES {
        let reason = format!("{directory}: more than {MAX_FILES} files");
        return Err(Reason::new(ReasonCode::TooLarge, reason));
    }
    let mut directory_holds = Holds::default();
    for path in paths {
        match files.stat(&path) {
            Read::There(metadata) if metadata.kind != Kind::File => continue,
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Err(error.into()),
            Read::There(_) => {}
        }
        let Some(bytes) = files.read_document(&path).found()? else { continue };
        let is_meant = SUFFIXES.iter().any(|suffix| path.ends_with(suffix));
        let read = yaml::parse(&bytes).map_err(|error| error.to_string());
        match read.and_then(|node| Manifest::of(&path, &node)) {
            Ok(Some(manifest)) => directory_holds.pods.push(manifest),
            Err(wrong) if is_meant => directory_holds.broken.push((path.clone(), format!("{path}: {wrong}"))),
            // A file of another name that is no manifest: the kubelet complains, and goes on.
            Ok(None) | Err(_) => directory_holds.others.push(path),
        }
    }
    Ok(directory_holds)
}

impl Manifest {
    /// None if the file is of another kind.
    fn of(path: &str, node: &Node) -> Result<Option<Self>, String> {
        let text = |node: &Node, key: &str| match node.at(key).map(Node::state) {
            Some(State::Known(Value::Text(text))) if !text.is_empty() => Some(text),
            _ => None,
        };
        if text(node, "kind").ok_or("says no kind")? != "Pod" {
            return Ok(None);
        }
        let name = text(node, "metadata.name").ok_or("a pod without a name")?;
        let containers = match node.at("spec.containers").map(|node| &node.content) {
            Some(Content::List(items)) => items.iter().filter_map(|item| text(item, "name")).collect(),
            _ => return Err("a pod without containers".into()),
        };
        let namespace = text(node, "metadata.namespace").unwrap_or_else(|| "default".into());
        Ok(Some(Manifest { path: path.to_owned(), name, namespace, containers }))
    }

    /// What is wrong with it at the runtime. The kubelet calls a static pod `NAME-NODE` and says where it has it from.
    fn down(&self, pods: &[Pod]) -> Option<String> {
        let prefix = format!("{}-", self.name);
        let is_it = |pod: &&Pod| {
            pod.namespace == self.namespace && pod.name.starts_with(&prefix) && pod.source != "api"
        };
        let mut best: Option<String> = None;
        for pod in pods.iter().filter(is_it) {
            if !pod.ready {
                best.get_or_insert_with(|| format!("{}: its pod {} is not ready", self.name, pod.name));
                continue;
            }
            let newest = pod.newest();
            let idle = self.containers.iter().find_map(|name| match newest.get(name.as_str()) {
                Some(container) if is_running(container) => None,
                Some(container) => Some(format!("{name} doesn't run: {}", state(container))),
                None => Some(format!("{name} is not there")),
            });
            best = Some(format!("{}: the container {}", self.name, idle?));
        }
        Some(best.unwrap_or_else(|| format!("{}: no pod", self.name)))
    }
}
