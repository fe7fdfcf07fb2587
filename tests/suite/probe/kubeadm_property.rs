//! What is known of the configuration for kubeadm besides its fields, under its words and its old keys.

use super::kubeadm_finding::asked;
use crate::tree::{Tree, text};

#[test]
fn a_property_is_a_text_and_the_same_under_its_old_key() {
    assert_eq!(text(&asked("kubeadm-property:api-version")), "v1beta4");
    assert_eq!(text(&asked("kubeadm-property:kubeadm-config")), "--kubeadm-config k.yaml");
    assert_eq!(asked("kubeadm-property:api-version"), asked("kubeadm:apiVersion"));
    assert_eq!(asked("kubeadm-property:kubeadm-config"), asked("kubeadm:kubeadm-config"));
    assert_eq!(Tree::new().boot_text("kubeadm-property:kubeadm-config"), "absent");
}
