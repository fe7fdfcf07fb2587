//! How much of a host one run reads. It counts work and never the clock, so that a busy machine changes no verdict; what
//! lies beyond it is unknown, with that reason.
//!
//! The limits are several times what real hosts need; `tests/suite/budget.rs` measures that. A file of 1 MiB that has 500
//! names, or 60,000 files in one directory, come to their end here.

use std::cell::Cell;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::error::{HostError, HostErrorKind};
use super::path::HostPath;

/// What is kept in memory: contents, names, targets of links, and for each path what was found there.
pub const MAX_KEPT: u64 = 16 << 20;
/// What is read in all, most of it not kept: databases and the tables of programs.
pub const MAX_READ: u64 = 1 << 30;
/// Names in directories.
pub const MAX_NAMES: u64 = 1 << 18;
/// Values of all TOML, YAML and JSON files; one may cost a thousand bytes.
pub const MAX_VALUES: u64 = 1 << 15;

/// No configuration file is larger; a larger one is an accident or an attack.
pub(super) const CONFIG_LIMIT: u64 = 1 << 20;
/// What the kernel shows of a busy machine may be larger: mounts, sockets.
const KERNEL_LIMIT: u64 = 4 << 20;
/// The kernel has room for a few kilobytes (`COMMAND_LINE_SIZE`).
const CMDLINE_LIMIT: u64 = 64 << 10;
/// Package databases and module indices: a few megabytes on real hosts.
pub(super) const DATABASE_LIMIT: u64 = 64 << 20;

/// How large a file may be that is not asked for as a database.
pub(super) fn file_limit(path: &Path) -> u64 {
    match path.as_os_str().as_bytes() {
        b"/proc/cmdline" => CMDLINE_LIMIT,
        path if path.starts_with(b"/proc/") => KERNEL_LIMIT,
        _ => CONFIG_LIMIT,
    }
}

/// What a path costs whose answer is remembered, besides its own bytes.
const PATH: u64 = 128;
/// What a name in a directory costs, besides its own bytes.
const NAME: u64 = 48;

/// How much of each limit is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes in memory.
    pub kept: u64,
    /// Bytes that were read, kept or not.
    pub read: u64,
    /// Names in directories.
    pub names: u64,
    /// Values of documents.
    pub values: u64,
}

/// What a run has used up. All trees of a host share one.
#[derive(Debug, Default)]
pub(super) struct Budget(Cell<Used>);

impl Budget {
    pub(super) fn used(&self) -> Used {
        self.0.get()
    }

    /// How many bytes may still be kept.
    pub(super) fn left(&self) -> u64 {
        MAX_KEPT.saturating_sub(self.used().kept)
    }

    /// Before a path is looked at.
    pub(super) fn path(&self, path: &HostPath) -> Result<(), HostError> {
        self.keep(path, path.as_path().as_os_str().len() as u64 + PATH)
    }

    /// Before bytes are kept that were not read by [`Budget::read`].
    pub(super) fn keep(&self, path: &HostPath, bytes: u64) -> Result<(), HostError> {
        let used = self.used();
        let kept = used.kept.saturating_add(bytes);
        if kept > MAX_KEPT {
            return Err(beyond(path));
        }
        self.0.set(Used { kept, ..used });
        Ok(())
    }

    /// Before bytes are read.
    pub(super) fn read(&self, path: &HostPath, bytes: u64) -> Result<(), HostError> {
        let used = self.used();
        let read = used.read.saturating_add(bytes);
        if read > MAX_READ {
            let why = "this run has read 1 GiB of this host, which is its limit";
            return Err(HostError::new(path, HostErrorKind::OverBudget(why)));
        }
        self.0.set(Used { read, ..used });
        Ok(())
    }

    /// Before a document is parsed.
    pub(super) fn values(&self, path: &HostPath, count: u64) -> Result<(), HostError> {
        let used = self.used();
        let values = used.values.saturating_add(count);
        if values > MAX_VALUES {
            let why = "this run keeps 32768 values of TOML, YAML and JSON, which is its limit";
            return Err(HostError::new(path, HostErrorKind::OverBudget(why)));
        }
        self.0.set(Used { values, ..used });
        Ok(())
    }

    /// Before the names of a directory are kept.
    pub(super) fn names(
        &self,
        path: &HostPath,
        lengths: impl Iterator<Item = usize>,
    ) -> Result<(), HostError> {
        let used = self.used();
        let cost = |(count, bytes): (u64, u64), length: usize| (count + 1, bytes + length as u64 + NAME);
        let (names, kept) = lengths.fold((used.names, used.kept), cost);
        if names > MAX_NAMES {
            let why = "this run has listed 262144 names of this host, which is its limit";
            return Err(HostError::new(path, HostErrorKind::OverBudget(why)));
        }
        if kept > MAX_KEPT {
            return Err(beyond(path));
        }
        self.0.set(Used { kept, names, ..used });
        Ok(())
    }
}

/// The error of whoever would keep more than there is room for.
pub(super) fn beyond(path: &HostPath) -> HostError {
    let why = "this run keeps 16 MiB of this host, which is its limit";
    HostError::new(path, HostErrorKind::OverBudget(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_costs_nothing_and_smaller_things_still_fit() {
        let budget = Budget::default();
        let path = HostPath::new("/x");
        assert!(budget.keep(&path, MAX_KEPT - 10).is_ok());
        let error = budget.keep(&path, 11).unwrap_err();
        assert!(error.to_string().starts_with("/x: not read: this run keeps 16 MiB"), "{error}");
        assert!(budget.path(&path).is_err() && budget.names(&path, [1].into_iter()).is_err());
        assert!(budget.keep(&path, 10).is_ok());
        assert_eq!((budget.left(), budget.used().names), (0, 0));
        assert!(budget.read(&path, MAX_READ).is_ok() && budget.read(&path, 1).is_err());
        let budget = Budget::default();
        assert!(budget.names(&path, std::iter::repeat_n(0, 262_144)).is_ok());
        assert!(budget.names(&path, [0].into_iter()).unwrap_err().to_string().contains("262144 names"));
    }
}
