//! `cri`: the container runtime as it answers on its socket.

use super::{Attribute, Key, KeyKind, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value};
use crate::host::Silence;
use crate::host::cri::{Condition, Runtime};
use crate::subsystem::Subsystems;
use crate::subsystem::node::pods;
use crate::subsystem::runtime::cri::{Chosen, cgroup_driver, sandbox_image, socket_path};

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
        Attribute {
            name: "answering",
            shape: Shape::List(&Shape::Text),
            summary: "Those of `sockets` at which a runtime answers.",
        },
        Attribute {
            name: "api",
            shape: Shape::Word(&["v1", "v1alpha2"]),
            summary: "The newest version of the CRI that it speaks; the kubelet needs v1 from 1.26 on.",
        },
        Attribute {
            name: "cgroup_driver",
            shape: Shape::Word(&["systemd", "cgroupfs"]),
            summary: "How it makes cgroups: from `RuntimeConfig`, `/info` or the verbose `Status`.",
        },
        Attribute {
            name: "conditions",
            shape: Shape::Any,
            summary: "Each condition of `Status`, and whether it holds.",
        },
        Attribute { name: "containers", shape: Shape::Integer, summary: "How many containers run." },
        Attribute {
            name: "network_ready",
            shape: Shape::Bool,
            summary: "Whether the condition NetworkReady holds.",
        },
        Attribute { name: "pods", shape: Shape::Integer, summary: "How many pod sandboxes are ready." },
        Attribute {
            name: "reachable",
            shape: Shape::Word(&[
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
            summary: "Whether it answers; else how it doesn't.",
        },
        Attribute { name: "ready", shape: Shape::Bool, summary: "Whether the condition RuntimeReady holds." },
        Attribute {
            name: "restarting",
            shape: Shape::List(&Shape::Text),
            summary: "Containers of ready pods of the cluster itself (kube-system, namespaces of pod networks) that fail again and \
                      again: the newest attempt did not begin with its pod, and ended with another code than 0 (the fifth or \
                      later; from the second on, if it began within 10 minutes), or is the fifth or later and began within \
                      10 minutes.",
        },
        Attribute {
            name: "restarts",
            shape: Shape::Integer,
            summary: "How often the container was started again that was so most often.",
        },
        Attribute { name: "runtime", shape: Shape::Text, summary: "Its name: `cri-o`, `containerd`." },
        Attribute {
            name: "sandbox_image",
            shape: Shape::Text,
            summary: "Its pause image, where it says so.",
        },
        Attribute { name: "socket", shape: Shape::Text, summary: "The socket that was asked." },
        Attribute {
            name: "sockets",
            shape: Shape::List(&Shape::Text),
            summary: "All sockets of runtimes that are there.",
        },
        Attribute {
            name: "system_pods",
            shape: Shape::List(&Shape::Text),
            summary: "The pods of kube-system that are ready, by name.",
        },
        Attribute {
            name: "system_pods_down",
            shape: Shape::List(&Shape::Text),
            summary: "Those pods of the control plane, of kube-proxy and of CoreDNS that are here and not ready, or without a \
                      container that runs.",
        },
        Attribute { name: "version", shape: Shape::Version, summary: "Its version." },
    ]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown("nothing is running here") };
    let cri = subsystems.cri();
    let socket = (!key.is_none()).then(|| key.as_str());
    let chosen = match cri.choose(subsystems, running, socket) {
        Ok(chosen) => chosen,
        Err(notes) => return notes.into_iter().fold(Fact::absent(), Fact::note),
    };
    let (there, answering) = cri.sockets();
    let others: Vec<&String> = answering.iter().filter(|socket| **socket != chosen.socket).collect();
    let fact = match &chosen.answer {
        Ok(runtime) => answered(&chosen, runtime, running.time().ok(), &there, &answering),
        Err(silence) => {
            let fact = silent(&chosen, silence, &there, &answering);
            match others.first() {
                Some(other) => fact.note(format!("a runtime answers at {other}")),
                None => fact,
            }
        }
    };
    chosen.notes.iter().fold(fact.because_all(chosen.because.clone()), Fact::note)
}

fn silent(chosen: &Chosen, silence: &Silence, there: &[String], answering: &[String]) -> Fact {
    let origin = Origin::file(&chosen.socket).says(silence.to_string());
    let Some(word) = word(silence) else {
        return match silence {
            Silence::Missing => Fact::absent().because(origin),
            _ => Fact::unknown(format!("{}: {silence}", chosen.socket)).because(origin),
        };
    };
    let mut record = common(word, chosen, there, answering);
    let Shape::Record(attributes) = PROBE.answer else { return Fact::unknown("no record") };
    for attribute in attributes {
        let known = record.iter().any(|(name, _)| *name == attribute.name);
        if !known {
            record.push((attribute.name, State::unknown(silence.to_string())));
        }
    }
    let fact = Fact::new(Value::record(record)).because(origin).note(format!("{}: {silence}", chosen.socket));
    // Busy machines are slow; those that wait longer may hear more.
    if matches!(silence, Silence::TimedOut(_) | Silence::Busy) {
        fact.at_most(Confidence::High)
    } else {
        fact
    }
}

