//! A page of a server on the network, over HTTPS. This is the only room of the program from which a packet leaves the
//! host, and nobody comes here unless the user has named the server. One deadline holds for everything: the name, the
//! connection, TLS and the page.

mod recorded;
mod resolve;
mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::deadline::{self, Deadline};
use super::http::{self, HttpResponse};
use super::no_response::{NoResponse, in_full};

pub(super) use recorded::RecordedServer;

/// What is asked of whom.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// A name, or an address without brackets.
    pub host: &'r str,
    /// The port.
    pub port: u16,
    /// The path of the page.
    pub target: &'static str,
    /// How many bytes the page may have at most.
    pub limit: usize,
}

/// A server that a connection came about with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which of the host's addresses it was.
    pub address: IpAddr,
    /// The certificates that it showed, in DER, its own first; it has the key of that one. Nobody has checked who issued
    /// them.
    pub certificates: Vec<Vec<u8>>,
    /// The page, whatever its status, or why there is none.
    pub page: Result<HttpResponse, NoResponse>,
}

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The reason for all addresses together.
    pub why: NoResponse,
    /// Each address that was tried, with its own reason.
    pub tried: Vec<(IpAddr, NoResponse)>,
}

impl From<NoResponse> for Unreached {
    fn from(why: NoResponse) -> Self {
        Unreached { why, tried: Vec::new() }
    }
}

/// Asks for a page. Redirections are not followed, no proxy is used, nothing is told of the user.
pub(super) fn get(request: Request<'_>, deadline: Deadline) -> Result<Reached, Unreached> {
    let addresses = resolve::addresses(request.host, request.port, deadline)?;
    let resolved = deadline.left();
    deadline::runtime().map_err(NoResponse::Failed)?.block_on(async {
        let connected = connect(&addresses, deadline).await;
        let (address, stream) =
            connected.map_err(|unreached| fair(unreached, resolved, deadline.length()))?;
        let shown = tls::Shown::default();
        let asked = async {
            let stream = tls::greet(stream, request.host, shown.clone()).await?;
            http::read(stream, &authority(request.host, request.port), request.target, request.limit).await
        };
        let page = deadline.hold(asked).await;
        Ok(Reached { address, certificates: shown.take(), page })
    })
}

/// `k8s.example.com:6443`, `[2001:db8::1]:6443`
pub(super) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The first connection that comes about; all addresses are tried at once.
async fn connect(addresses: &[SocketAddr], deadline: Deadline) -> Result<(IpAddr, TcpStream), Unreached> {
    let mut trials = JoinSet::new();
    for (index, address) in addresses.iter().copied().enumerate() {
        trials.spawn(async move {
            let stream = TcpStream::connect(address);
            (index, deadline.hold(async { stream.await.map_err(|error| silence(&error)) }).await)
        });
    }
    let mut failed: Vec<NoResponse> =
        addresses.iter().map(|_| NoResponse::Failed("it was not asked".into())).collect();
    while let Some(trial) = trials.join_next().await {
        match trial {
            Ok((index, Ok(stream))) => return Ok((addresses[index].ip(), stream)),
            Ok((index, Err(silence))) => failed[index] = silence,
            // A trial that panicked failed, as it is put down already.
            Err(_) => {}
        }
    }
    let why = failed.iter().min_by_key(|silence| weight(silence)).cloned().unwrap_or(NoResponse::NameUnknown);
    let tried = addresses.iter().map(SocketAddr::ip).zip(failed).collect();
    Err(Unreached { why, tried })
}

/// A server that had no time to answer, because its name took most of it, has not kept anybody waiting.
fn fair(mut unreached: Unreached, left: Duration, within: Duration) -> Unreached {
    if matches!(unreached.why, NoResponse::TimedOut(_)) && left < within / 2 {
        let why = format!(
            "its name took most of {} s to resolve, and no connection came about",
            within.as_secs_f64()
        );
        unreached.why = NoResponse::Failed(why);
    }
    unreached
}

/// Which of several reasons is told for all: one that leaves open whether there is a way, else the one that shows most
/// of a way.
fn weight(silence: &NoResponse) -> u8 {
    match silence {
        NoResponse::Refused => 1,
        NoResponse::TimedOut(_) => 2,
        NoResponse::NoRoute => 3,
        _ => 0,
    }
}

/// Why connect(2) to an address of the network failed. A connection that was reset at once (`ECONNRESET`) was refused,
/// too; what this host itself forbids (`EPERM` of its own firewall, or of a sandbox around this program) says nothing.
fn silence(error: &io::Error) -> NoResponse {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => NoResponse::Refused,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => NoResponse::NoRoute,
        _ => NoResponse::Failed(in_full(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn the_reasons_of_several_addresses_make_one() {
        let why =
            |reasons: &[NoResponse]| reasons.iter().min_by_key(|reason| weight(reason)).cloned().unwrap();
        let late = NoResponse::TimedOut(Duration::from_secs(2));
        let open = NoResponse::Failed("permission denied".into());
        assert_eq!(why(&[NoResponse::NoRoute, NoResponse::Refused]), NoResponse::Refused);
        assert_eq!(why(&[NoResponse::NoRoute, late.clone()]), late);
        assert_eq!(why(&[NoResponse::Refused, open.clone(), late]), open);
    }

    #[test]
    fn a_slow_resolver_is_not_the_server_s_fault() {
        let within = Duration::from_secs(2);
        let why = |silence, left| fair(Unreached::from(silence), Duration::from_millis(left), within).why;
        assert_eq!(why(NoResponse::TimedOut(within), 1_900), NoResponse::TimedOut(within));
        assert!(matches!(why(NoResponse::TimedOut(within), 100), NoResponse::Failed(_)));
        assert_eq!(why(NoResponse::Refused, 100), NoResponse::Refused);
    }

    #[test]
    fn errors_of_connect_are_told_apart() {
        assert_eq!(silence(&ErrorKind::ConnectionRefused.into()), NoResponse::Refused);
        assert_eq!(silence(&ErrorKind::HostUnreachable.into()), NoResponse::NoRoute);
        assert_eq!(silence(&ErrorKind::NetworkUnreachable.into()), NoResponse::NoRoute);
        assert_eq!(
            silence(&ErrorKind::PermissionDenied.into()),
            NoResponse::Failed("permission denied".into())
        );
    }

    #[test]
    fn an_address_of_ipv6_has_brackets_beside_its_port() {
        assert_eq!(authority("2001:db8::1", 6443), "[2001:db8::1]:6443");
        assert_eq!(authority("k8s.example.com", 6443), "k8s.example.com:6443");
    }
}
