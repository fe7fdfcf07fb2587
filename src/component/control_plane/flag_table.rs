//! Flags of the control plane's programs: those that versions 1.28 to 1.36 have, and those that were removed, with the last minor
//! version that had them (the references of the programs on kubernetes.io; the change logs).

/// The flags of one program.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) flags: &'static [&'static str],
    /// Whether it also has those that all of Kubernetes' own programs share.
    pub(super) has_shared: bool,
}

pub(super) const KNOWN: &[Program] = &[
    Program { name: "etcd", flags: ETCD, has_shared: false },
    Program { name: "kube-apiserver", flags: API_SERVER, has_shared: true },
    Program { name: "kube-controller-manager", flags: CONTROLLER_MANAGER, has_shared: true },
    Program { name: "kube-scheduler", flags: SCHEDULER, has_shared: true },
];

/// Removed flags: the program, the flag, the last minor version that takes it.
pub(super) const GONE: &[(&str, &str, u64)] = &[
    ("kube-apiserver", "basic-auth-file", 18),
    ("kube-apiserver", "cloud-config", 32),
    ("kube-apiserver", "cloud-provider", 32),
    ("kube-apiserver", "insecure-bind-address", 23),
    ("kube-apiserver", "insecure-port", 23),
    ("kube-apiserver", "kubelet-https", 21),
    ("kube-apiserver", "master-service-namespace", 26),
    ("kube-apiserver", "service-account-api-audiences", 24),
    ("kube-controller-manager", "address", 23),
    ("kube-controller-manager", "concurrent-service-syncs", 36),
    ("kube-controller-manager", "deleting-pods-burst", 24),
    ("kube-controller-manager", "deleting-pods-qps", 24),
    ("kube-controller-manager", "enable-taint-manager", 26),
    ("kube-controller-manager", "experimental-cluster-signing-duration", 24),
    ("kube-controller-manager", "horizontal-pod-autoscaler-downscale-delay", 30),
    ("kube-controller-manager", "horizontal-pod-autoscaler-upscale-delay", 30),
    ("kube-controller-manager", "pod-eviction-timeout", 26),
    ("kube-controller-manager", "port", 23),
    ("kube-controller-manager", "register-retry-count", 24),
    ("kube-controller-manager", "volume-host-allow-local-loopback", 30),
    ("kube-controller-manager", "volume-host-cidr-denylist", 30),
    ("kube-scheduler", "address", 23),
    ("kube-scheduler", "algorithm-provider", 22),
    ("kube-scheduler", "policy-config-file", 22),
    ("kube-scheduler", "policy-configmap", 22),
    ("kube-scheduler", "policy-configmap-namespace", 22),
    ("kube-scheduler", "port", 23),
    ("kube-scheduler", "use-legacy-policy-config", 22),
];

/// Flags of the API server that list admission plugins.
pub(super) const PLUGIN_FLAGS: &[&str] = &["disable-admission-plugins", "enable-admission-plugins"];

/// Admission plugins that were removed, with the last minor version that has them.
pub(super) const ADMISSION_PLUGINS_GONE: &[(&str, u64)] = &[
    ("DenyEscalatingExec", 20),
    ("DenyExecOnPrivileged", 20),
    ("Initializers", 13),
    ("PodGroupWorkloadExists", 36),
    ("PodPreset", 19),
    ("PodSecurityPolicy", 24),
    ("SecurityContextDeny", 29),
];

/// Those that are known.
#[rustfmt::skip]
pub(super) const ADMISSION_PLUGINS: &[&str] = &[
    "AlwaysAdmit", "AlwaysDeny", "AlwaysPullImages", "CertificateApproval", "CertificateSigning",
    "CertificateSubjectRestriction", "ClusterTrustBundleAttest", "DefaultIngressClass", "DefaultStorageClass",
    "DefaultTolerationSeconds", "DenyServiceExternalIPs", "EventRateLimit", "ExtendedResourceToleration",
    "ImagePolicyWebhook", "LimitPodHardAntiAffinityTopology", "LimitRanger", "MutatingAdmissionPolicy",
    "MutatingAdmissionWebhook", "NamespaceAutoProvision", "NamespaceExists", "NamespaceLifecycle",
    "NodeDeclaredFeatureValidator", "NodeRestriction", "OwnerReferencesPermissionEnforcement",
    "PersistentVolumeClaimResize", "PersistentVolumeLabel", "PodNodeSelector", "PodSecurity",
    "PodTolerationRestriction", "PodTopologyLabels", "Priority", "ResourceQuota", "RuntimeClass",
    "SecurityContextDeny", "ServiceAccount", "StorageObjectInUseProtection", "TaintNodesByCondition",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook",
];

