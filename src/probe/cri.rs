//! `cri`: the container runtime as it answers on its socket.

use super::{Attribute, Key, KeyKind, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment, Origin, Reason, State, Value};
use crate::host::cri::{Condition, ContainerState, Pod, Runtime, Status};
use crate::host::{NoResponse, Read, Running};
use crate::subsystem::Subsystems;
use crate::subsystem::node::pods::{self, ClusterContainer};
use crate::subsystem::runtime::cri::{Chosen, Sockets, cgroup_driver, sandbox_image, socket_path};

const ANSWERING: Attribute =
    Attribute::new("answering", Shape::List(&Shape::Text), "Those of `sockets` at which a runtime answers.");
const API: Attribute = Attribute::new(
    "api",
    Shape::Word(&["v1", "v1alpha2"]),
    "The newest version of the CRI that it speaks; the kubelet needs v1 from 1.26 on.",
);
const CGROUP_DRIVER: Attribute = Attribute::new(
    "cgroup_driver",
    Shape::Word(&["systemd", "cgroupfs"]),
    "How it makes cgroups: from `RuntimeConfig`, `/info` or the verbose `Status`.",
)
.spelt("cgroup-driver");
const CLUSTER_CONTAINERS: Attribute = Attribute::new(
    "cluster-containers",
    Shape::List(&Shape::Record(&[AGE, ATTEMPT, CONTAINER, DELAY, EXIT, NAMESPACE, POD, STATE])),
    "The containers of ready pods of the cluster itself (kube-system, namespaces of pod networks), the newest attempt of \
                      each: age, attempt, container, delay, exit, namespace, pod, state.",
);
const AGE: Attribute = Attribute::new(
    "age",
    Shape::Integer,
    "How many seconds ago it was made; absent if the runtime doesn't say.",
);
const ATTEMPT: Attribute = Attribute::new("attempt", Shape::Integer, "How often it was started again.");
const CONTAINER: Attribute = Attribute::new("container", Shape::Text, "Its name in the pod.");
const DELAY: Attribute = Attribute::new(
    "delay",
    Shape::Integer,
    "How many seconds after its pod it was made; absent if the runtime doesn't say.",
);
const EXIT: Attribute =
    Attribute::new("exit", Shape::Integer, "The code with which it ended; absent if it hasn't.");
const NAMESPACE: Attribute = Attribute::new("namespace", Shape::Text, "The namespace of its pod.");
const POD: Attribute = Attribute::new("pod", Shape::Text, "The name of its pod.");
const STATE: Attribute =
    Attribute::new("state", Shape::Word(&["created", "exited", "running", "unknown"]), "What it does.");
const CONDITIONS: Attribute =
    Attribute::new("conditions", Shape::Any, "Each condition of `Status`, and whether it holds.");
const CONTAINERS: Attribute = Attribute::new("containers", Shape::Integer, "How many containers run.");
const NETWORK_READY: Attribute =
    Attribute::new("network_ready", Shape::Bool, "Whether the condition NetworkReady holds.")
        .phrase("network-ready")
        .spelt("network-ready");
const PODS: Attribute = Attribute::new("pods", Shape::Integer, "How many pod sandboxes are ready.");
const REACHABLE: Attribute = Attribute::new(
    "reachable",
    Shape::Word(&[
        "answers",
        "busy",
        "closed",
        "failed",
        "no-runtime",
        "not-a-socket",
        "not-grpc",
        "refused",
        "time-out",
    ]),
    "Whether it answers; else how it doesn't.",
);
const READY: Attribute = Attribute::new("ready", Shape::Bool, "Whether the condition RuntimeReady holds.");
const RESTARTING: Attribute = Attribute::new(
    "restarting",
    Shape::List(&Shape::Text),
    "Containers of ready pods of the cluster itself (kube-system, namespaces of pod networks) that fail again and \
                      again: the newest attempt did not begin with its pod, and ended with another code than 0 (the fifth or \
                      later; from the second on, if it began within 10 minutes), or is the fifth or later and began within \
                      10 minutes.",
);
const RESTARTS: Attribute = Attribute::new(
    "restarts",
    Shape::Integer,
    "How often the container was started again that was so most often.",
);
const RUNTIME: Attribute = Attribute::new("runtime", Shape::Text, "Its name: `cri-o`, `containerd`.");
const SANDBOX_IMAGE: Attribute =
    Attribute::new("sandbox_image", Shape::Text, "Its pause image, where it says so.").spelt("sandbox-image");
