//! `containerd`: the configuration of containerd, as far as the kubelet depends on it.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::containerd;

const ADDRESS: Attribute = Attribute::new("address", Shape::Text, "Its socket.");
const CONFIG: Attribute =
    Attribute::new("config", Shape::Text, "Its file; absent if it runs with its defaults.");
const CRI: Attribute =
    Attribute::new("cri", Shape::Bool, "Whether its CRI is on: no `disabled_plugins` names it.")
        .phrase("serving the CRI");
const DEFAULT_RUNTIME: Attribute =
    Attribute::new("default_runtime", Shape::Text, "The runtime of pods that ask for none.")
        .spelt("default-runtime");
const MISSING_PROGRAMS: Attribute = Attribute::new(
    "missing-programs",
    Shape::List(&Shape::Text),
    "Programs of its default runtime that aren't there: the shim, and the OCI runtime (`BinaryName`, else runc).",
);
const MISTAKES: Attribute = Attribute::new(
    "mistakes",
    Shape::List(&Shape::Text),
    "What stops containerd when it starts, or keeps its CRI from loading.",
);
const NETWORK_PLUGINS: Attribute = Attribute::new(
    "network_plugins",
    Shape::List(&Shape::Text),
    "The directories of network plugins that its file names; absent if it names none.",
)
.spelt("network-plugins");
const SYSTEMD_CGROUP: Attribute = Attribute::new(
    "systemd_cgroup",
    Shape::Bool,
    "`SystemdCgroup` of its default runtime: cgroups are made through systemd.",
)
.phrase("making cgroups through systemd")
.spelt("systemd-cgroup");

const VERSION: Attribute = Attribute::new(
    "version",
    Shape::Integer,
    "The version of its file (1 where the file names none); absent without a file.",
);

pub(super) static PROBE: Probe = Probe {
    name: "containerd",
    summary: "The configuration of containerd, as far as the kubelet depends on it.",
    details: "From /etc/containerd/config.toml, or the file that the unit names, and what it imports; at both moments \
              from files. What the running one says is told by `cri`. Absent if containerd is not installed.",
    key: KeySyntax::None,
    answer: Shape::Record(&[
        ADDRESS,
        CONFIG,
        CRI,
        DEFAULT_RUNTIME,
        MISSING_PROGRAMS,
        MISTAKES,
        NETWORK_PLUGINS,
        SYSTEMD_CGROUP,
        VERSION,
    ]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    containerd::containerd(subsystems).map(|found| {
        Value::record([
            ADDRESS.is(found.address),
            CONFIG.is(found.config.map_or(State::Absent, State::from)),
            CRI.is(found.cri),
            DEFAULT_RUNTIME.is(State::from(found.default_runtime)),
            MISSING_PROGRAMS.is(found.missing_programs.map(Value::list)),
            MISTAKES.is(found.mistakes.map(Value::list)),
            NETWORK_PLUGINS
                .is(found.network_plugins.map_or(State::Absent, |paths| State::Known(Value::list(paths)))),
            SYSTEMD_CGROUP.is(found.systemd_cgroup),
            VERSION.is(found.version.map_or(State::Absent, State::from)),
        ])
    })
}
