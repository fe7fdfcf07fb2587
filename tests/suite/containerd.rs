//! A host whose runtime is containerd: judged as such, once the variables say so.

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
    host.program("root/usr/bin/containerd");
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
