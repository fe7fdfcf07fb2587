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
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::error::{HostError, Trouble};
use super::path::HostPath;
use super::tree::Kind;
use super::waiting;
use connection::Connection;
use messages as cri;

pub(super) use connection::{in_full, is_end};
pub(super) use http::page;
pub use pods::{Container, ContainerState, Pod};
pub(super) use recorded::RecordedRuntime;

/// What one socket answered, or why it gave no answer.
pub type Answer = Result<Rc<Runtime>, Silence>;

/// Why a socket, or one of the calls over it, gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// There is no such path (`ENOENT`).
    #[error("not found")]
    Missing,
    /// Something else than a socket; it was not connected to.
    #[error("is {0}, not a socket")]
    NotASocket(Kind),
    /// The rights of this process don't suffice (`EACCES`). This says nothing about the runtime.
    #[error("permission denied; run as root to ask")]
    Denied,
    /// Somebody listens, but the queue of connections is full (`EAGAIN`).
    #[error("busy: its queue of connections is full")]
    Busy,
    /// A socket without a listener, left over from a runtime that died (`ECONNREFUSED`).
    #[error("nobody listens")]
    Refused,
    /// The connection was accepted and ended before the answer was complete.
    #[error("the connection broke off before there was an answer")]
    Closed,
    /// There is no such name (`EAI_NONAME`, `EAI_NODATA`).
    #[error("nobody knows this name")]
    NameUnknown,
    /// No way leads to the address (`ENETUNREACH`, `EHOSTUNREACH`).
    #[error("no route leads there")]
    NoRoute,
    /// The deadline passed.
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// What answered doesn't speak TLS.
    #[error("what answers there doesn't speak TLS")]
    NotTls,
    /// What answered doesn't speak gRPC.
    #[error("what answers there doesn't speak gRPC")]
    NotGrpc,
    /// It speaks, but doesn't know the service or the call.
    #[error("not implemented there")]
    Unimplemented,
    /// The answer is larger than it may be; it was not read.
    #[error("the answer is larger than {limit} bytes, not read")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer lists more than any node has; what it lists says nothing about the rest.
    #[error("the answer lists more than {limit} items")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The runtime or the system says that it failed, in its own words.
    #[error("{0}")]
    Failed(String),
    /// A recording doesn't say.
    #[error("the recording doesn't say what answers there")]
    NotRecorded,
}

impl From<HostError> for Silence {
    fn from(error: HostError) -> Self {
        match error.trouble {
            Trouble::NotFound => Silence::Missing,
            Trouble::Denied => Silence::Denied,
            Trouble::NotAFile(kind) => Silence::NotASocket(kind),
            other => Silence::Failed(other.to_string()),
        }
    }
}

/// A page over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status code, 200 for a page that is there.
    pub status: u16,
    /// What it says.
    pub body: Vec<u8>,
}

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
    pub status: Result<Status, Silence>,
    /// `RuntimeConfig` (CRI-O 1.28, containerd 2.0 and later); none if the part for Linux is not set.
    pub cgroup_driver: Result<Option<CgroupDriver>, Silence>,
    /// `ListPodSandbox`: how many are ready.
    pub pods: Result<usize, Silence>,
    /// `ListContainers`.
    pub containers: Result<Containers, Silence>,
    /// `ListPodSandbox` and `ListContainers` together.
    pub workloads: Result<Vec<Pod>, Silence>,
    /// CRI-O only: `GET /info`, JSON.
    pub info: Result<String, Silence>,
    /// CRI-O only: `GET /config`, its effective configuration in TOML, all files, flags and variables merged.
    pub config: Result<String, Silence>,
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

/// A point in time, and how long it was ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    /// So long from now on.
    pub(super) fn after(within: Duration) -> Self {
        Deadline { at: Instant::now() + within, after: within }
    }

    /// How much of it is left.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// That it has passed.
    pub(super) fn passed(self) -> Silence {
        Silence::TimedOut(self.after)
    }

    /// The answer, if it comes in time.
    pub(super) async fn hold<T>(
        self,
        answer: impl Future<Output = Result<T, Silence>>,
    ) -> Result<T, Silence> {
        tokio::time::timeout_at(self.at, answer).await.unwrap_or(Err(self.passed()))
    }
}

