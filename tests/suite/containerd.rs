//! A host whose runtime is containerd: judged as such, whether a variable, the file for kubeadm or the host says so.

use std::process::Command;

use node_preflight::report::Outcome;

use crate::recordings::RecordingCopy;

const SETS: [(&str, &str); 2] =
    [("cri-unit", "containerd.service"), ("cri-socket", "/run/containerd/containerd.sock")];
const UNIT: &str = "[Unit]\nDescription=containerd\n[Service]\nExecStart=/usr/bin/containerd\n[Install]\nWantedBy=multi-user.target\n";
const CONFIG: &str = "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n\
    [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n";

/// The prepared host, with containerd in the place of CRI-O.
fn host() -> RecordingCopy {
    let host = RecordingCopy::of("debian13-ready");
    for entry in walkdir::WalkDir::new(host.place("root")) {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy();
        if !entry.file_type().is_dir()
            && ["crio", "crio.service", "crio.conf", "10-crio.conf"].contains(&&*name)
        {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    for name in ["containerd", "containerd-shim-runc-v2", "runc"] {
        host.program(&format!("root/usr/bin/{name}"));
    }
    host.write("root/usr/lib/systemd/system/containerd.service", UNIT);
    std::os::unix::fs::symlink(
        "/usr/lib/systemd/system/containerd.service",
        host.place("root/etc/systemd/system/multi-user.target.wants/containerd.service"),
    )
    .unwrap();
    host.write("root/etc/containerd/config.toml", CONFIG);
    // It can't tell the kubelet its driver.
    host.write_more(
        "root/var/lib/dpkg/status",
        "\nPackage: containerd.io\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.7.24-1\n",
    );
    host.write("root/var/lib/dpkg/info/containerd.io.list", "/usr/bin/containerd\n");
    host.change("live/machine.toml", "crio.service", "containerd.service");
    host.change("live/machine.toml", "/run/crio/crio.sock", "/run/containerd/containerd.sock");
    host.change("live/machine.toml", "runtime = \"cri-o\"", "runtime = \"containerd\"");
    host.change("live/machine.toml", "cgroup-driver = \"systemd\"", &told("systemd"));
    host.change("meta.toml", "/run/crio/crio.sock", "/run/containerd/containerd.sock");
    host
}

/// What containerd 1.7 says of its driver: no answer to `RuntimeConfig`, but its configuration in `Status`.
fn told(driver: &str) -> String {
    let options = format!(r#"{{"SystemdCgroup":{}}}"#, driver == "systemd");
    let runc = format!(r#"{{"runtimeType":"io.containerd.runc.v2","options":{options}}}"#);
    format!(
        "cgroup-driver = \"unimplemented\"\nstatus-config = '{{\"containerd\":{{\"defaultRuntimeName\":\"runc\",\"runtimes\":{{\"runc\":{runc}}}}}}}'"
    )
}

#[test]
fn a_prepared_host_is_ready() {
    assert_eq!(host().judged("node", &SETS), (Outcome::Ready, vec![]));
}

/// What the kubelet and containerd say, in files and on the socket.
fn drivers(kubelet: &str, containerd: &str, socket: &str) -> (Vec<String>, Vec<String>) {
    let host = host();
    host.write(
        "root/var/lib/kubelet/config.yaml",
        &format!(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: {kubelet}\n\
             containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\nresolvConf: /run/systemd/resolve/resolv.conf\n"
        ),
    );
    let word = if containerd == "systemd" { "SystemdCgroup = true" } else { "SystemdCgroup = false" };
    host.change("root/etc/containerd/config.toml", "SystemdCgroup = true", word);
    host.change("live/machine.toml", &told("systemd"), &told(socket));
    let report = host.report("node", &SETS);
    let rules = ["containerd-cgroup-systemd", "containerd-cgroup-driver-agrees", "cgroup-driver-running"];
    let failing = report.findings.iter().filter(|entry| rules.contains(&entry.rule.as_str()));
    let failing = failing.filter(|entry| entry.worst() == node_preflight::engine::finding::Worst::Fail);
    failing
        .map(|entry| {
            let judgement = entry.boot.as_ref().or(entry.now.as_ref()).unwrap();
            let places: Vec<String> = judgement.because.iter().map(ToString::to_string).collect();
            (entry.rule.to_string(), places.join(" "))
        })
        .unzip()
}

#[test]
fn different_cgroup_drivers_name_both_sides() {
    let kubelet = "/var/lib/kubelet/config.yaml:3";
    let containerd = "/etc/containerd/config.toml:5";
    assert_eq!(drivers("systemd", "systemd", "systemd").0, [""; 0]);
    let (rules, places) = drivers("cgroupfs", "systemd", "systemd");
    assert_eq!(rules, ["containerd-cgroup-driver-agrees", "cgroup-driver-running"]);
    assert_eq!(places[0], kubelet, "the side to change");
    assert!(places[1].starts_with(kubelet) && places[1].contains("containerd.sock"), "{places:?}");
    let (rules, places) = drivers("systemd", "cgroupfs", "cgroupfs");
    assert_eq!(rules, ["containerd-cgroup-systemd", "cgroup-driver-running"], "the side to change is known");
    assert!(places[0].contains(containerd), "{places:?}");
    // It reports cgroupfs, whatever its file says: it was mended, and containerd not restarted.
    assert_eq!(drivers("systemd", "systemd", "cgroupfs").0, ["cgroup-driver-running"]);
}

/// The runtime that the built binary judges, its exit code, and the rules that fail or are unknown.
fn found(host: &RecordingCopy, arguments: &[&str]) -> (String, Option<i32>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.current_dir(host.place("")).env_clear();
    let output = command.args(["--recording", ".", "--format", "json"]).args(arguments).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let is_odd = |finding: &&serde_json::Value| {
        ["now", "boot"].iter().any(|moment| {
            ["fail", "unknown"].contains(&finding[*moment]["verdict"].as_str().unwrap_or_default())
        })
    };
    let odd = report["findings"].as_array().unwrap().iter().filter(is_odd);
    let odd = odd.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect();
    let variable = |name: &str| report["vars"][name].as_str().unwrap_or("none").to_owned();
    (format!("{} {}", variable("cri-unit"), variable("cri-socket")), output.status.code(), odd)
}

const CRIO: &str = "crio.service /var/run/crio/crio.sock";
const CONTAINERD: &str = "containerd.service /var/run/containerd/containerd.sock";

/// CRI-O beside containerd, as packages leave it: on, or not.
fn with_crio(host: &RecordingCopy, is_on: bool) {
    host.program("root/usr/bin/crio");
    host.write("root/usr/lib/systemd/system/crio.service", &UNIT.replace("containerd", "crio"));
    let link = host.place("root/etc/systemd/system/multi-user.target.wants/crio.service");
    // The prepared host enables it.
    if !is_on && link.symlink_metadata().is_ok() {
        std::fs::remove_file(link).unwrap();
    } else if is_on && link.symlink_metadata().is_err() {
        std::os::unix::fs::symlink("/usr/lib/systemd/system/crio.service", link).unwrap();
    }
}

#[test]
fn the_only_runtime_of_a_host_is_judged_without_any_option() {
    for profile in ["node", "kubeadm-init", "kubeadm-join"] {
        assert_eq!(
            found(&host(), &["--profile", profile]),
            (CONTAINERD.into(), Some(0), vec![]),
            "{profile}"
        );
    }
    let crio = found(&RecordingCopy::of("debian13-ready"), &[]);
    assert_eq!(crio, (CRIO.into(), Some(0), vec![]));
}

#[test]
fn with_no_runtime_the_report_names_both_ways() {
    let host = host();
    host.remove("root/usr/bin/containerd");
    host.remove("root/usr/lib/systemd/system/containerd.service");
    let (runtime, code, odd) = found(&host, &[]);
    assert_eq!((runtime.as_str(), code), (CRIO, Some(1)));
    assert!(odd.contains(&"crio-installed".to_owned()), "{odd:?}");
}

#[test]
fn what_the_user_names_wins() {
    let host = host();
    assert_eq!(found(&host, &["--set", "cri-unit=crio.service"]).0, "crio.service /var/run/crio/crio.sock");
    assert_eq!(found(&host, &["--set", "cri-unit=crio"]).1, Some(1));
    // Of the two each is the default of the other.
    let socket = "cri-socket=/run/containerd/containerd.sock";
    let there = RecordingCopy::of("debian13-ready");
    assert_eq!(found(&there, &["--set", socket]).0, "containerd.service /run/containerd/containerd.sock");
    assert_eq!(
        found(&there, &["--set", "cri-unit=containerd"]).0,
        "containerd /var/run/containerd/containerd.sock"
    );
    // A unit of one's own says nothing of its socket.
    assert_eq!(found(&host, &["--set", "cri-unit=my.service"]).0, "my.service /var/run/crio/crio.sock");
    // The profile of CRI-O is for CRI-O.
    assert_eq!(found(&host, &["--profile", "crio"]).0, CRIO);
}

#[test]
fn the_socket_of_the_file_for_kubeadm_names_the_runtime() {
    const INIT: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nnodeRegistration:\n  criSocket: unix:///run/containerd/containerd.sock\n";
    let there = RecordingCopy::of("debian13-ready");
    there.write("kubeadm.yaml", INIT);
    let (runtime, code, odd) = found(&there, &["--kubeadm-config", "kubeadm.yaml"]);
    assert_eq!((runtime.as_str(), code), ("containerd.service /run/containerd/containerd.sock", Some(1)));
    assert!(!odd.contains(&"crio-installed".to_owned()), "{odd:?}");
    let host = host();
    host.write("kubeadm.yaml", INIT);
    let mine = found(&host, &["--kubeadm-config", "kubeadm.yaml"]);
    assert_eq!(mine, ("containerd.service /run/containerd/containerd.sock".into(), Some(0), vec![]));
    let other = found(&host, &["--kubeadm-config", "kubeadm.yaml", "--set", "cri-unit=crio.service"]).0;
    assert_eq!(other, "crio.service /run/containerd/containerd.sock");
}

#[test]
fn of_two_runtimes_the_one_that_is_on_is_judged_and_both_are_reported() {
    let host = host();
    with_crio(&host, false);
    assert_eq!(found(&host, &[]).0, CONTAINERD, "CRI-O is installed, but off");
    with_crio(&host, true);
    let (runtime, _, odd) = found(&host, &["--profile", "kubeadm-init"]);
    assert_eq!(runtime, CRIO, "both are on");
    assert!(odd.contains(&"runtime-sockets-single".to_owned()), "{odd:?}");
    // The kubelet is told which one.
    host.write(
        "root/etc/default/kubelet",
        "KUBELET_EXTRA_ARGS=--container-runtime-endpoint=unix:///run/containerd/containerd.sock\n",
    );
    assert_eq!(found(&host, &[]).0, CONTAINERD);
}

#[test]
fn a_runtime_that_may_be_there_is_not_taken_for_missing() {
    let host = host();
    host.remove("root/usr/bin/containerd");
    host.remove("root/usr/lib/systemd/system/containerd.service");
    // Whoever may not look at the program can't say that the host has none.
    host.write_more("meta.toml", "\n[root.\"/usr/bin/containerd\"]\ndenied = true\n");
    let (runtime, _, odd) = found(&host, &["--only", "containerd-configuration-loads,crio-installed"]);
    assert_eq!(runtime, "containerd.service none");
    assert_eq!(odd, ["containerd-configuration-loads"]);
}