/// What Kubernetes' own programs share, or nearly.
#[rustfmt::skip]
pub(super) const SHARED: &[&str] = &[
    "allow-metric-labels", "allow-metric-labels-manifest", "authentication-kubeconfig", "authentication-skip-lookup",
    "authentication-token-webhook-cache-ttl", "authentication-tolerate-lookup-failure",
    "authorization-always-allow-paths", "authorization-kubeconfig", "authorization-webhook-cache-authorized-ttl",
    "authorization-webhook-cache-unauthorized-ttl", "bind-address", "cert-dir", "client-ca-file",
    "contention-profiling", "disable-http2-serving", "disabled-metrics", "emulated-version", "feature-gates", "help",
    "http2-max-streams-per-connection", "kube-api-burst", "kube-api-content-type", "kube-api-qps", "kubeconfig",
    "leader-elect", "leader-elect-lease-duration", "leader-elect-renew-deadline", "leader-elect-resource-lock",
    "leader-elect-resource-name", "leader-elect-resource-namespace", "leader-elect-retry-period",
    "log-flush-frequency", "log-json-info-buffer-size", "log-json-split-stream", "log-text-info-buffer-size",
    "log-text-split-stream", "logging-format", "master", "min-compatibility-version", "permit-address-sharing",
    "permit-port-sharing", "profiling", "requestheader-allowed-names", "requestheader-client-ca-file",
    "requestheader-extra-headers-prefix", "requestheader-group-headers", "requestheader-uid-headers",
    "requestheader-username-headers", "secure-port", "show-hidden-metrics-for-version", "tls-cert-file",
    "tls-cipher-suites", "tls-curve-preferences", "tls-min-version", "tls-private-key-file", "tls-sni-cert-key", "v",
    "version", "vmodule",
];

/// Of the API server alone.
#[rustfmt::skip]
pub(super) const API_SERVER: &[&str] = &[
    "admission-control-config-file", "advertise-address", "aggregator-reject-forwarding-redirect", "allow-privileged",
    "anonymous-auth", "api-audiences", "audit-log-batch-buffer-size", "audit-log-batch-max-size",
    "audit-log-batch-max-wait", "audit-log-batch-throttle-burst", "audit-log-batch-throttle-enable",
    "audit-log-batch-throttle-qps", "audit-log-compress", "audit-log-format", "audit-log-maxage",
    "audit-log-maxbackup", "audit-log-maxsize", "audit-log-mode", "audit-log-path", "audit-log-truncate-enabled",
    "audit-log-truncate-max-batch-size", "audit-log-truncate-max-event-size", "audit-log-version",
    "audit-policy-file", "audit-webhook-batch-buffer-size", "audit-webhook-batch-max-size",
    "audit-webhook-batch-max-wait", "audit-webhook-batch-throttle-burst", "audit-webhook-batch-throttle-enable",
    "audit-webhook-batch-throttle-qps", "audit-webhook-config-file", "audit-webhook-initial-backoff",
    "audit-webhook-mode", "audit-webhook-truncate-enabled", "audit-webhook-truncate-max-batch-size",
    "audit-webhook-truncate-max-event-size", "audit-webhook-version", "authentication-config",
    "authentication-token-webhook-cache-ttl", "authentication-token-webhook-config-file",
    "authentication-token-webhook-version", "authorization-config", "authorization-mode", "authorization-policy-file",
    "authorization-webhook-cache-authorized-ttl", "authorization-webhook-cache-unauthorized-ttl",
    "authorization-webhook-config-file", "authorization-webhook-version", "cloud-config", "cloud-provider",
    "coordinated-leadership-lease-duration", "coordinated-leadership-renew-deadline",
    "coordinated-leadership-retry-period", "cors-allowed-origins", "debug-socket-path",
    "default-not-ready-toleration-seconds", "default-unreachable-toleration-seconds", "default-watch-cache-size",
    "delete-collection-workers", "disable-admission-plugins", "egress-selector-config-file",
    "emulation-forward-compatible", "enable-admission-plugins", "enable-aggregator-routing",
    "enable-bootstrap-token-auth", "enable-garbage-collector", "enable-logs-handler", "enable-priority-and-fairness",
    "encryption-provider-config", "encryption-provider-config-automatic-reload", "endpoint-reconciler-type",
    "etcd-cafile", "etcd-certfile", "etcd-compaction-interval", "etcd-count-metric-poll-period",
    "etcd-db-metric-poll-interval", "etcd-healthcheck-timeout", "etcd-keyfile", "etcd-prefix",
    "etcd-readycheck-timeout", "etcd-servers", "etcd-servers-overrides", "event-ttl", "external-hostname",
    "goaway-chance", "kubelet-certificate-authority", "kubelet-client-certificate", "kubelet-client-key",
    "kubelet-port", "kubelet-preferred-address-types", "kubelet-read-only-port", "kubelet-timeout",
    "kubernetes-service-node-port", "lease-reuse-duration-seconds", "livez-grace-period",
    "max-connection-bytes-per-sec", "max-mutating-requests-inflight", "max-requests-inflight", "min-request-timeout",
    "oidc-ca-file", "oidc-client-id", "oidc-groups-claim", "oidc-groups-prefix", "oidc-issuer-url",
    "oidc-required-claim", "oidc-signing-algs", "oidc-username-claim", "oidc-username-prefix", "peer-advertise-ip",
    "peer-advertise-port", "peer-ca-file", "proxy-client-cert-file", "proxy-client-key-file", "request-timeout",
    "runtime-config", "runtime-config-emulation-forward-compatible", "service-account-extend-token-expiration",
    "service-account-issuer", "service-account-jwks-uri", "service-account-key-file", "service-account-lookup",
    "service-account-max-token-expiration", "service-account-signing-endpoint", "service-account-signing-key-file",
    "service-cluster-ip-range", "service-node-port-range", "shutdown-delay-duration", "shutdown-send-retry-after",
    "shutdown-watch-termination-grace-period", "storage-backend", "storage-initialization-timeout",
    "storage-media-type", "strict-transport-security-directives", "token-auth-file", "tracing-config-file",
    "watch-cache", "watch-cache-sizes",
];

