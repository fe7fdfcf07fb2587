use crate::tree::{Tree, attribute};
use node_preflight::probe;

const CONFIG: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

fn node(config: &str, flags: &str) -> Tree {
    Tree::new()
        .file("/var/lib/kubelet/config.yaml", format!("{CONFIG}{config}"))
        .file(
            "/etc/systemd/system/kubelet.service",
            format!("[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml {flags}\n"),
        )
        .program("/usr/bin/kubelet", "")
        .package("kubelet", "1.36.2", "/usr/bin/kubelet")
}

#[test]
fn what_another_version_refuses_and_this_one_takes_is_told() {
    let tree =
        node("featureGates: {SidecarContainers: true, ContainerCheckpoint: true}\n", "--boot-id-file=/a");
    let of = |version: &str, name: &str| attribute(&tree.boot(&format!("upgraded-kubelet:{version}")), name);
    assert_eq!(of("1.37.2", "removed-flags"), "[--boot-id-file]");
    assert!(of("1.37", "value-errors").contains("SidecarContainers"), "{}", of("1.37", "value-errors"));
    assert_eq!(of("1.36", "removed-flags"), "none");
    assert_eq!(of("1.36", "value-errors"), "none");
    assert_eq!(of("1.36", "settled-gates"), "[SidecarContainers]");
    assert_eq!(of("1.34", "fails-on-cgroup-v1"), "false");
    assert_eq!(of("1.35", "fails-on-cgroup-v1"), "true");
}

#[test]
fn after_the_last_known_version_the_answer_is_less_certain() {
    let fact = node("", "").boot("upgraded-kubelet:1.40");
    assert!(fact.notes.iter().any(|note| note.contains("is not known here")), "{:?}", fact.notes);
    assert_eq!(Tree::new().boot_text("upgraded-kubelet:1.37"), "absent");
}

#[test]
fn the_key_is_a_version_of_kubernetes() {
    let key = &probe::find("upgraded-kubelet").unwrap().key;
    assert_eq!(key.parse(Some("v1.37.2")).unwrap().as_str(), "1.37");
    for wrong in ["", "2.0", "stable", "1"] {
        assert!(key.parse(Some(wrong)).is_err() || wrong == "1", "{wrong}");
    }
}
