//! The flags of `kubeadm join`.

/// What follows a flag.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// May be given several times, or several with commas.
    Values,
}
use Takes::{Nothing, Value, Values};

use crate::fact;

/// A flag, what it takes, and the field of a `JoinConfiguration` that it stands for.
pub(super) type Flag = (&'static str, Takes, &'static str);

/// The flags of `kubeadm join`.
pub(super) const FLAGS: &[Flag] = &[
    ("--apiserver-advertise-address", Value, "controlPlane.localAPIEndpoint.advertiseAddress"),
    ("--apiserver-bind-port", Value, "controlPlane.localAPIEndpoint.bindPort"),
    ("--certificate-key", Value, "controlPlane.certificateKey"),
    ("--config", Value, ""),
    ("--control-plane", Nothing, "controlPlane"),
    ("--cri-socket", Value, "nodeRegistration.criSocket"),
    ("--discovery-file", Value, "discovery.file.kubeConfigPath"),
    ("--discovery-token", Value, "discovery.bootstrapToken.token"),
    ("--discovery-token-ca-cert-hash", Values, "discovery.bootstrapToken.caCertHashes"),
    (
        "--discovery-token-unsafe-skip-ca-verification",
        Nothing,
        "discovery.bootstrapToken.unsafeSkipCAVerification",
    ),
    ("--dry-run", Nothing, "dryRun"),
    ("--help", Nothing, ""),
    ("--ignore-preflight-errors", Values, "nodeRegistration.ignorePreflightErrors"),
    ("--kubeconfig", Value, ""),
    ("--node-name", Value, "nodeRegistration.name"),
    ("--patches", Value, "patches.directory"),
    ("--rootfs", Value, ""),
    ("--skip-phases", Values, "skipPhases"),
    ("--tls-bootstrap-token", Value, "discovery.tlsBootstrapToken"),
    ("--token", Value, "discovery.bootstrapToken.token"),
    ("-h", Nothing, ""),
    ("-v", Value, ""),
    ("--v", Value, ""),
];

/// The flag that stands for a field.
pub(super) fn of_field(field: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|(_, _, known)| *known == field)
}

/// The flag that a misspelt one was most likely meant to be.
pub(super) fn nearest(name: &str) -> Option<&'static Flag> {
    let near = fact::nearest(name, FLAGS.iter().map(|(flag, ..)| *flag), |flag| 1 + flag.len() / 5)?;
    FLAGS.iter().find(|(flag, ..)| *flag == near)
}
