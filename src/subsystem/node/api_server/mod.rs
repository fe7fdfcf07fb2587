//! The API server of the cluster that a node is to join, asked as `kubeadm join` will ask it: whether it is reachable,
//! what it tells anonymous clients, and whether that fits the token and the hashes that the user was given.
//! Nothing of this is asked unless the user has named the server, and each server is asked once a run.

mod cluster_info;
mod given;
mod server_certificate;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason, printable};
use crate::host::NoResponse;
use crate::host::Running;
use crate::host::https::{Reached, Request, Unreached};
use crate::kubeadm::syntax;
use crate::subsystem::Subsystems;
use cluster_info::{ClusterInfo, PAGE, Refusal};

pub use cluster_info::InfoStatus;
pub use given::{ClusterAuthority, TokenStatus};
pub use server_certificate::{ServerCertificate, ServerTrust, Validity};

/// Cluster-info of a real cluster has 2 to 10 KB.
const MAX_PAGE: usize = 1 << 20;
/// Where API servers listen unless they are told otherwise.
const PORT: u16 = 6443;

/// An endpoint in one spelling: `HOST:PORT`.
///
/// # Errors
/// What is wrong with it.
pub fn endpoint(text: &str) -> Result<String, String> {
    // In brackets, an address needs no port here.
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    // Read from the text alone: with a port as kubeadm wants it, else without.
    let (host, port) = if let Ok(found) = syntax::join_endpoint(text) {
        found
    } else {
        let parted = syntax::host_port(bare).map_err(|wrong| format!("`{}` {wrong}", printable(text)))?;
        (parted.0, parted.1.unwrap_or(PORT))
    };
    let host = host.to_ascii_lowercase();
    Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

/// The servers that were asked.
#[derive(Default)]
pub struct ApiServers {
    servers: RefCell<BTreeMap<String, Rc<Server>>>,
}

/// One server, as it answered.
pub struct Server {
    /// As the user named it.
    endpoint: String,
    reached: Result<Reached, Unreached>,
    info: Result<ClusterInfo, Refusal>,
}

impl ApiServers {
    /// What the server at an endpoint answers; it is asked the first time only.
    pub fn ask(&self, running: &dyn Running, endpoint: &str) -> Rc<Server> {
        if let Some(known) = self.servers.borrow().get(endpoint) {
            return Rc::clone(known);
        }
        let reached = match syntax::join_endpoint(endpoint) {
            Ok((host, port)) => running.https(Request { host, port, target: PAGE, limit: MAX_PAGE }),
            Err(wrong) => Err(NoResponse::Failed(wrong).into()),
        };
        let info = match &reached {
            Ok(reached) => cluster_info::read(&reached.page),
            Err(unreached) => Err(Refusal::Unclear(said(unreached, endpoint))),
        };
        let server = Rc::new(Server { endpoint: endpoint.to_owned(), reached, info });
        self.servers.borrow_mut().insert(endpoint.to_owned(), Rc::clone(&server));
        server
    }
}

/// Why there is no connection, in words: for each address, where there are several or a name.
fn said(unreached: &Unreached, endpoint: &str) -> String {
    let is_named =
        |address: IpAddr| syntax::join_endpoint(endpoint).is_ok_and(|(host, _)| host.parse() == Ok(address));
    match unreached.tried.as_slice() {
        [] => unreached.why.to_string(),
        [(address, why)] if is_named(*address) => why.to_string(),
        tried => {
            let tried = tried.iter().map(|(address, why)| format!("{address}: {why}"));
            tried.collect::<Vec<_>>().join("; ")
        }
    }
}

/// How a server was reached.
#[derive(Clone, Debug)]
pub struct Reachability {
    /// Whether there was a connection.
    pub connection: Connection,
    /// Whether the server tells its CA.
    pub cluster_info: Knowledge<InfoStatus>,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It is made, to this address.
    Connected(IpAddr),
    /// The name doesn't resolve.
    NameUnknown,
    /// No route leads there.
    NoRoute,
    /// Nothing listens there.
    Refused,
    /// Nothing answers in time.
    TimedOut,
}

impl Connection {
    /// The words of the answer.
    pub const NAMES: &[&str] = &["connected", "name-unknown", "no-route", "refused", "time-out"];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Connection::Connected(_) => "connected",
            Connection::NameUnknown => "name-unknown",
            Connection::NoRoute => "no-route",
            Connection::Refused => "refused",
            Connection::TimedOut => "time-out",
        }
    }
}

