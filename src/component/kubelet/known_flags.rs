//! Every flag of the kubelet 1.36: its own, those of logging, and those that cAdvisor brings (`kubelet --help`; the global ones of
//! `cmd/kubelet/app/options/globalflags_linux.go` and of `k8s.io/component-base/logs`).

/// The minor version whose flags these are.
pub(crate) const OF_MINOR: u64 = 36;

/// Sorted. Each was given to the real kubelet; it exits for any other.
#[rustfmt::skip]
const FLAGS: &[&str] = &[
    "address", "allowed-unsafe-sysctls", "anonymous-auth",
    "application-metrics-count-limit", "authentication-token-webhook", "authentication-token-webhook-cache-ttl",
    "authorization-mode", "authorization-webhook-cache-authorized-ttl",
    "authorization-webhook-cache-unauthorized-ttl", "boot-id-file", "bootstrap-kubeconfig", "cert-dir",
    "cgroup-driver", "cgroup-root", "cgroups-per-qos", "client-ca-file", "cloud-provider", "cluster-dns",
    "cluster-domain", "config", "config-dir", "container-hints",
    "container-log-max-files", "container-log-max-size", "container-runtime-endpoint", "containerd",
    "containerd-namespace", "contention-profiling", "cpu-cfs-quota", "cpu-cfs-quota-period", "cpu-manager-policy",
    "cpu-manager-policy-options", "cpu-manager-reconcile-period",
    "enable-controller-attach-detach", "enable-debugging-handlers", "enable-load-reader",
    "enable-server", "enforce-node-allocatable", "event-burst", "event-qps", "event-storage-age-limit",
    "event-storage-event-limit", "eviction-hard", "eviction-max-pod-grace-period", "eviction-minimum-reclaim",
    "eviction-pressure-transition-period", "eviction-soft", "eviction-soft-grace-period", "exit-on-lock-contention",
    "experimental-allocatable-ignore-eviction", "experimental-mounter-path", "fail-cgroupv1", "fail-swap-on",
    "feature-gates", "file-check-frequency", "global-housekeeping-interval", "hairpin-mode", "healthz-bind-address",
    "healthz-port", "help", "hostname-override", "housekeeping-interval", "http-check-frequency",
    "image-credential-provider-bin-dir", "image-credential-provider-config", "image-gc-high-threshold",
    "image-gc-low-threshold", "image-service-endpoint", "kernel-memcg-notification", "kube-api-burst",
    "kube-api-content-type", "kube-api-qps", "kube-reserved", "kube-reserved-cgroup", "kubeconfig", "kubelet-cgroups",
    "local-storage-capacity-isolation", "lock-file", "log-cadvisor-usage", "log-flush-frequency",
    "log-json-info-buffer-size", "log-json-split-stream", "log-text-info-buffer-size", "log-text-split-stream",
    "logging-format", "machine-id-file", "make-iptables-util-chains", "manifest-url", "manifest-url-header",
    "max-housekeeping-interval", "max-open-files", "max-pods", "maximum-dead-containers",
    "maximum-dead-containers-per-container", "memory-manager-policy", "minimum-container-ttl-duration",
    "minimum-image-ttl-duration", "node-ip", "node-labels", "node-status-max-images", "node-status-update-frequency",
    "oom-score-adj", "pod-cidr", "pod-manifest-path", "pod-max-pids", "pods-per-core", "port",
    "protect-kernel-defaults", "provider-id", "qos-reserved", "read-only-port",
    "register-node", "register-with-taints",
    "registry-burst", "registry-qps", "reserved-cpus", "reserved-memory", "resolv-conf",
    "root-dir", "rotate-certificates", "rotate-server-certificates", "runonce", "runtime-cgroups",
    "runtime-request-timeout", "seccomp-default", "serialize-image-pulls", "storage-driver-buffer-duration",
    "storage-driver-db", "storage-driver-host", "storage-driver-password", "storage-driver-secure",
    "storage-driver-table", "storage-driver-user", "streaming-connection-idle-timeout", "sync-frequency",
    "system-cgroups", "system-reserved", "system-reserved-cgroup", "tls-cert-file", "tls-cipher-suites",
    "tls-min-version", "tls-private-key-file", "topology-manager-policy", "topology-manager-policy-options",
    "topology-manager-scope", "v", "version", "vmodule", "volume-plugin-dir",
    "volume-stats-agg-period",
];

/// Whether the kubelet of that version has a flag.
pub(crate) fn has(name: &str) -> bool {
    FLAGS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_flag_that_is_gone() {
        assert!(FLAGS.windows(2).all(|pair| pair[0] < pair[1]));
        for (flag, known) in [("max-pods", true), ("v", true), ("network-plugin", false), ("nonsense", false)]
        {
            assert_eq!(has(flag), known, "{flag}");
        }
    }
}
