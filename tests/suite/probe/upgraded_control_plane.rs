use crate::tree::{Tree, attribute};

const CONFIG: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\n";

fn manifest(name: &str, image: &str, command: &str) -> String {
    format!(
        "kind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: {name}, image: \"{image}\", command: [{command}]}}]}}\n"
    )
}

#[test]
fn flags_and_gates_of_the_manifests_are_judged_for_the_version() {
    let tree = Tree::new()
        .file("/var/lib/kubelet/config.yaml", CONFIG)
        .file("/etc/kubernetes/manifests/etcd.yaml", manifest("etcd", "r/etcd:3.5.21-0", "etcd"))
        .file(
            "/etc/kubernetes/manifests/a.yaml",
            manifest("kube-scheduler", "r/kube-scheduler:v1.36.0", "s, --feature-gates=BtreeWatchCache=true"),
        );
    let of =
        |version: &str, name: &str| attribute(&tree.boot(&format!("upgraded-control-plane:{version}")), name);
    assert!(of("1.37", "refused").contains("kube-scheduler: BtreeWatchCache is gone"));
    assert_eq!(of("1.36", "refused"), "none");
    assert_eq!(of("1.36", "etcd-version"), "3.5.21-0");
}

#[test]
fn without_a_control_plane_there_is_nothing_to_judge() {
    let tree = Tree::new().file("/var/lib/kubelet/config.yaml", CONFIG);
    assert_eq!(tree.boot_text("upgraded-control-plane:1.37"), "absent");
    let broken = tree.file("/etc/kubernetes/manifests/a.yaml", "kind: [\n");
    assert!(broken.boot_text("upgraded-control-plane:1.37").contains("a.yaml"));
}
