//! The kubelet's configuration: defaults, config.yaml, then the flags of its unit.

use super::Subsystems;
use super::launch::Launch;
use crate::fact::{Confidence, Fact, Origin, State};
use crate::format::yaml;

const CONFIG: &str = "/var/lib/kubelet/config.yaml";

/// Fields that a flag sets too, and the flag.
const FLAGS: [(&str, &str); 7] = [
    ("cgroupDriver", "cgroup-driver"),
    ("clusterDNS", "cluster-dns"),
    ("containerRuntimeEndpoint", "container-runtime-endpoint"),
    ("failSwapOn", "fail-swap-on"),
    ("hostnameOverride", "hostname-override"),
    ("nodeIP", "node-ip"),
    ("resolvConf", "resolv-conf"),
];

/// The kubelet's configuration at the next boot.
#[derive(Debug, Default)]
pub struct Kubelet {
    installed: bool,
    launch: Launch,
}

impl Kubelet {
    pub(super) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let files = subsystems.host().files();
        let launch = Launch::read(subsystems, "kubelet.service");
        let signs = ["/usr/bin/kubelet", "/usr/local/bin/kubelet", "/usr/sbin/kubelet", CONFIG];
        let installed =
            launch.exists || !launch.files.is_empty() || signs.iter().any(|path| files.stat(path).is_ok());
        Kubelet { installed, launch }
    }

    /// The effective value of a field; `environmentFile` is the file that gives `KUBELET_EXTRA_ARGS`.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, key: &str) -> Fact {
        if !self.installed {
            return Fact::absent()
                .note("the kubelet is not installed: no program, no unit, no configuration");
        }
        if let Some(gap) = self.launch.gaps.first() {
            return Fact::unknown(gap.reason.clone());
        }
        if key == "environmentFile" {
            return self.environment_file();
        }
        let config = self.launch.flag("config").pop().map_or_else(|| CONFIG.to_owned(), |(_, path)| path);
        let mut candidates = Vec::new();
        let mut configured = true;
        match subsystems.host().files().read(&config) {
            Ok(content) => match yaml::parse(&content) {
                Ok(document) => candidates.extend(
                    document
                        .at(key)
                        .map(|node| (Origin { line: node.line, ..Origin::file(&config) }, node.state())),
                ),
                Err(error) => return Fact::unknown(format!("the kubelet will not start: {config}: {error}")),
            },
            Err(error) if error.is_not_found() => configured = false,
            Err(error) => return Fact::unknown(error.to_string()),
        }
        if self.launch.flag("config-dir").last().is_some() {
            return Fact::unknown("the kubelet reads a --config-dir, which this version doesn't follow");
        }
        if let Some((_, flag)) = FLAGS.iter().find(|(field, _)| *field == key) {
            let flags = self.launch.flag(flag).into_iter();
            candidates.extend(flags.map(|(origin, value)| (origin, typed(key, value))));
        }
        let Some((origin, state)) = candidates.pop() else { return default(key, configured) };
        let mut fact = Fact::new(state).because(origin);
        fact.overruled = candidates.into_iter().map(|(origin, _)| origin).collect();
        fact
    }

    /// deb packages read `/etc/default/kubelet`, RPM packages `/etc/sysconfig/kubelet`; the unit decides.
    fn environment_file(&self) -> Fact {
        let found = self.launch.files.iter().rfind(|(_, path)| !path.starts_with("/var/lib/kubelet/"));
        found.map_or_else(Fact::absent, |(origin, path)| {
            Fact::new(State::from(path.as_str())).because(origin.clone())
        })
    }
}

fn typed(key: &str, value: String) -> State {
    match (key, value.as_str()) {
        ("failSwapOn", "true" | "false") => State::from(value == "true"),
        ("failSwapOn", _) => State::unknown(format!("--fail-swap-on={value} is neither true nor false")),
        ("clusterDNS", _) => State::Known(crate::fact::Value::list(value.split(','))),
        _ => State::from(value),
    }
}

/// What the kubelet does without a setting; before kubeadm has run, what kubeadm (1.22 and later) will write.
fn default(key: &str, configured: bool) -> Fact {
    let (state, note) = match (key, configured) {
        ("cgroupDriver", true) => {
            (State::from("cgroupfs"), "the kubelet's default; a recent one may ask the runtime")
        }
        ("cgroupDriver", false) => {
            (State::from("systemd"), "kubeadm 1.22 and later will write it; not there yet")
        }
        ("failSwapOn", _) => (State::from(true), "the kubelet's default"),
        ("resolvConf", true) => (State::from("/etc/resolv.conf"), "the kubelet's default"),
        ("containerRuntimeEndpoint", _) => (State::Absent, "not set; kubeadm chooses it"),
        ("hostnameOverride" | "nodeIP", _) => (State::Absent, "not set"),
        _ => return Fact::unknown(format!("nothing sets {key}, and its default is not known")),
    };
    // Whether the kubelet takes the driver from the runtime depends on its version (KEP-4033).
    let sure = if key == "cgroupDriver" && configured { Confidence::Heuristic } else { Confidence::High };
    Fact::new(state).at_most(sure).note(note)
}
