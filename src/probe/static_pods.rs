//! `static-pods`: the pods that the kubelet starts by itself, and whether the runtime has them.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::node::pods;

const DOWN: Attribute = Attribute::new(
    "down",
    Shape::List(&Shape::Text),
    "Those that don't run, and why; also manifests that can't be read. Unknown about the next boot.",
);
const NAMES: Attribute =
    Attribute::new("names", Shape::List(&Shape::Text), "Their names, without that of the node.");

pub(super) static PROBE: Probe = Probe {
    name: "static-pods",
    summary: "The pods that the kubelet starts by itself from its `staticPodPath`, such as those of a control plane.",
    details: "Both moments: the manifests in that directory; names with a dot in front are passed over, as the kubelet does. \
              Now also, of the node's runtime (see `cri`): whether each has a ready sandbox in which all its containers run. \
              The pod of a manifest is `NAME-NODE` in its namespace, and none that came from the API server. Absent if the \
              kubelet is told no directory, or it holds no pod; unknown if a manifest can't be read.",
    key: KeySyntax::None,
    answer: Shape::Record(&[DOWN, NAMES]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    pods::static_pods(subsystems, moment)
        .map(|pods| Value::record([DOWN.is(pods.down.map(Value::list)), NAMES.is(Value::list(pods.names))]))
}
