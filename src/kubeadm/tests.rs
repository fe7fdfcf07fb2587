//! Whole files: what they set, what kubeadm would say of them, and that no bytes do harm.

use proptest::prelude::*;

use super::*;

const INIT: &str = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 10.0.0.5
  bindPort: 7443
nodeRegistration:
  name: node1
  criSocket: unix:///var/run/crio/crio.sock
---
# the cluster
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.2
controlPlaneEndpoint: k8s.example.com:6443
networking:
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/12
etcd:
  local:
    dataDir: /srv/etcd
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
";
const JOIN: &str = "\
apiVersion: kubeadm.k8s.io/v1beta3
kind: JoinConfiguration
nodeRegistration: {name: node2, kubeletExtraArgs: {node-ip: 10.0.0.6}}
discovery:
  bootstrapToken:
    token: abcdef.0123456789abcdef
    apiServerEndpoint: k8s.example.com:6443
    caCertHashes: [\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]
";

fn set(text: &str, target: Option<Target>) -> Vec<String> {
    let kubeadm = Kubeadm::read("k.yaml", text).unwrap();
    let show = |s: Setting| format!("{}={} {}", s.name, s.value, s.origin.line.unwrap());
    kubeadm.settings(target).into_iter().map(show).collect()
}

/// All findings but unknown fields, as `line text`.
fn found(text: &str) -> Vec<String> {
    let kubeadm = Kubeadm::read("k.yaml", text).unwrap();
    kubeadm.findings.iter().map(|finding| format!("{} {}", finding.line, finding.text)).collect()
}

fn cluster(fields: &str) -> String {
    format!("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n{fields}\n")
}

fn init(fields: &str) -> String {
    format!("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n{fields}\n")
}

#[test]
fn variables_come_with_their_lines() {
    let expected = [
        "role=control-plane 2",
        "pod-cidr=10.244.0.0/16 16",
        "service-cidr=10.96.0.0/12 17",
        "ipv6=false 16",
        "cri-socket=/var/run/crio/crio.sock 8",
        "node-name=node1 7",
        "advertise-address=10.0.0.5 4",
        "kubernetes-version=v1.34.2 13",
        "endpoint=k8s.example.com:6443 14",
        "etcd-dir=/srv/etcd 20",
        "proxy-mode=ipvs 24",
        "bind-port=7443 5",
        "etcd=local 19",
    ];
    assert_eq!(set(INIT, None), expected);
    assert_eq!(set(JOIN, None), ["role=worker 2", "node-name=node2 3", "endpoint=k8s.example.com:6443 7"]);
    assert!(found(INIT).is_empty() && found(JOIN).is_empty(), "{:?} {:?}", found(INIT), found(JOIN));
}

#[test]
fn a_file_for_both_commands_says_the_role_only_with_a_target() {
    let both = format!("{INIT}---\n{JOIN}");
    assert!(!set(&both, None).iter().any(|text| text.starts_with("role=")));
    assert!(set(&both, Some(Target::Init)).contains(&"role=control-plane 2".to_owned()));
    assert!(set(&both, Some(Target::Join)).contains(&"role=worker 27".to_owned()));
    assert!(set(&both, Some(Target::Join)).contains(&"node-name=node2 28".to_owned()));
}

#[test]
fn dual_stack_and_no_proxy_are_variables() {
    let text = cluster("networking: {podSubnet: \"10.244.0.0/16,fd00:1::/56\"}\nproxy: {disabled: true}");
    let set = set(&text, None);
    assert!(
        set.contains(&"ipv6=true 3".to_owned()) && set.contains(&"proxy-mode=none 4".to_owned()),
        "{set:?}"
    );
}