/// Asks all sockets at once; the answers are in their order. The paths must have been seen to be sockets.
pub(super) fn ask(sockets: &[HostPath], within: Duration) -> Vec<Answer> {
    let runtime = match waiting::runtime() {
        Ok(runtime) => runtime,
        Err(reason) => return sockets.iter().map(|_| Err(Silence::Failed(reason.clone()))).collect(),
    };
    runtime.block_on(async {
        let deadline = Deadline::after(within);
        let paths = sockets.iter().map(|socket| socket.as_path().to_owned());
        let asked: Vec<JoinHandle<_>> = paths.map(|path| tokio::spawn(interview(path, deadline))).collect();
        let mut answers = Vec::with_capacity(asked.len());
        for answer in asked {
            answers.push(joined(answer).await.map(Rc::new));
        }
        answers
    })
}

/// The page of a port of the loopback interface, whatever its status; it may have at most `limit` bytes.
pub(super) fn get_loopback(
    port: u16,
    target: &'static str,
    limit: usize,
    within: Duration,
) -> Result<Page, Silence> {
    waiting::runtime().map_err(Silence::Failed)?.block_on(async {
        let deadline = Deadline::after(within);
        deadline.hold(http::get_loopback(port, target, limit)).await
    })
}

/// The answer of a task.
async fn joined<T>(task: JoinHandle<Result<T, Silence>>) -> Result<T, Silence> {
    task.await.unwrap_or_else(|error| Err(Silence::Failed(error.to_string())))
}

/// All questions to one socket: who is it, then everything else at once.
async fn interview(path: PathBuf, deadline: Deadline) -> Result<Runtime, Silence> {
    let connection = deadline.hold(Connection::open(&path)).await?;
    let hello = |api| {
        let request = cri::VersionRequest { version: "0.1.0".into() };
        deadline.hold(connection.clone().call::<_, cri::VersionResponse>(api, "Version", request, 64 << 10))
    };
    let (api, version) = match hello(Api::V1).await {
        // Who knows neither is no runtime, whatever it says to the second question.
        Err(Silence::Unimplemented) => (Api::V1Alpha2, hello(Api::V1Alpha2).await?),
        answer => (Api::V1, answer?),
    };
    let asking = Asking { connection: &connection, api, deadline };
    let status =
        asking.spawn::<_, cri::StatusResponse>("Status", cri::StatusRequest { verbose: true }, 1 << 20);
    let driver = asking.spawn::<_, cri::RuntimeConfigResponse>(
        "RuntimeConfig",
        cri::RuntimeConfigRequest {},
        64 << 10,
    );
    let sandboxes = asking.spawn::<_, cri::ListPodSandboxResponse>(
        "ListPodSandbox",
        cri::ListPodSandboxRequest {},
        4 << 20,
    );
    let containers = asking.spawn::<_, cri::ListContainersResponse>(
        "ListContainers",
        cri::ListContainersRequest {},
        4 << 20,
    );
    // No other runtime serves HTTP beside the CRI.
    let is_crio = version.runtime_name == "cri-o";
    let page = |target: &'static str, limit: usize| {
        is_crio.then(|| tokio::spawn(deadline.hold(http::get(path.clone(), target, limit))))
    };
    let (info, config) = (page("/info", 64 << 10), page("/config", 1 << 20));
    let sandboxes = joined(sandboxes).await.and_then(pods::whole);
    let containers = joined(containers).await.and_then(pods::whole);
    Ok(Runtime {
        api,
        name: short(&version.runtime_name),
        version: short(&version.runtime_version),
        pods: match &sandboxes {
            Ok(sandboxes) => Ok(sandboxes.iter().filter(|sandbox| sandbox.state == 0).count()),
            Err(silence) => Err(silence.clone()),
        },
        containers: match &containers {
            Ok(containers) => Ok(Containers::count(containers)),
            Err(silence) => Err(silence.clone()),
        },
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

/// Calls of one runtime that run side by side.
struct Asking<'c> {
    connection: &'c Connection,
    api: Api,
    deadline: Deadline,
}

impl Asking<'_> {
    fn spawn<Q, A>(&self, method: &'static str, request: Q, limit: usize) -> JoinHandle<Result<A, Silence>>
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
                let status = joined(answer).await.ok().and_then(|answer| answer.status);
                container.exit = status.map(|status| status.exit_code);
            }
        }
        pods
    }
}

async fn text(page: Option<JoinHandle<Result<Vec<u8>, Silence>>>) -> Result<String, Silence> {
    let bytes = joined(page.ok_or(Silence::Unimplemented)?).await?;
    String::from_utf8(bytes).map_err(|_| Silence::Failed("the answer is no UTF-8".into()))
}

/// As much of a text as people want to read.
pub(super) fn short(text: &str) -> String {
    text.chars().take(300).collect()
}
