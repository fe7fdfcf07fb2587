//! The values that kubeadm accepts, field by field: the form of each, the versions that refuse others, and where
//! upstream decides so.

use std::net::IpAddr;

use super::since::{Minors, Refusing};
use super::{endpoint, form};
use crate::parse::{go_address, label};

/// What a finding is about; each has a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    DiscoveryErrors,
    Warnings,
    EndpointErrors,
    EtcdErrors,
    NetworkErrors,
    NodeErrors,
    UpgradeErrors,
    UnknownFields,
    ValueErrors,
}
use Topic::{
    DiscoveryErrors, EndpointErrors, EtcdErrors, NetworkErrors, NodeErrors, UpgradeErrors, ValueErrors,
};

/// The form that a value must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One of these words exactly.
    Word(&'static [&'static str]),
    AbsolutePath,
    Address,
    /// A name or address for a certificate; `lowered` where kubeadm makes small letters of it first.
    AlternativeName {
        lowered: bool,
    },
    /// The file of a CA.
    CaPath,
    CertificateKey,
    DnsName,
    HostPort,
    NodeName,
    Port,
    Repository,
    Socket,
    TokenGroup,
    Version,
}

/// A value: the kind and field that have it (`[]` after a list), its form, whose rule tells it, who refuses others.
pub(crate) struct Row {
    pub kind: &'static str,
    pub field: &'static str,
    pub form: Form,
    pub topic: Topic,
    pub refusing: Refusing,
    /// A path of the repository kubernetes/kubernetes.
    #[allow(dead_code)] // Who maintains the table reads it.
    pub source: &'static str,
}

const INIT: &str = "InitConfiguration";
const CLUSTER: &str = "ClusterConfiguration";
const JOIN: &str = "JoinConfiguration";
const UPGRADE: &str = "UpgradeConfiguration";

const VALIDATION: &str = "cmd/kubeadm/app/apis/kubeadm/validation/validation.go";
const COMMON: &str = "cmd/kubeadm/app/util/config/common.go";
const VERSION: &str = "cmd/kubeadm/app/util/version.go";
const TOKENS: &str = "staging/src/k8s.io/cluster-bootstrap/token/util/helpers.go";

const PULL_POLICIES: Form = Form::Word(&["Always", "IfNotPresent", "Never"]);
const ALGORITHMS: Form = Form::Word(&["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384"]);
const USAGES: Form = Form::Word(&["signing", "authentication"]);
const NAMES: Form = Form::AlternativeName { lowered: false };

const fn row(
    kind: &'static str,
    field: &'static str,
    form: Form,
    topic: Topic,
    refusing: Refusing,
    source: &'static str,
) -> Row {
    Row { kind, field, form, topic, refusing, source }
}

const ALWAYS: Refusing = Refusing::ALWAYS;
/// The validation of v1beta4's first version has it; older sources were not read.
const V1BETA4: Refusing = Refusing::since(31);

