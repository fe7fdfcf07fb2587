//! `api-server-certificate:ENDPOINT`: whether the API server of a cluster to join is to be trusted.

use super::api_server::{ENDPOINT, asked};
use super::{Attribute, Key, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::node::api_server::{ServerTrust, Validity};

const TRUST: Attribute = Attribute::new(
    "trust",
    Shape::Word(ServerTrust::NAMES),
    "Whether the cluster's CA vouches for the server under the name by which it was asked, whatever the day.",
);
const VALIDITY: Attribute = Attribute::new(
    "validity",
    Shape::Word(Validity::NAMES),
    "Whether the certificate and the CA hold today, by the clock of this host.",
);

pub(super) static PROBE: Probe = Probe {
    name: "api-server-certificate",
    summary: "The certificate that the API server at an endpoint shows.",
    details: "Now, over the network, as the probe `api-server` says. Signatures are checked, by the CA that the cluster tells; \
              whether that is the right one, the probe `cluster-ca` says. Unknown if the cluster doesn't tell its CA, \
              and where a signature is of a kind that this program doesn't know.",
    key: ENDPOINT,
    answer: Shape::Record(&[TRUST, VALIDITY]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    asked(subsystems, key, |server, running| server.certificate(running)).map(|certificate| {
        Value::record([
            TRUST.is(certificate.trust.map(|trust| trust.name().into())),
            VALIDITY.is(certificate.validity.map(|validity| validity.name().into())),
        ])
    })
}
