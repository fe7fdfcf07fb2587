//! `kubelet:KEY`: the effective configuration of the kubelet.

use super::{BOTH, Key, KeySyntax, Probe, SettingKey, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::node::kubelet;

pub(super) static PROBE: Probe = Probe {
    name: "kubelet",
    summary: "A field of the kubelet's configuration after merging files, drop-ins and flags.",
    details: "\
A dotted field of `KubeletConfiguration`, such as `memorySwap.swapBehavior`: the default of the installed version, the file \
of `--config` (without a unit, kubeadm's), the drop-ins of `--config-dir`, then the flags of the unit. `nodeIP` and \
`hostnameOverride` are flags without a field. (`instance-config.yaml` is no part of it: kubeadm lays it over the file when it \
writes that.)

Merged from files at both moments; now with the flags of the running process, where the cgroup of kubelet.service has one. \
Absent if the kubelet is not installed, unknown if it will not start. What is wrong is asked with `kubelet-finding`, and what is \
no field with `kubelet-property`; their words in their old spelling (`configErrors`) are still keys of this probe.",
    key: KeySyntax::Setting(&SettingKey {
        noun: "field",
        unknown: kubelet::unknown_key,
        words: &["kubelet-finding", "kubelet-property"],
    }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &[
        "cgroupDriver",
        "configErrors",
        "containerRuntimeEndpoint",
        "failSwapOn",
        "removedFlags",
        "runtime",
    ],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    subsystems.kubelet().value(subsystems, key.as_str(), moment)
}
