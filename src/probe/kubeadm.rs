//! `kubeadm:KEY`: the configuration that the user gives kubeadm.

use super::{BOTH, Key, KeySyntax, Probe, SettingKey, Shape};
use crate::fact::{Fact, Moment};
use crate::kubeadm;
use crate::subsystem::Subsystems;
use crate::subsystem::node::kubeadm_files;
use crate::subsystem::node::kubelet::given;

pub(super) static PROBE: Probe = Probe {
    name: "kubeadm",
    summary: "The configuration that kubeadm will be given (`--kubeadm-config FILE`): a field of it.",
    details: "\
A kind and a dotted field, such as `ClusterConfiguration.networking.podSubnet`, as it is written: without defaults. \
`InitConfiguration`, `ClusterConfiguration`, `JoinConfiguration` (v1beta3, v1beta4), `KubeletConfiguration` and \
`KubeProxyConfiguration` are read. Tokens and keys are not shown.

The same at both moments; absent without the option. What is wrong is asked with `kubeadm-finding`, and what is no field with \
`kubeadm-property`; their words in their old spelling (`networkErrors`) are still keys of this probe.",
    key: KeySyntax::Setting(&SettingKey {
        noun: "field",
        unknown: kubeadm::unknown_key,
        words: &["kubeadm-finding", "kubeadm-property"],
    }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &["kubeadm-config", "networkErrors", "ClusterConfiguration.networking.podSubnet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    match subsystems.kubeadm() {
        Some(kubeadm) if key.as_str() == "kubelet-errors" => given::errors(kubeadm, subsystems),
        Some(kubeadm) if key.as_str() == "missingFiles" => {
            kubeadm_files::missing(kubeadm, subsystems, moment)
        }
        Some(kubeadm) => kubeadm.value(key.as_str(), &kubeadm_files::installed(subsystems)),
        None => Fact::absent(),
    }
}