const SOCKET: Attribute = Attribute::new("socket", Shape::Text, "The socket that was asked.");
const SOCKETS: Attribute =
    Attribute::new("sockets", Shape::List(&Shape::Text), "All sockets of runtimes that are there.");
const SYSTEM_PODS: Attribute = Attribute::new(
    "system_pods",
    Shape::List(&Shape::Text),
    "The pods of kube-system that are ready, by name.",
)
.spelt("system-pods");
const SYSTEM_PODS_DOWN: Attribute = Attribute::new(
    "system_pods_down",
    Shape::List(&Shape::Text),
    "Those pods of the control plane, of kube-proxy and of CoreDNS that are here and not ready, or without a \
                      container that runs.",
)
.spelt("system-pods-down");
const VERSION: Attribute = Attribute::new("version", Shape::Version, "Its version.");

pub(super) static PROBE: Probe = Probe {
    name: "cri",
    summary: "The container runtime, asked over its socket.",
    details: "Now: `Version`, `Status`, `RuntimeConfig`, `ListPodSandbox` and `ListContainers` of the CRI (and \
              `ContainerStatus` of at most 16 containers that were started again and have ended), and CRI-O's pages `/info` and `/config`. Asked are, together and for at most 2 seconds, the sockets of the kubelet's \
              `containerRuntimeEndpoint`, of CRI-O's `listen`, of CRI-O, containerd and cri-dockerd where they are by \
              default, and the key. Without a key, the answer is that of the kubelet's endpoint, else of the first \
              socket that answers, else of the first that is there. Absent if the socket isn't there; unknown without \
              the right to connect. What one call didn't tell is unknown by itself. No runtime can be asked about the \
              next boot: ask for the service, `crio:KEY` and `kubelet:KEY` instead.",
    key: KeySyntax::Optional(&KeyKind { noun: "socket", canonical: socket_path }),
    answer: Shape::Record(&[
        ANSWERING,
        API,
        CGROUP_DRIVER,
        CLUSTER_CONTAINERS,
        CONDITIONS,
        CONTAINERS,
        NETWORK_READY,
        PODS,
        REACHABLE,
        READY,
        RESTARTING,
        RESTARTS,
        RUNTIME,
        SANDBOX_IMAGE,
        SOCKET,
        SOCKETS,
        SYSTEM_PODS,
        SYSTEM_PODS_DOWN,
        VERSION,
    ]),
    moments: NOW,
    examples: &[],
    ask,
};

/// Names the sockets that will be asked about: those that hang together cost the time of one.
pub(super) fn prepare<'k>(subsystems: &Subsystems<'_>, keys: impl Iterator<Item = &'k Key>) {
    subsystems.cri().announce(keys.filter(|key| !key.is_none()).map(Key::as_str));
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let cri = subsystems.cri();
    let candidates = subsystems.kubelet().candidates(subsystems);
    cri.announce(candidates.sockets());
    let chosen = if key.is_none() {
        match cri.choose(running, candidates) {
            Ok(chosen) => chosen,
            Err(notes) => return notes.into_iter().fold(Fact::absent(), Fact::note),
        }
    } else {
        let socket = key.as_str().to_owned();
        Chosen { answer: cri.answer(running, &socket), socket, because: Vec::new(), notes: Vec::new() }
    };
    let sockets = cri.sockets();
    let mut others = sockets.answering.iter().filter(|socket| **socket != chosen.socket);
    let fact = match &chosen.answer {
        Ok(runtime) => answered(&chosen, runtime, clock(running), &sockets),
        Err(silence) => {
            let fact = silent(&chosen, silence, &sockets);
            match others.next() {
                Some(other) => fact.note(format!("a runtime answers at {other}")),
                None => fact,
            }
        }
    };
    chosen.notes.iter().fold(fact.because_all(chosen.because.clone()), Fact::note)
}

