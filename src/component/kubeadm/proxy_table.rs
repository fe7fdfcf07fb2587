//! The fields of `KubeProxyConfiguration` (kubeproxy.config.k8s.io/v1alpha1), which kubeadm decodes and hands on:
//! names and types count for it, values don't.
//!
//! From `staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go`, and the types of `component-base` in it.

use super::field_table::Field;
use super::field_table::In::Both;
use super::field_table::Type::{
    Any, Bool, Bools, Integer, Number, Quantity, Span, SpanOrNumber, Table, Tables, Text, Texts,
};

/// The kind, and the parts of it.
pub(crate) const TABLES: &[(&str, &[Field])] = &[
    (
        "KubeProxyConfiguration",
        &[
            ("apiVersion", Text, Both),
            ("bindAddress", Text, Both),
            ("bindAddressHardFail", Bool, Both),
            ("clientConnection", Table("proxyClientConnection"), Both),
            ("clusterCIDR", Text, Both),
            ("configSyncPeriod", Span, Both),
            ("conntrack", Table("proxyConntrack"), Both),
            ("detectLocal", Table("proxyDetectLocal"), Both),
            ("detectLocalMode", Text, Both),
            ("enableProfiling", Bool, Both),
            ("featureGates", Bools, Both),
            ("healthzBindAddress", Text, Both),
            ("hostnameOverride", Text, Both),
            ("iptables", Table("proxyIptables"), Both),
            ("ipvs", Table("proxyIpvs"), Both),
            ("kind", Text, Both),
            ("logging", Table("logging"), Both),
            ("metricsBindAddress", Text, Both),
            ("mode", Text, Both),
            ("nftables", Table("proxyNftables"), Both),
            ("nodePortAddresses", Texts, Both),
            ("oomScoreAdj", Integer, Both),
            ("portRange", Text, Both),
            ("showHiddenMetricsForVersion", Text, Both),
            ("winkernel", Table("proxyWinkernel"), Both),
            ("windowsRunAsService", Bool, Both),
        ],
    ),
    (
        "logging",
        &[
            ("flushFrequency", SpanOrNumber, Both),
            ("format", Text, Both),
            ("options", Table("loggingOptions"), Both),
            ("verbosity", Integer, Both),
            ("vmodule", Tables("loggingVmodule"), Both),
        ],
    ),
    ("loggingOptions", &[("json", Table("loggingFormat"), Both), ("text", Table("loggingFormat"), Both)]),
    ("loggingFormat", &[("infoBufferSize", Quantity, Both), ("splitStream", Bool, Both)]),
    ("loggingVmodule", &[("filePattern", Text, Both), ("verbosity", Integer, Both)]),
    (
        "proxyClientConnection",
        &[
            ("acceptContentTypes", Text, Both),
            ("burst", Integer, Both),
            ("contentType", Text, Both),
            ("kubeconfig", Text, Both),
            ("qps", Number, Both),
        ],
    ),
    (
        "proxyConntrack",
        &[
            ("maxPerCore", Integer, Both),
            ("min", Integer, Both),
            ("tcpBeLiberal", Bool, Both),
            ("tcpCloseWaitTimeout", Span, Both),
            ("tcpEstablishedTimeout", Span, Both),
            ("udpStreamTimeout", Span, Both),
            ("udpTimeout", Span, Both),
        ],
    ),
    ("proxyDetectLocal", &[("bridgeInterface", Text, Both), ("interfaceNamePrefix", Text, Both)]),
    (
        "proxyIptables",
        &[
            ("localhostNodePorts", Bool, Both),
            ("masqueradeAll", Bool, Both),
            ("masqueradeBit", Integer, Both),
            ("minSyncPeriod", Span, Both),
            ("snatNodeInternalIP", Any, Both),
            ("syncPeriod", Span, Both),
        ],
    ),
    (
        "proxyIpvs",
        &[
            ("excludeCIDRs", Texts, Both),
            ("minSyncPeriod", Span, Both),
            ("scheduler", Text, Both),
            ("strictARP", Bool, Both),
            ("syncPeriod", Span, Both),
            ("tcpFinTimeout", Span, Both),
            ("tcpTimeout", Span, Both),
            ("udpTimeout", Span, Both),
        ],
    ),
    (
        "proxyNftables",
        &[
            ("masqueradeAll", Bool, Both),
            ("masqueradeBit", Integer, Both),
            ("minSyncPeriod", Span, Both),
            ("syncPeriod", Span, Both),
        ],
    ),
    (
        "proxyWinkernel",
        &[
            ("enableDSR", Bool, Both),
            ("forwardHealthCheckVip", Bool, Both),
            ("networkName", Text, Both),
            ("rootHnsEndpointName", Text, Both),
            ("sourceVip", Text, Both),
        ],
    ),
];
