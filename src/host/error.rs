//! Why something on a host could not be read. The kinds are kept apart because the verdict differs.

use std::fmt;
use std::io;

use super::path::HostPath;
use super::tree::Kind;
use crate::fact::{Reason, ReasonCode};

/// What was tried, and why it failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct HostError {
    /// The path on the host, or the name of an interface.
    pub path: String,
    /// Why it failed.
    pub kind: HostErrorKind,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostErrorKind {
    /// It isn't there. This is knowledge: most files of a host are optional.
    #[error("not found")]
    NotFound,
    /// The rights of this process don't suffice.
    #[error("permission denied; run as root to see it")]
    Denied,
    /// Larger than anything that this file sensibly holds.
    #[error("larger than {limit} bytes, not read")]
    TooLarge {
        /// The limit in bytes, or in entries for a directory.
        limit: u64,
    },
    /// The run has read as much of this host as it may.
    #[error("not read: {0}")]
    OverBudget(&'static str),
    /// Symbolic links that never end.
    #[error("too many levels of symbolic links")]
    Loop,
    /// There, but not a regular file (or not a directory, where one was asked for).
    #[error("is {0}, not read")]
    NotAFile(Kind),
    /// On a file system of its own, which isn't in this root directory.
    #[error("{0}")]
    Elsewhere(String),
    /// This kind of host has no such thing.
    #[error("{0}")]
    Unsupported(String),
    /// There, but its content makes no sense.
    #[error("{0}")]
    Corrupt(String),
    /// Any other failure of the system, in its own words.
    #[error("{0}")]
    Io(String),
}

impl HostError {
    /// An error at a path.
    pub fn new(path: impl fmt::Display, kind: HostErrorKind) -> Self {
        HostError { path: path.to_string(), kind }
    }

    /// Whether the thing is certainly not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == HostErrorKind::NotFound
    }

    /// The system's error for a path.
    pub(super) fn from_io(path: &HostPath, error: &io::Error) -> Self {
        use rustix::io::Errno;
        let kind = match Errno::from_io_error(error) {
            Some(Errno::NOENT | Errno::NOTDIR) => HostErrorKind::NotFound,
            Some(Errno::ACCESS | Errno::PERM) => HostErrorKind::Denied,
            Some(Errno::LOOP) => HostErrorKind::Loop,
            Some(Errno::ISDIR) => HostErrorKind::NotAFile(Kind::Directory),
            _ => HostErrorKind::Io(error.to_string()),
        };
        HostError::new(path, kind)
    }
}

/// The words of the error, with a code for programs.
impl From<HostError> for Reason {
    fn from(error: HostError) -> Self {
        let code = match &error.kind {
            HostErrorKind::Denied => ReasonCode::Denied,
            HostErrorKind::TooLarge { .. } | HostErrorKind::OverBudget(_) => ReasonCode::TooLarge,
            HostErrorKind::Corrupt(_) => ReasonCode::Corrupt,
            HostErrorKind::Unsupported(_) | HostErrorKind::Elsewhere(_) => ReasonCode::NotRecorded,
            HostErrorKind::NotFound
            | HostErrorKind::Loop
            | HostErrorKind::NotAFile(_)
            | HostErrorKind::Io(_) => ReasonCode::Unreadable,
        };
        Reason::new(code, error.to_string())
    }
}
