//! Annotations of pods that handlers and workloads may be told to honour (`pkg/annotations` of CRI-O).

/// The names of 1.37, the older ones that it still takes, and those of runtimes.
const ALLOWED: [&str; 45] = [
    "bundle",
    "cgroup2-mount-hierarchy-rw.crio.io",
    "cpu-c-states.crio.io",
    "cpu-freq-governor.crio.io",
    "cpu-load-balancing.crio.io",
    "cpu-quota.crio.io",
    "cpu-shared.crio.io",
    "devices.crio.io",
    "disable-fips.crio.io",
    "io.containers.trace-syscall",
    "io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw",
    "io.kubernetes.cri-o.Devices",
    "io.kubernetes.cri-o.DisableFIPS",
    "io.kubernetes.cri-o.LinkLogs",
    "io.kubernetes.cri-o.PlatformRuntimePath",
    "io.kubernetes.cri-o.PodLinuxOverhead",
    "io.kubernetes.cri-o.PodLinuxResources",
    "io.kubernetes.cri-o.seccompNotifierAction",
    "io.kubernetes.cri-o.ShmSize",
    "io.kubernetes.cri-o.Spoofed",
    "io.kubernetes.cri-o.TrySkipVolumeSELinuxLabel",
    "io.kubernetes.cri-o.umask",
    "io.kubernetes.cri-o.UnifiedCgroup",
    "io.kubernetes.cri-o.userns-mode",
    "io.kubernetes.cri.container-type",
    "io.kubernetes.cri.rdt-class",
    "irq-load-balancing.crio.io",
    "link-logs.crio.io",
    "module.wasm.image/variant",
    "org.criu.config",
    "org.opencontainers.image.stopSignal",
    "org.systemd.property.",
    "platform-runtime-path.crio.io",
    "pod-linux-overhead.crio.io",
    "pod-linux-resources.crio.io",
    "run.oci.",
    "seccomp-notifier-action.crio.io",
    "seccomp-profile.crio.io",
    "seccomp-profile.kubernetes.cri-o.io",
    "shm-size.crio.io",
    "spoofed.crio.io",
    "try-skip-volume-selinux-label.crio.io",
    "umask.crio.io",
    "unified-cgroup.crio.io",
    "userns-mode.crio.io",
];

/// What is wrong with a list of annotations, if anything is.
pub(super) fn wrong<'a>(key: &str, mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    let unknown = names.find(|name| !ALLOWED.contains(name))?;
    Some(format!(
        "{key} has \"{unknown}\"; CRI-O accepts the names of its documentation only, such as \"io.kubernetes.cri-o.Devices\" or \"devices.crio.io\", written exactly"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_exactly() {
        let is_wrong = |name: &str| wrong("x", [name].into_iter()).is_some();
        for good in ALLOWED {
            assert!(!is_wrong(good), "{good}");
        }
        for bad in [
            "nonsense",
            "",
            "Devices.crio.io",
            "io.kubernetes.cri-o.devices",
            "run.oci.handler",
            "devices.crio.io/POD",
            "skip-gomaxprocs.crio.io",
        ] {
            assert!(is_wrong(bad), "{bad}");
        }
        assert!(ALLOWED.is_sorted_by_key(|name| name.to_lowercase()));
    }
}
