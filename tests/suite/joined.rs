//! A node that runs in a cluster, in the profile for monitoring: one that is well raises no alarm, and one that isn't does.

use node_preflight::report::Outcome;

use crate::recordings::RecordingCopy;

const CA: &str = include_str!("../certificates/node-ca.crt");
const CLIENT: &str = include_str!("../certificates/node.pem");
const CONFIG: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\n\
    containerRuntimeEndpoint: unix:///var/run/crio/crio.sock\nresolvConf: /etc/resolv.conf\n";
const NETWORK: &str =
    "{\"cniVersion\": \"1.0.0\", \"name\": \"cbr0\", \"plugins\": [{\"type\": \"flannel\"}]}\n";
const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- name: c\n  cluster: {server: s}\n\
    contexts:\n- name: a\n  context: {cluster: c, user: u}\nusers:\n- name: u\n  user:\n    \
    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n";
/// A hundred days before the end of the certificate.
const TIME: i64 = 1_826_981_746 - 100 * 86_400;

/// The recording of a prepared host, on which kubeadm has run since.
fn node(fixture: &str) -> RecordingCopy {
    let node = RecordingCopy::of(fixture);
    for (path, text) in [
        ("root/var/lib/kubelet/config.yaml", CONFIG),
        ("root/var/lib/kubelet/pki/kubelet-client-current.pem", CLIENT),
        ("root/etc/kubernetes/pki/ca.crt", CA),
        ("root/etc/kubernetes/kubelet.conf", KUBECONFIG),
        ("root/etc/cni/net.d/10-flannel.conflist", NETWORK),
        ("live/sys/fs/cgroup/system.slice/kubelet.service/cgroup.procs", "812\n"),
        ("live/proc/stat", "btime 1796000000\n"),
        (
            "live/proc/812/stat",
            "812 (kubelet) S 1 812 812 0 -1 4194560 21 0 0 0 17 20 0 0 20 0 1 0 5000 22 7\n",
        ),
        (
            "live/proc/812/cmdline",
            "/usr/bin/kubelet\0--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf\0--kubeconfig=/etc/kubernetes/kubelet.conf\0--config=/var/lib/kubelet/config.yaml\0",
        ),
    ] {
        node.write(path, text);
    }
    node.program("root/opt/cni/bin/flannel");
    node.write_more("meta.toml", "\n[root.\"/var/lib/kubelet/config.yaml\"]\nmodified = 1796000040\n");
    // The kubelet and kube-proxy listen.
    for (line, port) in [(7, "280A"), (8, "2810")] {
        let text = format!(
            "{line:4}: 00000000:{port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
        );
        node.write_more("live/proc/net/tcp", &text);
    }
    node.change("live/machine.toml", "\"activating\"", "\"active\"\nrestarts = 3");
    node.change(
        "live/machine.toml",
        "[units.\"crio.service\"]\n",
        "[units.\"crio.service\"]\nrestarts = 0\n",
    );
    node.change("live/machine.toml", "status = false", "status = true");
    node.change("live/machine.toml", "root = true", &format!("root = true\ntime = {TIME}"));
    node.write_more(
        "live/machine.toml",
        "\n[pages.\"10248/healthz\"]\nanswered = { status = 200, body = \"ok\" }\n",
    );
    node
}

/// The same node, as the first of its cluster: the pods of kubeadm, as the article lists them with `crictl pods`.
fn control_plane() -> RecordingCopy {
    let node = node("debian13-ready");
    node.write(
        "root/var/lib/kubelet/config.yaml",
        &format!("{CONFIG}staticPodPath: /etc/kubernetes/manifests\n"),
    );
    let mut sandboxes = String::new();
    for name in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        let manifest = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: kube-system}}\nspec:\n  containers:\n  - name: {name}\n"
        );
        node.write(&format!("root/etc/kubernetes/manifests/{name}.yaml"), &manifest);
        sandboxes += &sandbox(&format!("{name}-cp1"), name, "source = \"file\"");
    }
    for (pod, name) in
        [("kube-proxy-4xq2l", "kube-proxy"), ("coredns-a", "coredns"), ("coredns-b", "coredns")]
    {
        sandboxes += &sandbox(pod, name, "source = \"api\"");
    }
    node.change("live/machine.toml", "pods = 0", &format!("sandboxes = [\n{sandboxes}]"));
    node.change("live/machine.toml", "containers = 0\nrestarts = 0\n", "");
    node
}

fn sandbox(pod: &str, container: &str, more: &str) -> String {
    format!("    {{ name = \"{pod}\", {more}, containers = [{{ name = \"{container}\" }}] }},\n")
}