#[test]
fn what_kubeadm_does_not_understand_is_refused_with_its_line() {
    for (text, line, said) in [
        ("", 1, "holds no configuration"),
        ("a: [\n", 1, "not YAML"),
        ("kind: InitConfiguration\n", 1, "lacks apiVersion"),
        ("---\n\napiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\n", 3, "1.26 was the last"),
        ("apiVersion: kubeadm.k8s.io/v1beta9\nkind: InitConfiguration\n", 1, "no version"),
        (&format!("{JOIN}---\n{JOIN}"), 11, "a second JoinConfiguration; the first one is on line 2"),
        ("apiVersion: v1\nkind: ConfigMap\n", 1, "not of the form group/version"),
        ("apiVersion: apps/v1\nkind: Deployment\n", 1, "holds no configuration"),
    ] {
        let remarks = Kubeadm::read("k.yaml", text).unwrap_err();
        assert!(remarks[0].message.contains(said) && remarks[0].line == line, "{text}: {remarks:?}");
    }
}

#[test]
fn what_kubeadm_ignores_is_told_with_what_was_meant() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  podsubnet: 10.244.0.0/16\n\
        apiServer: {timeoutForControlPlane: 4m}\nclusterName: a\nclusterName: b\n---\n\
        apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfig\n---\napiVersion: kubelet.config.k8s.io/v1beta1\n\
        kind: KubeletConfiguration\ncgroupdriver: systemd\n---\n\
        apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmodes: ipvs\n";
    let kubeadm = Kubeadm::read("k.yaml", text).unwrap();
    let told: Vec<(u32, &str, Option<&str>)> =
        kubeadm.remarks.iter().map(|r| (r.line, r.word.as_str(), r.help.as_deref())).collect();
    assert_eq!(
        told,
        [
            (4, "podsubnet", Some("did you mean `podSubnet`?")),
            (5, "timeoutForControlPlane", Some("v1beta3 has it, v1beta4 does not")),
            (7, "clusterName", Some("kubeadm warns, and takes the last one")),
            (10, "InitConfig", Some("did you mean `InitConfiguration`?")),
            (14, "cgroupdriver", None),
            (18, "modes", Some("did you mean `mode`?")),
        ]
    );
}

/// Each text has a finding that contains the other one.
fn are_found<const N: usize>(cases: [(String, &str); N]) {
    for (text, expected) in cases {
        let found = found(&text);
        assert!(found.iter().any(|finding| finding.contains(expected)), "{text}\n{expected}\n{found:?}");
    }
}

#[test]
fn networks_that_kubeadm_refuses_are_found() {
    let networks = |pods: &str, services: &str| {
        cluster(&format!("networking:\n  podSubnet: \"{pods}\"\n  serviceSubnet: \"{services}\""))
    };
    let services = "10.96.0.0/12";
    are_found([
        (
            networks("10.244.0.0/16", "10.0.0.0/8"),
            "5 serviceSubnet 10.0.0.0/8 is too large: /12 is the largest",
        ),
        (networks("fd00::/48", "fd01::/64"), "5 serviceSubnet fd01::/64 is too large: /108 is the largest"),
        (networks("10.244.0.0/16", "10.96.0.0/29"), "5 serviceSubnet 10.96.0.0/29 is too small"),
        (networks("10.244.0.0/25", services), "4 podSubnet 10.244.0.0/25 is smaller than the /24"),
        (networks("10.0.0.0/7", services), "4 podSubnet 10.0.0.0/7 is too large"),
        (networks("10.244.0.0", services), "4 podSubnet `10.244.0.0` is not a network"),
        (networks("10.244.0.0/16, fd00::/56", services), "write no blanks"),
        (networks("10.1.0.0/16,10.2.0.0/16", services), "4 podSubnet takes one network, or"),
        (
            networks("fd00::/56", services),
            "4 podSubnet fd00::/56 and serviceSubnet 10.96.0.0/12 are of different",
        ),
    ]);
}

