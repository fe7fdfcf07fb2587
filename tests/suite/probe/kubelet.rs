//! The kubelet's configuration: every layer, and what is odd about it.

use node_preflight::fact::Fact;

use crate::tree::{Tree, text};

const UNIT: &str = "/usr/lib/systemd/system/kubelet.service";
const DROPIN: &str = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf";
const CONFIG: &str = "/var/lib/kubelet/config.yaml";
const TEXT: &str = "[Service]\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\n\
    ExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n";

/// A configuration; its first field is on line 3.
fn config(fields: &str) -> String {
    format!("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{fields}")
}

/// A unit with a command line.
fn started(arguments: &str) -> Tree {
    Tree::new().file(UNIT, format!("[Service]\nExecStart=/usr/bin/kubelet {arguments}\n"))
}

/// A unit as kubeadm has it, and a configuration.
fn node(fields: &str, arguments: &str) -> Tree {
    started(&format!("--config={CONFIG} {arguments}")).file(CONFIG, config(fields))
}

fn of_version(tree: Tree, version: &str) -> Tree {
    tree.file(
        "/var/lib/dpkg/status",
        format!("Package: kubelet\nStatus: install ok installed\nVersion: {version}-1.1\n\n"),
    )
}

fn places(fact: &Fact) -> Vec<String> {
    fact.because.iter().map(ToString::to_string).collect()
}

fn overruled(fact: &Fact) -> Vec<String> {
    fact.overruled.iter().map(ToString::to_string).collect()
}

#[test]
fn the_unit_says_which_environment_file_counts() {
    let tree = Tree::new()
        .file(DROPIN, TEXT)
        .file(CONFIG, config("cgroupDriver: systemd\nfailSwapOn: false\n"))
        .file("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--cgroup-driver=cgroupfs\n")
        .file("/etc/sysconfig/kubelet", "# c\nKUBELET_EXTRA_ARGS=--fail-swap-on\n");
    assert_eq!(tree.boot_text("kubelet:environmentFile"), "/etc/default/kubelet");
    assert_eq!(tree.boot_text("kubelet:ignoredEnvironmentFile"), "/etc/sysconfig/kubelet");
    assert_eq!(places(&tree.boot("kubelet:ignoredEnvironmentFile"))[0], "/etc/sysconfig/kubelet:2");
    assert_eq!(tree.boot_text("kubelet:cgroupDriver"), "cgroupfs");
    assert_eq!(overruled(&tree.boot("kubelet:cgroupDriver")), [format!("{CONFIG}:3")]);
    assert_eq!(tree.boot_text("kubelet:failSwapOn"), "false");
    assert_eq!(tree.boot("kubelet:failSwapOn").because[0].line, Some(4));
    let tree = Tree::new().file(DROPIN, TEXT).file("/etc/sysconfig/kubelet", "KUBELET_EXTRA_ARGS=\n");
    assert_eq!(tree.boot_text("kubelet:ignoredEnvironmentFile"), "absent");
    assert_eq!(tree.boot_text("kubelet:cgroupDriver"), "systemd");
    assert_eq!(Tree::new().boot_text("kubelet:cgroupDriver"), "absent");
}

#[test]
fn the_unit_says_which_file_is_read() {
    let wrapped = |command: &str| {
        Tree::new()
            .file(UNIT, format!("[Service]\nExecStart={command}\n"))
            .file(CONFIG, config("maxPods: 1\n"))
            .file("/etc/k.yaml", config("maxPods: 2\n"))
    };
    for (command, pods, file) in [
        ("/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml", "1", CONFIG),
        ("-/usr/bin/kubelet --config /etc/k.yaml", "2", "/etc/k.yaml"),
        ("/usr/bin/kubelet --config=etc/k.yaml", "2", "/etc/k.yaml"),
        ("/usr/bin/kubelet", "110", "absent"),
        ("/usr/bin/kubelet --config=", "110", "absent"),
    ] {
        let tree = wrapped(command);
        assert_eq!(tree.boot_text("kubelet:maxPods"), pods, "{command}");
        assert_eq!(tree.boot_text("kubelet:configFile"), file, "{command}");
    }
    let gone = "unknown: the kubelet will not start: /usr/lib/systemd/system/kubelet.service:2: /etc/gone.yaml does not exist";
    assert_eq!(wrapped("/usr/bin/kubelet --config=/etc/gone.yaml").boot_text("kubelet:maxPods"), gone);
    let unknown = "unknown: /usr/lib/systemd/system/kubelet.service:2 starts /usr/bin/start-kubelet, whose way to the kubelet is not followed";
    assert_eq!(wrapped("/usr/bin/start-kubelet").boot_text("kubelet:maxPods"), unknown);
    let alone = Tree::new().file(CONFIG, config("maxPods: 1\n"));
    assert_eq!(alone.boot_text("kubelet:maxPods"), "1");
    // Without a file older defaults count, which let everybody in.
    assert_eq!(wrapped("/usr/bin/kubelet").boot_text("kubelet:authentication.anonymous.enabled"), "true");
    assert_eq!(alone.boot_text("kubelet:authentication.anonymous.enabled"), "false");
}

