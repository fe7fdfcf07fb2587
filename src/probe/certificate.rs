//! `certificate:PATH`: whose a certificate is, and until when it is valid.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::pki::certificate::date;
use crate::subsystem::Subsystems;
use crate::subsystem::node::certificate::{self, NodeCertificate};

const SUBJECT: Attribute =
    Attribute::new("subject", Shape::Text, "Whom it is for: `CN=kubernetes-admin,O=system:masters`.");
const ISSUER: Attribute = Attribute::new("issuer", Shape::Text, "Who issued it.");
const NOT_BEFORE: Attribute =
    Attribute::new("not-before", Shape::Text, "From when on it is valid: `2026-10-22T20:28:14Z`.");
const NOT_AFTER: Attribute = Attribute::new("not-after", Shape::Text, "Until when it is valid.");
const EXPIRES_DAYS: Attribute =
    Attribute::new("expires-days", Shape::Integer, "Whole days until then; negative if it has expired.");
const ISSUER_MATCHES: Attribute =
    Attribute::new("issuer-matches", Shape::Bool, "Whether the authority at hand is the one that it names.")
        .phrase("of the authority at hand");

pub(super) static PROBE: Probe = Probe {
    name: "certificate",
    summary: "Whose a certificate is, and until when it is valid.",
    details: "Of a PEM file the first certificate; of a kubeconfig the one that the user of its current context shows, \
              embedded or in a file. Absent if there is no file, or no certificate in it. Days are counted by the clock \
              of the running system at both moments; a root directory has no clock. Signatures are not checked: \
              `issuer-matches` compares the name and the key identifier with the authorities in the kubeconfig; for \
              certificates of kubeadm with the authority that it has sign them; else with ca.crt and front-proxy-ca.crt \
              in the same directory and in /etc/kubernetes/pki. Nothing of a private key \
              is decoded or shown.",
    key: KeySyntax::Required(&KeyKind { noun: "file", canonical }),
    answer: Shape::Record(&[SUBJECT, ISSUER, NOT_BEFORE, NOT_AFTER, EXPIRES_DAYS, ISSUER_MATCHES]),
    moments: BOTH,
    examples: &[
        "/etc/kubernetes/admin.conf",
        "/etc/kubernetes/kubelet.conf",
        "/etc/kubernetes/pki/apiserver.crt",
        "/etc/kubernetes/pki/ca.crt",
        "/var/lib/kubelet/pki/kubelet-client-current.pem",
    ],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err(format!("`{text}` is not an absolute path")) }
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    certificate::certificate(subsystems, key.as_str()).map(|found| {
        let NodeCertificate { certificate, expires_days, issuer_matches } = found;
        Value::record([
            SUBJECT.is(certificate.subject),
            ISSUER.is(certificate.issuer),
            NOT_BEFORE.is(date(certificate.not_before)),
            NOT_AFTER.is(date(certificate.not_after)),
            EXPIRES_DAYS.is(expires_days.map(Value::from)),
            ISSUER_MATCHES.is(issuer_matches.map(Value::from)),
        ])
    })
}