#[test]
fn the_pods_of_a_control_plane_are_watched() {
    let odd =
        |node: &RecordingCopy| node.judged("joined", &[("cni", "flannel"), ("role", "control-plane")]).1;
    let well: Vec<String> = odd(&control_plane());
    let expected = |rules: &[&str]| -> Vec<String> {
        well.iter().cloned().chain(rules.iter().map(|rule| (*rule).to_owned())).collect()
    };
    let sorted = |mut rules: Vec<String>| {
        rules.sort();
        rules
    };
    assert!(!well.iter().any(|rule| rule.contains("pods") || rule.contains("control-plane")), "{well:?}");
    type Change = fn(&RecordingCopy);
    let cases: &[(&str, Change, &[&str])] = &[
        (
            "etcd's pod is not ready",
            |node| node.change("live/machine.toml", "\"etcd-cp1\",", "\"etcd-cp1\", ready = false,"),
            &["static-pods-run", "system-pods-ready"],
        ),
        (
            "the API server has ended and waits for its next start",
            |node| {
                node.change(
                    "live/machine.toml",
                    "[{ name = \"kube-apiserver\" }]",
                    "[{ name = \"kube-apiserver\", state = \"exited\", attempt = 12, exit = 1 }]",
                )
            },
            &["static-pods-run", "system-pods-ready", "containers-stay"],
        ),
        (
            "kube-proxy is not ready",
            |node| {
                node.change(
                    "live/machine.toml",
                    "\"kube-proxy-4xq2l\",",
                    "\"kube-proxy-4xq2l\", ready = false,",
                )
            },
            &["system-pods-ready"],
        ),
        (
            "the scheduler's manifest was moved away, and the kubelet has stopped it",
            |node| {
                node.remove("root/etc/kubernetes/manifests/kube-scheduler.yaml");
                let old = sandbox("kube-scheduler-cp1", "kube-scheduler", "source = \"file\"");
                node.change("live/machine.toml", &old, "");
            },
            &["control-plane-complete"],
        ),
        (
            "a manifest that the kubelet can't read",
            |node| node.write("root/etc/kubernetes/manifests/extra.yaml", "kind: [\n"),
            &["static-pods-run", "static-pods-startable"],
        ),
    ];
    for (says, change, rules) in cases {
        let node = control_plane();
        change(&node);
        assert_eq!(sorted(odd(&node)), sorted(expected(rules)), "{says}");
    }
}

fn judged(node: &RecordingCopy) -> (Outcome, Vec<String>) {
    node.judged("joined", &[("cni", "flannel"), ("role", "worker")])
}

#[test]
fn a_node_that_is_well_raises_no_alarm() {
    let (outcome, odd) = judged(&node("debian13-ready"));
    assert_eq!((outcome, odd), (Outcome::Ready, vec![]));
    let (outcome, odd) = judged(&node("rocky9-ready"));
    assert_eq!((outcome, odd), (Outcome::Ready, vec![]));
}

#[test]
fn what_goes_wrong_on_a_running_node_is_told() {
    type Change = fn(&RecordingCopy);
    let cases: &[(&str, Change, &[&str])] = &[
        (
            "the kubelet's certificate was not renewed",
            |node| {
                node.change(
                    "live/machine.toml",
                    &format!("time = {TIME}"),
                    &format!("time = {}", TIME + 101 * 86_400),
                )
            },
            &["certificates-valid"],
        ),
        (
            "somebody turned swap on for the next boot",
            |node| node.write_more("root/etc/fstab", "/swapfile none swap sw 0 0\n"),
            &["swap-off"],
        ),
        (
            "the kubelet's configuration was edited",
            |node| node.change("meta.toml", "1796000040", "1796000400"),
            &["kubelet-configuration-in-use"],
        ),
        (
            "the kubelet exits again and again",
            |node| node.change("live/machine.toml", "restarts = 3", "restarts = 300"),
            &["services-stay"],
        ),
        (
            "the kubelet has lost its access",
            |node| {
                node.change(
                    "live/proc/812/cmdline",
                    "--kubeconfig=/etc/kubernetes/kubelet.conf",
                    "--kubeconfig=/etc/kubernetes/gone.conf",
                );
            },
            &["kubelet-kubeconfig-exists", "kubelet-flags-in-use"],
        ),
        (
            "the kubelet hangs",
            |node| {
                node.change("live/machine.toml", "status = 200, body = \"ok\"", "status = 500, body = \"\"")
            },
            &["kubelet-healthy"],
        ),
        (
            "CRI-O was given another cgroup manager, and not restarted",
            |node| {
                node.write(
                    "root/etc/crio/crio.conf.d/99-x.conf",
                    "[crio.runtime]\ncgroup_manager = \"cgroupfs\"\nconmon_cgroup = \"pod\"\n",
                )
            },
            &["crio-configuration-in-use", "cgroup-driver-settings-agree", "crio-cgroup-manager-systemd"],
        ),
        (
            "the network's file is gone, and CRI-O has not noticed",
            |node| node.remove("root/etc/cni/net.d/10-flannel.conflist"),
            &["cni-network-configured"],
        ),
    ];
    for (says, change, rules) in cases {
        let node = node("debian13-ready");
        change(&node);
        let (_, odd) = judged(&node);
        assert_eq!(odd, *rules, "{says}");
    }
}
