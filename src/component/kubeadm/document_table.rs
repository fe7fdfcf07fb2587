//! Which documents kubeadm reads of a configuration file: groups, kinds and versions, by the command that is run.
//!
//! `cmd/kubeadm/app/util/marshal.go`,
//! `cmd/kubeadm/app/util/config/{common,initconfiguration,joinconfiguration,upgradeconfiguration}.go`,
//! `cmd/kubeadm/app/componentconfigs/configset.go`.

/// kubeadm's own group.
pub(crate) const OWN: &str = "kubeadm.k8s.io";

/// Kinds that are looked into, with their groups.
pub(crate) const KINDS: &[(&str, &str)] = &[
    (OWN, "InitConfiguration"),
    (OWN, "ClusterConfiguration"),
    (OWN, "JoinConfiguration"),
    (OWN, "UpgradeConfiguration"),
    ("kubelet.config.k8s.io", "KubeletConfiguration"),
    ("kubeproxy.config.k8s.io", "KubeProxyConfiguration"),
];

/// The kinds that `kubeadm init` decodes, whatever group they claim. It needs one of them.
pub(crate) const OF_INIT: &[&str] = &["InitConfiguration", "ClusterConfiguration"];
/// The kind that `kubeadm join` decodes, whatever group it claims. Others it does not even decode.
pub(crate) const OF_JOIN: &[&str] = &["JoinConfiguration"];
/// The kind that `kubeadm upgrade` decodes, whatever group it claims. It ignores all others with a warning.
pub(crate) const OF_UPGRADE: &[&str] = &["UpgradeConfiguration"];
/// Kinds of other commands of kubeadm.
pub(crate) const OTHERS: &[&str] = &["ClusterStatus", "ResetConfiguration"];

/// The versions of its own group that kubeadm 1.31 and later read; before that there was no v1beta4.
pub(crate) const READ: &[&str] = &["v1beta3", "v1beta4"];
/// Kinds that are younger than v1beta3, and the version that brought them.
pub(crate) const YOUNGER: &[(&str, &str)] = &[("UpgradeConfiguration", "v1beta4")];

/// Versions that kubeadm no longer reads, each with the last one that does (kubeadm's `oldKnownAPIVersions` names the
/// version to migrate with; v1beta1 went in 1.22, v1beta2 in 1.27).
pub(crate) const OLD: &[(&str, &str)] = &[
    ("v1alpha1", "1.11"),
    ("v1alpha2", "1.12"),
    ("v1alpha3", "1.14"),
    ("v1beta1", "1.21"),
    ("v1beta2", "1.26"),
];

/// The groups of components whose configuration `kubeadm init` decodes and hands on, and the one version that it takes.
pub(crate) const COMPONENTS: &[(&str, &str)] =
    &[("kubelet.config.k8s.io", "v1beta1"), ("kubeproxy.config.k8s.io", "v1alpha1")];

/// The last version of kubeadm that reads a version of its own group, if it is an old one.
pub(crate) fn last_reader(version: &str) -> Option<&'static str> {
    OLD.iter().find(|(old, _)| *old == version).map(|(_, last)| *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_a_command_needs_is_looked_into() {
        for kind in OF_INIT.iter().chain(OF_JOIN).chain(OF_UPGRADE) {
            assert!(KINDS.contains(&(OWN, kind)), "{kind}");
        }
        for (group, _) in COMPONENTS {
            assert!(KINDS.iter().any(|(known, _)| known == group), "{group}");
        }
        assert_eq!(last_reader("v1beta2"), Some("1.26"));
        assert_eq!(last_reader("v1beta4"), None);
    }
}