fn silent(chosen: &Chosen, silence: &NoResponse, sockets: &Sockets) -> Fact {
    let origin = Origin::file(&chosen.socket).says(silence.to_string());
    let Some(word) = word(silence) else {
        return match silence {
            NoResponse::Missing => Fact::absent().because(origin),
            _ => Fact::unknown(format!("{}: {silence}", chosen.socket)).because(origin),
        };
    };
    let mut record = common(word, chosen, sockets);
    let Shape::Record(attributes) = PROBE.answer else { return Fact::unknown("no record") };
    for attribute in attributes {
        let known = record.iter().any(|(name, _)| *name == attribute.name);
        if !known {
            record.push(attribute.is(State::unknown(silence.to_string())));
        }
    }
    let fact = Fact::new(Value::record(record)).because(origin).note(format!("{}: {silence}", chosen.socket));
    // Busy machines are slow; those that wait longer may hear more.
    if matches!(silence, NoResponse::TimedOut(_) | NoResponse::Busy) {
        fact.at_most(Confidence::High)
    } else {
        fact
    }
}

/// None for what says nothing about a runtime.
fn word(silence: &NoResponse) -> Option<&'static str> {
    match silence {
        NoResponse::Missing
        | NoResponse::Denied
        | NoResponse::Hidden(_)
        | NoResponse::NotRecorded
        | NoResponse::OutOfTime(_) => None,
        NoResponse::NotASocket(_) => Some("not-a-socket"),
        NoResponse::Busy => Some("busy"),
        NoResponse::Refused => Some("refused"),
        NoResponse::Closed => Some("closed"),
        NoResponse::TimedOut(_) => Some("time-out"),
        NoResponse::NotGrpc => Some("not-grpc"),
        NoResponse::Unimplemented => Some("no-runtime"),
        NoResponse::NameUnknown
        | NoResponse::NoRoute
        | NoResponse::NotTls
        | NoResponse::TooLarge { .. }
        | NoResponse::TooMany { .. }
        | NoResponse::Failed(_) => Some("failed"),
    }
}

type Attributes = Vec<(&'static str, State)>;

fn common(word: &str, chosen: &Chosen, sockets: &Sockets) -> Attributes {
    let list = |names: &[String]| match &sockets.hidden {
        Some(reason) => State::unknown(reason.as_str()),
        None => State::from(Value::list(names.iter().cloned())),
    };
    vec![
        REACHABLE.is(word),
        SOCKET.is(chosen.socket.as_str()),
        SOCKETS.is(list(&sockets.there)),
        ANSWERING.is(list(&sockets.answering)),
    ]
}

/// The answers of a runtime, put together call by call.
struct Answered<'c> {
    chosen: &'c Chosen,
    record: Attributes,
    because: Vec<Origin>,
    notes: Vec<String>,
}

fn answered(chosen: &Chosen, runtime: &Runtime, now: Option<i64>, sockets: &Sockets) -> Fact {
    let record = common("answers", chosen, sockets);
    let mut answered = Answered { chosen, record, because: Vec::new(), notes: Vec::new() };
    answered.version(runtime);
    answered.status(&runtime.status);
    answered.cgroup_driver(runtime);
    answered.counts(runtime);
    answered.workloads(&runtime.workloads, now);
    let Answered { record, because, notes, .. } = answered;
    let fact = Fact::new(Value::record(record)).because_all(because);
    notes.into_iter().fold(fact, Fact::note)
}