impl Server {
    /// Whether there was a connection, and what the server told.
    #[must_use]
    pub fn reachability(&self) -> Answer<Reachability> {
        let why = match &self.reached {
            Ok(reached) => return self.connected(reached),
            Err(Unreached { why, .. }) => why,
        };
        let connection = match why {
            NoResponse::NameUnknown => Connection::NameUnknown,
            NoResponse::NoRoute => Connection::NoRoute,
            NoResponse::Refused => Connection::Refused,
            NoResponse::TimedOut(_) => Connection::TimedOut,
            other => return Answer::unknown(format!("{}: {other}", self.endpoint)),
        };
        let (origin, said) = self.no_answer();
        let cluster_info = Knowledge::unknown(format!("{origin}: {said}"));
        let answer = Answer::known(Reachability { connection, cluster_info }).because(origin.says(said));
        // A network may be slow; who waits longer may be heard.
        if connection == Connection::TimedOut { answer.at_most(Confidence::High) } else { answer }
    }

    fn connected(&self, reached: &Reached) -> Answer<Reachability> {
        let (origin, said) = self.no_answer();
        let cluster_info = match &self.info {
            Ok(_) => Knowledge::Known(InfoStatus::Answers),
            Err(Refusal::Certain(status, _)) => Knowledge::Known(*status),
            Err(Refusal::Unclear(_)) => Knowledge::unknown(format!("{origin}: {said}")),
        };
        // What went wrong is shown with the place; the answer has it already.
        let origin = if self.info.is_ok() { origin } else { origin.says(said) };
        let connection = Connection::Connected(reached.address);
        Answer::known(Reachability { connection, cluster_info }).because(origin)
    }

    /// The place that was asked, and why it told nothing of its cluster.
    fn no_answer(&self) -> (Origin, String) {
        let said = match &self.info {
            Ok(_) => String::new(),
            Err(Refusal::Certain(_, said) | Refusal::Unclear(said)) => said.clone(),
        };
        // Only the place that is shown depends on it.
        let origin = if self.reached.is_ok() { self.page() } else { Origin::file(&self.endpoint) };
        (origin, said)
    }

    /// The place of what the server tells.
    fn page(&self) -> Origin {
        Origin::file(format!("https://{}{PAGE}", self.endpoint))
    }

    /// What the cluster tells newcomers.
    fn info(&self) -> Result<&ClusterInfo, Reason> {
        self.info.as_ref().map_err(|_| {
            let (origin, said) = self.no_answer();
            format!("{origin}: {said}").into()
        })
    }

    /// The certificates of the cluster's CA in DER.
    fn authorities(&self) -> Result<&[Vec<u8>], Reason> {
        let authorities = self.info()?.authorities.as_deref();
        authorities.map_err(|wrong| format!("{}: {wrong}", self.page()).into())
    }

    /// The cluster's CA, beside the hashes that the user was given.
    #[must_use]
    pub fn authority(&self, subsystems: &Subsystems<'_>) -> Answer<ClusterAuthority> {
        given::authority(self, subsystems.kubeadm()).unwrap_or_else(Answer::unknown)
    }

    /// Whether the cluster knows the token; absent if the user was given none.
    #[must_use]
    pub fn token(&self, subsystems: &Subsystems<'_>) -> Answer<TokenStatus> {
        given::token(self, subsystems.kubeadm()).unwrap_or_else(Answer::unknown)
    }

    /// The server's certificate.
    #[must_use]
    pub fn certificate(&self, running: &dyn Running) -> Answer<ServerCertificate> {
        server_certificate::judge(self, running.time().required()).unwrap_or_else(Answer::unknown)
    }
}
