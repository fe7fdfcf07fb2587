//! The fields of `KubeletConfiguration` (kubelet.config.k8s.io/v1beta1), and the types that their values must have.
//!
//! From the reference of Kubernetes 1.35 (kubernetes.io, `reference/config-api/kubelet-config.v1beta1`), and the types of 1.36
//! (`staging/src/k8s.io/kubelet/config/v1beta1/types.go`).

/// The minor version of Kubernetes whose fields these are; later ones may have more.
pub(crate) const KNOWN_UP_TO: u64 = 36;

/// What the value of a field must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A whole number of 32 bits without a sign.
    Unsigned,
    /// Any number.
    Number,
    Text,
    /// A span of time as Go writes it: `1m30s`, in text. A null is refused.
    Span,
    /// A span of time that may be null (a pointer in `types.go`).
    OptionalSpan,
    /// A span of time, or a number of nanoseconds (`TimeOrMetaDuration`).
    SpanOrNanoseconds,
    /// A list of texts.
    TextList,
    /// A list of whole numbers.
    IntegerList,
    /// A list of tables, whose fields stand under the name of the list with `[]` behind it.
    TableList,
    /// A map whose values are not looked at.
    Map,
    /// `map[string]string`: a bare number among the values is an error.
    Texts,
    /// `map[string][]string`.
    TextLists,
    /// `map[string]bool`.
    Bools,
}
use Type::{
    Bool, Bools, Integer, IntegerList, Long, Map, Number, OptionalSpan, Span, SpanOrNanoseconds, TableList,
    Text, TextList, TextLists, Texts, Unsigned,
};

/// Fields at the top, sorted by name.
pub(crate) const FIELDS: &[(&str, Type)] = &[
    ("address", Text),
    ("allowedUnsafeSysctls", TextList),
    ("apiVersion", Text),
    ("authentication", Map),
    ("authorization", Map),
    ("cgroupDriver", Text),
    ("cgroupRoot", Text),
    ("cgroupsPerQOS", Bool),
    ("clusterDNS", TextList),
    ("clusterDomain", Text),
    ("configMapAndSecretChangeDetectionStrategy", Text),
    ("containerLogMaxFiles", Integer),
    ("containerLogMaxSize", Text),
    ("containerLogMaxWorkers", Integer),
    ("containerLogMonitorInterval", OptionalSpan),
    ("containerRuntimeEndpoint", Text),
    ("contentType", Text),
    ("cpuCFSQuota", Bool),
    ("cpuCFSQuotaPeriod", OptionalSpan),
    ("cpuManagerPolicy", Text),
    ("cpuManagerPolicyOptions", Texts),
    ("cpuManagerReconcilePeriod", Span),
    ("crashLoopBackOff", Map),
    ("enableContentionProfiling", Bool),
    ("enableControllerAttachDetach", Bool),
    ("enableDebugFlagsHandler", Bool),
    ("enableDebuggingHandlers", Bool),
    ("enableProfilingHandler", Bool),
    ("enableServer", Bool),
    ("enableSystemLogHandler", Bool),
    ("enableSystemLogQuery", Bool),
    ("enforceNodeAllocatable", TextList),
    ("eventBurst", Integer),
    ("eventRecordQPS", Integer),
    ("evictionHard", Texts),
    ("evictionMaxPodGracePeriod", Integer),
    ("evictionMinimumReclaim", Texts),
    ("evictionPressureTransitionPeriod", Span),
    ("evictionSoft", Texts),
    ("evictionSoftGracePeriod", Texts),
    ("failCgroupV1", Bool),
    ("failSwapOn", Bool),
    ("featureGates", Bools),
    ("fileCheckFrequency", Span),
    ("hairpinMode", Text),
    ("healthzBindAddress", Text),
    ("healthzPort", Integer),
    ("httpCheckFrequency", Span),
    ("imageGCHighThresholdPercent", Integer),
    ("imageGCLowThresholdPercent", Integer),
    ("imageMaximumGCAge", Span),
    ("imageMinimumGCAge", Span),
    ("imagePullCredentialsVerificationPolicy", Text),
    ("imageServiceEndpoint", Text),
    ("iptablesDropBit", Integer),
    ("iptablesMasqueradeBit", Integer),
    ("kernelMemcgNotification", Bool),
    ("kind", Text),
    ("kubeAPIBurst", Integer),
    ("kubeAPIQPS", Integer),
    ("kubeReserved", Texts),
    ("kubeReservedCgroup", Text),
    ("kubeletCgroups", Text),
    ("localStorageCapacityIsolation", Bool),
    ("logging", Map),
    ("makeIPTablesUtilChains", Bool),
    ("maxOpenFiles", Long),
    ("maxParallelImagePulls", Integer),
    ("maxPods", Integer),
    ("memoryManagerPolicy", Text),
    ("memoryReservationPolicy", Text),
    ("memorySwap", Map),
    ("memoryThrottlingFactor", Number),
    ("mergeDefaultEvictionSettings", Bool),
    ("nodeLeaseDurationSeconds", Integer),
    ("nodeStatusMaxImages", Integer),
    ("nodeStatusReportFrequency", Span),
    ("nodeStatusUpdateFrequency", Span),
    ("oomScoreAdj", Integer),
    ("podCIDR", Text),
    ("podLogsDir", Text),
    ("podPidsLimit", Long),
    ("podsPerCore", Integer),
    ("port", Integer),
    ("preloadedImagesVerificationAllowlist", TextList),
    ("protectKernelDefaults", Bool),
    ("providerID", Text),
    ("qosReserved", Texts),
    ("readOnlyPort", Integer),
    ("registerNode", Bool),
    ("registerWithTaints", TableList),
    ("registryBurst", Integer),
    ("registryPullQPS", Integer),
    ("reservedMemory", TableList),
    ("reservedSystemCPUs", Text),
    ("resolvConf", Text),
    ("rotateCertificates", Bool),
    ("runOnce", Bool),
    ("runtimeRequestTimeout", Span),
    ("seccompDefault", Bool),
    ("serializeImagePulls", Bool),
    ("serverTLSBootstrap", Bool),
    ("showHiddenMetricsForVersion", Text),
    ("shutdownGracePeriod", Span),
    ("shutdownGracePeriodByPodPriority", TableList),
    ("shutdownGracePeriodCriticalPods", Span),
    ("singleProcessOOMKill", Bool),
    ("staticPodPath", Text),
    ("staticPodURL", Text),
    ("staticPodURLHeader", TextLists),
    ("streamingConnectionIdleTimeout", Span),
    ("syncFrequency", Span),
    ("systemCgroups", Text),
    ("systemReserved", Texts),
    ("systemReservedCgroup", Text),
    ("tlsCertFile", Text),
    ("tlsCipherSuites", TextList),
    ("tlsCurvePreferences", IntegerList),
    ("tlsMinVersion", Text),
    ("tlsPrivateKeyFile", Text),
    ("topologyManagerPolicy", Text),
    ("topologyManagerPolicyOptions", Texts),
    ("topologyManagerScope", Text),
    ("tracing", Map),
    ("userNamespaces", Map),
    ("volumePluginDir", Text),
    ("volumeStatsAggPeriod", Span),
];

