//! The API server of the cluster that a node is to join, asked as `kubeadm join` will ask it: whether a connection comes
//! about, what it tells who has no credentials, and whether that fits the token and the hashes that the user was given.
//! Nothing of this is asked unless the user has named the server, and each server is asked once a run.

mod cluster_info;
mod given;
mod server_certificate;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use crate::fact::{Confidence, Fact, Origin, State, Value, printable};
use crate::host::NoResponse;
use crate::host::Running;
use crate::host::https::{Reached, Request, Unreached};
use crate::kubeadm::syntax;
use crate::subsystem::Subsystems;
use cluster_info::{ClusterInfo, PAGE, Refusal};

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

/// The servers that were asked.
#[derive(Default)]
pub struct ApiServers {
    answers: RefCell<BTreeMap<String, Rc<Answer>>>,
}

/// What one server answered.
pub struct Answer {
    /// As the user named it.
    endpoint: String,
    reached: Result<Reached, Unreached>,
    info: Result<ClusterInfo, Refusal>,
}

impl ApiServers {
    /// What the server at an endpoint answers; it is asked the first time only.
    pub fn ask(&self, running: &dyn Running, endpoint: &str) -> Rc<Answer> {
        if let Some(known) = self.answers.borrow().get(endpoint) {
            return Rc::clone(known);
        }
        let reached = match syntax::host_port(endpoint) {
            Ok((host, port)) => {
                let port = port.unwrap_or(PORT);
                running.https(Request { host, port, target: PAGE, limit: LARGEST })
            }
            Err(wrong) => Err(NoResponse::Failed(wrong).into()),
        };
        let info = match &reached {
            Ok(reached) => cluster_info::read(&reached.page),
            Err(unreached) => Err(Refusal::Unclear(said(unreached, endpoint))),
        };
        let answer = Rc::new(Answer { endpoint: endpoint.to_owned(), reached, info });
        self.answers.borrow_mut().insert(endpoint.to_owned(), Rc::clone(&answer));
        answer
    }
}

/// Why no connection came about, in words: for each address, where there are several or a name.
fn said(unreached: &Unreached, endpoint: &str) -> String {
    let is_named =
        |address: IpAddr| syntax::host_port(endpoint).is_ok_and(|(host, _)| host.parse() == Ok(address));
    match unreached.tried.as_slice() {
        [] => unreached.why.to_string(),
        [(address, why)] if is_named(*address) => why.to_string(),
        tried => {
            let tried = tried.iter().map(|(address, why)| format!("{address}: {why}"));
            tried.collect::<Vec<_>>().join("; ")
        }
    }
}

impl Answer {
    /// `{address, cluster-info, connects}`
    #[must_use]
    pub fn reached(&self) -> Fact {
        let Unreached { why, .. } = match &self.reached {
            Ok(reached) => return self.connected(reached),
            Err(unreached) => unreached,
        };
        let word = match why {
            NoResponse::NameUnknown => "name-unknown",
            NoResponse::NoRoute => "no-route",
            NoResponse::Refused => "refused",
            NoResponse::TimedOut(_) => "time-out",
            other => return Fact::unknown(format!("{}: {other}", self.endpoint)),
        };
        let (origin, said) = self.told();
        let record = Value::record([
            ("address", State::Absent),
            ("cluster-info", State::unknown(format!("{origin}: {said}"))),
            ("connects", State::from(word)),
        ]);
        let fact = Fact::new(record).because(origin.says(said));
        // A network may be slow; who waits longer may be heard.
        if word == "time-out" { fact.at_most(Confidence::High) } else { fact }
    }

    fn connected(&self, reached: &Reached) -> Fact {
        let (origin, said) = self.told();
        let info = match &self.info {
            Ok(_) => State::from("answers"),
            Err(Refusal::Certain(word, _)) => State::from(*word),
            Err(Refusal::Unclear(_)) => State::unknown(format!("{origin}: {said}")),
        };
        let origin = if self.info.is_ok() { origin } else { origin.says(said) };
        let record = Value::record([
            ("address", State::from(reached.address.to_string())),
            ("cluster-info", info),
            ("connects", State::from("connected")),
        ]);
        Fact::new(record).because(origin)
    }

    /// The place that was asked, and why it told nothing of its cluster.
    fn told(&self) -> (Origin, String) {
        let said = match &self.info {
            Ok(_) => String::new(),
            Err(Refusal::Certain(_, said) | Refusal::Unclear(said)) => said.clone(),
        };
        let origin = if self.reached.is_ok() { self.page() } else { Origin::file(&self.endpoint) };
        (origin, said)
    }

    /// The place of what the server tells.
    fn page(&self) -> Origin {
        Origin::file(format!("https://{}{PAGE}", self.endpoint))
    }

    /// What the cluster tells newcomers; unknown if it doesn't.
    fn info(&self) -> Result<&ClusterInfo, Fact> {
        self.info.as_ref().map_err(|_| {
            let (origin, said) = self.told();
            Fact::unknown(format!("{origin}: {said}"))
        })
    }

    /// The certificates of the cluster's CA in DER; unknown if it doesn't tell them.
    fn authorities(&self) -> Result<&[Vec<u8>], Fact> {
        let authorities = self.info()?.authorities.as_deref();
        authorities.map_err(|wrong| Fact::unknown(format!("{}: {wrong}", self.page())))
    }

    /// `{hashes, pinned}` of the cluster's CA.
    #[must_use]
    pub fn ca(&self, subsystems: &Subsystems<'_>) -> Fact {
        given::ca(self, subsystems.kubeadm()).unwrap_or_else(|unknown| unknown)
    }

    /// Whether the cluster knows the token.
    #[must_use]
    pub fn token(&self, subsystems: &Subsystems<'_>) -> Fact {
        given::token(self, subsystems.kubeadm()).unwrap_or_else(|unknown| unknown)
    }

    /// `{trust, validity}` of the server's certificate.
    #[must_use]
    pub fn certificate(&self, running: &dyn Running) -> Fact {
        server_certificate::judge(self, running.time()).unwrap_or_else(|unknown| unknown)
    }
}
