//! What the kubelet does where nothing sets a field (`SetDefaults_KubeletConfiguration` in
//! pkg/kubelet/apis/config/v1beta1/defaults.go): values that have been the same since 1.27 at least.

/// A value that the kubelet has built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuiltIn {
    Bool(bool),
    Integer(i64),
    Text(&'static str),
    /// A list of one item.
    One(&'static str),
    /// None: the kubelet does without.
    Nothing,
}
use BuiltIn::{Bool, Integer, Nothing, One, Text};

/// Sorted by field.
const DEFAULTS: &[(&str, BuiltIn)] = &[
    ("address", Text("0.0.0.0")),
    ("allowedUnsafeSysctls", Nothing),
    ("authentication.anonymous.enabled", Bool(false)),
    ("authentication.webhook.cacheTTL", Text("2m0s")),
    ("authentication.webhook.enabled", Bool(true)),
    ("authentication.x509.clientCAFile", Nothing),
    ("authorization.mode", Text("Webhook")),
    ("authorization.webhook.cacheAuthorizedTTL", Text("5m0s")),
    ("authorization.webhook.cacheUnauthorizedTTL", Text("30s")),
    ("cgroupDriver", Text("cgroupfs")),
    ("cgroupRoot", Nothing),
    ("cgroupsPerQOS", Bool(true)),
    ("clusterDNS", Nothing),
    ("clusterDomain", Nothing),
    ("configMapAndSecretChangeDetectionStrategy", Text("Watch")),
    ("containerLogMaxFiles", Integer(5)),
    ("containerLogMaxSize", Text("10Mi")),
    ("containerLogMaxWorkers", Integer(1)),
    ("containerLogMonitorInterval", Text("10s")),
    ("containerRuntimeEndpoint", Nothing),
    ("contentType", Text("application/vnd.kubernetes.protobuf")),
    ("cpuCFSQuota", Bool(true)),
    ("cpuCFSQuotaPeriod", Text("100ms")),
    ("cpuManagerPolicy", Text("none")),
    ("cpuManagerReconcilePeriod", Text("10s")),
    ("enableContentionProfiling", Bool(false)),
    ("enableControllerAttachDetach", Bool(true)),
    ("enableDebugFlagsHandler", Bool(true)),
    ("enableDebuggingHandlers", Bool(true)),
    ("enableProfilingHandler", Bool(true)),
    ("enableServer", Bool(true)),
    ("enableSystemLogHandler", Bool(true)),
    ("enableSystemLogQuery", Bool(false)),
    ("enforceNodeAllocatable", One("pods")),
    ("evictionMaxPodGracePeriod", Integer(0)),
    ("evictionMinimumReclaim", Nothing),
    ("evictionPressureTransitionPeriod", Text("5m0s")),
    ("evictionSoft", Nothing),
    ("evictionSoftGracePeriod", Nothing),
    ("failSwapOn", Bool(true)),
    ("featureGates", Nothing),
    ("fileCheckFrequency", Text("20s")),
    ("hairpinMode", Text("promiscuous-bridge")),
    ("healthzBindAddress", Text("127.0.0.1")),
    ("healthzPort", Integer(10248)),
    ("hostnameOverride", Nothing),
    ("httpCheckFrequency", Text("20s")),
    ("imageGCHighThresholdPercent", Integer(85)),
    ("imageGCLowThresholdPercent", Integer(80)),
    ("imageMaximumGCAge", Text("0s")),
    ("imageMinimumGCAge", Text("2m0s")),
    ("imageServiceEndpoint", Nothing),
    ("iptablesDropBit", Integer(15)),
    ("iptablesMasqueradeBit", Integer(14)),
    ("kubeReserved", Nothing),
    ("kubeReservedCgroup", Nothing),
    ("kubeletCgroups", Nothing),
    ("localStorageCapacityIsolation", Bool(true)),
    ("logging.format", Text("text")),
    ("makeIPTablesUtilChains", Bool(true)),
    ("maxOpenFiles", Integer(1_000_000)),
    ("maxPods", Integer(110)),
    ("memoryManagerPolicy", Text("None")),
    ("memorySwap", Nothing),
    ("mergeDefaultEvictionSettings", Bool(false)),
    ("nodeIP", Nothing),
    ("nodeLeaseDurationSeconds", Integer(40)),
    ("nodeStatusMaxImages", Integer(50)),
    ("nodeStatusReportFrequency", Text("5m0s")),
    ("nodeStatusUpdateFrequency", Text("10s")),
    ("oomScoreAdj", Integer(-999)),
    ("podCIDR", Nothing),
    ("podLogsDir", Text("/var/log/pods")),
    ("podPidsLimit", Integer(-1)),
    ("podsPerCore", Integer(0)),
    ("port", Integer(10250)),
    ("protectKernelDefaults", Bool(false)),
    ("providerID", Nothing),
    ("readOnlyPort", Integer(0)),
    ("registerNode", Bool(true)),
    ("registerWithTaints", Nothing),
    ("registryBurst", Integer(10)),
    ("registryPullQPS", Integer(5)),
    ("reservedMemory", Nothing),
    ("reservedSystemCPUs", Nothing),
    ("resolvConf", Text("/etc/resolv.conf")),
    ("rotateCertificates", Bool(false)),
    ("runOnce", Bool(false)),
    ("runtimeRequestTimeout", Text("2m0s")),
    ("seccompDefault", Bool(false)),
    ("serializeImagePulls", Bool(true)),
    ("serverTLSBootstrap", Bool(false)),
    ("shutdownGracePeriod", Text("0s")),
    ("shutdownGracePeriodCriticalPods", Text("0s")),
    ("staticPodPath", Nothing),
    ("staticPodURL", Nothing),
    ("streamingConnectionIdleTimeout", Text("4h0m0s")),
    ("syncFrequency", Text("1m0s")),
    ("systemCgroups", Nothing),
    ("systemReserved", Nothing),
    ("systemReservedCgroup", Nothing),
    ("tlsCertFile", Nothing),
    ("tlsCipherSuites", Nothing),
    ("tlsMinVersion", Nothing),
    ("tlsPrivateKeyFile", Nothing),
    ("topologyManagerPolicy", Text("none")),
    ("topologyManagerScope", Text("container")),
    ("volumePluginDir", Text("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/")),
    ("volumeStatsAggPeriod", Text("1m0s")),
];

/// Without a configuration file or drop-ins older, laxer defaults apply (`applyLegacyDefaults` in cmd/kubelet/app/options).
const WITHOUT_CONFIG: &[(&str, BuiltIn)] = &[
    ("authentication.anonymous.enabled", Bool(true)),
    ("authentication.webhook.enabled", Bool(false)),
    ("authorization.mode", Text("AlwaysAllow")),
    ("readOnlyPort", Integer(10255)),
];

/// The hard eviction thresholds that apply where the configuration file has none, with the first minor version that has
/// each (`DefaultEvictionHard` in `pkg/kubelet/eviction/defaults_linux.go`; kubernetes/kubernetes#121834).
pub(crate) const THRESHOLDS: [(&str, &str, u64); 5] = [
    ("imagefs.available", "15%", 0),
    ("imagefs.inodesFree", "5%", 30),
    ("memory.available", "100Mi", 0),
    ("nodefs.available", "10%", 0),
    ("nodefs.inodesFree", "5%", 0),
];

/// The default of a field; none if it isn't known, or depends on the version.
pub(crate) fn of(field: &str, has_config: bool) -> Option<BuiltIn> {
    if field.starts_with("featureGates.") {
        return Some(Nothing);
    }
    let lax = WITHOUT_CONFIG.iter().filter(|_| !has_config);
    lax.chain(DEFAULTS).find(|(name, _)| *name == field).map(|(_, value)| *value)
}

/// The default of a field that is a whole number.
pub(crate) fn integer(field: &str) -> Option<i64> {
    match of(field, true)? {
        Integer(value) => Some(value),
        _ => None,
    }
}

/// The default of a field that is a text.
pub(crate) fn text(field: &str) -> Option<&'static str> {
    match of(field, true)? {
        Text(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_lax_defaults_have_strict_ones() {
        assert!(DEFAULTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (field, lax) in WITHOUT_CONFIG {
            assert_ne!(of(field, true), Some(*lax), "{field}");
            assert_eq!(of(field, false), Some(*lax), "{field}");
        }
    }
}
