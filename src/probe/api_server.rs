//! `api-server:ENDPOINT`: whether the API server of a cluster to join can be reached, and tells newcomers about it.

use super::key::KeyKind;
use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Answer, Fact, Moment, Reason, State, Value};
use crate::host::Running;
use crate::subsystem::Subsystems;
use crate::subsystem::node::api_server::{self, Connection, InfoStatus, Server};

const ADDRESS: Attribute =
    Attribute::new("address", Shape::Text, "The address to which the connection was made.");
const CLUSTER_INFO: Attribute = Attribute::new(
    "cluster-info",
    Shape::Word(InfoStatus::NAMES),
    "Whether the server tells its CA; else why not: 401 and 403 are `forbidden`, 404 and an empty one \
                      `missing`, 429 and 5xx `unavailable`. Unknown if it takes too long or is too large.",
);
const CONNECTS: Attribute = Attribute::new(
    "connects",
    Shape::Word(Connection::NAMES),
    "Whether a TCP connection comes about; else why not.",
);

pub(super) static PROBE: Probe = Probe {
    name: "api-server",
    summary: "The API server at an endpoint, asked as `kubeadm join` will ask it.",
    details: "\
Now, over the network: the name is resolved as the host does it, a TCP connection is made, and over TLS \
`GET /api/v1/namespaces/kube-public/configmaps/cluster-info` is asked without credentials, for at most 2 seconds together. All \
addresses of a name are tried at once, and the first that answers counts. No proxy is used, no redirection followed, and of the \
answer at most 1 MiB is read. The key is a name or address; the port is 6443 unless one follows.

Everything is unknown if no resolver answered. That no connection came about within the time has a high confidence only.

The probes `api-server-certificate`, `cluster-ca` and `join-token` tell more of the same answer: a server is asked once. These \
and no others send packets to other machines, and no rule asks them unless the endpoint is known: by `--kubeadm-join`, \
`--kubeadm-config` or `--set endpoint=...`. No secret is sent.",
    key: ENDPOINT,
    answer: Shape::Record(&[ADDRESS, CLUSTER_INFO, CONNECTS]),
    moments: NOW,
    examples: &[],
    ask,
};

pub(super) const ENDPOINT: KeySyntax =
    KeySyntax::Required(&KeyKind { noun: "endpoint", canonical: api_server::endpoint });

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    asked(subsystems, key, |server, _| server.reachability()).map(|reachability| {
        let connection = reachability.connection;
        let address = match connection {
            Connection::Connected(address) => State::from(address.to_string()),
            _ => State::Absent,
        };
        Value::record([
            ADDRESS.is(address),
            CLUSTER_INFO.is(reachability.cluster_info.map(|status| status.name().into())),
            CONNECTS.is(connection.name()),
        ])
    })
}

/// Asks the server, on a running system.
pub(super) fn asked<T>(
    subsystems: &Subsystems<'_>,
    key: &Key,
    question: impl FnOnce(&Server, &dyn Running) -> Answer<T>,
) -> Answer<T> {
    match subsystems.host().running() {
        Some(running) => question(&subsystems.api_servers().ask(running, key.as_str()), running),
        None => Answer::unknown(Reason::not_running()),
    }
}