/// Of the controller manager alone.
#[rustfmt::skip]
pub(super) const CONTROLLER_MANAGER: &[&str] = &[
    "allocate-node-cidrs", "attach-detach-reconcile-sync-period", "cidr-allocator-type", "cloud-config",
    "cloud-provider", "cluster-cidr", "cluster-name", "cluster-signing-cert-file", "cluster-signing-duration",
    "cluster-signing-key-file", "cluster-signing-kube-apiserver-client-cert-file",
    "cluster-signing-kube-apiserver-client-key-file", "cluster-signing-kubelet-client-cert-file",
    "cluster-signing-kubelet-client-key-file", "cluster-signing-kubelet-serving-cert-file",
    "cluster-signing-kubelet-serving-key-file", "cluster-signing-legacy-unknown-cert-file",
    "cluster-signing-legacy-unknown-key-file", "concurrent-cron-job-syncs", "concurrent-daemonset-syncs",
    "concurrent-deployment-syncs", "concurrent-device-taint-eviction-syncs", "concurrent-endpoint-syncs",
    "concurrent-ephemeralvolume-syncs", "concurrent-gc-syncs", "concurrent-horizontal-pod-autoscaler-syncs",
    "concurrent-job-syncs", "concurrent-namespace-syncs", "concurrent-node-status-updates", "concurrent-node-syncs",
    "concurrent-rc-syncs", "concurrent-replicaset-syncs", "concurrent-replication-controller-syncs",
    "concurrent-resource-claim-syncs", "concurrent-resource-quota-syncs", "concurrent-service-endpoint-syncs",
    "concurrent-service-syncs", "concurrent-serviceaccount-token-syncs", "concurrent-statefulset-syncs",
    "concurrent-ttl-after-finished-syncs", "concurrent-validating-admission-policy-status-syncs",
    "configure-cloud-routes", "controller-shutdown-timeout", "controller-start-interval", "controllers",
    "disable-attach-detach-reconcile-sync", "disable-force-detach-on-timeout", "enable-dynamic-provisioning",
    "enable-garbage-collector", "enable-hostpath-provisioner", "enable-leader-migration",
    "endpoint-updates-batch-period", "endpointslice-updates-batch-period", "external-cloud-volume-plugin",
    "flex-volume-plugin-dir", "horizontal-pod-autoscaler-cpu-initialization-period",
    "horizontal-pod-autoscaler-downscale-stabilization", "horizontal-pod-autoscaler-initial-readiness-delay",
    "horizontal-pod-autoscaler-sync-period", "horizontal-pod-autoscaler-tolerance", "large-cluster-size-threshold",
    "leader-migration-config", "legacy-service-account-token-clean-up-period", "max-endpoints-per-slice",
    "min-resync-period", "mirroring-concurrent-service-endpoint-syncs",
    "mirroring-endpointslice-updates-batch-period", "mirroring-max-endpoints-per-subset", "namespace-sync-period",
    "node-cidr-mask-size", "node-cidr-mask-size-ipv4", "node-cidr-mask-size-ipv6", "node-eviction-rate",
    "node-monitor-grace-period", "node-monitor-period", "node-startup-grace-period", "node-sync-period",
    "pv-recycler-increment-timeout-nfs", "pv-recycler-minimum-timeout-hostpath", "pv-recycler-minimum-timeout-nfs",
    "pv-recycler-pod-template-filepath-hostpath", "pv-recycler-pod-template-filepath-nfs",
    "pv-recycler-timeout-increment-hostpath", "pvclaimbinder-sync-period", "resource-quota-sync-period",
    "root-ca-file", "route-reconciliation-period", "secondary-node-eviction-rate", "service-account-private-key-file",
    "service-cluster-ip-range", "terminated-pod-gc-threshold", "unhealthy-zone-threshold",
    "unsupported-kube-api-over-localhost", "use-service-account-credentials", "volume-host-allow-local-loopback",
    "volume-host-cidr-denylist",
];

