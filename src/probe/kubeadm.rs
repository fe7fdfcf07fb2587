//! `kubeadm:KEY`: the configuration that the user gives kubeadm.

use super::key::{KeyKind, verbatim};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::node::kubeadm_files;

pub(super) static PROBE: Probe = Probe {
    name: "kubeadm",
    summary: "The configuration that kubeadm will be given (`--kubeadm-config FILE`): a field of it, or a finding about it.",
    details: "\
A kind and a dotted field, such as `ClusterConfiguration.networking.podSubnet`, as it is written: without defaults. \
`InitConfiguration`, `ClusterConfiguration`, `JoinConfiguration` (v1beta3, v1beta4), `KubeletConfiguration` and \
`KubeProxyConfiguration` are read. Tokens and keys are not shown. Findings, which are lists and empty if all is well:

- `apiVersion`: the newest version of kubeadm's own documents, `v1beta4` say.
- `discoveryErrors`: tokens, hashes of the CA, certificate keys and the endpoint of a JoinConfiguration.
- `endpointErrors`: controlPlaneEndpoint, advertiseAddress, bindPort, kubernetesVersion, image repositories.
- `etcdErrors`: external etcd, and paths that are not absolute.
- `kubeadm-config`: the file itself.
- `missingFiles`: paths that kubeadm needs (certificates of an external etcd, patches, a discovery file, resolvConf of the \
  kubelet) and that the host lacks.
- `networkErrors`: pod and service networks and dnsDomain: their form, size and families.
- `nodeErrors`: the name of the node, criSocket, imagePullPolicy.
- `unknownFields`: fields that kubeadm ignores with a warning.
- `valueErrors`: values of another type than their field, with which kubeadm exits.
- `warnings`: what kubeadm takes with a warning: clusterDNS and clusterDomain of the kubelet that don't fit the cluster's \
  networks, criSocket without unix://.

The same at both moments; absent without the option.",
    key: KeySyntax::Required(&KeyKind { noun: "field", canonical: verbatim }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &["kubeadm-config", "networkErrors", "ClusterConfiguration.networking.podSubnet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    match subsystems.kubeadm() {
        Some(kubeadm) if key.as_str() == "missingFiles" => {
            kubeadm_files::missing(kubeadm, subsystems, moment)
        }
        Some(kubeadm) => kubeadm.value(key.as_str()),
        None => Fact::absent(),
    }
}
