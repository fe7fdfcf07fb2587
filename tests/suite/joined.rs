//! A node that runs in a cluster, in the profile for monitoring: one that is well raises no alarm, and one that isn't does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use node_preflight::builtin;
use node_preflight::engine::identity::identify;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::report::{Outcome, Report, Worst};
use node_preflight::subsystem::Subsystems;

const CA: &str = include_str!("../certificates/ca.crt");
const CLIENT: &str = include_str!("../certificates/admin.crt");
const CONFIG: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\n\
    containerRuntimeEndpoint: unix:///var/run/crio/crio.sock\nresolvConf: /run/systemd/resolve/resolv.conf\n";
const NETWORK: &str =
    "{\"cniVersion\": \"1.0.0\", \"name\": \"cbr0\", \"plugins\": [{\"type\": \"flannel\"}]}\n";
const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- name: c\n  cluster: {server: s}\n\
    contexts:\n- name: a\n  context: {cluster: c, user: u}\nusers:\n- name: u\n  user:\n    \
    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n";
/// A hundred days before the end of the certificate.
const TIME: i64 = 1_826_981_746 - 100 * 86_400;

/// The recording of a prepared host, on which kubeadm has run since.
struct Node {
    directory: tempfile::TempDir,
}

impl Node {
    fn of(fixture: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.unwrap();
            let to = directory.path().join(entry.path().strip_prefix(&from).unwrap());
            if entry.path_is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), to).unwrap();
            } else if entry.file_type().is_dir() {
                fs::create_dir_all(to).unwrap();
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
        let node = Node { directory };
        for (path, text) in [
            ("root/var/lib/kubelet/config.yaml", CONFIG),
            ("root/var/lib/kubelet/pki/kubelet-client-current.pem", CLIENT),
            ("root/etc/kubernetes/pki/ca.crt", CA),
            ("root/etc/kubernetes/kubelet.conf", KUBECONFIG),
            ("root/etc/cni/net.d/10-flannel.conflist", NETWORK),
            ("root/opt/cni/bin/flannel", ""),
            ("live/sys/fs/cgroup/system.slice/kubelet.service/cgroup.procs", "812\n"),
            ("live/proc/stat", "btime 1796000000\n"),
            (
                "live/proc/812/stat",
                "812 (kubelet) S 1 812 812 0 -1 4194560 21 0 0 0 17 20 0 0 20 0 1 0 5000 22 7\n",
            ),
            ("live/proc/812/cmdline", "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0"),
        ] {
            node.write(path, text);
        }
        fs::set_permissions(node.place("root/opt/cni/bin/flannel"), fs::Permissions::from_mode(0o755))
            .unwrap();
        node.write_more("meta.toml", "\n[root.\"/var/lib/kubelet/config.yaml\"]\nmodified = 1796000040\n");
        // The kubelet and kube-proxy listen.
        for (line, port) in [(7, "280A"), (8, "2810")] {
            let text = format!(
                "{line:4}: 00000000:{port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
            );
            node.write_more("live/proc/net/tcp", &text);
        }
        node.change("live/machine.toml", "\"activating\"", "\"active\"");
        node.change("live/machine.toml", "status = false", "status = true");
        node.change("live/machine.toml", "root = true", &format!("root = true\ntime = {TIME}"));
        node.write_more(
            "live/machine.toml",
            "\n[pages.\"10248/healthz\"]\nanswered = { status = 200, body = \"ok\" }\n",
        );
        node
    }

    fn place(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.place(path).parent().unwrap()).unwrap();
        fs::write(self.place(path), text).unwrap();
    }

    fn write_more(&self, path: &str, text: &str) {
        self.write(path, &(fs::read_to_string(self.place(path)).unwrap_or_default() + text));
    }

    fn change(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.place(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    /// The outcome, and the rules that fail or are unknown.
    fn judged(&self) -> (Outcome, Vec<String>) {
        let selection = Selection { profiles: vec!["joined".into()], ..Selection::everything() };
        let sets = [("cni".to_owned(), "flannel".to_owned()), ("role".to_owned(), "worker".to_owned())];
        let plan = engine::compile(&builtin::rules(), &selection, &sets).unwrap();
        let host = Host::recording(self.directory.path()).unwrap();
        let subsystems = Subsystems::of(&host);
        let findings = engine::judge(&plan, &subsystems, &Moment::ALL);
        let report = Report::new(plan, findings, identify(&subsystems), &Moment::ALL);
        let odd = report.entries.iter().filter(|entry| matches!(entry.worst(), Worst::Fail | Worst::Unknown));
        (report.outcome(), odd.map(|entry| entry.rule.to_string()).collect())
    }
}

#[test]
fn a_node_that_is_well_raises_no_alarm() {
    let (outcome, odd) = Node::of("debian13-ready").judged();
    assert_eq!((outcome, odd), (Outcome::Ready, vec![]));
    // Of RPM packages no version is known.
    let (outcome, odd) = Node::of("rocky9-ready").judged();
    assert_eq!((outcome, odd), (Outcome::Ready, vec!["crio-minor-same".to_owned()]));
}

#[test]
fn what_goes_wrong_on_a_running_node_is_told() {
    type Change = fn(&Node);
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
            |node| fs::remove_file(node.place("root/etc/cni/net.d/10-flannel.conflist")).unwrap(),
            &["cni-network-configured"],
        ),
    ];
    for (says, change, rules) in cases {
        let node = Node::of("debian13-ready");
        change(&node);
        let (_, odd) = node.judged();
        assert_eq!(odd, *rules, "{says}");
    }
}