#[test]
fn drop_ins_are_laid_over_the_file_and_flags_over_both() {
    let d = "/etc/kubernetes/kubelet.conf.d";
    let tree = node(
        "maxPods: 1\nclusterDNS: [10.0.0.1]\nevictionHard: {memory.available: 1Gi, nodefs.available: 5%}\n\
         featureGates: {A: true, B: true}\nresolvConf: /etc/a\nsystemReserved: {cpu: 100m}\n",
        &format!("--config-dir={d} --resolv-conf=/etc/d --feature-gates=B=false --eviction-soft=memory.available<2Gi --eviction-soft-grace-period=memory.available=1m --system-reserved=memory=1Gi"),
    )
    .file(&format!("{d}/90-z.conf"), config("maxPods: 90\n"))
    .file(&format!("{d}/10-a.conf"), config("maxPods: 10\nclusterDNS: [10.0.0.2]\nresolvConf: /etc/b\n"))
    .file(&format!("{d}/50-m/x.conf"), config("maxPods: 50\nevictionHard: {memory.available: 2Gi}\n"))
    .file(&format!("{d}/99-z.conf.bak"), config("maxPods: 99\n"));
    let tree = of_version(tree, "1.31.0");
    for (key, value) in [
        ("maxPods", "90"),
        ("clusterDNS", "[10.0.0.2]"),
        ("evictionHard", "memory.available=2Gi nodefs.available=5%"),
        ("evictionHard.nodefs.available", "5%"),
        ("evictionSoft.memory.available", "2Gi"),
        ("featureGates", "A=true B=false"),
        ("featureGates.B", "false"),
        ("systemReserved", "memory=1Gi"),
        ("systemReserved.cpu", "unknown: nothing sets systemReserved.cpu, and its default is not known"),
        ("resolvConf", "/etc/d"),
        ("configErrors", "none"),
        ("unknownFields", "none"),
    ] {
        assert_eq!(tree.boot_text(&format!("kubelet:{key}")), value, "{key}");
    }
    let pods = tree.boot("kubelet:maxPods");
    assert_eq!(places(&pods), [format!("{d}/90-z.conf:3")]);
    assert_eq!(
        overruled(&pods),
        [format!("{CONFIG}:3"), format!("{d}/10-a.conf:3"), format!("{d}/50-m/x.conf:3")]
    );
    let resolver = tree.boot("kubelet:resolvConf");
    assert_eq!(places(&resolver), [format!("{UNIT}:2")]);
    assert_eq!(overruled(&resolver), [format!("{CONFIG}:7"), format!("{d}/10-a.conf:5")]);
    assert_eq!(
        places(&tree.boot("kubelet:evictionHard")),
        [format!("{d}/50-m/x.conf:4"), format!("{CONFIG}:5")]
    );
    // A file without thresholds has the built-in ones, and a drop-in adds to them.
    assert_eq!(
        places(&tree.file(CONFIG, config("")).boot("kubelet:evictionHard")),
        [format!("{d}/50-m/x.conf:4"), "the kubelet's built-in thresholds".to_owned()]
    );
}

