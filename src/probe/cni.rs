//! `cni`: the pod network that the container runtime takes.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cni;

const FILE: Attribute = Attribute::new("file", Shape::Text, "Its configuration file.");
const IGNORED: Attribute =
    Attribute::new("ignored", Shape::List(&Shape::Text), "Files that the runtime passes over, and why.");
const NAME: Attribute = Attribute::new("name", Shape::Text, "Its name.");
const OTHERS: Attribute =
    Attribute::new("others", Shape::List(&Shape::Text), "Valid files that come later and are not used.");
const PLUGIN: Attribute = Attribute::new("plugin", Shape::Text, "Its first plugin: `calico`, `bridge`.");

pub(super) static PROBE: Probe = Probe {
    name: "cni",
    summary: "The pod network that the container runtime takes.",
    details: "The first file of CRI-O's `network_dir` (`*.conf`, `*.conflist`, `*.json`, by name) that is valid and whose \
              plugins are all in `plugin_dirs`, or the one that `cni_default_network` names. Absent if there is none, \
              which is normal before the pod network is installed. What a running CRI-O took before is not told here: \
              see `cri`, condition NetworkReady.",
    key: KeySyntax::None,
    answer: Shape::Record(&[FILE, IGNORED, NAME, OTHERS, PLUGIN]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    cni::network(subsystems, moment).map(|network| {
        Value::record([
            FILE.is(network.file),
            IGNORED.is(Value::list(network.ignored)),
            NAME.is(network.name),
            OTHERS.is(Value::list(network.others)),
            PLUGIN.is(network.plugin),
        ])
    })
}
