//! Flags that newer kubelets no longer know, and exit for ("unknown flag").

use super::flags::{CommandLine, Flag, has_field};
use crate::component::kubelet::known_flags;
use crate::fact::{Confidence, Fact, State, Value};

/// Flags, and the minor version from which on they are unknown.
const REMOVED: [(&str, u64); 45] = [
    // k/k#106907: dockershim. kubeadm leaves them behind in kubeadm-flags.env.
    ("cni-bin-dir", 24),
    ("cni-cache-dir", 24),
    ("cni-conf-dir", 24),
    ("docker-endpoint", 24),
    ("experimental-dockershim-root-directory", 24),
    ("image-pull-progress-deadline", 24),
    ("network-plugin", 24),
    ("network-plugin-mtu", 24),
    ("dynamic-config-dir", 24),
    // k/k#112120: flags of klog.
    ("add-dir-header", 26),
    ("alsologtostderr", 26),
    ("log-backtrace-at", 26),
    ("log-dir", 26),
    ("log-file", 26),
    ("log-file-max-size", 26),
    ("logtostderr", 26),
    ("one-output", 26),
    ("skip-headers", 26),
    ("skip-log-headers", 26),
    ("stderrthreshold", 26),
    // kubernetes/minikube#16124.
    ("container-runtime", 27),
    ("master-service-namespace", 27),
    // k/k#122082, k/k#122363.
    ("iptables-drop-bit", 31),
    ("iptables-masquerade-bit", 31),
    ("keep-terminated-pod-volumes", 31),
    // k/k#130161.
    ("cloud-config", 34),
    // kubernetes-sigs/image-builder#1866.
    ("pod-infra-container-image", 35),
    // k/k#139870: flags of cAdvisor.
    ("application-metrics-count-limit", 37),
    ("boot-id-file", 37),
    ("container-hints", 37),
    ("containerd", 37),
    ("containerd-namespace", 37),
    ("enable-load-reader", 37),
    ("event-storage-age-limit", 37),
    ("event-storage-event-limit", 37),
    ("global-housekeeping-interval", 37),
    ("log-cadvisor-usage", 37),
    ("machine-id-file", 37),
    ("storage-driver-buffer-duration", 37),
    ("storage-driver-db", 37),
    ("storage-driver-host", 37),
    ("storage-driver-password", 37),
    ("storage-driver-secure", 37),
    ("storage-driver-table", 37),
    ("storage-driver-user", 37),
];

/// Flags that came later than the others, and their first minor version.
const ADDED: [(&str, u64); 1] = [("config-dir", 28)];

/// The flags that the installed kubelet exits for.
pub(super) fn removed(line: &CommandLine, minor: Option<u64>) -> Fact {
    let found: Vec<&Flag> = match minor {
        Some(_) => unknown(line, minor),
        None => line.flags.iter().filter(|flag| REMOVED.iter().any(|(name, _)| *name == flag.name)).collect(),
    };
    let fact = if let (None, Some(flag)) = (minor, found.first()) {
        let name = &flag.name;
        let gone = REMOVED.iter().find(|(removed, _)| removed == name).map_or(0, |(_, gone)| *gone);
        let reason =
            format!("--{name} is gone from 1.{gone} on, and the version of the kubelet is not known");
        Fact::new(State::unknown(reason))
    } else {
        Fact::new(names(&found))
    };
    fact.because_all(found.into_iter().map(|flag| flag.origin.clone()))
}

/// The flags that a kubelet of a known version doesn't know any more, or doesn't know yet.
pub(super) fn unknown(line: &CommandLine, minor: Option<u64>) -> Vec<&Flag> {
    let Some(minor) = minor else { return Vec::new() };
    let unknown_to = |flag: &&Flag| {
        REMOVED.iter().any(|(name, gone)| *name == flag.name && minor >= *gone)
            || ADDED.iter().any(|(name, first)| *name == flag.name && minor < *first)
            || minor == known_flags::OF_MINOR && !known_flags::has(&flag.name)
    };
    line.flags.iter().filter(unknown_to).collect()
}

/// The flags that still work and are to be replaced by fields of the configuration, or by nothing.
pub(super) fn deprecated(line: &CommandLine, minor: Option<u64>) -> Fact {
    let is_deprecated = |flag: &&Flag| {
        // provider-id is a field as well, and stays.
        has_field(&flag.name) && flag.name != "provider-id"
            || REMOVED
                .iter()
                .any(|(name, gone)| *name == flag.name && minor.is_some_and(|minor| minor < *gone))
    };
    let found: Vec<&Flag> = line.flags.iter().filter(is_deprecated).collect();
    let fact = Fact::new(names(&found)).because_all(found.iter().map(|flag| flag.origin.clone()));
    if minor.is_none() { fact.at_most(Confidence::High) } else { fact }
}

fn names(flags: &[&Flag]) -> Value {
    Value::list(flags.iter().map(|flag| format!("--{}", flag.name)))
}
