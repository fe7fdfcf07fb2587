//! The messages of the CRI, as far as they are read (kubernetes/cri-api, `pkg/apis/runtime/v1/api.proto`). The
//! numbers are the same in v1alpha2. What isn't declared is skipped, so that a long answer costs little memory.

use super::listed::{Entry, Key, Listed, Source};
use super::{CgroupDriver, Condition, Status};
use crate::host::no_response::{NoResponse, short};

/// Nobody has more; what is beyond is dropped.
const MOST_CONDITIONS: usize = 64;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct VersionRequest {
    /// The version of the kubelet's runtime API: a constant, `0.1.0`.
    #[prost(string, tag = "1")]
    pub(super) version: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct VersionResponse {
    #[prost(string, tag = "2")]
    pub(super) runtime_name: String,
    #[prost(string, tag = "3")]
    pub(super) runtime_version: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StatusRequest {
    #[prost(bool, tag = "1")]
    pub(super) verbose: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StatusResponse {
    /// Its conditions.
    #[prost(message, optional, tag = "1")]
    status: Option<Listed<RuntimeCondition>>,
    #[prost(message, optional, tag = "2")]
    info: Option<Entry<ConfigKey>>,
}

/// Of what a runtime tells besides, its configuration.
#[derive(Clone, Debug, Default, PartialEq)]
struct ConfigKey;

impl Key for ConfigKey {
    const KEY: &'static str = "config";
}

#[derive(Clone, PartialEq, prost::Message)]
struct RuntimeCondition {
    #[prost(string, tag = "1")]
    r#type: String,
    #[prost(bool, tag = "2")]
    status: bool,
    #[prost(string, tag = "3")]
    reason: String,
    #[prost(string, tag = "4")]
    message: String,
}

impl From<StatusResponse> for Status {
    fn from(answer: StatusResponse) -> Self {
        let conditions = answer.status.unwrap_or_default().items.into_iter().take(MOST_CONDITIONS);
        let conditions = conditions.map(|condition| Condition {
            kind: short(&condition.r#type),
            holds: condition.status,
            reason: short(&condition.reason),
            message: short(&condition.message),
        });
        Status { conditions: conditions.collect(), config: answer.info.and_then(|info| info.value) }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RuntimeConfigRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RuntimeConfigResponse {
    #[prost(message, optional, tag = "1")]
    linux: Option<LinuxRuntimeConfiguration>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct LinuxRuntimeConfiguration {
    /// An enumeration in which systemd is 0, and 0 is not sent: only a missing `linux` says nothing.
    #[prost(int32, tag = "1")]
    cgroup_driver: i32,
}

impl RuntimeConfigResponse {
    pub(super) fn driver(self) -> Result<Option<CgroupDriver>, NoResponse> {
        match self.linux.map(|linux| linux.cgroup_driver) {
            None => Ok(None),
            Some(0) => Ok(Some(CgroupDriver::Systemd)),
            Some(1) => Ok(Some(CgroupDriver::Cgroupfs)),
            Some(other) => Err(NoResponse::Failed(format!("a cgroup driver that is not known: {other}"))),
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListPodSandboxRequest {}

pub(super) type ListPodSandboxResponse = Listed<PodSandbox>;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PodSandbox {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) metadata: Option<PodSandboxMetadata>,
    /// 0 is ready, 1 is not.
    #[prost(int32, tag = "3")]
    pub(super) state: i32,
    /// In nanoseconds since 1970.
    #[prost(int64, tag = "4")]
    pub(super) created_at: i64,
    #[prost(message, optional, tag = "6")]
    pub(super) source: Option<Source>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PodSandboxMetadata {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) namespace: String,
    #[prost(uint32, tag = "4")]
    pub(super) attempt: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListContainersRequest {}

pub(super) type ListContainersResponse = Listed<Container>;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Container {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) pod_sandbox_id: String,
    #[prost(message, optional, tag = "3")]
    pub(super) metadata: Option<ContainerMetadata>,
    /// 0 created, 1 running, 2 exited, 3 unknown.
    #[prost(int32, tag = "6")]
    pub(super) state: i32,
    /// In nanoseconds since 1970.
    #[prost(int64, tag = "7")]
    pub(super) created_at: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerMetadata {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(uint32, tag = "2")]
    pub(super) attempt: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerStatusRequest {
    #[prost(string, tag = "1")]
    pub(super) container_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerStatusResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) status: Option<ContainerStatus>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ContainerStatus {
    #[prost(int32, tag = "7")]
    pub(super) exit_code: i32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    #[test]
    fn systemd_is_what_is_not_sent() {
        let driver = |bytes: &[u8]| RuntimeConfigResponse::decode(bytes).unwrap().driver();
        assert_eq!(driver(&[]), Ok(None));
        assert_eq!(driver(&[0x0a, 0x00]), Ok(Some(CgroupDriver::Systemd)));
        assert_eq!(driver(&[0x0a, 0x02, 0x08, 0x01]), Ok(Some(CgroupDriver::Cgroupfs)));
        assert!(matches!(driver(&[0x0a, 0x02, 0x08, 0x07]), Err(NoResponse::Failed(_))));
    }

    proptest! {
        #[test]
        fn no_bytes_are_more_than_a_mistake(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(answer) = StatusResponse::decode(&*bytes) {
                prop_assert!(Status::from(answer).conditions.len() <= MOST_CONDITIONS);
            }
            for answer in [ListContainersResponse::decode(&*bytes).map(|answer| answer.items.len()),
                ListPodSandboxResponse::decode(&*bytes).map(|answer| answer.items.len())] {
                prop_assert!(answer.unwrap_or_default() <= bytes.len());
            }
            if let Ok(answer) = RuntimeConfigResponse::decode(&*bytes) {
                let is_set = answer.linux.is_some();
                prop_assert_eq!(answer.driver() != Ok(None), is_set);
            }
        }
    }
}
