//! The findings of the configuration for kubeadm, under their words and their old keys.

use node_preflight::fact::{Fact, Moment};
use node_preflight::host::Host;
use node_preflight::kubeadm::Kubeadm;
use node_preflight::probe;
use node_preflight::subsystem::Subsystems;

use crate::tree::Tree;

const CONFIG: &str = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 192.168.0.0/33
caCertificateValidityPeriodd: 1h
";

/// Asks about the configuration above.
pub(super) fn asked(question: &str) -> Fact {
    let tree = Tree::new();
    let host = Host::directory(&tree.root()).unwrap();
    let kubeadm = Kubeadm::read("k.yaml", CONFIG).unwrap();
    let subsystems = Subsystems::of(&host).with_kubeadm(Some(&kubeadm));
    let (name, key) = question.split_once(':').unwrap();
    let probe = probe::find(name).unwrap();
    (probe.ask)(&subsystems, &probe.key.parse(Some(key)).unwrap(), Moment::NextBoot)
}

#[test]
fn a_finding_is_a_list_and_the_same_under_its_old_key() {
    assert!(crate::tree::text(&asked("kubeadm-finding:network-errors")).contains("192.168.0.0/33"));
    assert!(crate::tree::text(&asked("kubeadm-finding:unknown-fields")).contains("Periodd"));
    let words = probe::find("kubeadm-finding").unwrap().key.words();
    assert_eq!(words.len(), 11);
    for word in words {
        let (new, old) = (format!("kubeadm-finding:{}", word.word), format!("kubeadm:{}", word.old));
        assert_eq!(asked(&new), asked(&old), "{new}");
    }
    assert_eq!(Tree::new().boot_text("kubeadm-finding:network-errors"), "absent");
}