#[test]
fn values_of_the_cluster_that_kubeadm_refuses_are_found() {
    are_found([
        (cluster("networking: {dnsDomain: Cluster.Local}"), "3 dnsDomain `Cluster.Local`"),
        (
            cluster("controlPlaneEndpoint: https://k8s:6443"),
            "3 controlPlaneEndpoint `https://k8s:6443` has a scheme",
        ),
        (cluster("kubernetesVersion: \"1.34\""), "3 kubernetesVersion `1.34` is neither"),
        (cluster("kubernetesVersion: 134"), "3 kubernetesVersion `134` must be text"),
        (
            cluster("imageRepository: https://mirror/k8s"),
            "3 imageRepository `https://mirror/k8s` has a scheme",
        ),
        (cluster("imageRepository: mirror:5000/K8s"), "capital"),
        (cluster("apiServer:\n  extraArgs: {a: b}"), "4 apiServer.extraArgs must be a list"),
        (cluster("certificatesDir: pki"), "3 certificatesDir `pki` is not an absolute path"),
        (cluster("etcd: {external: {endpoints: [\"10.0.0.9:2379\"]}}"), "has no https://"),
        (cluster("etcd: {external: {caFile: /ca}}"), "has no endpoints"),
        (
            cluster("etcd: {external: {endpoints: [\"https://a:2379\"], keyFile: /k}}"),
            "one of certFile and keyFile",
        ),
    ]);
}

#[test]
fn values_of_the_node_that_kubeadm_refuses_are_found() {
    are_found([
        (
            init("localAPIEndpoint: {advertiseAddress: node1}"),
            "3 advertiseAddress `node1` is not an IP address",
        ),
        (init("localAPIEndpoint: {bindPort: 70000}"), "3 bindPort `70000`"),
        (init("localAPIEndpoint: {bindPort: \"6443\"}"), "must be a whole number without quotes"),
        (init("nodeRegistration: {name: node_1}"), "3 name `node_1` is not a DNS name"),
        (init("nodeRegistration: {criSocket: /run/crio.sock}"), "lacks unix://"),
        (init("nodeRegistration: {criSocket: \"tcp://1.2.3.4:1\"}"), "only unix"),
        (init("nodeRegistration: {imagePullPolicy: always}"), "none of Always"),
        (init("bootstrapTokens: [{token: abc}]"), "3 bootstrapTokens[0].token must be of the form"),
        (init("certificateKey: abc"), "3 certificateKey is not 64"),
    ]);
}

#[test]
fn ways_to_join_that_kubeadm_refuses_are_found() {
    are_found([
        (JOIN.replace("abcdef.0", "ABCDEF.0"), "6 token is not of the form"),
        (JOIN.replace("com:6443", "com"), "7 apiServerEndpoint `k8s.example.com` has no port"),
        (JOIN.replace("sha256:01", "sha256:1"), "8 a hash of caCertHashes has 63 hexadecimal digits"),
        (JOIN.replace("caCertHashes", "hashes"), "has no caCertHashes"),
        (JOIN.replace("bootstrapToken:", "x:"), "2 discovery has neither"),
        (JOIN.replace("kubeletExtraArgs: {node-ip: 10.0.0.6}", "kubeletExtraArgs: []"), "must be a map"),
    ]);
}

#[test]
fn flags_of_the_controller_manager_decide_on_the_size_of_pod_networks() {
    let pods = "networking: {podSubnet: 10.0.0.0/7}\n";
    for (flags, wrong) in [
        // kubeadm reads the flags of a family alone, the controller manager the other one as well.
        ("- {name: node-cidr-mask-size, value: \"20\"}", 1),
        ("- {name: node-cidr-mask-size-ipv4, value: \"23\"}", 0),
        ("- {name: node-cidr-mask-size-ipv4, value: x}", 1),
        ("- {name: node-cidr-mask-size-ipv4, value: \"6\"}", 1),
        ("- {name: allocate-node-cidrs, value: \"false\"}", 0),
        (
            "- {name: node-cidr-mask-size-ipv4, value: \"20\"}\n  - {name: node-cidr-mask-size-ipv4, value: \"25\"}",
            1,
        ),
        ("- {name: node-cidr-mask-size, value: x}", 2),
    ] {
        let text = cluster(&format!("{pods}controllerManager:\n  extraArgs:\n  {flags}"));
        assert_eq!(found(&text).len(), wrong, "{text} {:?}", found(&text));
    }
}

