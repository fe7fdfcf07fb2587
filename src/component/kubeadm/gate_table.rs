//! The feature gates of kubeadm itself (`ClusterConfiguration.featureGates`): which of its versions know which.
//!
//! `cmd/kubeadm/app/features/features.go` of 1.22 to 1.36, and the table of kubernetes.io,
//! `reference/setup-tools/kubeadm/kubeadm-init/#feature-gates`. kubeadm exits with any other name, those of the
//! kubelet and of the API server, too.

use super::since::{Minors, Refusing};

/// A gate, and the minor versions of kubeadm 1 that know it.
pub(crate) const GATES: &[(&str, Minors)] = &[
    ("ControlPlaneKubeletLocalMode", Minors::between(31, 35)),
    ("EtcdLearnerMode", Minors::between(27, 32)),
    ("IPv6DualStack", Minors::between(16, 23)),
    ("NodeLocalCRISocket", Minors::between(32, 36)),
    ("PublicKeysECDSA", Minors::from(19)),
    ("RootlessControlPlane", Minors::from(22)),
    ("UnversionedKubeletConfigMap", Minors::between(22, 25)),
    ("UpgradeAddonsBeforeControlPlane", Minors::between(28, 30)),
    ("WaitForAllControlPlaneComponents", Minors::between(30, 34)),
];

/// The versions of kubeadm that exit with a gate.
pub(crate) fn refusing(gate: &str) -> Refusing {
    match GATES.iter().find(|(name, _)| *name == gate) {
        Some((_, known)) => Refusing::exactly(known.others()),
        None => Refusing::exactly(Minors::ALL),
    }
}

#[cfg(test)]
mod tests {
    use super::super::since::Judgement;
    use super::*;

    #[test]
    fn gates_come_and_go() {
        for (gate, minor, expected) in [
            ("SeccompDefault", 34, Judgement::Refuses),
            ("ControlPlaneKubeletLocalMode", 34, Judgement::Takes),
            ("ControlPlaneKubeletLocalMode", 36, Judgement::Refuses),
            ("EtcdLearnerMode", 26, Judgement::Refuses),
            ("EtcdLearnerMode", 30, Judgement::Takes),
            ("PublicKeysECDSA", 36, Judgement::Takes),
            ("NodeLocalCRISocket", 36, Judgement::Takes),
            ("WaitForAllControlPlaneComponents", 36, Judgement::Refuses),
        ] {
            assert_eq!(refusing(gate).by(Some(minor)), expected, "{gate} {minor}");
        }
        assert!(GATES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
