//! The addresses of a name, by the host's own resolver: `getaddrinfo(3)`, which reads /etc/hosts and asks name servers
//! as nsswitch.conf says. It can't be told how long it may take, so nobody waits for it but a thread of its own.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;

use crate::host::deadline::Deadline;
use crate::host::no_response::{NoResponse, short};

/// Nobody is asked at more addresses of one name.
const MOST_ADDRESSES: usize = 16;

/// What `gai_strerror(3)` calls `EAI_NONAME` and `EAI_NODATA`, in glibc and musl; neither translates it unless asked to
/// (`setlocale(3)`). The number of the error can't be had from the standard library.
const NO_SUCH_NAME: [&str; 4] = [
    "Name or service not known",
    "No address associated with hostname",
    "Name does not resolve",
    "Name has no usable address",
];

/// The addresses of a host, each once, as the resolver orders them.
pub(super) fn addresses(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, NoResponse> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let name = host.to_owned();
    within(deadline, move || (name.as_str(), port).to_socket_addrs().map(Iterator::collect))
}

/// The answer of a resolver, if it comes in time. If not, its thread ends when it likes, or with the process.
fn within(
    deadline: Deadline,
    resolver: impl FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> Result<Vec<SocketAddr>, NoResponse> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("resolver".into()).spawn(move || {
        // Nobody may be waiting any longer.
        drop(sender.send(resolver()));
    });
    if let Err(error) = thread {
        return Err(NoResponse::Failed(format!("its name was not resolved: {error}")));
    }
    // Without an answer the thread has panicked or is late: both say nothing about the name.
    let answer = receiver
        .recv_timeout(deadline.left())
        .map_err(|_| NoResponse::Failed(format!("its name was not resolved: {}", deadline.passed())))?;
    let mut addresses = answer.map_err(|error| no_address(&error))?;
    let mut seen = Vec::new();
    addresses.retain(|address| {
        !seen.contains(address) && {
            seen.push(*address);
            true
        }
    });
    addresses.truncate(MOST_ADDRESSES);
    if addresses.is_empty() { Err(NoResponse::NameUnknown) } else { Ok(addresses) }
}

/// Whether there is no such name, or nobody could say.
fn no_address(error: &io::Error) -> NoResponse {
    let text = error.to_string();
    if NO_SUCH_NAME.iter().any(|known| text.ends_with(known)) {
        return NoResponse::NameUnknown;
    }
    NoResponse::Failed(format!("its name was not resolved: {}", short(&text)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn an_address_needs_no_resolver() {
        let passed = Deadline::after(Duration::ZERO);
        assert_eq!(addresses("192.0.2.1", 6443, passed), Ok(vec!["192.0.2.1:6443".parse().unwrap()]));
        assert_eq!(addresses("2001:db8::1", 1, passed), Ok(vec!["[2001:db8::1]:1".parse().unwrap()]));
    }

    #[test]
    fn the_host_itself_knows_its_own_name() {
        let found = addresses("localhost", 6443, Deadline::after(LONG)).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()), "{found:?}");
    }

    #[test]
    fn addresses_are_told_once_and_not_without_end() {
        let many = || Ok((0..100_u8).map(|n| SocketAddr::from(([192, 0, 2, n / 2], 1))).collect());
        let found = within(Deadline::after(LONG), many).unwrap();
        assert_eq!(found.len(), MOST_ADDRESSES);
        assert_eq!(found[1].to_string(), "192.0.2.1:1");
    }

    #[test]
    fn no_such_name_is_told_apart_from_no_answer() {
        let answer = |text: &'static str| within(Deadline::after(LONG), move || Err(io::Error::other(text)));
        let prefix = "failed to lookup address information: ";
        for known in NO_SUCH_NAME {
            let text: &'static str = format!("{prefix}{known}").leak();
            assert_eq!(answer(text), Err(NoResponse::NameUnknown));
        }
        let text = "failed to lookup address information: Temporary failure in name resolution";
        assert_eq!(answer(text), Err(NoResponse::Failed(format!("its name was not resolved: {text}"))));
        assert_eq!(within(Deadline::after(LONG), || Ok(vec![])), Err(NoResponse::NameUnknown));
    }

    #[test]
    fn a_resolver_that_hangs_or_panics_holds_nobody_up() {
        let (hold, held) = mpsc::channel::<()>();
        let hangs = move || {
            let _ = held.recv();
            Ok(vec![])
        };
        let said = "its name was not resolved: no answer within 0.05 s";
        let found = within(Deadline::after(Duration::from_millis(50)), hangs);
        assert_eq!(found, Err(NoResponse::Failed(said.into())));
        drop(hold);
        let panics = || std::panic::resume_unwind(Box::new(()));
        assert!(matches!(within(Deadline::after(LONG), panics), Err(NoResponse::Failed(_))));
    }
}
