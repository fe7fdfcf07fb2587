//! The API server of the cluster that a node is to join, asked as `kubeadm join` will ask it: whether a connection comes
//! about, what it tells who has no credentials, and whether that fits the token and the hashes that the user was given.
//! Nothing of this is asked unless the user has named the server.

mod cluster_info;
mod verdicts;

use std::net::IpAddr;
use std::time::Duration;

use super::Subsystems;
use super::kubeadm::syntax;
use crate::fact::{Confidence, Fact, Origin, State, Value, printable};
use crate::host::Running;
use crate::host::cri::Silence;
use crate::host::https::{Reached, Request, Unreached};
use cluster_info::{PAGE, Refusal};

/// What the name, the connection, TLS and the page together may cost.
pub const TIME_OUT: Duration = Duration::from_secs(2);
/// Cluster-info of a real cluster has 2 to 10 KB.
const LARGEST: usize = 1 << 20;
/// Where API servers listen unless they are told otherwise.
const PORT: u16 = 6443;

/// An endpoint in one spelling: `HOST:PORT`.
///
/// # Errors
/// What is wrong with it.
pub fn endpoint(text: &str) -> Result<String, String> {
    let (host, port) = syntax::host_port(text).map_err(|wrong| format!("`{}` {wrong}", printable(text)))?;
    let port = port.unwrap_or(PORT);
    Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

/// Asks the API server at an endpoint; [`fact`] says what its answer means.
///
/// # Errors
/// Why no connection came about.
pub fn ask(running: &dyn Running, endpoint: &str, within: Duration) -> Result<Reached, Unreached> {
    let Ok((host, port)) = syntax::host_port(endpoint) else { return Err(Silence::NameUnknown.into()) };
    let port = port.unwrap_or(PORT);
    running.https(Request { host, port, target: PAGE, limit: LARGEST, within })
}

/// What an answer means: `{address, ca-hashes, ca-pinned, certificate, cluster-info, connects, token, validity}`.
#[must_use]
pub fn fact(
    subsystems: &Subsystems<'_>,
    running: &dyn Running,
    endpoint: &str,
    answer: &Result<Reached, Unreached>,
) -> Fact {
    match answer {
        Ok(reached) => answered(subsystems, running, endpoint, reached),
        Err(unreached) => silent(endpoint, unreached),
    }
}

type Attributes = Vec<(&'static str, State)>;

/// What only an answer tells.
const TOLD: [&str; 5] = ["ca-hashes", "ca-pinned", "certificate", "token", "validity"];

/// No connection came about.
fn silent(endpoint: &str, unreached: &Unreached) -> Fact {
    let Unreached { why, tried } = unreached;
    let word = match why {
        Silence::NameUnknown => "name-unknown",
        Silence::NoRoute => "no-route",
        Silence::Refused => "refused",
        Silence::TimedOut(_) => "time-out",
        other => return Fact::unknown(format!("{endpoint}: {other}")),
    };
    let said = match tried.as_slice() {
        [] => why.to_string(),
        [(address, why)] if is_of(endpoint, *address) => why.to_string(),
        tried => {
            let tried = tried.iter().map(|(address, why)| format!("{address}: {why}"));
            tried.collect::<Vec<_>>().join("; ")
        }
    };
    let mut record: Attributes = vec![("address", State::Absent), ("connects", State::from(word))];
    record.extend(TOLD.map(|name| (name, State::unknown(format!("{endpoint}: {said}")))));
    record.push(("cluster-info", State::unknown(format!("{endpoint}: {said}"))));
    let fact = Fact::new(Value::record(record)).because(Origin::file(endpoint).says(said));
    // A network may be slow; who waits longer may be heard.
    if word == "time-out" { fact.at_most(Confidence::High) } else { fact }
}

/// Whether an endpoint names this very address.
fn is_of(endpoint: &str, address: IpAddr) -> bool {
    syntax::host_port(endpoint).is_ok_and(|(host, _)| host.parse() == Ok(address))
}

/// A connection came about.
fn answered(subsystems: &Subsystems<'_>, running: &dyn Running, endpoint: &str, reached: &Reached) -> Fact {
    let host = syntax::host_port(endpoint).map_or(endpoint, |(host, _)| host);
    let place = Origin::file(format!("https://{endpoint}{PAGE}"));
    let mut record: Attributes =
        vec![("address", State::from(reached.address.to_string())), ("connects", State::from("connected"))];
    match cluster_info::read(&reached.page) {
        Ok(info) => {
            record.push(("cluster-info", State::from("answers")));
            let told = verdicts::Told { info: &info, certificates: &reached.certificates, host };
            let (states, because) = told.judge(subsystems.kubeadm(), running.time(), &place);
            record.extend(TOLD.into_iter().zip(states));
            let because = if because.is_empty() { vec![place] } else { because };
            Fact::new(Value::record(record)).because_all(because)
        }
        Err(refusal) => {
            let (state, said) = match refusal {
                Refusal::Certain(word, said) => (State::from(word), said),
                Refusal::Unclear(said) => (State::unknown(format!("{place}: {said}")), said),
            };
            record.push(("cluster-info", state));
            record.extend(TOLD.map(|name| (name, State::unknown(format!("{place}: {said}")))));
            Fact::new(Value::record(record)).because(place.says(said))
        }
    }
}