/// Fields inside fields, where all of them have been the same for many releases.
pub(crate) const NESTED: &[(&str, &[(&str, Type)])] = &[
    ("authentication", &[("anonymous", Map), ("webhook", Map), ("x509", Map)]),
    ("authentication.anonymous", &[("enabled", Bool)]),
    ("authentication.webhook", &[("cacheTTL", Span), ("enabled", Bool)]),
    ("authentication.x509", &[("clientCAFile", Text)]),
    ("authorization", &[("mode", Text), ("webhook", Map)]),
    ("authorization.webhook", &[("cacheAuthorizedTTL", Span), ("cacheUnauthorizedTTL", Span)]),
    ("crashLoopBackOff", &[("maxContainerRestartPeriod", OptionalSpan)]),
    (
        "logging",
        &[
            ("flushFrequency", SpanOrNanoseconds),
            ("format", Text),
            ("options", Map),
            ("verbosity", Unsigned),
            ("vmodule", TableList),
        ],
    ),
    ("logging.vmodule[]", &[("filePattern", Text), ("verbosity", Unsigned)]),
    ("memorySwap", &[("swapBehavior", Text)]),
    ("registerWithTaints[]", &[("effect", Text), ("key", Text), ("timeAdded", Text), ("value", Text)]),
    ("reservedMemory[]", &[("limits", Map), ("numaNode", Integer)]),
    ("shutdownGracePeriodByPodPriority[]", &[("priority", Integer), ("shutdownGracePeriodSeconds", Long)]),
    ("tracing", &[("endpoint", Text), ("samplingRatePerMillion", Integer)]),
    ("userNamespaces", &[("idsPerPod", Long)]),
];

/// Fields that older kubelets drop: their first minor version.
pub(crate) const SINCE: [(&str, u64); 4] = [
    // k/k#112136, release notes of 1.27.
    ("containerRuntimeEndpoint", 27),
    ("failCgroupV1", 31),
    ("memoryReservationPolicy", 36),
    ("tlsCurvePreferences", 36),
];

/// The type of a dotted field, where it is known.
pub(crate) fn type_of(field: &str) -> Option<Type> {
    let (known, name) = match field.rsplit_once('.') {
        Some((table, name)) => (NESTED.iter().find(|(nested, _)| *nested == table)?.1, name),
        None => (FIELDS, field),
    };
    known.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}
