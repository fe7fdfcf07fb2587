use crate::tree::Tree;

const CALICO: &str = r#"{"name":"k8s-pod-network","plugins":[{"type":"calico"}]}"#;

#[test]
fn files_of_other_networks_are_listed() {
    let tree = Tree::new()
        .file("/etc/cni/net.d/10-calico.conflist", CALICO)
        .file("/etc/cni/net.d/11-crio.conflist", r#"{"name":"crio","plugins":[{"type":"bridge"}]}"#)
        .file("/etc/cni/net.d/12-weave.conf", r#"{"name":"weave","type":"weave-net"}"#);
    let told = |question: &str| tree.boot_text(question);
    assert_eq!(
        told("cni-leftovers"),
        "[/etc/cni/net.d/10-calico.conflist is of calico, /etc/cni/net.d/12-weave.conf is of weave]"
    );
    assert_eq!(told("cni-leftovers:calico"), "[/etc/cni/net.d/12-weave.conf is of weave]");
    assert_eq!(told("cni-leftovers:canal"), "[/etc/cni/net.d/12-weave.conf is of weave]");
    assert_eq!(Tree::new().boot_text("cni-leftovers:flannel"), "none");
}

#[test]
fn the_directory_is_the_runtimes() {
    let tree = Tree::new()
        .file("/etc/crio/crio.conf", "[crio.network]\nnetwork_dir = \"/x\"\n")
        .file("/x/10-calico.conflist", CALICO)
        .file("/etc/cni/net.d/12-weave.conf", r#"{"name":"weave","type":"weave-net"}"#);
    assert_eq!(tree.boot_text("cni-leftovers:flannel"), "[/x/10-calico.conflist is of calico]");
}

#[test]
fn a_file_that_cant_be_read_may_be_of_anybody() {
    let tree = Tree::new().file("/etc/cni/net.d/10-calico.conflist", CALICO);
    let text =
        tree.hidden("root", "/etc/cni/net.d/10-calico.conflist").recorded_text("cni-leftovers:flannel");
    assert!(text.contains("permission denied"), "{text}");
}