impl Answered<'_> {
    fn says(&mut self, text: String) {
        self.because.push(Origin::file(&self.chosen.socket).says(text));
    }

    /// What a call would have told is unknown.
    fn no_response<const N: usize>(&mut self, call: &str, why: &NoResponse, attributes: [Attribute; N]) {
        self.record
            .extend(attributes.map(|attribute| attribute.is(State::unknown(format!("{call}: {why}")))));
    }

    fn version(&mut self, runtime: &Runtime) {
        let api = runtime.api.name();
        self.says(format!("Version: {} {}, CRI {api}", runtime.name, runtime.version));
        self.record.extend([
            RUNTIME.is(runtime.name.as_str()),
            VERSION.is(runtime.version.as_str()),
            API.is(api),
            SANDBOX_IMAGE.is(sandbox_image(runtime).map_or(State::Absent, State::from)),
        ]);
    }

    fn status(&mut self, status: &Result<Status, NoResponse>) {
        let conditions = match status {
            Ok(status) => &status.conditions,
            Err(why) => return self.no_response("Status", why, [CONDITIONS, READY, NETWORK_READY]),
        };
        let failing: Vec<&Condition> = conditions.iter().filter(|found| !found.holds).collect();
        self.notes.extend(failing.iter().map(|found| {
            let note = format!("{} doesn't hold: {} {}", found.kind, found.reason, found.message);
            note.trim_end().to_owned()
        }));
        let failing: Vec<&str> = failing.iter().map(|found| found.kind.as_str()).collect();
        self.says(match failing.as_slice() {
            [] => "Status: all conditions hold".to_owned(),
            failing => format!("Status: {} doesn't hold", failing.join(", ")),
        });
        let holds = conditions.iter().map(|found| (found.kind.clone(), State::from(found.holds)));
        self.record.extend([
            CONDITIONS.is(Value::record(holds)),
            READY.is(condition(conditions, "RuntimeReady")),
            NETWORK_READY.is(condition(conditions, "NetworkReady")),
        ]);
    }

    fn cgroup_driver(&mut self, runtime: &Runtime) {
        match cgroup_driver(runtime) {
            Ok((driver, call)) => {
                self.says(format!("{call}: cgroup driver {driver}"));
                self.record.push(CGROUP_DRIVER.is(driver));
            }
            Err(reason) => self.record.push(CGROUP_DRIVER.is(State::unknown(reason))),
        }
    }

    fn counts(&mut self, runtime: &Runtime) {
        match &runtime.pods {
            Ok(pods) => {
                self.says(format!("ListPodSandbox: {pods} ready"));
                self.record.push(PODS.is(integer(*pods)));
            }
            Err(why) => self.no_response("ListPodSandbox", why, [PODS]),
        }
        match &runtime.containers {
            Ok(containers) => {
                self.says(format!("ListContainers: {} running", containers.running));
                self.record.push(CONTAINERS.is(integer(containers.running)));
                self.record.push(RESTARTS.is(i64::from(containers.most_restarts)));
            }
            Err(why) => self.no_response("ListContainers", why, [CONTAINERS, RESTARTS]),
        }
    }

    fn workloads(&mut self, workloads: &Result<Vec<Pod>, NoResponse>, now: Option<i64>) {
        let of_pods = [CLUSTER_CONTAINERS, RESTARTING, SYSTEM_PODS, SYSTEM_PODS_DOWN];
        let pods = match workloads {
            Ok(pods) => pods,
            Err(why) => return self.no_response("ListPodSandbox, ListContainers", why, of_pods),
        };
        let list = |names: Vec<String>| State::Known(Value::list(names));
        let of_cluster = pods::of_cluster(pods, now).iter().map(container).collect();
        self.record.extend([
            CLUSTER_CONTAINERS.is(Value::List(of_cluster)),
            RESTARTING.is(pods::restarting(pods, now).map_or_else(State::unknown, list)),
            SYSTEM_PODS.is(list(pods::system(pods))),
            SYSTEM_PODS_DOWN.is(list(pods::system_down(pods))),
        ]);
    }
}

fn container(found: &ClusterContainer<'_>) -> Value {
    let state = match found.container.state {
        ContainerState::Created => "created",
        ContainerState::Running => "running",
        ContainerState::Exited => "exited",
        ContainerState::Unknown => "unknown",
    };
    Value::record([
        AGE.is(found.age.clone().map(Value::from)),
        ATTEMPT.is(i64::from(found.container.attempt)),
        CONTAINER.is(found.container.name.as_str()),
        DELAY.is(found.delay.map_or(State::Absent, State::from)),
        EXIT.is(found.exit.clone().map(|code| Value::from(i64::from(code)))),
        NAMESPACE.is(found.pod.namespace.as_str()),
        POD.is(found.pod.name.as_str()),
        STATE.is(state),
    ])
}

/// What time it is; without a clock, `pods::restarting` says what it can't tell.
fn clock(running: &dyn Running) -> Option<i64> {
    match running.time() {
        Read::There(now) => Some(i64::try_from(now).unwrap_or(i64::MAX)),
        // An age that nobody tells is unknown there.
        Read::Missing(_) | Read::Hidden(_) => None,
    }
}

/// Whether a condition holds; absent if the runtime doesn't have it.
fn condition(conditions: &[Condition], kind: &str) -> State {
    let mut found = conditions.iter().filter(|condition| condition.kind == kind).peekable();
    if found.peek().is_none() { State::Absent } else { State::from(found.all(|condition| condition.holds)) }
}

fn integer(count: usize) -> State {
    State::from(i64::try_from(count).unwrap_or(i64::MAX))
}
