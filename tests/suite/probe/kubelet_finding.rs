//! The findings of the kubelet's configuration, under their words and their old keys.

use node_preflight::probe;

use crate::tree::Tree;

#[test]
fn a_finding_is_a_list_and_the_same_under_its_old_key() {
    let tree = Tree::new()
        .file(
            "/usr/lib/systemd/system/kubelet.service",
            "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --allow-privileged\n",
        )
        .file(
            "/var/lib/kubelet/config.yaml",
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: 3\n",
        );
    assert!(tree.boot_text("kubelet-finding:config-errors").starts_with("[failSwapOn: "));
    let words = probe::find("kubelet-finding").unwrap().key.words();
    assert_eq!(words.len(), 16);
    for word in words {
        let (new, old) = (format!("kubelet-finding:{}", word.word), format!("kubelet:{}", word.old));
        assert_eq!(tree.boot(&new), tree.boot(&old), "{new}");
    }
    assert_eq!(Tree::new().boot_text("kubelet-finding:config-errors"), "absent");
}
