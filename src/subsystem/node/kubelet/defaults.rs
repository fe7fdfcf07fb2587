//! What the kubelet does without a setting, by version, and what kubeadm will write before it has run.

use crate::component::kubelet::default_table::{self, BuiltIn};
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

fn constant(key: &str, has_config: bool) -> Option<State> {
    let state = |built_in: BuiltIn| match built_in {
        BuiltIn::Bool(value) => State::from(value),
        BuiltIn::Integer(value) => State::from(value),
        BuiltIn::Text(value) => State::from(value),
        BuiltIn::One(value) => State::Known(Value::list([value])),
        BuiltIn::Nothing => State::Absent,
    };
    default_table::of(key, has_config).map(state)
}