#[test]
fn the_kubelets_name_server_is_held_against_the_service_network() {
    let kubelet = |fields: &str| {
        format!(
            "{INIT}---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{fields}\n"
        )
    };
    for (fields, said) in [
        ("clusterDNS: [10.96.0.10]\nclusterDomain: cluster.local", None),
        ("clusterDNS: [169.254.20.10]", None),
        ("clusterDNS: [10.100.0.10]", Some("the DNS service will be at 10.96.0.10")),
        ("clusterDNS: [dns]", Some("is not an address")),
        ("clusterDomain: example.org", Some("the dnsDomain of the cluster is cluster.local")),
    ] {
        let found = found(&kubelet(fields));
        assert_eq!(found.len(), usize::from(said.is_some()), "{found:?}");
        assert!(said.is_none_or(|said| found[0].contains(said)), "{found:?}");
    }
}

#[test]
fn secrets_are_in_no_answer() {
    for (name, shown) in [("token", "token"), ("tokn", "tokn"), ("Token", "Token"), ("tokens", "tokens")] {
        let kubeadm = Kubeadm::read("k.yaml", &JOIN.replace("token:", &format!("{name}:"))).unwrap();
        let key = format!("JoinConfiguration.discovery.bootstrapToken.{shown}");
        for key in ["JoinConfiguration.discovery", &key] {
            let fact = kubeadm.value(key, &Installed::Untold);
            assert!(format!("{fact:?}").contains("(not shown)"), "{fact:?}");
            assert!(!format!("{fact:?}").contains("abcdef.0"), "{fact:?}");
        }
    }
}

#[test]
fn what_is_shown_of_a_file_has_no_token_however_it_is_broken() {
    for text in [
        "token: zyxwvu.9876543210zyxwvu\n",
        "token: zyxwvu.\n  9876543210zyxwvu\n",
        "token: \"zyxwvu.\\\n 9876543210zyxwvu\"\n",
        "token:\n  zyxwvu9876543210zyxwvu\n",
        "token: >-\n  zyxwvu\n\n  9876543210\n",
        "tokn: zyxwvu9876543210\n",
        "- tokn:\n    zyxwvu9876543210\n",
        "{tokne: zyxwvu9876543210}\n",
        "other: zyxwvu.9876543210ZYXWV\n",
        "certificatekey: 9876543210zyxwvu\n",
    ] {
        let shown = syntax::masked(&format!(
            "kind: JoinConfiguration\n{text}apiServerEndpoint: k8s.example.com:6443\n"
        ));
        assert!(!shown.contains("987654") && !shown.contains("zyxwvu"), "{shown}");
        assert!(shown.starts_with("kind: JoinConfiguration\n"), "{shown}");
        assert!(shown.ends_with("apiServerEndpoint: k8s.example.com:6443\n"), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_text_is_an_answer(head in 0..3usize, text in ".{0,60}") {
        let head = ["", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n", JOIN][head];
        drop(Kubeadm::read("k.yaml", &format!("{head}{text}\n")));
    }

    #[test]
    fn any_value_of_a_known_field_is_an_answer(
        field in prop::sample::select(vec!["networking", "etcd", "apiServer", "controllerManager", "dns", "kubernetesVersion"]),
        part in "[a-zA-Z]{0,10}",
        value in "[-a-z0-9:/,.\\[\\]{} \"]{0,30}",
    ) {
        for text in [format!("{field}: {value}"), format!("{field}:\n  podSubnet: {value}\n  {part}: {value}")] {
            if let Ok(kubeadm) = Kubeadm::read("k.yaml", &cluster(&text)) {
                drop(kubeadm.settings(None));
            }
        }
    }
}
