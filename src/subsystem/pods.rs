//! The pods of a node: what the runtime has, against what the kubelet and the cluster need of it.

use std::collections::BTreeMap;

use super::Subsystems;
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::format::document::{Content, Node};
use crate::format::yaml;
use crate::host::cri::{Container, ContainerState, Pod};
use crate::host::{Files, Kind};

/// Where the cluster's own pods are.
const SYSTEM: &str = "kube-system";

/// Pods of kube-system that run for as long as the node does, by how their names begin: static pods of kubeadm, and the
/// kube-proxy and `CoreDNS` that it installs.
const LASTING: [&str; 6] =
    ["coredns-", "etcd-", "kube-apiserver-", "kube-controller-manager-", "kube-proxy-", "kube-scheduler-"];

/// So many new starts are no accident.
const MANY: u32 = 5;
/// Seconds: the kubelet waits for at most five minutes before it starts a container again (`MaxContainerBackOff`).
const RECENT: i64 = 600;
/// Seconds after its sandbox in which a container was started with it: after a reboot all are, and their attempts go on
/// from before.
const TOGETHER: i64 = 300;

/// More files are no static pods of anybody.
const MOST_FILES: usize = 256;

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

/// Containers that are started again and again: those that failed and wait for their next start, and those that ran for
/// minutes only.
///
/// # Errors
/// Which container may be one.
pub fn restarting(pods: &[Pod], now: Option<i64>) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut unsure = None;
    for pod in pods.iter().filter(|pod| pod.ready) {
        for container in pod.newest().into_values().filter(|container| container.attempt > 0) {
            let who = || format!("{}/{} {}: {}", pod.namespace, pod.name, container.name, state(container));
            match (container.state, container.exit) {
                // It did its work, or waits for it.
                (ContainerState::Exited, Some(0)) => {}
                (ContainerState::Exited, Some(_)) => found.push(who()),
                (ContainerState::Exited, None) => {
                    unsure.get_or_insert_with(|| format!("with which code it ended is not known: {}", who()));
                }
                (ContainerState::Running | ContainerState::Created, _) if container.attempt >= MANY => {
                    let came_with_pod = container.created - pod.created < TOGETHER;
                    match now {
                        _ if container.created <= 0 || pod.created <= 0 || came_with_pod => {}
                        Some(now) if now - container.created < RECENT => found.push(who()),
                        Some(_) => {}
                        None => {
                            unsure.get_or_insert_with(|| {
                                format!("since when it runs is not known, without a clock: {}", who())
                            });
                        }
                    }
                }
                _ => {}
            }
        }
    }
    found.sort();
    match unsure {
        Some(reason) if found.is_empty() => Err(reason),
        _ => Ok(found),
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

/// The static pods: `{names, down}`; absent if the kubelet is told no directory, or it holds none.
pub fn static_pods(subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let told = subsystems.kubelet().value(subsystems, "staticPodPath", moment);
    let directory = match told.state {
        State::Known(Value::Text(path)) if path.starts_with('/') => path,
        State::Unknown(reason) => return Fact::unknown(reason.as_str()),
        _ => {
            return Fact::absent()
                .because_all(told.because)
                .note("the kubelet is told no directory of static pods");
        }
    };
    let (manifests, mistakes) = match manifests(subsystems.host().files(), &directory) {
        Ok(found) => found,
        Err(reason) => return Fact::unknown(reason),
    };
    if manifests.is_empty() && mistakes.is_empty() {
        return Fact::absent().because(Origin::file(&directory).says("holds no pod"));
    }
    let mut names: Vec<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = State::Known(Value::list(names));
    let mut because = Vec::new();
    let down = match moment {
        Moment::Boot => State::unknown("no runtime can be asked about the next boot"),
        Moment::Now => match pods(subsystems) {
            Ok(pods) => {
                let down = manifests
                    .iter()
                    .filter_map(|manifest| Some((manifest.path.as_str(), manifest.down(&pods)?)));
                let broken = mistakes.iter().map(|(path, what)| (path.as_str(), what.clone()));
                let mut down: Vec<(&str, String)> = down.chain(broken).collect();
                down.sort();
                because.extend(down.iter().map(|(path, _)| Origin::file(path)));
                State::Known(Value::list(down.into_iter().map(|(_, what)| what)))
            }
            Err(reason) => State::unknown(reason),
        },
    };
    if because.is_empty() {
        because.extend(manifests.iter().map(|manifest| Origin::file(&manifest.path)));
    }
    let value = Value::record([("down", down), ("names", names)]);
    Fact::new(State::Known(value)).because_all(because).because_all(told.because)
}

/// The pods that the node's runtime has.
fn pods(subsystems: &Subsystems<'_>) -> Result<Vec<Pod>, String> {
    let running = subsystems.host().running().ok_or("nothing is running here")?;
    let chosen = subsystems.cri().choose(subsystems, running, None).map_err(|notes| notes.join("; "))?;
    let runtime = chosen.answer.map_err(|silence| format!("{}: {silence}", chosen.socket))?;
    runtime.workloads.clone().map_err(|silence| format!("{}: {silence}", chosen.socket))
}

type Mistakes = Vec<(String, String)>;

/// The pods of a directory, and its files that are none; the kubelet passes over names with a dot in front
/// (`pkg/kubelet/config/file.go`).
fn manifests(files: &Files, directory: &str) -> Result<(Vec<Manifest>, Mistakes), String> {
    let single = || match files.stat(directory) {
        Ok(found) if found.kind == Kind::File => vec![directory.to_owned()],
        _ => Vec::new(),
    };
    let paths = match files.list(directory) {
        Ok(names) => {
            let names = names.iter().map(|name| name.to_string_lossy());
            let seen = names.filter(|name| !name.starts_with('.'));
            seen.map(|name| format!("{}/{name}", directory.trim_end_matches('/'))).collect()
        }
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => match single() {
            paths if !paths.is_empty() => paths,
            _ => return Err(error.to_string()),
        },
    };
    if paths.len() > MOST_FILES {
        return Err(format!("{directory}: more than {MOST_FILES} files"));
    }
    let (mut found, mut mistakes) = (Vec::new(), Mistakes::new());
    for path in paths {
        match files.stat(&path) {
            Ok(metadata) if metadata.kind != Kind::File => continue,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.to_string()),
            Ok(_) => {}
        }
        let bytes = files.read(&path).map_err(|error| error.to_string())?;
        match yaml::parse(&bytes)
            .map_err(|error| error.to_string())
            .and_then(|node| Manifest::of(&path, &node))
        {
            Ok(manifest) => found.push(manifest),
            Err(wrong) => mistakes.push((path.clone(), format!("{path}: {wrong}"))),
        }
    }
    Ok((found, mistakes))
}

impl Manifest {
    fn of(path: &str, node: &Node) -> Result<Self, String> {
        let text = |node: &Node, key: &str| match node.at(key).map(Node::state) {
            Some(State::Known(Value::Text(text))) if !text.is_empty() => Some(text),
            _ => None,
        };
        if text(node, "kind").as_deref() != Some("Pod") {
            return Err("the kubelet takes nothing but a Pod".into());
        }
        let name = text(node, "metadata.name").ok_or("a pod without a name")?;
        let containers = match node.at("spec.containers").map(|node| &node.content) {
            Some(Content::List(items)) => items.iter().filter_map(|item| text(item, "name")).collect(),
            _ => return Err("a pod without containers".into()),
        };
        let namespace = text(node, "metadata.namespace").unwrap_or_else(|| "default".into());
        Ok(Manifest { path: path.to_owned(), name, namespace, containers })
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
