//! The pods of a node as its runtime lists them, each with its containers.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Containers;
use super::messages as cri;
use crate::host::no_response::{NoResponse, short};

/// How many containers are asked how they ended. After a reboot every container of initialisation is one of them, of as many
/// pods as a node has.
pub(super) const MOST_ASKED: usize = 512;
/// How many of these questions are open at a time: as many answers are held, and no runtime is flooded.
pub(super) const AT_ONCE: usize = 16;

/// A pod sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// `etcd-node1`.
    pub name: String,
    /// `kube-system`.
    pub namespace: String,
    /// Whether it is ready (`SANDBOX_READY`).
    pub ready: bool,
    /// How often this sandbox was made again.
    pub attempt: u32,
    /// When it was made, in seconds since 1970; 0 if nobody said it.
    pub created: i64,
    /// Where the kubelet has it from: `file` for a static pod, `api`; empty if it isn't said.
    pub source: String,
    /// All its containers, those that have ended too.
    pub containers: Vec<Container>,
}

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name in the pod.
    pub name: String,
    /// What it does.
    pub state: ContainerState,
    /// How often it was started again.
    pub attempt: u32,
    /// When it was made, in seconds since 1970; 0 if nobody said it.
    pub created: i64,
    /// The code with which it ended. Asked only of those that were started again and have ended, for lists don't tell.
    pub exit: Option<i32>,
    /// What the runtime calls it.
    pub(super) id: String,
}

/// What a container does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerState {
    /// It is made and was not started.
    Created,
    /// It runs.
    Running,
    /// It has ended.
    Exited,
    /// The runtime doesn't know.
    #[default]
    Unknown,
}

impl Pod {
    /// The newest of its containers of each name, by name.
    #[must_use]
    pub fn newest(&self) -> BTreeMap<&str, &Container> {
        let mut newest: BTreeMap<&str, &Container> = BTreeMap::new();
        for container in &self.containers {
            let found = newest.entry(container.name.as_str()).or_insert(container);
            if (container.attempt, container.created) > (found.attempt, found.created) {
                *found = container;
            }
        }
        newest
    }
}

/// Lists that were cut say nothing about what isn't in them.
pub(super) fn whole<T>(answer: super::listed::Listed<T>) -> Result<Vec<T>, NoResponse> {
    if answer.more {
        return Err(NoResponse::TooMany { limit: super::listed::MAX_ITEMS });
    }
    Ok(answer.items)
}

/// Pods with their containers, in the order of the runtime.
pub(super) fn joined(sandboxes: &[cri::PodSandbox], containers: Vec<cri::Container>) -> Vec<Pod> {
    let mut pods: Vec<Pod> = sandboxes.iter().map(Pod::from).collect();
    let place: HashMap<&str, usize> =
        sandboxes.iter().enumerate().map(|(at, sandbox)| (sandbox.id.as_str(), at)).collect();
    for container in containers {
        // One whose pod was removed meanwhile is nobody's.
        if let Some(pod) = place.get(container.pod_sandbox_id.as_str()).and_then(|at| pods.get_mut(*at)) {
            pod.containers.push(Container::from(container));
        }
    }
    pods
}

/// Containers of ready pods that were started again and have ended: only their exit code tells a container that did its work
/// from one that fails.
pub(super) fn ended(pods: &mut [Pod]) -> Vec<&mut Container> {
    let mut found = Vec::new();
    for pod in pods.iter_mut().filter(|pod| pod.ready) {
        let has_ended =
            |container: &Container| container.attempt > 0 && container.state == ContainerState::Exited;
        let newest = pod.newest().into_values().filter(|container| has_ended(container));
        let ids: HashSet<String> = newest.map(|container| container.id.clone()).collect();
        found.extend(pod.containers.iter_mut().filter(|container| ids.contains(&container.id)));
    }
    found.truncate(MOST_ASKED);
    found
}

impl From<&cri::PodSandbox> for Pod {
    fn from(sandbox: &cri::PodSandbox) -> Self {
        let metadata = sandbox.metadata.clone().unwrap_or_default();
        Pod {
            name: short(&metadata.name),
            namespace: short(&metadata.namespace),
            ready: sandbox.state == 0,
            attempt: metadata.attempt,
            created: sandbox.created_at / 1_000_000_000,
            source: sandbox
                .source
                .as_ref()
                .and_then(|source| source.value.as_deref())
                .map_or_else(String::new, short),
            containers: Vec::new(),
        }
    }
}

impl From<cri::Container> for Container {
    fn from(container: cri::Container) -> Self {
        let metadata = container.metadata.unwrap_or_default();
        Container {
            name: short(&metadata.name),
            state: match container.state {
                0 => ContainerState::Created,
                1 => ContainerState::Running,
                2 => ContainerState::Exited,
                _ => ContainerState::Unknown,
            },
            attempt: metadata.attempt,
            created: container.created_at / 1_000_000_000,
            exit: None,
            id: container.id,
        }
    }
}

impl Containers {
    /// Of all containers, those of no pod too.
    pub(super) fn count(containers: &[cri::Container]) -> Self {
        let attempts = containers.iter().filter_map(|container| Some(container.metadata.as_ref()?.attempt));
        Containers {
            most_restarts: attempts.max().unwrap_or(0),
            running: containers.iter().filter(|container| container.state == 1).count(),
        }
    }
}
