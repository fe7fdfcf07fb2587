//! Why nobody answered: what a socket, a port or a server says that gives no answer, and the words for it.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::error::{HostError, HostErrorKind};
use super::tree::Kind;

/// Why a socket, or one of the calls over it, gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoResponse {
    /// There is no such path (`ENOENT`).
    #[error("not found")]
    Missing,
    /// Something else than a socket; it was not connected to.
    #[error("is {0}, not a socket")]
    NotASocket(Kind),
    /// The rights of this process don't suffice (`EACCES`). This says nothing about the runtime.
    #[error("permission denied; run as root to ask")]
    Denied,
    /// Whether there is a socket can't be seen, and why.
    #[error("{0}")]
    Hidden(String),
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
    /// Other sockets took the time that all have together.
    #[error("not waited for: other sockets took the {} s that are waited for", .0.as_secs_f64())]
    OutOfTime(Duration),
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

impl From<HostError> for NoResponse {
    fn from(error: HostError) -> Self {
        match error.kind {
            HostErrorKind::NotFound => NoResponse::Missing,
            HostErrorKind::Denied => NoResponse::Denied,
            HostErrorKind::NotAFile(kind) => NoResponse::NotASocket(kind),
            // Nobody can connect to it.
            HostErrorKind::Loop => NoResponse::Failed(HostErrorKind::Loop.to_string()),
            other => NoResponse::Hidden(other.to_string()),
        }
    }
}

impl NoResponse {
    /// Whether it is not known if anything is there: somebody who sees more may get an answer.
    #[must_use]
    pub fn hides(&self) -> bool {
        matches!(self, NoResponse::Denied | NoResponse::Hidden(_))
    }
}

/// Why connect(2) to something on this host failed.
pub(super) fn of_connect(error: &io::Error) -> NoResponse {
    match error.kind() {
        io::ErrorKind::NotFound => NoResponse::Missing,
        io::ErrorKind::PermissionDenied => NoResponse::Denied,
        io::ErrorKind::ConnectionRefused => NoResponse::Refused,
        io::ErrorKind::WouldBlock => NoResponse::Busy,
        _ => NoResponse::Failed(error.to_string()),
    }
}

/// An error with all that caused it.
pub(super) fn in_full(error: &(dyn Error + 'static)) -> String {
    short(&causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

/// Whether the other side ended the connection: told by the system, or by TLS, where it is an end without farewell.
pub(super) fn is_end(error: &(dyn Error + 'static)) -> bool {
    causes(error).filter_map(|error| error.downcast_ref::<io::Error>()).any(|error| {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        matches!(error.kind(), UnexpectedEof | ConnectionReset | BrokenPipe)
    })
}

/// An error, its cause, and so on.
pub(super) fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

/// As much of a text as people want to read.
pub(super) fn short(text: &str) -> String {
    text.chars().take(300).collect()
}
