//! What a runtime answered, as `live/machine.toml` keeps it.

use std::rc::Rc;

use serde::Deserialize;

use super::{Api, CgroupDriver, Condition, Containers, Runtime, Silence, Status};

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

impl RecordedRuntime {
    /// The answer that was recorded.
    pub(crate) fn answer(&self) -> Rc<Runtime> {
        let said = |text: &Option<String>| text.clone().ok_or(Silence::NotRecorded);
        let conditions = self.conditions.as_ref().ok_or(Silence::NotRecorded);
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
                None => Err(Silence::NotRecorded),
                Some(RecordedDriver::Unimplemented) => Err(Silence::Unimplemented),
                Some(RecordedDriver::Unset) => Ok(None),
                Some(RecordedDriver::Systemd) => Ok(Some(CgroupDriver::Systemd)),
                Some(RecordedDriver::Cgroupfs) => Ok(Some(CgroupDriver::Cgroupfs)),
            },
            pods: self.pods.ok_or(Silence::NotRecorded),
            containers: match (self.containers, self.restarts) {
                (Some(running), Some(most_restarts)) => Ok(Containers { running, most_restarts }),
                _ => Err(Silence::NotRecorded),
            },
            info: said(&self.info),
            config: said(&self.config),
        })
    }
}
