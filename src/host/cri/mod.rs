//! Asks container runtimes what they are, over the Container Runtime Interface (CRI): gRPC on unix sockets. All
//! sockets are asked at once, and one deadline holds for all their calls together.

mod connection;
mod http;
mod listed;
mod messages;
mod pods;
mod recorded;

use std::path::PathBuf;
use std::rc::Rc;

use tokio::task::JoinHandle;

use super::deadline::{self, Deadline};
use super::no_response::{NoResponse, short};
use super::path::HostPath;
use connection::Connection;
use messages as cri;

pub use pods::{Container, ContainerState, Pod};
pub(super) use recorded::RecordedRuntime;

/// What one socket answered, or why it gave no answer.
pub type Answer = Result<Rc<Runtime>, NoResponse>;

/// The version of the interface that a runtime speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `runtime.v1`: CRI-O 1.21, containerd 1.6 and later; the only one that the kubelet knows from 1.26 on.
    V1,
    /// `runtime.v1alpha2` and nothing newer.
    V1Alpha2,
}

impl Api {
    /// The word in the names of its calls.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Api::V1 => "v1",
            Api::V1Alpha2 => "v1alpha2",
        }
    }
}

/// How a runtime makes cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupDriver {
    /// It asks systemd.
    Systemd,
    /// It makes directories by itself.
    Cgroupfs,
}

impl CgroupDriver {
    /// The word in the configuration of runtimes and of the kubelet.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CgroupDriver::Systemd => "systemd",
            CgroupDriver::Cgroupfs => "cgroupfs",
        }
    }
}

/// What a runtime says of itself. Texts are as it sent them, shortened where they are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// The newest interface that it speaks.
    pub api: Api,
    /// `Version.runtime_name`: `cri-o`, `containerd`.
    pub name: String,
    /// `Version.runtime_version`: `1.31.4`, `v2.0.0`.
    pub version: String,
    /// `Status`, asked with `verbose`.
    pub status: Result<Status, NoResponse>,
    /// `RuntimeConfig` (CRI-O 1.28, containerd 2.0 and later); none if the part for Linux is not set.
    pub cgroup_driver: Result<Option<CgroupDriver>, NoResponse>,
    /// `ListPodSandbox`: how many are ready.
    pub pods: Result<usize, NoResponse>,
    /// `ListContainers`.
    pub containers: Result<Containers, NoResponse>,
    /// `ListPodSandbox` and `ListContainers` together.
    pub workloads: Result<Vec<Pod>, NoResponse>,
    /// CRI-O only: `GET /info`, JSON.
    pub info: Result<String, NoResponse>,
    /// CRI-O only: `GET /config`, its effective configuration in TOML, all files, flags and variables merged.
    pub config: Result<String, NoResponse>,
}

/// The answer to `Status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `RuntimeReady`, `NetworkReady`, and whatever else the runtime adds; at most 64.
    pub conditions: Vec<Condition>,
    /// `info["config"]`: JSON whose form is each runtime's own.
    pub config: Option<String>,
}

/// One condition of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `RuntimeReady`, `NetworkReady`, ...
    pub kind: String,
    /// Whether it holds.
    pub holds: bool,
    /// One word: why not.
    pub reason: String,
    /// For people: why not.
    pub message: String,
}

/// The answer to `ListContainers`, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Containers {
    /// How many run.
    pub running: usize,
    /// How often the one that was started again most often was: its `attempt`, counted from 0.
    pub most_restarts: u32,
}

/// Asks all sockets at once; the answers are in their order. The paths must have been seen to be sockets.
pub(super) fn ask(sockets: &[HostPath], deadline: Deadline) -> Vec<Answer> {
    let runtime = match deadline::runtime() {
        Ok(runtime) => runtime,
        Err(reason) => return sockets.iter().map(|_| Err(NoResponse::Failed(reason.clone()))).collect(),
    };
    runtime.block_on(async {
        let paths = sockets.iter().map(|socket| socket.as_path().to_owned());
        let asked: Vec<JoinHandle<_>> = paths.map(|path| tokio::spawn(interview(path, deadline))).collect();
        let mut answers = Vec::with_capacity(asked.len());
        for answer in asked {
            answers.push(joined(answer).await.map(Rc::new));
        }
        answers
    })
}

/// The answer of a task.
async fn joined<T>(task: Coming<T>) -> Result<T, NoResponse> {
    task.await.unwrap_or_else(|error| Err(NoResponse::Failed(error.to_string())))
}

