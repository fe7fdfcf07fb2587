//! What follows from the kubelet's configuration and is no field of it, under its words and its old keys.

use node_preflight::probe;

use crate::tree::Tree;

#[test]
fn a_property_is_a_text_and_the_same_under_its_old_key() {
    let tree = Tree::new()
        .file(
            "/usr/lib/systemd/system/kubelet.service",
            "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n",
        )
        .file(
            "/var/lib/kubelet/config.yaml",
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\n",
        );
    assert_eq!(tree.boot_text("kubelet-property:config-file"), "/var/lib/kubelet/config.yaml");
    assert_eq!(tree.boot_text("kubelet-property:cgroup-driver-setting"), "systemd");
    let words = probe::find("kubelet-property").unwrap().key.words();
    assert_eq!(words.len(), 7);
    for word in words {
        let (new, old) = (format!("kubelet-property:{}", word.word), format!("kubelet:{}", word.old));
        assert_eq!(tree.boot(&new), tree.boot(&old), "{new}");
    }
    assert_eq!(Tree::new().boot_text("kubelet-property:config-file"), "absent");
}
