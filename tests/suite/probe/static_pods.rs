use crate::tree::{Tree, attribute, text};

const KUBELET: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\n\
    containerRuntimeEndpoint: unix:///var/run/crio/crio.sock\n";

fn manifest(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: kube-system\nspec:\n  containers:\n  - name: {name}\n    image: x\n"
    )
}

fn node(sandboxes: &str) -> Tree {
    let runtime = format!(
        "[cri.\"/run/crio/crio.sock\"]\nruntime = \"cri-o\"\nversion = \"1.34.1\"\nsandboxes = [{sandboxes}]\n"
    );
    Tree::new()
        .file("/var/lib/kubelet/config.yaml", KUBELET)
        .file("/etc/kubernetes/manifests/etcd.yaml", manifest("etcd"))
        .machine(&runtime)
}

const ETCD: &str =
    "{ name = \"etcd-cp1\", source = \"file\", containers = [{ name = \"etcd\", attempt = 2 }] }";

#[test]
fn a_static_pod_runs_or_it_is_said_why_not() {
    let down = |sandboxes: &str| attribute(&node(sandboxes).now("static-pods"), "down");
    assert_eq!(down(ETCD), "none");
    for (sandboxes, expected) in [
        ("", "[etcd: no pod]"),
        // The operator's pod came from the API server; the other is in another namespace.
        (
            "{ name = \"etcd-operator-x\", source = \"api\", containers = [{ name = \"etcd\" }] }, \
             { name = \"etcd-cp1\", namespace = \"default\", containers = [{ name = \"etcd\" }] }",
            "[etcd: no pod]",
        ),
        ("{ name = \"etcd-cp1\", ready = false }", "[etcd: its pod etcd-cp1 is not ready]"),
        ("{ name = \"etcd-cp1\" }", "[etcd: the container etcd is not there]"),
        (
            "{ name = \"etcd-cp1\", containers = [{ name = \"etcd\", state = \"exited\", attempt = 7, exit = 1 }, \
             { name = \"etcd\", attempt = 6 }] }",
            "[etcd: the container etcd doesn't run: exited with 1, attempt 7]",
        ),
        (
            "{ name = \"etcd-cp1\", containers = [{ name = \"etcd\", state = \"created\" }] }",
            "[etcd: the container etcd doesn't run: is not started]",
        ),
    ] {
        assert_eq!(down(sandboxes), expected, "{sandboxes}");
    }
    // The sandbox of before the reboot is listed first or last.
    let old = "{ name = \"etcd-cp1\", ready = false }";
    assert_eq!(down(&format!("{old}, {ETCD}")), "none");
    assert_eq!(down(&format!("{ETCD}, {old}")), "none");
}

#[test]
fn what_the_directory_holds_counts() {
    let tree = node(ETCD)
        .file("/etc/kubernetes/manifests/.hidden.yaml", "kind: Nothing")
        .directory("/etc/kubernetes/manifests/backup")
        .link("/etc/kubernetes/manifests/gone.yaml", "/none");
    let fact = tree.now("static-pods");
    assert_eq!((attribute(&fact, "names"), attribute(&fact, "down")), ("[etcd]".into(), "none".into()));
    let odd = tree
        .file("/etc/kubernetes/manifests/deploy.yaml", "kind: Deployment\nmetadata: {name: a}\n")
        .file("/etc/kubernetes/manifests/half.yaml", "kind: Pod\nmetadata: {name: a")
        .file("/etc/kubernetes/manifests/kube-scheduler.json", "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"kube-scheduler\",\"namespace\":\"kube-system\"},\"spec\":{\"containers\":[{\"name\":\"a\"}]}}");
    let fact = odd.now("static-pods");
    let down = attribute(&fact, "down");
    assert!(!down.contains("deploy.yaml"), "{down}");
    assert!(fact.notes.iter().any(|note| note.contains("deploy.yaml is no pod")), "{:?}", fact.notes);
    assert!(down.contains("half.yaml: ") && down.contains("kube-scheduler: no pod"), "{down}");
    let boot = odd.boot("static-pods");
    assert_eq!(attribute(&boot, "names"), "[etcd, kube-scheduler]");
    assert_eq!(attribute(&boot, "down"), "unknown: no runtime can be asked about the next boot");
}

#[test]
fn without_pods_there_is_nothing_to_tell_and_what_cannot_be_read_is_unknown() {
    assert_eq!(text(&Tree::new().machine("").now("static-pods")), "absent");
    let worker = node("").without("/etc/kubernetes/manifests/etcd.yaml");
    assert_eq!(text(&worker.now("static-pods")), "absent");
    let denied = node(ETCD).denied("/etc/kubernetes/manifests/etcd.yaml");
    assert!(text(&denied.now("static-pods")).starts_with("unknown: "));
    let mute = node(ETCD).machine("[sockets]\n\"/run/crio/crio.sock\" = \"refused\"\n").now("static-pods");
    assert_eq!(attribute(&mute, "down"), "unknown: /run/crio/crio.sock: nobody listens");
    assert_eq!(attribute(&mute, "names"), "[etcd]");
}
