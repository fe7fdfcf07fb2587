//! What is compiled into CRI-O, by version (release tags 1.9 to 1.36 of its source compared).

use super::storage;
use crate::fact::{Confidence, Fact, State, Value};
use crate::subsystem::Subsystems;

/// What containers may do unless a file says otherwise (crio.conf(5), 1.18 and later).
const CAPABILITIES: [&str; 9] =
    ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "KILL"];

/// The minor version of the installed CRI-O 1.x, from its program, else from its package.
pub(super) fn minor(subsystems: &Subsystems<'_>) -> Option<u32> {
    let packages = subsystems.packages();
    let of_package = || ["cri-o", "crio"].iter().find_map(|name| packages.version(subsystems, name));
    let version = subsystems.programs().version(subsystems, "crio").or_else(of_package)?;
    let version = version.rsplit(':').next()?;
    version.strip_prefix("1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The name of the runtime handler that is compiled in.
pub(super) fn handler(minor: Option<u32>) -> &'static str {
    if minor.is_some_and(|minor| minor < 31) { "runc" } else { "crun" }
}

/// The value of a key that no file, flag or variable sets.
pub(super) fn compiled_in(subsystems: &Subsystems<'_>, minor: Option<u32>, key: &str) -> Fact {
    let before = |limit: u32| minor.is_some_and(|minor| minor < limit);
    let state = match key {
        "root" | "runroot" | "storage_driver" => return storage::compiled_in(subsystems, key),
        "runtime.cgroup_manager" if before(18) => State::from("cgroupfs"),
        "runtime.cgroup_manager" => State::from("systemd"),
        "runtime.conmon_cgroup" if before(16) => State::from(""),
        "runtime.conmon_cgroup" if before(18) => State::from("pod"),
        "runtime.conmon_cgroup" if before(24) => State::from("system.slice"),
        "runtime.conmon_cgroup" | "runtime.conmon" | "runtime.pinns_path" | "image.signature_policy" => {
            State::from("")
        }
        "network.cni_default_network" | "network.plugin_dir" | "runtime.infra_ctr_cpuset" => State::from(""),
        "log_dir" => State::from("/var/log/crio/pods"),
        // SELinux: as the kernel says when CRI-O starts.
        "image.registries" | "image.insecure_registries" | "runtime.selinux" => State::Absent,
        "runtime.default_runtime" => State::from(handler(minor)),
        "runtime.disable_hostport_mapping" | "metrics.enable_metrics" => State::from(false),
        "runtime.pids_limit" if before(24) => State::from(1024),
        "runtime.pids_limit" if before(29) => State::from(0),
        "runtime.pids_limit" | "runtime.log_size_max" => State::from(-1),
        "metrics.metrics_port" => State::from(9090),
        "api.listen" => State::from("/var/run/crio/crio.sock"),
        "api.stream_address" => State::from("127.0.0.1"),
        "network.network_dir" => State::from("/etc/cni/net.d/"),
        "runtime.default_sysctls" => State::Known(Value::List(Vec::new())),
        "network.plugin_dirs" => State::Known(Value::list(["/opt/cni/bin/"])),
        "image.short_name_mode" if minor.is_some_and(|minor| minor >= 34) => State::from("enforcing"),
        "image.short_name_mode" if minor.is_some() => State::Absent,
        // Before 1.18 there were more.
        "runtime.default_capabilities" if minor.is_some_and(|minor| minor >= 18) => {
            State::Known(Value::list(CAPABILITIES))
        }
        _ => {
            return Fact::unknown(format!("no file sets {key}, and its compiled-in default is not known"));
        }
    };
    let note = match minor {
        Some(minor) => format!("compiled into CRI-O 1.{minor}; no file sets it"),
        None => "compiled into current CRI-O; no file sets it, and the installed version is not known".into(),
    };
    Fact::new(state).at_most(Confidence::High).note(note)
}
