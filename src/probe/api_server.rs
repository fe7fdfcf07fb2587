//! `api-server:ENDPOINT`: the API server that a node is to join.

use super::key::KeyKind;
use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::{Subsystems, api_server};

pub(super) static PROBE: Probe = Probe {
    name: "api-server",
    summary: "The API server at an endpoint, asked as `kubeadm join` will ask it.",
    details: "\
Now, over the network: the name is resolved as the host does it, a TCP connection is made, and over TLS \
`GET /api/v1/namespaces/kube-public/configmaps/cluster-info` is asked without credentials, for at most 2 seconds together. All \
addresses of a name are tried at once, and the first that answers counts. No proxy is used, no redirection followed, and of the \
answer at most 1 MiB is read. The key is a name or address; the port is 6443 unless one follows.

The token and the hashes are those of `--kubeadm-join` or of the JoinConfiguration in `--kubeadm-config`; no secret is sent. \
What was not told is unknown by itself. Everything is unknown if the name could not be resolved, be it that no \
resolver answered. A server of which no connection came about within the time has a high confidence only.

This and no other probe sends packets to other machines, and no rule asks it unless the endpoint is known: by \
`--kubeadm-join`, `--kubeadm-config` or `--set endpoint=...`.",
    key: KeySyntax::Required(&KeyKind { noun: "endpoint", canonical: api_server::endpoint }),
    answer: Shape::Record(&[
        Attribute { name: "address", shape: Shape::Text, summary: "The address to which the connection was made." },
        Attribute {
            name: "ca-hashes",
            shape: Shape::List(&Shape::Text),
            summary: "The hashes of the cluster's CA, `sha256:...`, of its public key as kubeadm writes them.",
        },
        Attribute {
            name: "ca-pinned",
            shape: Shape::Bool,
            summary: "Whether one of them is a hash that kubeadm will be given; absent if it is given none.",
        },
        Attribute {
            name: "certificate",
            shape: Shape::Word(&["other-authority", "other-name", "other-purpose", "trusted"]),
            summary: "Whether that CA vouches for the server under the name by which it was asked.",
        },
        Attribute {
            name: "cluster-info",
            shape: Shape::Word(&["answers", "closed", "forbidden", "missing", "no-api-server", "unavailable"]),
            summary: "Whether the server tells its CA; else why not: 401 and 403 are `forbidden`, 404 and an empty one \
                      `missing`, 429 and 5xx `unavailable`.",
        },
        Attribute {
            name: "connects",
            shape: Shape::Word(&["connected", "name-unknown", "no-route", "refused", "time-out"]),
            summary: "Whether a TCP connection comes about; else why not.",
        },
        Attribute {
            name: "token",
            shape: Shape::Word(&["known", "missing", "wrong-secret"]),
            summary: "Whether the cluster has signed its answer with the token: it does so for each that is valid. Absent if \
                      kubeadm will be given none.",
        },
        Attribute {
            name: "validity",
            shape: Shape::Word(&["early", "expired", "valid"]),
            summary: "Whether the server's certificate and the CA hold today, by the clock of this host.",
        },
    ]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    match subsystems.host().running() {
        Some(running) => {
            let answer = api_server::ask(running, key.as_str(), api_server::TIME_OUT);
            api_server::fact(subsystems, running, key.as_str(), &answer)
        }
        None => Fact::unknown("nothing is running here"),
    }
}