/// All questions to one socket: who is it, then everything else at once.
async fn interview(path: PathBuf, deadline: Deadline) -> Result<Runtime, NoResponse> {
    let connection = deadline.hold(Connection::open(&path)).await?;
    let (api, version) = introduced(&connection, deadline).await?;
    let asking = Asking { connection: &connection, api, deadline };
    // All are on their way before the first answer is waited for.
    let status = asking.status();
    let driver = asking.driver();
    let sandboxes = asking.sandboxes();
    let containers = asking.containers();
    // No other runtime serves HTTP beside the CRI.
    let is_crio = version.runtime_name == "cri-o";
    let page = |target: &'static str, limit: usize| {
        is_crio.then(|| tokio::spawn(deadline.hold(http::get(path.clone(), target, limit))))
    };
    let (info, config) = (page("/info", 64 << 10), page("/config", 1 << 20));
    let sandboxes = joined(sandboxes).await.and_then(pods::whole);
    let containers = joined(containers).await.and_then(pods::whole);
    let are_ready = |all: &Vec<cri::PodSandbox>| all.iter().filter(|sandbox| sandbox.state == 0).count();
    Ok(Runtime {
        api,
        name: short(&version.runtime_name),
        version: short(&version.runtime_version),
        pods: sandboxes.as_ref().map(are_ready).map_err(NoResponse::clone),
        containers: containers.as_ref().map(|all| Containers::count(all)).map_err(NoResponse::clone),
        workloads: match (sandboxes, containers) {
            (Ok(sandboxes), Ok(containers)) => Ok(asking.ended(pods::joined(&sandboxes, containers)).await),
            (Err(silence), _) | (_, Err(silence)) => Err(silence),
        },
        status: joined(status).await.map(Status::from),
        cgroup_driver: joined(driver).await.and_then(cri::RuntimeConfigResponse::driver),
        info: text(info).await,
        config: text(config).await,
    })
}

/// Who it is, and which interface it speaks.
async fn introduced(
    connection: &Connection,
    deadline: Deadline,
) -> Result<(Api, cri::VersionResponse), NoResponse> {
    let hello = |api| {
        let request = cri::VersionRequest { version: "0.1.0".into() };
        deadline.hold(connection.clone().call::<_, cri::VersionResponse>(api, "Version", request, 64 << 10))
    };
    match hello(Api::V1).await {
        // Who knows neither is no runtime, whatever it says to the second question.
        Err(NoResponse::Unimplemented) => Ok((Api::V1Alpha2, hello(Api::V1Alpha2).await?)),
        answer => Ok((Api::V1, answer?)),
    }
}

/// An answer that is on its way.
type Coming<A> = JoinHandle<Result<A, NoResponse>>;

/// Calls of one runtime that run side by side.
struct Asking<'c> {
    connection: &'c Connection,
    api: Api,
    deadline: Deadline,
}

impl Asking<'_> {
    fn status(&self) -> Coming<cri::StatusResponse> {
        self.spawn("Status", cri::StatusRequest { verbose: true }, 1 << 20)
    }

    fn driver(&self) -> Coming<cri::RuntimeConfigResponse> {
        self.spawn("RuntimeConfig", cri::RuntimeConfigRequest {}, 64 << 10)
    }

    fn sandboxes(&self) -> Coming<cri::ListPodSandboxResponse> {
        self.spawn("ListPodSandbox", cri::ListPodSandboxRequest {}, 4 << 20)
    }

    fn containers(&self) -> Coming<cri::ListContainersResponse> {
        self.spawn("ListContainers", cri::ListContainersRequest {}, 4 << 20)
    }

    fn spawn<Q, A>(&self, method: &'static str, request: Q, limit: usize) -> Coming<A>
    where
        Q: prost::Message + Send + 'static,
        A: prost::Message + Default + Send + 'static,
    {
        let call = self.connection.clone().call::<Q, A>(self.api, method, request, limit);
        tokio::spawn(self.deadline.hold(call))
    }

    /// Pods whose containers say how they ended, where that has to be known.
    async fn ended(&self, mut pods: Vec<Pod>) -> Vec<Pod> {
        let mut asked = pods::ended(&mut pods);
        for some in asked.chunks_mut(pods::AT_ONCE) {
            let ask = |container: &&mut pods::Container| {
                let request = cri::ContainerStatusRequest { container_id: container.id.clone() };
                self.spawn::<_, cri::ContainerStatusResponse>("ContainerStatus", request, 64 << 10)
            };
            let answers: Vec<_> = some.iter().map(ask).collect();
            for (container, answer) in some.iter_mut().zip(answers) {
                // An exit that is not told is unknown: `pods::restarting` says so.
                let status = joined(answer).await.ok().and_then(|answer| answer.status);
                container.exit = status.map(|status| status.exit_code);
            }
        }
        pods
    }
}

async fn text(page: Option<Coming<Vec<u8>>>) -> Result<String, NoResponse> {
    let bytes = joined(page.ok_or(NoResponse::Unimplemented)?).await?;
    String::from_utf8(bytes).map_err(|_| NoResponse::Failed("the answer is no UTF-8".into()))
}
