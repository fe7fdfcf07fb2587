//! What a runtime answered, as `live/machine.toml` keeps it.

use std::rc::Rc;

use serde::Deserialize;

use super::{Api, CgroupDriver, Condition, Container, ContainerState, Containers, Pod, Runtime, Status};
use crate::host::no_response::NoResponse;

/// `[cri."/run/crio/crio.sock"]`: what a socket answered. What is left out was not recorded and is unknown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecordedRuntime {
    runtime: String,
    version: String,
    #[serde(default)]
    api: RecordedApi,
    conditions: Option<Vec<RecordedCondition>>,
    /// `info["config"]` of the verbose `Status`, JSON.
    status_config: Option<String>,
    cgroup_driver: Option<RecordedDriver>,
    pods: Option<usize>,
    containers: Option<usize>,
    restarts: Option<u32>,
    /// All pods with their containers; the three numbers follow from them.
    sandboxes: Option<Vec<RecordedPod>>,
    /// `GET /info`, JSON.
    info: Option<String>,
    /// `GET /config`, TOML.
    config: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedApi {
    #[default]
    V1,
    V1alpha2,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedDriver {
    Systemd,
    Cgroupfs,
    /// The answer had no part for Linux.
    Unset,
    /// The runtime doesn't know the call.
    Unimplemented,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedCondition {
    #[serde(rename = "type")]
    kind: String,
    status: bool,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

/// `[[cri."/run/crio/crio.sock".sandboxes]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RecordedPod {
    name: String,
    #[serde(default = "kube_system")]
    namespace: String,
    #[serde(default = "yes")]
    ready: bool,
    #[serde(default)]
    attempt: u32,
    /// In seconds since 1970.
    #[serde(default)]
    created: i64,
    #[serde(default)]
    source: String,
    #[serde(default)]
    containers: Vec<RecordedContainer>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RecordedContainer {
    name: String,
    #[serde(default)]
    state: RecordedState,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    created: i64,
    exit: Option<i32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedState {
    Created,
    #[default]
    Running,
    Exited,
    Unknown,
}

fn kube_system() -> String {
    "kube-system".into()
}

fn yes() -> bool {
    true
}

impl From<&RecordedPod> for Pod {
    fn from(recorded: &RecordedPod) -> Self {
        let container = |recorded: &RecordedContainer| Container {
            name: recorded.name.clone(),
            state: match recorded.state {
                RecordedState::Created => ContainerState::Created,
                RecordedState::Running => ContainerState::Running,
                RecordedState::Exited => ContainerState::Exited,
                RecordedState::Unknown => ContainerState::Unknown,
            },
            attempt: recorded.attempt,
            created: recorded.created,
            exit: recorded.exit,
            ..Container::default()
        };
        Pod {
            name: recorded.name.clone(),
            namespace: recorded.namespace.clone(),
            ready: recorded.ready,
            attempt: recorded.attempt,
            created: recorded.created,
            source: recorded.source.clone(),
            containers: recorded.containers.iter().map(container).collect(),
        }
    }
}

impl RecordedRuntime {
    /// The pods; what was only counted is known where nothing was.
    fn workloads(&self) -> Result<Vec<Pod>, NoResponse> {
        match (&self.sandboxes, self.pods, self.containers) {
            (Some(pods), _, _) => Ok(pods.iter().map(Pod::from).collect()),
            (None, Some(0), Some(0)) => Ok(Vec::new()),
            (None, _, _) => Err(NoResponse::NotRecorded),
        }
    }

    /// The answer that was recorded.
    pub(crate) fn answer(&self) -> Rc<Runtime> {
        let workloads = self.workloads();
        let said = |text: &Option<String>| text.clone().ok_or(NoResponse::NotRecorded);
        let conditions = self.conditions.as_ref().ok_or(NoResponse::NotRecorded);
        let condition = |recorded: &RecordedCondition| Condition {
            kind: recorded.kind.clone(),
            holds: recorded.status,
            reason: recorded.reason.clone(),
            message: recorded.message.clone(),
        };
        Rc::new(Runtime {
            api: match self.api {
                RecordedApi::V1 => Api::V1,
                RecordedApi::V1alpha2 => Api::V1Alpha2,
            },
            name: self.runtime.clone(),
            version: self.version.clone(),
            status: conditions.map(|conditions| Status {
                conditions: conditions.iter().map(condition).collect(),
                config: self.status_config.clone(),
            }),
            cgroup_driver: match self.cgroup_driver {
                None => Err(NoResponse::NotRecorded),
                Some(RecordedDriver::Unimplemented) => Err(NoResponse::Unimplemented),
                Some(RecordedDriver::Unset) => Ok(None),
                Some(RecordedDriver::Systemd) => Ok(Some(CgroupDriver::Systemd)),
                Some(RecordedDriver::Cgroupfs) => Ok(Some(CgroupDriver::Cgroupfs)),
            },
            pods: match &self.sandboxes {
                Some(pods) => Ok(pods.iter().filter(|pod| pod.ready).count()),
                None => self.pods.ok_or(NoResponse::NotRecorded),
            },
            containers: match (&workloads, self.containers, self.restarts) {
                (_, Some(running), Some(most_restarts)) => Ok(Containers { running, most_restarts }),
                (Ok(pods), _, _) if self.sandboxes.is_some() => {
                    let all = || pods.iter().flat_map(|pod| &pod.containers);
                    let running =
                        all().filter(|container| container.state == ContainerState::Running).count();
                    let most_restarts = all().map(|container| container.attempt).max().unwrap_or(0);
                    Ok(Containers { running, most_restarts })
                }
                _ => Err(NoResponse::NotRecorded),
            },
            workloads,
            info: said(&self.info),
            config: said(&self.config),
        })
    }
}
