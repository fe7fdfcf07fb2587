//! The kubelet and its runtime: whom it asks, and who decides about the cgroup driver.

use super::{Kubelet, Subsystems};
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value, Version};
use crate::host::NoResponse;
use crate::subsystem::runtime::cri::socket_path;

const GATE: &str = "KubeletCgroupDriverFromCRI";

/// Where the kubelet looks for a runtime if it is told nothing, from 1.24 on (cmd/kubelet/app/options).
const CONTAINERD: &str = "/run/containerd/containerd.sock";

/// `cri-o` if the kubelet is told to ask the socket that CRI-O listens at; else the socket, in one spelling; `docker` if it is
/// told nothing and still has dockershim. Absent before kubeadm has run.
pub(super) fn runtime(kubelet: &Kubelet, subsystems: &Subsystems<'_>) -> Fact {
    let endpoint = kubelet.field("containerRuntimeEndpoint");
    if endpoint.state == State::Absent && kubelet.is_configured() {
        let default = if kubelet.minor.is_some_and(|minor| minor < 24) { "docker" } else { CONTAINERD };
        return Fact { state: State::from(default), ..endpoint };
    }
    let State::Known(Value::Text(text)) = &endpoint.state else { return endpoint };
    let Ok(socket) = socket_path(text) else { return endpoint };
    let listen = subsystems.crio().at_boot(subsystems, "api.listen");
    let state = match &listen.state {
        State::Known(Value::Text(listen)) if socket_path(listen).as_ref() == Ok(&socket) => {
            State::from("cri-o")
        }
        State::Unknown(reason) => State::unknown(format!("where CRI-O listens is not known: {reason}")),
        State::Known(_) | State::Absent => State::from(socket),
    };
    let sure = endpoint.confidence.min(listen.confidence);
    let fact = Fact { state, ..endpoint }.because_all(listen.because).at_most(sure);
    listen.notes.into_iter().fold(fact, Fact::note)
}

/// Who decides about the cgroup driver of pods (KEP-4033): `runtime` if the kubelet asks it and it answers, else
/// `configuration`. The feature gate is alpha in 1.28, on in 1.31 and fixed in 1.34; CRI-O answers from 1.28 on, containerd
/// from 2.0 on; now, the runtime that runs tells by itself. What isn't known is taken as old.
pub(super) fn source(kubelet: &Kubelet, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let gate = kubelet.merged(&format!("featureGates.{GATE}"));
    let on = match gate.state {
        State::Known(Value::Bool(on)) => Some(on),
        _ => None,
    };
    let asks = kubelet.minor.map(|minor| match minor {
        34.. => true,
        31.. => on != Some(false),
        28.. => on == Some(true),
        _ => false,
    });
    let version = |names: &[&str]| {
        let of_program = names.iter().find_map(|name| subsystems.programs().version(subsystems, name));
        let packages = subsystems.packages();
        let of_package = || names.iter().find_map(|name| packages.version(subsystems, name));
        let version = of_program.or_else(of_package)?;
        Version::parse(&version).map(|version| (version.number(0), version.number(1)))
    };
    let crio = || version(&["cri-o", "crio"]).map(|version| version >= (1, 28));
    let containerd = || version(&["containerd.io", "containerd"]).map(|version| version >= (2, 0));
    // Told which one to ask, the kubelet doesn't care what else is installed.
    let (live, unasked) =
        match (moment == Moment::Now && asks == Some(true)).then(|| live(kubelet, subsystems)) {
            Some(Ok(told)) => (told, None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
    let by_version =
        || match (kubelet.field("containerRuntimeEndpoint").state, runtime(kubelet, subsystems).state) {
            (State::Known(_), State::Known(Value::Text(name))) if name == "cri-o" => crio(),
            (State::Known(_), State::Known(Value::Text(socket))) if socket.contains("containerd") => {
                containerd()
            }
            _ => crio().or_else(containerd),
        };
    let answers = live.as_ref().map(|(answers, _)| *answers).or_else(by_version);
    let fact = match (asks, answers) {
        (Some(true), Some(true)) => Fact::new("runtime"),
        (Some(false), _) | (_, Some(false)) => Fact::new("configuration"),
        (None, _) if kubelet.unread.is_some() => Fact::unknown(kubelet.unread.clone().unwrap_or_default()),
        (asks, _) => {
            if let Some(unread) = unasked.or_else(|| unread(subsystems)) {
                return Fact::unknown(unread);
            }
            let whose = if asks.is_none() { "the kubelet" } else { "the runtime" };
            Fact::new("configuration")
                .at_most(Confidence::Heuristic)
                .note(format!("the version of {whose} is not known; it is taken as one that leaves the driver to its settings"))
        }
    };
    fact.because_all(gate.because).because_all(live.map(|(_, origin)| origin))
}

/// Whether the runtime that runs tells its cgroup driver; none if none runs. Without a part for Linux the kubelet keeps
/// to its settings (`getCgroupDriverFromCRI`).
///
/// # Errors
/// Why the one that may run could not be asked.
fn live(kubelet: &Kubelet, subsystems: &Subsystems<'_>) -> Result<Option<(bool, Origin)>, String> {
    let Some(running) = subsystems.host().running() else { return Ok(None) };
    let Ok(chosen) = subsystems.cri().choose(running, kubelet.candidates(subsystems)) else {
        return Ok(None);
    };
    let silent = |silence: &NoResponse| match silence {
        NoResponse::Missing | NoResponse::NotASocket(_) | NoResponse::Refused => Ok(None),
        _ => Err(format!("{}: {silence}", chosen.socket)),
    };
    let (answers, says) = match chosen.answer.as_ref().map(|runtime| &runtime.cgroup_driver) {
        Ok(Ok(Some(driver))) => (true, format!("RuntimeConfig: cgroup driver {}", driver.name())),
        Ok(Ok(None)) => (false, "RuntimeConfig: the part for Linux is not set".to_owned()),
        Ok(Err(NoResponse::Unimplemented)) => (false, "RuntimeConfig: not implemented there".to_owned()),
        Ok(Err(silence)) | Err(silence) => return silent(silence),
    };
    Ok(Some((answers, Origin::file(&chosen.socket).says(says))))
}

/// What could not be read and may tell the version of the runtime.
fn unread(subsystems: &Subsystems<'_>) -> Option<String> {
    let programs = subsystems.programs();
    let of_program = ["crio", "containerd"].iter().find_map(|name| programs.unread(subsystems, name));
    of_program.or_else(|| subsystems.packages().unread(subsystems))
}
