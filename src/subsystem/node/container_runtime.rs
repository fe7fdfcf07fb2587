//! Which container runtime the node uses where nobody names one: what the kubelet is told to ask, else what is installed
//! and on. kubeadm itself goes by the sockets that are there (`DetectCRISocket` in app/util/runtime).

use crate::fact::{Knowledge, Moment, Origin, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cri::socket_path;
use crate::subsystem::systemd::units::full_name;

/// A container runtime that kubeadm knows.
#[derive(Debug, PartialEq, Eq)]
pub struct ContainerRuntime {
    /// Its name for people.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its socket, as kubeadm writes it (`constants_unix.go`).
    pub socket: &'static str,
    /// Its program.
    program: &'static str,
}

/// The first one is taken where nothing is installed; of several that are on, the first.
pub static RUNTIMES: [ContainerRuntime; 3] = [
    ContainerRuntime {
        name: "CRI-O",
        unit: "crio.service",
        socket: "/var/run/crio/crio.sock",
        program: "crio",
    },
    ContainerRuntime {
        name: "cri-dockerd",
        unit: "cri-docker.service",
        socket: "/var/run/cri-dockerd.sock",
        program: "cri-dockerd",
    },
    ContainerRuntime {
        name: "containerd",
        unit: "containerd.service",
        socket: "/var/run/containerd/containerd.sock",
        program: "containerd",
    },
];

/// Where packages and tarballs put them.
const DIRECTORIES: [&str; 4] = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/opt/bin"];

impl ContainerRuntime {
    /// The one with this unit; `.service` may be left out.
    #[must_use]
    pub fn of_unit(name: &str) -> Option<&'static ContainerRuntime> {
        let unit = match full_name(name) {
            // Another name of it in some packages.
            alias if alias == "cri-o.service" => "crio.service".to_owned(),
            unit => unit,
        };
        RUNTIMES.iter().find(|runtime| runtime.unit == unit)
    }

    /// The one that listens there, however the path is spelt.
    #[must_use]
    pub fn of_socket(path: &str) -> Option<&'static ContainerRuntime> {
        let path = socket_path(path).ok()?; // not a path: no runtime's socket
        RUNTIMES.iter().find(|runtime| socket_path(runtime.socket).as_ref() == Ok(&path))
    }

    /// Whether it is installed; what can't be seen may be.
    fn may_be_installed(&self, subsystems: &Subsystems<'_>) -> bool {
        let paths = DIRECTORIES.map(|directory| format!("{directory}/{}", self.program));
        let is_there = subsystems.host().files().any_is_there(paths);
        is_there.unwrap_or(true) || subsystems.units().merged_with_gaps(subsystems, self.unit).is_some()
    }

    /// Whether it runs now or starts at the next boot, if that is known.
    fn is_on(&self, subsystems: &Subsystems<'_>) -> Option<bool> {
        let mut is_known = true;
        for moment in Moment::ALL {
            match subsystems.units().service(subsystems, self.unit, moment).state {
                Knowledge::Known(unit) => match unit.active {
                    Knowledge::Known("active" | "activating" | "reloading") => return Some(true),
                    Knowledge::Known(_) | Knowledge::Absent => {}
                    Knowledge::Unknown(_) => is_known = false,
                },
                Knowledge::Absent => {}
                Knowledge::Unknown(_) => is_known = false,
            }
        }
        is_known.then_some(false)
    }
}

/// The runtime of the node, and what says so.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Which one.
    pub runtime: &'static ContainerRuntime,
    /// What says so.
    pub because: Origin,
}

/// The runtime that the host says; none where it says nothing, and the first of [`RUNTIMES`] is taken.
#[must_use]
pub fn of_host(subsystems: &Subsystems<'_>) -> Option<Chosen> {
    let installed: Vec<&'static ContainerRuntime> =
        RUNTIMES.iter().filter(|runtime| runtime.may_be_installed(subsystems)).collect();
    match installed.as_slice() {
        [] => None,
        [only] => Some(only.chosen("is the only container runtime that is installed")),
        several => of_kubelet(subsystems).or_else(|| {
            // What isn't known to be off may be what the node uses; CRI-O comes first.
            let first = several.first().filter(|first| first.is_on(subsystems) != Some(false));
            let on = || several.iter().find(|runtime| runtime.is_on(subsystems) == Some(true));
            let runtime = first.or_else(on).or(several.first())?;
            Some(runtime.chosen("is one of several container runtimes"))
        }),
    }
}

/// The one that the kubelet is told to ask.
fn of_kubelet(subsystems: &Subsystems<'_>) -> Option<Chosen> {
    let endpoint = subsystems.kubelet().at_boot("containerRuntimeEndpoint");
    let State::Known(Value::Text(text)) = &endpoint.state else { return None };
    // What is built in is no wish of anybody.
    let because = endpoint.because.first()?.clone();
    let listen = subsystems.crio().at_boot(subsystems, "api.listen");
    let is_of_crio = match &listen.state {
        State::Known(Value::Text(listen)) => socket_path(listen) == socket_path(text),
        _ => false,
    };
    let runtime = if is_of_crio { RUNTIMES.first() } else { ContainerRuntime::of_socket(text) }?;
    Some(Chosen { runtime, because })
}

impl ContainerRuntime {
    fn chosen(&'static self, says: &str) -> Chosen {
        Chosen { runtime: self, because: Origin::file(self.unit).says(format!("{} {says}", self.name)) }
    }
}