/// All values that have a form of their own. What several fields say together is asked elsewhere: networks, etcd,
/// tokens, discovery.
pub(crate) const VALUES: &[Row] = &[
    row(INIT, "nodeRegistration.name", Form::NodeName, NodeErrors, ALWAYS, VALIDATION),
    row(JOIN, "nodeRegistration.name", Form::NodeName, NodeErrors, ALWAYS, VALIDATION),
    row(INIT, "nodeRegistration.criSocket", Form::Socket, NodeErrors, ALWAYS, VALIDATION),
    row(JOIN, "nodeRegistration.criSocket", Form::Socket, NodeErrors, ALWAYS, VALIDATION),
    row(INIT, "nodeRegistration.imagePullPolicy", PULL_POLICIES, NodeErrors, ALWAYS, VALIDATION),
    row(JOIN, "nodeRegistration.imagePullPolicy", PULL_POLICIES, NodeErrors, ALWAYS, VALIDATION),
    row(INIT, "localAPIEndpoint.advertiseAddress", Form::Address, EndpointErrors, ALWAYS, COMMON),
    row(
        JOIN,
        "controlPlane.localAPIEndpoint.advertiseAddress",
        Form::Address,
        EndpointErrors,
        ALWAYS,
        COMMON,
    ),
    row(INIT, "localAPIEndpoint.bindPort", Form::Port, EndpointErrors, ALWAYS, VALIDATION),
    row(JOIN, "controlPlane.localAPIEndpoint.bindPort", Form::Port, EndpointErrors, ALWAYS, VALIDATION),
    row(INIT, "certificateKey", Form::CertificateKey, DiscoveryErrors, ALWAYS, VALIDATION),
    row(JOIN, "controlPlane.certificateKey", Form::CertificateKey, DiscoveryErrors, ALWAYS, VALIDATION),
    row(INIT, "bootstrapTokens[].usages[]", USAGES, DiscoveryErrors, V1BETA4, TOKENS),
    row(INIT, "bootstrapTokens[].groups[]", Form::TokenGroup, DiscoveryErrors, V1BETA4, TOKENS),
    row(CLUSTER, "kubernetesVersion", Form::Version, EndpointErrors, ALWAYS, VERSION),
    row(CLUSTER, "controlPlaneEndpoint", Form::HostPort, EndpointErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "imageRepository", Form::Repository, EndpointErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "dns.imageRepository", Form::Repository, EndpointErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "etcd.local.imageRepository", Form::Repository, EndpointErrors, ALWAYS, VALIDATION),
    row(
        CLUSTER,
        "apiServer.certSANs[]",
        Form::AlternativeName { lowered: true },
        EndpointErrors,
        V1BETA4,
        VALIDATION,
    ),
    row(CLUSTER, "etcd.local.serverCertSANs[]", NAMES, EtcdErrors, V1BETA4, VALIDATION),
    row(CLUSTER, "etcd.local.peerCertSANs[]", NAMES, EtcdErrors, V1BETA4, VALIDATION),
    row(CLUSTER, "certificatesDir", Form::AbsolutePath, EtcdErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "etcd.local.dataDir", Form::AbsolutePath, EtcdErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "etcd.external.caFile", Form::AbsolutePath, EtcdErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "etcd.external.certFile", Form::AbsolutePath, EtcdErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "etcd.external.keyFile", Form::AbsolutePath, EtcdErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "networking.dnsDomain", Form::DnsName, NetworkErrors, ALWAYS, VALIDATION),
    row(CLUSTER, "encryptionAlgorithm", ALGORITHMS, ValueErrors, V1BETA4, VALIDATION),
    row(JOIN, "caCertPath", Form::CaPath, EtcdErrors, ALWAYS, VALIDATION),
    row(UPGRADE, "apply.imagePullPolicy", PULL_POLICIES, UpgradeErrors, V1BETA4, VALIDATION),
    row(UPGRADE, "node.imagePullPolicy", PULL_POLICIES, UpgradeErrors, V1BETA4, VALIDATION),
    row(UPGRADE, "apply.patches.directory", Form::AbsolutePath, UpgradeErrors, V1BETA4, VALIDATION),
    row(UPGRADE, "node.patches.directory", Form::AbsolutePath, UpgradeErrors, V1BETA4, VALIDATION),
    row(UPGRADE, "apply.kubernetesVersion", Form::Version, UpgradeErrors, V1BETA4, VERSION),
    row(UPGRADE, "plan.kubernetesVersion", Form::Version, UpgradeErrors, V1BETA4, VERSION),
];

/// The phases of `kubeadm upgrade apply` and `kubeadm upgrade node` that any version has (1.31 to 1.36); each exits with
/// "invalid phase name" for another (`cmd/kubeadm/app/cmd/phases/upgrade`).
pub(crate) const UPGRADE_PHASES: &[(&str, &[&str])] = &[
    (
        "apply",
        &[
            "addon",
            "addon/all",
            "addon/coredns",
            "addon/kube-proxy",
            "bootstrap-token",
            "control-plane",
            "kubeconfig",
            "kubelet-config",
            "post-upgrade",
            "preflight",
            "upload-config",
            "upload-config/all",
            "upload-config/kubeadm",
            "upload-config/kubelet",
        ],
    ),
    (
        "node",
        &[
            "addon",
            "addon/all",
            "addon/coredns",
            "addon/kube-proxy",
            "control-plane",
            "kubeconfig",
            "kubelet-config",
            "post-upgrade",
            "preflight",
        ],
    ),
];

/// An algorithm that was added later: kubeadm 1.34 (CHANGELOG-1.34).
pub(crate) const NEW_ALGORITHM: (&str, Refusing) = ("ECDSA-P384", Refusing::exactly(Minors::until(33)));

/// Lists of flags: each has a name. Of v1beta3 they are maps, whose names may be empty as well.
pub(crate) const FLAGS: &[(&str, &str, Topic)] = &[
    (INIT, "nodeRegistration.kubeletExtraArgs", NodeErrors),
    (JOIN, "nodeRegistration.kubeletExtraArgs", NodeErrors),
    (CLUSTER, "apiServer.extraArgs", ValueErrors),
    (CLUSTER, "controllerManager.extraArgs", ValueErrors),
    (CLUSTER, "scheduler.extraArgs", ValueErrors),
    (CLUSTER, "etcd.local.extraArgs", ValueErrors),
];
/// Who refuses a flag without a name (`ValidateExtraArgs`).
pub(crate) const NAMELESS_FLAG: Refusing = V1BETA4;

