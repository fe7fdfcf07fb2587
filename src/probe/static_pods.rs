//! `static-pods`: the pods that the kubelet starts by itself, and whether the runtime has them.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::node::static_pods;

const DOWN: Attribute = Attribute::new(
    "down",
    Shape::List(&Shape::Text),
    "Those that don't run, and why; also manifests that can't be read. Unknown about the next boot.",
);
const DUPLICATES: Attribute = Attribute::new(
    "duplicates",
    Shape::List(&Shape::Text),
    "Files whose pod another file has, too, such as backups beside a manifest: the kubelet looks at no suffix.",
);
const API_SERVER_VERSION: Attribute = Attribute::new(
    "api-server-version",
    Shape::Version,
    "The version of the API server in its manifest, by the tag of its image; absent without one.",
);
const FOREIGN_ADDRESSES: Attribute = Attribute::new(
    "foreign-addresses",
    Shape::List(&Shape::Text),
    "Addresses that the flags of etcd and the API server name and that are on no interface of this host; absent if they name none. \
     Unknown about the next boot.",
);
const MISTAKES: Attribute = Attribute::new(
    "mistakes",
    Shape::List(&Shape::Text),
    "What keeps one from starting: flags and admission plugins that its version doesn't have, files that its flags or volumes name \
     and that aren't there, manifests that can't be read.",
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
    answer: Shape::Record(&[API_SERVER_VERSION, DOWN, DUPLICATES, FOREIGN_ADDRESSES, MISTAKES, NAMES]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    static_pods::static_pods(subsystems, moment).map(|pods| {
        Value::record([
            API_SERVER_VERSION.is(pods.api_server_version.map_or(State::Absent, State::from)),
            DOWN.is(pods.down.map(Value::list)),
            DUPLICATES.is(Value::list(pods.duplicates)),
            FOREIGN_ADDRESSES.is(pods.foreign_addresses.map(Value::list)),
            MISTAKES.is(pods.mistakes.map(Value::list)),
            NAMES.is(Value::list(pods.names)),
        ])
    })
}
