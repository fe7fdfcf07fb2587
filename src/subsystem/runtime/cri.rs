//! Container runtimes as they answer on their sockets: which sockets there may be, whom the node uses, and what it
//! says of itself. All sockets are asked together, once a run.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::fact::{Fact, Origin, State, Value, printable};
use crate::host::cri::{Answer, Runtime};
use crate::host::{HostPath, NoResponse, Running};
use crate::parse::go_url;

/// Where runtimes listen unless they are told otherwise; kubeadm looks for the same (`constants.go`).
pub const WELL_KNOWN: [&str; 3] =
    ["/run/crio/crio.sock", "/run/containerd/containerd.sock", "/run/cri-dockerd.sock"];

/// A socket's path in one spelling: `unix://` or `unix:` in front is dropped, and `/var/run` is a link to `/run` on every
/// distribution.
///
/// # Errors
/// If it is not an absolute path.
pub fn socket_path(text: &str) -> Result<String, String> {
    let Some(path) = go_url::unix_path(text).filter(|path| path.starts_with('/')) else {
        return Err(format!("`{text}` is not an absolute path"));
    };
    // Such a path would be shown as another one.
    if printable(path) != path {
        return Err(format!("`{text}` has control characters"));
    }
    let path = HostPath::new(path).to_string();
    Ok(path.strip_prefix("/var/run/").map_or(path.clone(), |rest| format!("/run/{rest}")))
}

/// The sockets of a host, and what they answered.
#[derive(Default)]
pub struct Cri {
    /// Sockets that somebody will ask about.
    announced: RefCell<Vec<String>>,
    answers: RefCell<BTreeMap<String, Answer>>,
}

/// Sockets at which a runtime may listen, the likeliest first.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    sockets: Vec<String>,
    /// The one that the kubelet is told to use, and where.
    kubelet: Option<(String, Vec<Origin>)>,
    /// What could not be known about them.
    notes: Vec<String>,
}

impl Candidates {
    /// From where the kubelet is told to ask, and where CRI-O is told to listen.
    pub(in crate::subsystem) fn of(endpoint: Fact, listen: &Fact) -> Self {
        let mut candidates = Candidates::default();
        if let Some(socket) = candidates.take("the kubelet", &endpoint) {
            candidates.kubelet = Some((socket, endpoint.because));
        }
        candidates.take("CRI-O", listen);
        for socket in WELL_KNOWN {
            candidates.add(socket.to_owned());
        }
        candidates
    }

    /// All of them.
    pub fn sockets(&self) -> impl Iterator<Item = &str> {
        self.sockets.iter().map(String::as_str)
    }

    /// The socket that a setting names.
    fn take(&mut self, whose: &str, setting: &Fact) -> Option<String> {
        match &setting.state {
            State::Known(Value::Text(text)) => match socket_path(text) {
                Ok(socket) => {
                    self.add(socket.clone());
                    return Some(socket);
                }
                Err(wrong) => self.notes.push(format!("the socket of {whose}: {wrong}")),
            },
            State::Unknown(reason) => {
                self.notes.push(format!("the socket of {whose} is not known: {reason}"));
            }
            State::Known(_) | State::Absent => {}
        }
        None
    }

    fn add(&mut self, socket: String) {
        if !self.sockets.contains(&socket) {
            self.sockets.push(socket);
        }
    }
}

/// The runtime that was asked about, or whose socket it should be.
pub struct Chosen {
    /// Its socket.
    pub socket: String,
    /// Who named the socket, if a setting did.
    pub because: Vec<Origin>,
    /// What it answered.
    pub answer: Answer,
    /// What a reader should know about the choice.
    pub notes: Vec<String>,
}

/// The sockets of container runtimes.
#[derive(Debug, Default)]
pub struct Sockets {
    /// Those that are there, sorted.
    pub there: Vec<String>,
    /// Those of them at which a runtime answers.
    pub answering: Vec<String>,
    /// What can't be seen: there may be more.
    pub hidden: Option<String>,
}

