//! The minor version of Kubernetes that a node is to be upgraded to, where nobody names one: that of a kubeadm which is newer
//! than the node, as in the first step of an upgrade; else the next one.

use super::static_pods::static_pods;
use crate::fact::{Answer, Knowledge, Moment, Origin, Version};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::program::Program;

/// A minor version, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextVersion {
    /// Of Kubernetes 1.
    pub minor: u64,
    /// What says so.
    pub because: Origin,
}

/// The version to upgrade to; none if the node's own isn't known.
pub fn of_host(subsystems: &Subsystems<'_>) -> Option<NextVersion> {
    let programs = subsystems.programs();
    let program = |name: &str| match programs.program(subsystems, name).state {
        Knowledge::Known(Program { path, version: Ok((version, _)) }) => {
            Some((minor(&version)?, Origin::file(path)))
        }
        _ => None,
    };
    let api_server = match static_pods(subsystems, Moment::NextBoot) {
        Answer { state: Knowledge::Known(pods), because, .. } => {
            let minor = pods.api_server_version.as_deref().and_then(minor);
            let place = because.into_iter().find(|place| place.path.contains("kube-apiserver"));
            minor.map(|minor| (minor, place.unwrap_or_else(|| Origin::file("/etc/kubernetes/manifests"))))
        }
        // Without a control plane the kubelet says it.
        Answer { state: Knowledge::Absent, .. } => None,
        // What it would say isn't known, so nothing is.
        Answer { state: Knowledge::Unknown(_), .. } => return None,
    };
    let (own, because) = api_server.or_else(|| program("kubelet"))?;
    // An unreadable kubeadm may be a newer one.
    if programs.unread(subsystems, "kubeadm").is_some() {
        return None;
    }
    Some(match program("kubeadm") {
        Some((kubeadm, because)) if kubeadm > own => NextVersion { minor: kubeadm, because },
        _ => NextVersion { minor: own + 1, because },
    })
}

/// The minor version of Kubernetes 1.
fn minor(version: &str) -> Option<u64> {
    Version::parse(version).filter(|version| version.number(0) == 1).map(|version| version.number(1))
}
