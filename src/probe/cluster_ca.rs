//! `cluster-ca:ENDPOINT`: whether the CA of a cluster to join is the one that kubeadm will be told to trust.

use super::api_server::{ENDPOINT, asked};
use super::{Attribute, Key, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;

const HASHES: Attribute = Attribute::new(
    "hashes",
    Shape::List(&Shape::Text),
    "`sha256:...` of the public key of each of its certificates, as kubeadm writes them.",
);
const PINNED: Attribute = Attribute::new(
    "pinned",
    Shape::Bool,
    "Whether one of them is among those that kubeadm will be given; absent if it is given none.",
);

pub(super) static PROBE: Probe = Probe {
    name: "cluster-ca",
    summary: "The CA of the cluster at an endpoint, beside the hashes that kubeadm will be given.",
    details: "Now, over the network, as the probe `api-server` says: the CA in cluster-info. The hashes are those of \
              `--kubeadm-join` or of the JoinConfiguration in `--kubeadm-config`. Unknown if the cluster doesn't tell its CA.",
    key: ENDPOINT,
    answer: Shape::Record(&[HASHES, PINNED]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    asked(subsystems, key, |server, _| server.authority(subsystems)).map(|authority| {
        let is_pinned = authority.is_pinned.map(Value::from);
        Value::record([HASHES.is(Value::list(authority.hashes)), PINNED.is(is_pinned)])
    })
}
