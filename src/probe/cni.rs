//! `cni`: the pod network that the container runtime takes.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cni;

pub(super) static PROBE: Probe = Probe {
    name: "cni",
    summary: "The pod network that the container runtime takes.",
    details: "The first file of CRI-O's `network_dir` (`*.conf`, `*.conflist`, `*.json`, by name) that is valid and whose \
              plugins are all in `plugin_dirs`, or the one that `cni_default_network` names. Absent if there is none, \
              which is normal before the pod network is installed. What a running CRI-O took before is not told here: \
              see `cri`, condition NetworkReady.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        Attribute { name: "file", shape: Shape::Text, summary: "Its configuration file." },
        Attribute {
            name: "ignored",
            shape: Shape::List(&Shape::Text),
            summary: "Files that the runtime passes over, and why.",
        },
        Attribute { name: "name", shape: Shape::Text, summary: "Its name." },
        Attribute {
            name: "others",
            shape: Shape::List(&Shape::Text),
            summary: "Valid files that come later and are not used.",
        },
        Attribute { name: "plugin", shape: Shape::Text, summary: "Its first plugin: `calico`, `bridge`." },
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    cni::network(subsystems, moment)
}