/// None for what says nothing about a runtime.
fn word(silence: &Silence) -> Option<&'static str> {
    match silence {
        Silence::Missing | Silence::Denied | Silence::NotRecorded => None,
        Silence::NotASocket(_) => Some("not-a-socket"),
        Silence::Busy => Some("busy"),
        Silence::Refused => Some("refused"),
        Silence::Closed => Some("closed"),
        Silence::TimedOut(_) => Some("time-out"),
        Silence::NotGrpc => Some("not-grpc"),
        Silence::Unimplemented => Some("no-runtime"),
        Silence::NameUnknown
        | Silence::NoRoute
        | Silence::NotTls
        | Silence::TooLarge { .. }
        | Silence::TooMany { .. }
        | Silence::Failed(_) => Some("failed"),
    }
}

type Attributes = Vec<(&'static str, State)>;

fn common(word: &str, chosen: &Chosen, there: &[String], answering: &[String]) -> Attributes {
    vec![
        ("reachable", State::from(word)),
        ("socket", State::from(chosen.socket.as_str())),
        ("sockets", State::from(Value::list(there.iter().cloned()))),
        ("answering", State::from(Value::list(answering.iter().cloned()))),
    ]
}

fn answered(
    chosen: &Chosen,
    runtime: &Runtime,
    now: Option<u64>,
    there: &[String],
    answering: &[String],
) -> Fact {
    let says = |text: String| Origin::file(&chosen.socket).says(text);
    let api = runtime.api.name();
    let mut because = vec![says(format!("Version: {} {}, CRI {api}", runtime.name, runtime.version))];
    let mut notes = Vec::new();
    let mut record = common("answers", chosen, there, answering);
    let unknown = |call: &str, silence: &Silence| State::unknown(format!("{call}: {silence}"));
    record.extend([
        ("runtime", State::from(runtime.name.as_str())),
        ("version", State::from(runtime.version.as_str())),
        ("api", State::from(api)),
        ("sandbox_image", sandbox_image(runtime).map_or(State::Absent, State::from)),
    ]);
    match &runtime.status {
        Ok(status) => {
            let holds = status.conditions.iter().map(|found| (found.kind.clone(), State::from(found.holds)));
            let failing: Vec<&Condition> = status.conditions.iter().filter(|found| !found.holds).collect();
            notes.extend(failing.iter().map(|found| {
                format!("{} doesn't hold: {} {}", found.kind, found.reason, found.message)
                    .trim_end()
                    .to_owned()
            }));
            let failing: Vec<&str> = failing.iter().map(|found| found.kind.as_str()).collect();
            because.push(says(match failing.as_slice() {
                [] => "Status: all conditions hold".to_owned(),
                failing => format!("Status: {} doesn't hold", failing.join(", ")),
            }));
            record.extend([
                ("conditions", State::from(Value::record(holds))),
                ("ready", condition(&status.conditions, "RuntimeReady")),
                ("network_ready", condition(&status.conditions, "NetworkReady")),
            ]);
        }
        Err(silence) => {
            record.extend(
                ["conditions", "ready", "network_ready"].map(|name| (name, unknown("Status", silence))),
            );
        }
    }
    match cgroup_driver(runtime) {
        Ok((driver, call)) => {
            because.push(says(format!("{call}: cgroup driver {driver}")));
            record.push(("cgroup_driver", State::from(driver)));
        }
        Err(reason) => record.push(("cgroup_driver", State::unknown(reason))),
    }
    match &runtime.pods {
        Ok(pods) => {
            because.push(says(format!("ListPodSandbox: {pods} ready")));
            record.push(("pods", integer(*pods)));
        }
        Err(silence) => record.push(("pods", unknown("ListPodSandbox", silence))),
    }
    match &runtime.containers {
        Ok(containers) => {
            because.push(says(format!("ListContainers: {} running", containers.running)));
            record.push(("containers", integer(containers.running)));
            record.push(("restarts", State::from(i64::from(containers.most_restarts))));
        }
        Err(silence) => {
            record.extend(["containers", "restarts"].map(|name| (name, unknown("ListContainers", silence))));
        }
    }
    match &runtime.workloads {
        Ok(found) => {
            let now = now.and_then(|now| i64::try_from(now).ok());
            let list = |names: Vec<String>| State::Known(Value::list(names));
            record.extend([
                ("restarting", pods::restarting(found, now).map_or_else(State::unknown, list)),
                ("system_pods", list(pods::system(found))),
                ("system_pods_down", list(pods::system_down(found))),
            ]);
        }
        Err(silence) => {
            let names = ["restarting", "system_pods", "system_pods_down"];
            record.extend(names.map(|name| (name, unknown("ListPodSandbox, ListContainers", silence))));
        }
    }
    let fact = Fact::new(Value::record(record)).because_all(because);
    notes.into_iter().fold(fact, Fact::note)
}

/// Whether a condition holds; absent if the runtime doesn't have it.
fn condition(conditions: &[Condition], kind: &str) -> State {
    let mut found = conditions.iter().filter(|condition| condition.kind == kind).peekable();
    if found.peek().is_none() { State::Absent } else { State::from(found.all(|condition| condition.holds)) }
}

fn integer(count: usize) -> State {
    State::from(i64::try_from(count).unwrap_or(i64::MAX))
}
