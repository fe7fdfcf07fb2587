//! The fields of kubeadm's own kinds, and the types that their values must have.
//!
//! From the references of v1beta3 and v1beta4 (kubernetes.io, `reference/config-api/kubeadm-config.v1beta4`).

use crate::component::kubelet::fields;

/// What the value of a field must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Integer,
    /// Text; durations and times, too.
    Text,
    /// A list of texts.
    Texts,
    /// Texts by name.
    Map,
    /// Flags of a program: a map in v1beta3, a list of `name` and `value` since v1beta4.
    Flags,
    /// A table of the fields of this name.
    Table(&'static str),
    /// A list of such tables.
    Tables(&'static str),
    Any,
}
use Type::{Any, Bool, Flags, Integer, Table, Tables, Text, Texts};

/// The versions that have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum In {
    Both,
    /// v1beta3.
    Old,
    /// v1beta4.
    New,
}
use In::{Both, New, Old};

/// A field: its name, the type of its value, and the versions that have it.
pub(super) type Field = (&'static str, Type, In);

/// Fields by kind, and by the name of a part of a kind.
pub(super) const TABLES: &[(&str, &[Field])] = &[
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
            ("caCertificateValidityPeriod", Text, New),
            ("certificateValidityPeriod", Text, New),
            ("certificatesDir", Text, Both),
            ("clusterName", Text, Both),
            ("controlPlaneEndpoint", Text, Both),
            ("controllerManager", Table("component"), Both),
            ("dns", Table("dns"), Both),
            ("encryptionAlgorithm", Text, New),
            ("etcd", Table("etcd"), Both),
            ("featureGates", Any, Both),
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
        "apiServer",
        &[
            ("certSANs", Texts, Both),
            ("extraArgs", Flags, Both),
            ("extraEnvs", Any, New),
            ("extraVolumes", Tables("volume"), Both),
            ("timeoutForControlPlane", Text, Old),
        ],
    ),
    (
        "bootstrapToken",
        &[
            ("description", Text, Both),
            ("expires", Text, Both),
            ("groups", Texts, Both),
            ("token", Text, Both),
            ("ttl", Text, Both),
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
        &[("extraArgs", Flags, Both), ("extraEnvs", Any, New), ("extraVolumes", Tables("volume"), Both)],
    ),
    (
        "discovery",
        &[
            ("bootstrapToken", Table("bootstrapTokenDiscovery"), Both),
            ("file", Table("fileDiscovery"), Both),
            ("timeout", Text, Old),
            ("tlsBootstrapToken", Text, Both),
        ],
    ),
    ("dns", &[("disabled", Bool, New), ("imageRepository", Text, Both), ("imageTag", Text, Both)]),
    ("endpoint", &[("advertiseAddress", Text, Both), ("bindPort", Integer, Both)]),
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
            ("extraEnvs", Any, New),
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
        &[("effect", Text, Both), ("key", Text, Both), ("timeAdded", Text, Both), ("value", Text, Both)],
    ),
    (
        "timeouts",
        &[
            ("controlPlaneComponentHealthCheck", Text, New),
            ("discovery", Text, New),
            ("etcdAPICall", Text, New),
            ("kubeletHealthCheck", Text, New),
            ("kubernetesAPICall", Text, New),
            ("tlsBootstrap", Text, New),
            ("upgradeManifests", Text, New),
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

/// Fields of `KubeProxyConfiguration` (kubeproxy.config.k8s.io/v1alpha1) at the top; only misspelt ones are told.
pub(super) const PROXY: &[&str] = &[
    "apiVersion",
    "bindAddress",
    "bindAddressHardFail",
    "clientConnection",
    "clusterCIDR",
    "configSyncPeriod",
    "conntrack",
    "detectLocal",
    "detectLocalMode",
    "enableProfiling",
    "featureGates",
    "healthzBindAddress",
    "hostnameOverride",
    "iptables",
    "ipvs",
    "kind",
    "logging",
    "metricsBindAddress",
    "mode",
    "nftables",
    "nodePortAddresses",
    "oomScoreAdj",
    "portRange",
    "showHiddenMetricsForVersion",
    "winkernel",
    "windowsRunAsService",
];

/// The fields of a kind, or of a part of one.
pub(super) fn of(name: &str) -> Option<&'static [Field]> {
    TABLES.iter().find(|(table, _)| *table == name).map(|(_, fields)| *fields)
}

/// The kinds, or the fields, that there are where a key is none of them: for "did you mean".
pub(crate) fn unknown_key(key: &str) -> Option<Vec<String>> {
    let kinds = || TABLES.iter().map(|(kind, _)| *kind).filter(|kind| kind.ends_with("Configuration"));
    let (kind, field) = key.split_once('.').unwrap_or((key, ""));
    let in_kind = |names: Vec<String>| names.iter().map(|name| format!("{kind}.{name}")).collect();
    match kind {
        "KubeletConfiguration" | "KubeProxyConfiguration" if field.is_empty() => None,
        "KubeletConfiguration" => fields::unknown(field).map(in_kind),
        "KubeProxyConfiguration" => {
            let top = field.split('.').next()?;
            (!PROXY.contains(&top)).then(|| in_kind(PROXY.iter().map(|name| (*name).to_owned()).collect()))
        }
        _ if !kinds().any(|known| known == kind) => {
            let others = ["KubeletConfiguration", "KubeProxyConfiguration"];
            Some(kinds().chain(others).map(str::to_owned).collect())
        }
        _ if field.is_empty() => None,
        _ => unknown_field(kind, field).map(in_kind),
    }
}

/// The fields of the part in which a dotted field of a kind is none of them.
fn unknown_field(kind: &str, field: &str) -> Option<Vec<String>> {
    let (mut path, mut known, mut rest) = (String::new(), of(kind)?, field);
    loop {
        let (name, below) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
        let Some((_, kind, _)) = known.iter().find(|(known, ..)| *known == name) else {
            return Some(known.iter().map(|(known, ..)| format!("{path}{known}{below}")).collect());
        };
        let Table(part) = kind else { return None };
        known = of(part)?;
        rest = below.strip_prefix('.')?;
        path = format!("{path}{name}.");
    }
}

/// The parts that fields name.
#[cfg(test)]
pub(super) fn parts() -> impl Iterator<Item = &'static str> {
    let fields = TABLES.iter().flat_map(|(_, fields)| fields.iter());
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
        for (name, fields) in TABLES {
            let mut names: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), fields.len(), "{name}");
        }
    }
}
