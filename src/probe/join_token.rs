//! `join-token:ENDPOINT`: whether a cluster to join knows the token that kubeadm will be given.

use super::api_server::{ENDPOINT, asked};
use super::{Key, NOW, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::node::api_server::TokenStatus;

pub(super) static PROBE: Probe = Probe {
    name: "join-token",
    summary: "Whether the cluster at an endpoint knows the token that kubeadm will be given.",
    details: "Now, over the network, as the probe `api-server` says. A cluster signs cluster-info with every token that is \
              valid; the token itself is not sent. `missing`: there is no signature, for the token has expired, or never \
              was one of this cluster. `wrong-secret`: there is one, and it was made with another second half. The token is \
              that of `--kubeadm-join` or of the JoinConfiguration in `--kubeadm-config`; absent if there is none.",
    key: ENDPOINT,
    answer: Shape::Word(TokenStatus::NAMES),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    asked(subsystems, key, |server, _| server.token(subsystems)).map(|status| status.name().into())
}