/// Of the scheduler alone.
#[rustfmt::skip]
pub(super) const SCHEDULER: &[&str] = &[
    "config", "pod-max-in-unschedulable-pods-duration", "write-config-to",
];

/// Of etcd 3.5 and 3.6.
#[rustfmt::skip]
pub(super) const ETCD: &[&str] = &[
    "advertise-client-urls", "auth-token", "auth-token-ttl", "auto-compaction-mode", "auto-compaction-retention",
    "auto-tls", "backend-batch-interval", "backend-batch-limit", "backend-bbolt-freelist-type", "bcrypt-cost",
    "bootstrap-defrag-threshold-megabytes", "cert-file", "cipher-suites", "client-cert-allowed-hostname",
    "client-cert-auth", "client-cert-file", "client-crl-file", "client-key-file", "compaction-batch-limit",
    "compaction-sleep-interval", "config-file", "corrupt-check-time", "cors", "data-dir", "discovery-cacert",
    "discovery-cert", "discovery-dial-timeout", "discovery-endpoints", "discovery-fallback",
    "discovery-insecure-skip-tls-verify", "discovery-insecure-transport", "discovery-keepalive-time",
    "discovery-keepalive-timeout", "discovery-key", "discovery-password", "discovery-proxy",
    "discovery-request-timeout", "discovery-srv", "discovery-srv-name", "discovery-token", "discovery-user",
    "distributed-tracing-address", "distributed-tracing-instance-id", "distributed-tracing-sampling-rate",
    "distributed-tracing-service-name", "downgrade-check-time", "election-timeout", "enable-distributed-tracing",
    "enable-grpc-gateway", "enable-log-rotation", "enable-pprof", "experimental-bootstrap-defrag-threshold-megabytes",
    "experimental-compact-hash-check-enabled", "experimental-compact-hash-check-time",
    "experimental-compaction-batch-limit", "experimental-compaction-sleep-interval",
    "experimental-corrupt-check-time", "experimental-distributed-tracing-address",
    "experimental-distributed-tracing-instance-id", "experimental-distributed-tracing-sampling-rate",
    "experimental-distributed-tracing-service-name", "experimental-downgrade-check-time",
    "experimental-enable-distributed-tracing", "experimental-enable-lease-checkpoint",
    "experimental-enable-lease-checkpoint-persist", "experimental-initial-corrupt-check", "experimental-max-learners",
    "experimental-memory-mlock", "experimental-snapshot-catchup-entries", "experimental-stop-grpc-service-on-defrag",
    "experimental-txn-mode-write-with-shared-buffer", "experimental-wait-cluster-ready-timeout",
    "experimental-warning-apply-duration", "experimental-warning-unary-request-duration",
    "experimental-watch-progress-notify-interval", "feature-gates", "force-new-cluster", "grpc-keepalive-interval",
    "grpc-keepalive-min-time", "grpc-keepalive-timeout", "heartbeat-interval", "help", "host-whitelist",
    "initial-advertise-peer-urls", "initial-cluster", "initial-cluster-state", "initial-cluster-token",
    "initial-election-tick-advance", "key-file", "listen-client-http-urls", "listen-client-urls",
    "listen-metrics-urls", "listen-peer-urls", "local-address", "log-format", "log-level", "log-outputs",
    "log-rotation-config-json", "logger", "max-concurrent-streams", "max-learners", "max-request-bytes",
    "max-snapshots", "max-txn-ops", "max-wals", "memory-mlock", "metrics", "name", "peer-auto-tls",
    "peer-cert-allowed-cn", "peer-cert-allowed-hostname", "peer-cert-file", "peer-client-cert-auth",
    "peer-client-cert-file", "peer-client-key-file", "peer-crl-file", "peer-key-file",
    "peer-skip-client-san-verification", "peer-trusted-ca-file", "pre-vote", "quota-backend-bytes",
    "self-signed-cert-validity", "set-member-localaddr", "snapshot-catchup-entries", "snapshot-count",
    "socket-reuse-address", "socket-reuse-port", "strict-reconfig-check", "tls-max-version", "tls-min-version",
    "trusted-ca-file", "unsafe-no-fsync", "v2-deprecation", "version", "warning-apply-duration",
    "warning-unary-request-duration", "watch-progress-notify-interval",
];