#[test]
fn what_is_wrong_with_the_directory_of_drop_ins_is_told() {
    let flag = "--config-dir=/etc/k.d";
    let dropped = |tree: Tree| tree.file("/etc/k.d/a.conf", config("maxPods: 5\n"));
    for (tree, errors, pods) in [
        (of_version(node("", flag), "1.31.0"), "[/etc/k.d: no such directory]", None),
        (
            of_version(dropped(node("", flag)), "1.29.3"),
            "[--config-dir needs KUBELET_CONFIG_DROPIN_DIR_ALPHA in the environment before 1.30]",
            None,
        ),
        (
            of_version(dropped(node("", flag)), "1.29.3")
                .append(UNIT, "Environment=KUBELET_CONFIG_DROPIN_DIR_ALPHA=1\n"),
            "none",
            Some("5"),
        ),
        (of_version(dropped(node("", flag)), "1.30.0"), "none", Some("5")),
        (
            node("", flag).file("/etc/k.d/a.conf", "maxPods: 5\n"),
            "[apiVersion must be kubelet.config.k8s.io/v1beta1, kind must be KubeletConfiguration]",
            None,
        ),
        (
            node("", flag).file("/etc/k.d/a.conf", ""),
            "[apiVersion must be kubelet.config.k8s.io/v1beta1, kind must be KubeletConfiguration]",
            None,
        ),
        (node("", flag).link("/etc/k.d/a.conf", "/nowhere"), "[leads to no file]", None),
        // A directory that is a link is not entered, without a word.
        (
            node("", flag).link("/etc/k.d", "/etc/other").file("/etc/other/a.conf", config("maxPods: 5\n")),
            "none",
            Some("110"),
        ),
        (
            node("", &format!("{flag}/"))
                .link("/etc/k.d", "/etc/other")
                .file("/etc/other/a.conf", config("maxPods: 5\n")),
            "none",
            Some("5"),
        ),
    ] {
        assert_eq!(tree.boot_text("kubelet:configErrors"), errors);
        let found = tree.boot_text("kubelet:maxPods");
        match pods {
            Some(pods) => assert_eq!(found, pods),
            None => assert!(found.starts_with("unknown: the kubelet will not start: "), "{found}"),
        }
    }
}

#[test]
fn what_the_kubelet_exits_for_is_told_with_its_place() {
    for (fields, arguments, error, place) in [
        ("clusterDNS: 10.96.0.10\n", "", "clusterDNS: must be a list", format!("{CONFIG}:3")),
        (
            "x: 1\nmaxPods: \"5\"\n",
            "",
            "maxPods: must be a whole number, without quotes",
            format!("{CONFIG}:4"),
        ),
        ("", "--fail-swap-on false", "unknown command false", format!("{UNIT}:2")),
        ("", "--max-pods=many", "--max-pods=many is no number", format!("{UNIT}:2")),
    ] {
        let tree = node(fields, arguments);
        assert_eq!(tree.boot_text("kubelet:configErrors"), format!("[{error}]"));
        assert_eq!(places(&tree.boot("kubelet:configErrors")), [place]);
        assert!(tree.boot_text("kubelet:port").starts_with("unknown: the kubelet will not start"));
    }
    let broken = node("", "").file(CONFIG, "a: [1\nb: 2\n");
    assert_ne!(broken.boot_text("kubelet:configErrors"), "none");
    let other =
        node("", "").file(CONFIG, "apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\n");
    assert_eq!(places(&other.boot("kubelet:configErrors")), [format!("{CONFIG}:1")]);
}

#[test]
fn unknown_fields_depend_on_the_version() {
    let fields = "cgroupdriver: systemd\nfailCgroupV1: false\ncomesLater: 1\n";
    for (version, unknown) in [
        (None, "[cgroupdriver]"),
        (Some("1.40.0"), "[cgroupdriver]"),
        (Some("1.33.0"), "[cgroupdriver, comesLater]"),
        (Some("1.30.0"), "[cgroupdriver, comesLater, failCgroupV1]"),
    ] {
        let tree = node(fields, "");
        let tree = if let Some(version) = version { of_version(tree, version) } else { tree };
        assert_eq!(tree.boot_text("kubelet:unknownFields"), unknown, "{version:?}");
    }
    let old = of_version(node("containerRuntimeEndpoint: unix:///run/crio/crio.sock\n", ""), "1.26.0");
    assert_eq!(old.boot_text("kubelet:containerRuntimeEndpoint"), "absent");
}

