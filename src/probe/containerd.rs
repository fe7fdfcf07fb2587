//! `containerd`: the configuration of containerd, as far as the kubelet depends on it.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::containerd;

pub(super) static PROBE: Probe = Probe {
    name: "containerd",
    summary: "The configuration of containerd, as far as the kubelet depends on it.",
    details: "From /etc/containerd/config.toml, or the file that the unit names, and what it imports; at both moments \
              from files. What the running one says is told by `cri`. Absent if containerd is not installed.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute { name: "address", shape: Shape::Text, summary: "Its socket." },
        Attribute {
            name: "config",
            shape: Shape::Text,
            summary: "Its file; absent if it runs with its defaults.",
        },
        Attribute {
            name: "cri",
            shape: Shape::Bool,
            summary: "Whether its CRI is on: no `disabled_plugins` names it.",
        },
        Attribute {
            name: "mistakes",
            shape: Shape::List(&Shape::Text),
            summary: "What stops containerd when it starts.",
        },
        Attribute {
            name: "systemd_cgroup",
            shape: Shape::Bool,
            summary: "`SystemdCgroup` of its default runtime: cgroups are made through systemd.",
        },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    containerd::containerd(subsystems)
}
