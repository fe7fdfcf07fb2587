use crate::tree::Tree;

const DROPIN: &str = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf";
const TEXT: &str = "[Service]\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\n\
    ExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n";

#[test]
fn the_unit_says_which_environment_file_counts() {
    let tree = Tree::new()
        .file(DROPIN, TEXT)
        .file("/var/lib/kubelet/config.yaml", "cgroupDriver: systemd\nfailSwapOn: false\n")
        .file("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--cgroup-driver=cgroupfs\n")
        .file("/etc/sysconfig/kubelet", "KUBELET_EXTRA_ARGS=--fail-swap-on\n");
    assert_eq!(tree.boot_text("kubelet:environmentFile"), "/etc/default/kubelet");
    assert_eq!(tree.boot_text("kubelet:cgroupDriver"), "cgroupfs");
    assert_eq!(tree.boot_text("kubelet:failSwapOn"), "false");
    assert_eq!(tree.boot("kubelet:failSwapOn").because[0].line, Some(2));
    assert_eq!(Tree::new().file(DROPIN, TEXT).boot_text("kubelet:cgroupDriver"), "systemd");
    assert_eq!(Tree::new().boot_text("kubelet:cgroupDriver"), "absent");
}