#[test]
fn removed_and_deprecated_flags_depend_on_the_version() {
    let flags = "--container-runtime=remote --network-plugin=cni --pod-infra-container-image=p:1 --cgroup_driver=systemd -v=2 --node-ip=10.0.0.1";
    for (version, removed, deprecated) in [
        (
            Some("1.23.17"),
            "none",
            "[--container-runtime, --network-plugin, --pod-infra-container-image, --cgroup-driver]",
        ),
        (
            Some("1.26.0"),
            "[--network-plugin]",
            "[--container-runtime, --pod-infra-container-image, --cgroup-driver]",
        ),
        (
            Some("1.34.1"),
            "[--container-runtime, --network-plugin]",
            "[--pod-infra-container-image, --cgroup-driver]",
        ),
        (
            Some("1.35.0"),
            "[--container-runtime, --network-plugin, --pod-infra-container-image]",
            "[--cgroup-driver]",
        ),
        (
            None,
            "unknown: --container-runtime is gone from 1.27 on, and the version of the kubelet is not known",
            "[--cgroup-driver]",
        ),
    ] {
        let tree = node("", "").file("/etc/f", format!("ARGS=\"{flags}\"\n")).append(
            DROPIN,
            "[Service]\nEnvironmentFile=/etc/f\nExecStart=\nExecStart=/usr/bin/kubelet $ARGS\n",
        );
        let tree = if let Some(version) = version { of_version(tree, version) } else { tree };
        assert_eq!(tree.boot_text("kubelet:removedFlags"), removed, "{version:?}");
        assert_eq!(tree.boot_text("kubelet:deprecatedFlags"), deprecated, "{version:?}");
        if removed != "none" {
            assert_eq!(places(&tree.boot("kubelet:removedFlags"))[0], "/etc/f:1");
        }
    }
    assert_eq!(node("", "--cgroup-driver=systemd").boot_text("kubelet:removedFlags"), "none");
    assert_eq!(
        of_version(node("", "--config-dir=/etc/k.d"), "1.27.0").boot_text("kubelet:removedFlags"),
        "[--config-dir]"
    );
}

#[test]
fn defaults_depend_on_the_version() {
    for (key, version, value) in [
        ("failCgroupV1", "1.35.1", "true"),
        ("failCgroupV1", "1.34.1", "false"),
        ("failCgroupV1", "1.30.1", "absent"),
        ("swapBehavior", "1.30.0", "NoSwap"),
        ("swapBehavior", "1.29.0", "absent"),
        ("readOnlyPort", "1.30.0", "0"),
        ("containerRuntimeEndpoint", "1.34.0", "absent"),
        ("featureGates.X", "1.34.0", "absent"),
        ("nodeIP", "1.34.0", "absent"),
    ] {
        assert_eq!(
            of_version(node("", ""), version).boot_text(&format!("kubelet:{key}")),
            value,
            "{key} {version}"
        );
    }
    let unknown = "unknown: the default of failCgroupV1 depends on the kubelet's version, which is not known";
    assert_eq!(node("", "").boot_text("kubelet:failCgroupV1"), unknown);
    let set = node("memorySwap: {swapBehavior: UnlimitedSwap}\n", "");
    assert_eq!(set.boot_text("kubelet:swapBehavior"), "UnlimitedSwap");
    assert_eq!(set.boot_text("kubelet:memorySwap.swapBehavior"), "UnlimitedSwap");
    assert_eq!(places(&set.boot("kubelet:swapBehavior")), [format!("{CONFIG}:3")]);
}

#[test]
fn kubeadm_s_file_of_the_instance_is_not_the_kubelet_s() {
    let tree = node("", "").file(
        "/var/lib/kubelet/instance-config.yaml",
        "containerRuntimeEndpoint: unix:///run/crio/crio.sock\n",
    );
    assert_eq!(tree.boot_text("kubelet:containerRuntimeEndpoint"), "absent");
}