impl Cri {
    /// Names sockets that will be asked about, so that they are asked with the first one.
    pub fn announce<'s>(&self, sockets: impl Iterator<Item = &'s str>) {
        self.announced.borrow_mut().extend(sockets.map(str::to_owned));
    }

    /// What the runtime behind a socket answers.
    pub fn answer(&self, running: &dyn Running, socket: &str) -> Answer {
        self.ask(running, std::iter::once(socket));
        self.answers.borrow().get(socket).cloned().unwrap_or(Err(NoResponse::Missing))
    }

    /// The runtime of the node: whom the kubelet is told to ask, else the first that answers, else the first that is there.
    ///
    /// # Errors
    /// Where was looked, and what could not be known about that.
    pub fn choose(&self, running: &dyn Running, candidates: &Candidates) -> Result<Chosen, Vec<String>> {
        self.ask(running, candidates.sockets());
        let answer = |socket: &str| self.answer(running, socket);
        let chosen = |socket: &str, because: &[Origin]| Chosen {
            answer: answer(socket),
            socket: socket.to_owned(),
            because: because.to_vec(),
            notes: candidates.notes.clone(),
        };
        if let Some((socket, because)) = &candidates.kubelet {
            return Ok(chosen(socket, because));
        }
        // One that can't be seen may be the first that answers.
        let answers = candidates.sockets().find(|socket| match answer(socket) {
            Ok(_) => true,
            Err(silence) => silence.hides(),
        });
        let is_there = || candidates.sockets().find(|socket| answer(socket) != Err(NoResponse::Missing));
        let Some(socket) = answers.or_else(is_there) else {
            let looked = format!("no socket of a container runtime: {}", candidates.sockets.join(", "));
            return Err(std::iter::once(looked).chain(candidates.notes.iter().cloned()).collect());
        };
        Ok(chosen(socket, &[]))
    }

    /// What the sockets that were asked come to.
    pub fn sockets(&self) -> Sockets {
        let mut found = Sockets::default();
        for (socket, answer) in self.answers.borrow().iter() {
            match answer {
                Err(NoResponse::Missing) => {}
                Err(silence) if silence.hides() => {
                    found.hidden.get_or_insert_with(|| format!("{socket}: {silence}"));
                }
                Ok(_) => {
                    found.there.push(socket.clone());
                    found.answering.push(socket.clone());
                }
                Err(_) => found.there.push(socket.clone()),
            }
        }
        found
    }

    /// Asks whoever was not asked yet, and those that were announced.
    fn ask<'s>(&self, running: &dyn Running, sockets: impl Iterator<Item = &'s str>) {
        let announced = self.announced.take();
        let mut sockets: Vec<String> = sockets.map(str::to_owned).chain(announced).collect();
        sockets.retain(|socket| !self.answers.borrow().contains_key(socket));
        sockets.sort_unstable();
        sockets.dedup();
        if sockets.is_empty() {
            return;
        }
        let paths: Vec<HostPath> = sockets.iter().map(HostPath::new).collect();
        let answers = running.cri(&paths);
        self.answers.borrow_mut().extend(sockets.into_iter().zip(answers));
    }
}

/// How a runtime makes cgroups, and the question that told.
///
/// # Errors
/// Why no answer tells.
pub fn cgroup_driver(runtime: &Runtime) -> Result<(String, &'static str), String> {
    let reason = match &runtime.cgroup_driver {
        Ok(Some(driver)) => return Ok((driver.name().to_owned(), "RuntimeConfig")),
        Ok(None) => "RuntimeConfig: the part for Linux is not set".to_owned(),
        Err(silence) => format!("RuntimeConfig: {silence}"),
    };
    let known =
        |value: Option<&str>| value.filter(|word| matches!(*word, "systemd" | "cgroupfs")).map(str::to_owned);
    // Without it the status may tell; the reason stays that of the first question.
    if let Ok(info) = &runtime.info
        && let Some(driver) = known(json(info).as_ref().and_then(|info| info["cgroup_driver"].as_str()))
    {
        return Ok((driver, "GET /info"));
    }
    let config = status_config(runtime);
    let from_status = config.as_ref().and_then(|config| {
        known(config["crio"]["CgroupManagerName"].as_str()).or_else(|| {
            // containerd: an option of its default runtime; runc's shim takes a missing one for no.
            let containerd = &config["containerd"];
            let handler = &containerd["runtimes"][containerd["defaultRuntimeName"].as_str()?];
            (handler["runtimeType"] == "io.containerd.runc.v2").then_some(())?;
            let systemd = handler["options"]["SystemdCgroup"].as_bool().unwrap_or(false);
            Some(if systemd { "systemd" } else { "cgroupfs" }.to_owned())
        })
    });
    from_status.map(|driver| (driver, "Status")).ok_or(reason)
}

/// The image of the container that holds a pod's namespaces, as the runtime's configuration names it.
#[must_use]
pub fn sandbox_image(runtime: &Runtime) -> Option<String> {
    Some(status_config(runtime)?["sandboxImage"].as_str()?.to_owned())
}

fn status_config(runtime: &Runtime) -> Option<serde_json::Value> {
    // Why the status is not told is said where its conditions are.
    json(runtime.status.as_ref().ok()?.config.as_ref()?)
}

fn json(text: &str) -> Option<serde_json::Value> {
    // What isn't JSON tells nothing; no version of a runtime sends such.
    serde_json::from_str(text).ok()
}
