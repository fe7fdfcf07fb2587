//! What 1.37 changed of the feature gates that 1.36 knows (CHANGELOG-1.37; the two catalogues of upgrade checks that follow
//! it, of Talos and of Radar, agree on them). Gates that came with 1.37 are in no table.

/// The minor version whose changes these are.
pub(super) const OF_MINOR: u64 = 37;

/// Gates that it no longer knows. Sorted.
#[rustfmt::skip]
pub(super) const GONE: &[&str] = &[
    "APIServerTracing", "AnonymousAuthConfigurableEndpoints", "AnyVolumeDataSource", "AuthorizeNodeWithSelectors",
    "AuthorizeWithSelectors", "BtreeWatchCache", "ConsistentListFromCache", "GangScheduling", "JobBackoffLimitPerIndex",
    "JobPodReplacementPolicy", "JobSuccessPolicy", "LogarithmicScaleDown", "OrderedNamespaceDeletion",
    "PodLifecycleSleepAction", "PodLifecycleSleepActionAllowZero", "PreventStaticPodAPIReferences",
    "RelaxedDNSSearchValidation", "ResilientWatchCacheInitialization", "RetryGenerateName", "SchedulerQueueingHints",
    "SidecarContainers", "StreamingCollectionEncodingToJSON", "StreamingCollectionEncodingToProtobuf",
    "StructuredAuthenticationConfiguration", "WorkloadAwarePreemption",
];

/// Gates whose value it locked. Sorted.
pub(super) const LOCKED: &[(&str, bool)] = &[
    ("DRAExtendedResource", true),
    ("DRAPrioritizedList", true),
    ("DRAResourceClaimDeviceStatus", true),
    ("DeclarativeValidationTakeover", false),
    ("DisableCPUQuotaWithExclusiveCPUs", true),
    ("HPAConfigurableTolerance", true),
    ("HostnameOverride", true),
    ("InPlacePodVerticalScalingInitContainers", true),
    ("NodeDeclaredFeatures", true),
    ("PLEGOnDemandRelist", true),
    ("PodReadyToStartContainersCondition", true),
    ("RelaxedServiceNameValidation", true),
    ("WatchCacheInitializationPostStartHook", true),
];
