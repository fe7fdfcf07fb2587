//! The pods of a node: what the runtime has, against what the kubelet and the cluster need of it.

use std::collections::BTreeMap;

use crate::fact::Knowledge;
use crate::host::cri::{Container, ContainerState, Pod};

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

// The numbers of `restarting`, an attribute of `cri` that rules of others may ask. The built-in rule has variables for them,
// and asks [`of_cluster`].

/// So many new starts are no accident.
const MAX_RESTARTS: u32 = 5;
/// So many are none if the last was a moment ago and failed, too.
const MAX_RECENT_RESTARTS: u32 = 2;
/// Seconds: the kubelet waits for at most five minutes before it starts a container again (`MaxContainerBackOff`).
const RECENT_SECONDS: i64 = 600;
/// Seconds after its sandbox in which a container was started with it: after a reboot all are, and their attempts go on
/// from before.
const STARTUP_SECONDS: i64 = 300;

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

/// The newest container of a name in a ready pod of the cluster itself.
pub struct ClusterContainer<'p> {
    /// Its pod.
    pub pod: &'p Pod,
    /// The container.
    pub container: &'p Container,
    /// How many seconds after its pod it was made; absent if nobody says when either was.
    pub delay: Option<i64>,
    /// How many seconds ago it was made; absent if nobody says when, unknown without a clock.
    pub age: Knowledge<i64>,
    /// The code with which it ended; absent if it hasn't.
    pub exit: Knowledge<i32>,
}

impl<'p> ClusterContainer<'p> {
    fn of(pod: &'p Pod, container: &'p Container, now: Option<i64>) -> Self {
        let who = || format!("{}/{} {}: {}", pod.namespace, pod.name, container.name, state(container));
        let is_dated = container.created > 0 && pod.created > 0;
        let age = match now {
            _ if !is_dated => Knowledge::Absent,
            Some(now) => Knowledge::Known(now.saturating_sub(container.created)),
            None => {
                Knowledge::unknown(format!("since when it runs is not known, without a clock: {}", who()))
            }
        };
        let exit = match (container.state, container.exit) {
            (ContainerState::Exited, Some(code)) => Knowledge::Known(code),
            (ContainerState::Exited, None) => {
                Knowledge::unknown(format!("with which code it ended is not known: {}", who()))
            }
            _ => Knowledge::Absent,
        };
        let delay = is_dated.then(|| container.created.saturating_sub(pod.created));
        ClusterContainer { pod, container, delay, age, exit }
    }
}

/// The containers of the cluster's own pods that are ready, the newest of each name.
#[must_use]
pub fn of_cluster(pods: &[Pod], now: Option<i64>) -> Vec<ClusterContainer<'_>> {
    let own = pods.iter().filter(|pod| pod.ready && OF_CLUSTER.contains(&pod.namespace.as_str()));
    own.flat_map(|pod| {
        pod.newest().into_values().map(move |container| ClusterContainer::of(pod, container, now))
    })
    .collect()
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

pub(super) fn is_running(container: &Container) -> bool {
    container.state == ContainerState::Running
}

pub(super) fn state(container: &Container) -> String {
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
