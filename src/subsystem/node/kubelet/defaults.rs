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

/// Defaults that have been the same for many releases (`SetDefaults_KubeletConfiguration`).
fn constant(key: &str, has_config: bool) -> Option<State> {
    let lax = |strict: State, lax: State| if has_config { strict } else { lax };
    Some(match key {
        "address" => State::from("0.0.0.0"),
        "authentication.anonymous.enabled" => State::from(!has_config),
        "authentication.webhook.enabled" => State::from(has_config),
        "authorization.mode" => lax(State::from("Webhook"), State::from("AlwaysAllow")),
        "cgroupDriver" => State::from("cgroupfs"),
        "cgroupsPerQOS"
        | "cpuCFSQuota"
        | "enableControllerAttachDetach"
        | "enableDebuggingHandlers"
        | "enableServer"
        | "failSwapOn"
        | "makeIPTablesUtilChains"
        | "registerNode"
        | "serializeImagePulls" => State::from(true),
        "mergeDefaultEvictionSettings"
        | "protectKernelDefaults"
        | "rotateCertificates"
        | "runOnce"
        | "seccompDefault"
        | "serverTLSBootstrap" => State::from(false),
        "containerLogMaxFiles" => State::from(5),
        "containerLogMaxSize" => State::from("10Mi"),
        "cpuManagerPolicy" | "topologyManagerPolicy" => State::from("none"),
        "enforceNodeAllocatable" => State::Known(Value::list(["pods"])),
        "healthzBindAddress" => State::from("127.0.0.1"),
        "healthzPort" => State::from(10248),
        "imageGCHighThresholdPercent" => State::from(85),
        "imageGCLowThresholdPercent" => State::from(80),
        "maxOpenFiles" => State::from(1_000_000),
        "maxPods" => State::from(110),
        "memoryManagerPolicy" => State::from("None"),
        "oomScoreAdj" => State::from(-999),
        "podPidsLimit" => State::from(-1),
        "port" => State::from(10250),
        "readOnlyPort" => lax(State::from(0), State::from(10255)),
        "resolvConf" => State::from("/etc/resolv.conf"),
        "topologyManagerScope" => State::from("container"),
        "volumePluginDir" => State::from("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/"),
        "authentication.x509.clientCAFile"
        | "cgroupRoot"
        | "clusterDNS"
        | "clusterDomain"
        | "containerRuntimeEndpoint"
        | "evictionSoft"
        | "featureGates"
        | "hostnameOverride"
        | "imageServiceEndpoint"
        | "kubeReserved"
        | "kubeReservedCgroup"
        | "memorySwap"
        | "nodeIP"
        | "podCIDR"
        | "providerID"
        | "reservedSystemCPUs"
        | "staticPodPath"
        | "staticPodURL"
        | "systemReserved"
        | "systemReservedCgroup"
        | "tlsCertFile"
        | "tlsCipherSuites"
        | "tlsMinVersion"
        | "tlsPrivateKeyFile" => State::Absent,
        _ if key.starts_with("featureGates.") => State::Absent,
        _ => return None,
    })
}