impl Form {
    /// Whether nobody may see the value.
    pub(crate) fn is_secret(self) -> bool {
        self == Form::CertificateKey
    }

    /// What is wrong with a text, as a fragment that fits after it.
    pub(crate) fn mistake(self, text: &str) -> Option<String> {
        let unless = |is_right: bool, wrong: &str| (!is_right).then(|| wrong.to_owned());
        match self {
            Form::Word(words) => unless(words.contains(&text), &format!("is none of {}", words.join(", "))),
            Form::AbsolutePath => unless(text.starts_with('/'), "is not an absolute path"),
            Form::Address => address_mistake(text),
            Form::AlternativeName { lowered } => {
                let lower = if lowered { text.to_lowercase() } else { text.to_owned() };
                unless(
                    form::is_alternative_name(&lower),
                    "is neither an IP address nor a DNS name; write it without scheme, port and path",
                )
            }
            Form::CaPath => unless(
                text.starts_with('/') && text.strip_suffix(".crt").is_some(),
                if text.starts_with('/') { "does not end in .crt" } else { "is not an absolute path" },
            ),
            Form::CertificateKey => unless(form::is_certificate_key(text), "is not 64 hexadecimal digits"),
            Form::DnsName => unless(label::is_subdomain(text), "is not a DNS name in lower case"),
            Form::HostPort => endpoint::host_port(text).err(),
            // kubeadm itself makes capital letters small, and cuts blanks off.
            Form::NodeName => unless(
                label::is_subdomain(&text.trim().to_lowercase()),
                "is not a DNS name: letters, digits, `-` and `.`, at most 253",
            ),
            Form::Port => None,
            Form::Repository => form::repository_mistake(text).map(str::to_owned),
            Form::Socket => form::socket_mistake(text),
            Form::TokenGroup => {
                unless(form::is_token_group(text), "is not of the form system:bootstrappers:NAME")
            }
            Form::Version => unless(
                form::is_version(text) || form::is_version_label(text),
                "is neither a whole version such as v1.34.2 nor a label such as stable-1.34",
            ),
        }
    }

    /// What is wrong with a whole number.
    pub(crate) fn number_mistake(self, number: i64) -> Option<String> {
        // 0 is what is not set.
        let is_wrong = self == Form::Port && !(0..=65535).contains(&number);
        is_wrong.then(|| "is no port: 1 to 65535".to_owned())
    }
}

/// What kubeadm takes for the address of an API server: one that others reach, or 0.0.0.0 to choose it by the default
/// route.
fn address_mistake(text: &str) -> Option<String> {
    let Some(address) = go_address::address(text) else {
        return Some("is not an IP address".to_owned());
    };
    if go_address::is_global_unicast(address) || address.is_unspecified() {
        return None;
    }
    let what = match address {
        _ if address.is_multicast() => "a multicast address",
        _ if address.is_loopback() => "a loopback address: kubeadm exits unless `lo` has another one",
        IpAddr::V4(address) if address.is_broadcast() => "a broadcast address",
        _ => "a link-local address",
    };
    Some(format!("is {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::kubeadm::field_table::{self, Type};

    /// The type of a dotted field of a kind.
    fn type_of(kind: &str, field: &str) -> Option<Type> {
        let mut known = field_table::of(kind)?;
        let mut names = field.split('.').peekable();
        while let Some(name) = names.next() {
            let (_, found, _) = known.iter().find(|(known, ..)| *known == name.trim_end_matches("[]"))?;
            match found {
                Type::Table(part) | Type::Tables(part) if names.peek().is_some() => {
                    known = field_table::of(part)?;
                }
                found => return Some(*found),
            }
        }
        None
    }

    #[test]
    fn every_row_names_a_field_of_its_type() {
        for row in VALUES {
            let wanted = match row.form {
                Form::Port => Type::Integer,
                _ if row.field.ends_with("[]") => Type::Texts,
                _ => Type::Text,
            };
            assert_eq!(type_of(row.kind, row.field), Some(wanted), "{} {}", row.kind, row.field);
            assert_eq!(row.source.rsplit_once('.').map(|(_, end)| end), Some("go"), "{}", row.field);
        }
        for (kind, field, _) in FLAGS {
            assert_eq!(type_of(kind, field), Some(Type::Flags), "{kind} {field}");
        }
    }
}
