//! What the kubelet does without a setting, by version, and what kubeadm will write before it has run.

use crate::fact::{Confidence, Fact, State, Value};

/// What a default depends on.
#[derive(Clone, Copy)]
pub(super) struct Context<'k> {
    /// Whether kubeadm has written the configuration, or needs not.
    pub configured: bool,
    /// Whether the kubelet is given a file or drop-ins; without them older, laxer defaults count (`applyLegacyDefaults`).
    pub has_config: bool,
    /// The minor version of the installed kubelet, where it is known.
    pub minor: Option<u64>,
    /// What could not be read and may tell the version.
    pub unread: Option<&'k str>,
}

/// Fields that kubeadm doesn't write: their defaults count before it has run, too.
const LEFT_ALONE: [&str; 12] = [
    "cgroupRoot",
    "failCgroupV1",
    "failSwapOn",
    "featureGates",
    "hostnameOverride",
    "maxPods",
    "memorySwap",
    "memorySwap.swapBehavior",
    "nodeIP",
    "protectKernelDefaults",
    "reservedSystemCPUs",
    "volumePluginDir",
];

/// The value of a field that nothing sets.
pub(super) fn of(key: &str, context: Context<'_>) -> Fact {
    if !context.configured {
        match key {
            "cgroupDriver" => {
                return Fact::new("systemd")
                    .at_most(Confidence::High)
                    .note("kubeadm 1.22 and later will write it; not there yet");
            }
            "containerRuntimeEndpoint" => {
                return Fact::absent().at_most(Confidence::High).note("not set; kubeadm chooses it");
            }
            _ if LEFT_ALONE.contains(&key) || key.starts_with("featureGates.") => {}
            _ => {
                return Fact::unknown(format!(
                    "nothing sets {key}, and what kubeadm will write is not known"
                ));
            }
        }
    }
    let state = match key {
        "failCgroupV1" => match context.minor {
            Some(35..) => State::from(true),
            Some(31..) => State::from(false),
            Some(_) => return Fact::absent().note("the kubelet has this field from 1.31 on"),
            None => {
                return Fact::unknown(
                    "the default of failCgroupV1 depends on the kubelet's version, which is not known",
                );
            }
        },
        "memorySwap.swapBehavior" => match context.minor {
            Some(30..) => State::from("NoSwap"),
            _ => match context.unread {
                Some(unread) => return Fact::unknown(unread),
                None => State::Absent,
            },
        },
        _ => match constant(key, context.has_config) {
            Some(state) => state,
            None => return Fact::unknown(format!("nothing sets {key}, and its default is not known")),
        },
    };
    let note = match (&state, key) {
        (State::Absent, "containerRuntimeEndpoint") => "not set; the kubelet then asks containerd's socket",
        (State::Absent, _) => "not set",
        (_, "cgroupDriver") => "the kubelet's default; a recent one may ask the runtime",
        _ => "the kubelet's default",
    };
    // Whether the kubelet takes the driver from the runtime depends on its version (KEP-4033).
    let sure = if key == "cgroupDriver" { Confidence::Heuristic } else { Confidence::High };
    Fact::new(state).at_most(sure).note(note)
}

