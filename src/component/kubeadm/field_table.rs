//! The fields of kubeadm's own kinds, and the types that their values must have.
//!
//! From the references of v1beta3 and v1beta4 (kubernetes.io, `reference/config-api/kubeadm-config.v1beta4`) and the
//! types behind them (`cmd/kubeadm/app/apis/kubeadm/{v1beta3,v1beta4}/types.go`, `bootstraptoken/v1/types.go`).

/// What the value of a field must be for JSON's decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    /// A whole number of 32 bits.
    Integer,
    /// A number, with a fraction or without.
    Number,
    Text,
    /// A span of time as Go writes it: `1h30m`, in text.
    Span,
    /// Such a span, or a number of nanoseconds.
    SpanOrNumber,
    /// A time: `2030-01-01T00:00:00Z`, in text.
    Time,
    /// A size: text or a number.
    Quantity,
    /// A bootstrap token. It is a secret.
    Token,
    /// A list of texts.
    Texts,
    /// Texts by name.
    Map,
    /// Booleans by name.
    Bools,
    /// Flags of a program: a map in v1beta3, a list of `name` and `value` since v1beta4.
    Flags,
    /// A table of the fields of this name.
    Table(&'static str),
    /// A list of such tables.
    Tables(&'static str),
    Any,
}
use Type::{Any, Bool, Bools, Flags, Integer, Span, Table, Tables, Text, Texts, Time, Token};

/// The versions that have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum In {
    Both,
    /// v1beta3.
    Old,
    /// v1beta4.
    New,
}
use In::{Both, New, Old};