#[test]
fn the_runtime_is_known_in_any_spelling() {
    let crio =
        |tree: Tree| tree.file("/etc/crio/crio.conf", "[crio.api]\nlisten = \"/run/crio/crio.sock\"\n");
    for (endpoint, runtime) in [
        ("unix:///var/run/crio/crio.sock", "cri-o"),
        ("/run/crio/crio.sock", "cri-o"),
        ("unix:///run//crio/./crio.sock", "cri-o"),
        ("unix:///run/containerd/containerd.sock", "/run/containerd/containerd.sock"),
        ("tcp://10.0.0.1:1", "tcp://10.0.0.1:1"),
        ("\"\"", "/run/containerd/containerd.sock"),
    ] {
        let tree = crio(node(&format!("containerRuntimeEndpoint: {endpoint}\n"), ""));
        assert_eq!(tree.boot_text("kubelet:runtime"), runtime, "{endpoint}");
    }
    let alone = node("containerRuntimeEndpoint: unix:///run/crio/crio.sock\n", "");
    assert_eq!(alone.boot_text("kubelet:runtime"), "/run/crio/crio.sock");
    assert_eq!(of_version(node("", ""), "1.23.0").boot_text("kubelet:runtime"), "docker");
    let fresh = started(&format!("--config={CONFIG}"));
    assert_eq!(fresh.boot_text("kubelet:runtime"), "absent");
}

#[test]
fn who_decides_about_the_cgroup_driver_depends_on_both_versions() {
    let packages = |kubelet: &str, other: &str| {
        let package = |name: &str, version: &str| {
            format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
        };
        let other = other.split_once(' ').map_or(String::new(), |(name, version)| package(name, version));
        format!("{}{other}", package("kubelet", kubelet))
    };
    for (kubelet, other, gates, source) in [
        ("1.27.0", "cri-o 1.30.0", "", "configuration"),
        ("1.30.0", "cri-o 1.30.0", "", "configuration"),
        ("1.30.0", "cri-o 1.30.0", "featureGates: {KubeletCgroupDriverFromCRI: true}\n", "runtime"),
        ("1.31.0", "cri-o 1.28.0", "", "runtime"),
        ("1.31.0", "cri-o 1.27.9", "", "configuration"),
        ("1.33.0", "cri-o 1.33.0", "featureGates: {KubeletCgroupDriverFromCRI: false}\n", "configuration"),
        ("1.34.0", "containerd 1.7.24", "", "configuration"),
        ("1.34.0", "containerd.io 2.1.0", "", "runtime"),
        ("1.34.0", "", "", "configuration"),
    ] {
        let tree = node(gates, "").file("/var/lib/dpkg/status", packages(kubelet, other));
        assert_eq!(tree.boot_text("kubelet:cgroupDriverSource"), source, "{kubelet} {other} {gates}");
    }
}

#[test]
fn loopback_name_servers_are_seen_through_links_and_at_both_moments() {
    let resolv = |target: &str| {
        node("", "")
            .link("/etc/resolv.conf", target)
            .live("/run/systemd/resolve/stub-resolv.conf", "nameserver 127.0.0.53\n")
            .live("/run/systemd/resolve/resolv.conf", "nameserver 10.0.0.1\n")
            .live("/run/x/resolv.conf", "nameserver ::1\n")
            .machine("")
    };
    for (target, now, boot) in [
        ("../run/systemd/resolve/stub-resolv.conf", "[127.0.0.53]", "[127.0.0.53]"),
        ("/run/systemd/resolve/resolv.conf", "none", "none"),
        ("/run/x/resolv.conf", "[::1]", "unknown: /run/x/resolv.conf is made anew at boot"),
    ] {
        let tree = resolv(target);
        assert_eq!(tree.now_text("kubelet:loopbackNameServers"), now, "{target}");
        assert_eq!(tree.recorded_text("kubelet:loopbackNameServers"), boot, "{target}");
    }
    let plain = node("resolvConf: /etc/r\n", "").file("/etc/r", "search x\nnameserver 127.0.1.1\n");
    assert_eq!(text(&plain.boot("kubelet:loopbackNameServers")), "[127.0.1.1]");
    assert_eq!(
        places(&plain.boot("kubelet:loopbackNameServers")),
        ["/etc/r:2".to_owned(), format!("{CONFIG}:3")]
    );
    assert_eq!(node("resolvConf: \"\"\n", "").boot_text("kubelet:loopbackNameServers"), "none");
    // Before kubeadm has run: it will choose the file with the real servers where systemd-resolved runs.
    let fresh = started(&format!("--config={CONFIG}"))
        .link("/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
    assert_eq!(fresh.boot_text("kubelet:loopbackNameServers"), "none");
}
