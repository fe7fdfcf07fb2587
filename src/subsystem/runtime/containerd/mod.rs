//! containerd's configuration: config.toml and what it imports, as far as the kubelet depends on it. Which tables count is in
//! `component/containerd/`.

mod config;
mod imports;
mod mistakes;
mod needs;
mod programs;

use crate::component::containerd::version;
use crate::fact::{Answer, Confidence, Knowledge, Origin, State, Version};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::exec_context::ExecContext;
use config::{Config, File};

/// Read if the unit names no other file; absent is fine.
const CONFIG: &str = "/etc/containerd/config.toml";

/// What the kubelet depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Containerd {
    /// Its socket.
    pub address: State,
    /// The runtime of pods that ask for none.
    pub default_runtime: String,
    /// The version of its file; none if there is none.
    pub version: Option<i64>,
    /// Its file; none if there is none, so that its defaults count.
    pub config: Option<String>,
    /// Whether its CRI is on.
    pub cri: bool,
    /// Programs of its default runtime that aren't there.
    pub missing_programs: Knowledge<Vec<String>>,
    /// What stops it when it starts.
    pub mistakes: Knowledge<Vec<String>>,
    /// Directories of network plugins that its file names; none if it names none.
    pub network_plugins: Option<Vec<String>>,
    /// `SystemdCgroup` of its default runtime.
    pub systemd_cgroup: State,
}

/// What the kubelet depends on; absent without containerd.
pub fn containerd(subsystems: &Subsystems<'_>) -> Answer<Containerd> {
    let files = subsystems.host().files();
    let launch = ExecContext::read(subsystems, "containerd.service");
    let programs = ["/usr/bin/containerd", "/usr/local/bin/containerd", "/usr/sbin/containerd"];
    if !launch.exists {
        match files.any_is_there(programs) {
            Ok(true) => {}
            Ok(false) => return Answer::absent(),
            Err(error) => return Answer::unknown(error),
        }
    }
    if let Some(gap) = launch.gaps.first() {
        return Answer::unknown(gap.reason.clone());
    }
    let named = named_config(&launch);
    let path = named.as_deref().unwrap_or(CONFIG);
    let installed = subsystems.programs().version(subsystems, "containerd");
    let release = installed.as_deref().and_then(Version::parse);
    let file = File { files, path, is_named: named.is_some() };
    let config = match file.load(release.as_ref()) {
        Ok(config) => config,
        Err(reason) => return Answer::unknown(reason),
    };
    let unread = match release {
        Some(_) => None,
        None => subsystems.programs().unread(subsystems, "containerd"),
    };
    let (mistakes, mistake_places) = mistakes::mistakes(&file, &config, unread);
    let (missing_programs, program_places) = programs::missing(files, &launch, &config.counted_tables());
    let (cri, cri_place) = config.cri();
    let (systemd, systemd_place) = config.systemd_cgroup();
    let (network_plugins, network_place) = config.network_plugins().unzip();
    let address = address(&config);
    let found = Containerd {
        default_runtime: config.default_runtime(),
        version: config.documents.first().map(|(_, document)| version(document)),
        address: address.0,
        config: (!config.documents.is_empty()).then(|| path.to_owned()),
        cri,
        network_plugins,
        missing_programs,
        mistakes,
        systemd_cgroup: systemd,
    };
    let of = |place: Option<Origin>, attribute| place.map(|place: Origin| place.decides(attribute));
    let decided = [
        of(cri_place, "cri"),
        of(systemd_place.or_else(|| config.unset_systemd_cgroup()), "systemd_cgroup"),
        of(network_place, "network_plugins"),
        of(address.1, "address"),
    ];
    let programs = program_places.into_iter().map(|place| place.decides("missing-programs"));
    let places = mistake_places.into_iter().chain(decided.into_iter().flatten()).chain(programs);
    let fact = Answer::known(found).because_all(places);
    if !fact.because.is_empty() {
        return fact;
    }
    let says = if config.documents.is_empty() { "is not there" } else { "sets nothing of this" };
    fact.because(Origin::file(path).says(says)).at_most(Confidence::High)
}

/// The file that the command line names.
fn named_config(launch: &ExecContext) -> Option<String> {
    let long = launch.flag("config").pop().map(|(_, path)| path);
    let short =
        || launch.words.iter().skip_while(|(_, word)| word != "-c").nth(1).map(|(_, path)| path.clone());
    long.or_else(short)
}

/// The socket, and the place that sets it. From version 4 of the file on the server is a plugin, and its old table says nothing.
fn address(config: &Config) -> (State, Option<Origin>) {
    let server = config.last("plugins.io.containerd.server.v1.grpc.address", |version| version >= 4);
    match server.or_else(|| config.last("grpc.address", |version| version < 4)) {
        Some((place, state)) => (state, Some(place)),
        None => (State::from("/run/containerd/containerd.sock"), None),
    }
}