/// A value that the kubelet has built in.
#[derive(Clone, Copy)]
enum BuiltIn {
    Bool(bool),
    Integer(i64),
    Text(&'static str),
    /// A list of one item.
    One(&'static str),
    /// Whether there is a configuration file: without one, flags have laxer defaults.
    HasConfig,
    HasNoConfig,
    /// The value with a configuration file, and without.
    Laxer(&'static BuiltIn, &'static BuiltIn),
    /// None: the kubelet does without.
    Nothing,
}

use BuiltIn::{Bool, HasConfig, HasNoConfig, Integer, Laxer, Nothing, One, Text};

/// Defaults that have been the same for many releases (`SetDefaults_KubeletConfiguration`).
const CONSTANT: [(&str, BuiltIn); 63] = [
    ("address", Text("0.0.0.0")),
    ("authentication.anonymous.enabled", HasNoConfig),
    ("authentication.webhook.enabled", HasConfig),
    ("authentication.x509.clientCAFile", Nothing),
    ("authorization.mode", Laxer(&Text("Webhook"), &Text("AlwaysAllow"))),
    ("cgroupDriver", Text("cgroupfs")),
    ("cgroupRoot", Nothing),
    ("cgroupsPerQOS", Bool(true)),
    ("clusterDNS", Nothing),
    ("clusterDomain", Nothing),
    ("containerLogMaxFiles", Integer(5)),
    ("containerLogMaxSize", Text("10Mi")),
    ("containerRuntimeEndpoint", Nothing),
    ("cpuCFSQuota", Bool(true)),
    ("cpuManagerPolicy", Text("none")),
    ("enableControllerAttachDetach", Bool(true)),
    ("enableDebuggingHandlers", Bool(true)),
    ("enableServer", Bool(true)),
    ("enforceNodeAllocatable", One("pods")),
    ("evictionSoft", Nothing),
    ("failSwapOn", Bool(true)),
    ("featureGates", Nothing),
    ("healthzBindAddress", Text("127.0.0.1")),
    ("healthzPort", Integer(10248)),
    ("hostnameOverride", Nothing),
    ("imageGCHighThresholdPercent", Integer(85)),
    ("imageGCLowThresholdPercent", Integer(80)),
    ("imageServiceEndpoint", Nothing),
    ("kubeReserved", Nothing),
    ("kubeReservedCgroup", Nothing),
    ("makeIPTablesUtilChains", Bool(true)),
    ("maxOpenFiles", Integer(1_000_000)),
    ("maxPods", Integer(110)),
    ("memoryManagerPolicy", Text("None")),
    ("memorySwap", Nothing),
    ("mergeDefaultEvictionSettings", Bool(false)),
    ("nodeIP", Nothing),
    ("oomScoreAdj", Integer(-999)),
    ("podCIDR", Nothing),
    ("podPidsLimit", Integer(-1)),
    ("port", Integer(10250)),
    ("protectKernelDefaults", Bool(false)),
    ("providerID", Nothing),
    ("readOnlyPort", Laxer(&Integer(0), &Integer(10255))),
    ("registerNode", Bool(true)),
    ("reservedSystemCPUs", Nothing),
    ("resolvConf", Text("/etc/resolv.conf")),
    ("rotateCertificates", Bool(false)),
    ("runOnce", Bool(false)),
    ("seccompDefault", Bool(false)),
    ("serializeImagePulls", Bool(true)),
    ("serverTLSBootstrap", Bool(false)),
    ("staticPodPath", Nothing),
    ("staticPodURL", Nothing),
    ("systemReserved", Nothing),
    ("systemReservedCgroup", Nothing),
    ("tlsCertFile", Nothing),
    ("tlsCipherSuites", Nothing),
    ("tlsMinVersion", Nothing),
    ("tlsPrivateKeyFile", Nothing),
    ("topologyManagerPolicy", Text("none")),
    ("topologyManagerScope", Text("container")),
    ("volumePluginDir", Text("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/")),
];

impl BuiltIn {
    fn state(self, has_config: bool) -> State {
        match self {
            Bool(value) => State::from(value),
            Integer(value) => State::from(value),
            Text(value) => State::from(value),
            One(value) => State::Known(Value::list([value])),
            HasConfig => State::from(has_config),
            HasNoConfig => State::from(!has_config),
            Laxer(strict, lax) => if has_config { strict } else { lax }.state(has_config),
            Nothing => State::Absent,
        }
    }
}

fn constant(key: &str, has_config: bool) -> Option<State> {
    let (_, built_in) = CONSTANT
        .iter()
        .find(|(name, _)| *name == key || (*name == "featureGates" && key.starts_with("featureGates.")))?;
    Some(built_in.state(has_config))
}