/// A field: its name, the type of its value, and the versions that have it.
pub(crate) type Field = (&'static str, Type, In);

/// Fields by kind, and by the name of a part of a kind.
pub(crate) const TABLES: &[(&str, &[Field])] = &[
    (
        "InitConfiguration",
        &[
            ("apiVersion", Text, Both),
            ("kind", Text, Both),
            ("bootstrapTokens", Tables("bootstrapToken"), Both),
            ("certificateKey", Text, Both),
            ("dryRun", Bool, New),
            ("localAPIEndpoint", Table("endpoint"), Both),
            ("nodeRegistration", Table("nodeRegistration"), Both),
            ("patches", Table("patches"), Both),
            ("skipPhases", Texts, Both),
            ("timeouts", Table("timeouts"), New),
        ],
    ),
    (
        "ClusterConfiguration",
        &[
            ("apiVersion", Text, Both),
            ("kind", Text, Both),
            ("apiServer", Table("apiServer"), Both),
            ("caCertificateValidityPeriod", Span, New),
            ("certificateValidityPeriod", Span, New),
            ("certificatesDir", Text, Both),
            ("clusterName", Text, Both),
            ("controlPlaneEndpoint", Text, Both),
            ("controllerManager", Table("component"), Both),
            ("dns", Table("dns"), Both),
            ("encryptionAlgorithm", Text, New),
            ("etcd", Table("etcd"), Both),
            ("featureGates", Bools, Both),
            ("imageRepository", Text, Both),
            ("kubernetesVersion", Text, Both),
            ("networking", Table("networking"), Both),
            ("proxy", Table("proxy"), New),
            ("scheduler", Table("component"), Both),
        ],
    ),
    (
        "JoinConfiguration",
        &[
            ("apiVersion", Text, Both),
            ("kind", Text, Both),
            ("caCertPath", Text, Both),
            ("controlPlane", Table("joinControlPlane"), Both),
            ("discovery", Table("discovery"), Both),
            ("dryRun", Bool, New),
            ("nodeRegistration", Table("nodeRegistration"), Both),
            ("patches", Table("patches"), Both),
            ("skipPhases", Texts, Both),
            ("timeouts", Table("timeouts"), New),
        ],
    ),
    (
        "UpgradeConfiguration",
        &[
            ("apiVersion", Text, New),
            ("kind", Text, New),
            ("apply", Table("upgradeApply"), New),
            ("diff", Table("upgradeDiff"), New),
            ("node", Table("upgradeNode"), New),
            ("plan", Table("upgradePlan"), New),
            ("timeouts", Table("timeouts"), New),
        ],
    ),
    (
        "apiServer",
        &[
            ("certSANs", Texts, Both),
            ("extraArgs", Flags, Both),
            ("extraEnvs", Tables("env"), New),
            ("extraVolumes", Tables("volume"), Both),
            ("timeoutForControlPlane", Span, Old),
        ],
    ),
    (
        "bootstrapToken",
        &[
            ("description", Text, Both),
            ("expires", Time, Both),
            ("groups", Texts, Both),
            ("token", Token, Both),
            ("ttl", Span, Both),
            ("usages", Texts, Both),
        ],
    ),
    (
        "bootstrapTokenDiscovery",
        &[
            ("apiServerEndpoint", Text, Both),
            ("caCertHashes", Texts, Both),
            ("token", Text, Both),
            ("unsafeSkipCAVerification", Bool, Both),
        ],
    ),
    (
        "component",
        &[
            ("extraArgs", Flags, Both),
            ("extraEnvs", Tables("env"), New),
            ("extraVolumes", Tables("volume"), Both),
        ],
    ),
    (
        "discovery",
        &[
            ("bootstrapToken", Table("bootstrapTokenDiscovery"), Both),
            ("file", Table("fileDiscovery"), Both),
            ("timeout", Span, Old),
            ("tlsBootstrapToken", Text, Both),
        ],
    ),
    ("dns", &[("disabled", Bool, New), ("imageRepository", Text, Both), ("imageTag", Text, Both)]),
    ("endpoint", &[("advertiseAddress", Text, Both), ("bindPort", Integer, Both)]),
    ("env", &[("name", Text, New), ("value", Text, New), ("valueFrom", Any, New)]),
    ("etcd", &[("external", Table("externalEtcd"), Both), ("local", Table("localEtcd"), Both)]),
    (
        "externalEtcd",
        &[
            ("caFile", Text, Both),
            ("certFile", Text, Both),
            ("endpoints", Texts, Both),
            ("httpEndpoints", Texts, New),
            ("keyFile", Text, Both),
        ],
    ),
    ("fileDiscovery", &[("kubeConfigPath", Text, Both)]),
    ("flag", &[("name", Text, New), ("value", Text, New)]),
    ("joinControlPlane", &[("certificateKey", Text, Both), ("localAPIEndpoint", Table("endpoint"), Both)]),
    (
        "localEtcd",
        &[
            ("dataDir", Text, Both),
            ("extraArgs", Flags, Both),
            ("extraEnvs", Tables("env"), New),
            ("imageRepository", Text, Both),
            ("imageTag", Text, Both),
            ("peerCertSANs", Texts, Both),
            ("serverCertSANs", Texts, Both),
        ],
    ),
    ("networking", &[("dnsDomain", Text, Both), ("podSubnet", Text, Both), ("serviceSubnet", Text, Both)]),
    (
        "nodeRegistration",
        &[
            ("criSocket", Text, Both),
            ("ignorePreflightErrors", Texts, Both),
            ("imagePullPolicy", Text, Both),
            ("imagePullSerial", Bool, New),
            ("kubeletExtraArgs", Flags, Both),
            ("name", Text, Both),
            ("taints", Tables("taint"), Both),
        ],
    ),
    ("patches", &[("directory", Text, Both)]),
    ("proxy", &[("disabled", Bool, New)]),
    (
        "taint",
        &[("effect", Text, Both), ("key", Text, Both), ("timeAdded", Time, Both), ("value", Text, Both)],
    ),
    (
        "timeouts",
        &[
            ("controlPlaneComponentHealthCheck", Span, New),
            ("discovery", Span, New),
            ("etcdAPICall", Span, New),
            ("kubeletHealthCheck", Span, New),
            ("kubernetesAPICall", Span, New),
            ("tlsBootstrap", Span, New),
            ("upgradeManifests", Span, New),
        ],
    ),
    (
        "upgradeApply",
        &[
            ("allowExperimentalUpgrades", Bool, New),
            ("allowRCUpgrades", Bool, New),
            ("certificateRenewal", Bool, New),
            ("dryRun", Bool, New),
            ("etcdUpgrade", Bool, New),
            ("forceUpgrade", Bool, New),
            ("ignorePreflightErrors", Texts, New),
            ("imagePullPolicy", Text, New),
            ("imagePullSerial", Bool, New),
            ("kubernetesVersion", Text, New),
            ("patches", Table("patches"), New),
            ("printConfig", Bool, New),
            ("skipPhases", Texts, New),
        ],
    ),
    ("upgradeDiff", &[("contextLines", Integer, New), ("kubernetesVersion", Text, New)]),
    (
        "upgradeNode",
        &[
            ("certificateRenewal", Bool, New),
            ("dryRun", Bool, New),
            ("etcdUpgrade", Bool, New),
            ("ignorePreflightErrors", Texts, New),
            ("imagePullPolicy", Text, New),
            ("imagePullSerial", Bool, New),
            ("patches", Table("patches"), New),
            ("skipPhases", Texts, New),
        ],
    ),
    (
        "upgradePlan",
        &[
            ("allowExperimentalUpgrades", Bool, New),
            ("allowRCUpgrades", Bool, New),
            ("dryRun", Bool, New),
            ("etcdUpgrade", Bool, New),
            ("ignorePreflightErrors", Texts, New),
            ("kubernetesVersion", Text, New),
            ("printConfig", Bool, New),
        ],
    ),
    (
        "volume",
        &[
            ("hostPath", Text, Both),
            ("mountPath", Text, Both),
            ("name", Text, Both),
            ("pathType", Text, Both),
            ("readOnly", Bool, Both),
        ],
    ),
];

/// The fields of a kind, or of a part of one.
pub(crate) fn of(name: &str) -> Option<&'static [Field]> {
    TABLES
        .iter()
        .chain(super::proxy_table::TABLES)
        .find(|(table, _)| *table == name)
        .map(|(_, fields)| *fields)
}

/// The parts that fields name.
#[cfg(test)]
pub(super) fn parts() -> impl Iterator<Item = &'static str> {
    let fields = TABLES.iter().chain(super::proxy_table::TABLES).flat_map(|(_, fields)| fields.iter());
    fields.filter_map(|(_, kind, _)| match kind {
        Table(part) | Tables(part) => Some(*part),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_fields_and_each_field_once() {
        for part in parts().chain(["flag"]) {
            assert!(of(part).is_some(), "{part}");
        }
        for (name, fields) in TABLES.iter().chain(crate::component::kubeadm::proxy_table::TABLES) {
            let mut names: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), fields.len(), "{name}");
        }
    }
}
