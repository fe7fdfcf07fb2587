//! What CRI-O accepts: its options, their values, its command line, and the files of others that it reads when it starts
//! (storage.conf, registries.conf, hooks, seccomp profiles).
//!
//! Recorded against CRI-O 1.37.0; `tests/suite/crio_recorded.rs` holds the tables against what the program answered.

mod addresses;
mod annotations;
pub(crate) mod capabilities;
pub(crate) mod command_line;
pub(crate) mod handlers;
pub(crate) mod hooks;
pub(crate) mod options;
pub(crate) mod registries_conf;
pub(crate) mod running;
pub(crate) mod seccomp;
pub(crate) mod storage_conf;
pub(crate) mod storage_driver;
mod ulimit;
pub(crate) mod values;
pub(crate) mod workloads;

use crate::fact::Origin;

/// The minor version of 1.x that was asked.
pub(crate) const RECORDED: u32 = 37;

/// No CRI-O whose version can't be told is taken to be older than this: it went out of maintenance in 2023.
const OLDEST: u32 = 24;

/// The first minor version of CRI-O 1.x that has a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// All that are looked at: 1.20 has it.
    Always,
    /// This one.
    Minor(u32),
    /// Nobody knows; [`RECORDED`] has it.
    Recorded,
}

/// What an installed CRI-O makes of something that a check refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It ends.
    Refuses,
    /// It has no such check.
    Takes,
    /// It may, as another version does.
    Perhaps,
    /// Its version would tell.
    Unknown,
}

impl Since {
    /// What a version makes of it; none if the version isn't known.
    pub(crate) fn standing(self, minor: Option<u32>) -> Standing {
        match (self, minor) {
            (Since::Always, _) | (Since::Recorded, Some(RECORDED)) => Standing::Refuses,
            (Since::Minor(since), Some(minor)) if minor >= since => Standing::Refuses,
            (Since::Minor(_), Some(_)) => Standing::Takes,
            (Since::Minor(since), None) if since <= OLDEST => Standing::Refuses,
            (Since::Minor(_) | Since::Recorded, None) => Standing::Unknown,
            (Since::Recorded, Some(_)) => Standing::Perhaps,
        }
    }
}

/// Something at which CRI-O ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) place: Origin,
    /// Key, value, and what is accepted.
    pub(crate) what: String,
    pub(crate) since: Since,
}

impl Refusal {
    pub(crate) fn new(place: Origin, what: impl Into<String>, since: Since) -> Self {
        Refusal { place, what: what.into(), since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_without_a_source_refuses_only_where_it_was_seen() {
        for (since, minor, wanted) in [
            (Since::Always, Some(20), Standing::Refuses),
            (Since::Always, None, Standing::Refuses),
            (Since::Minor(34), Some(33), Standing::Takes),
            (Since::Minor(34), Some(34), Standing::Refuses),
            (Since::Minor(34), Some(38), Standing::Refuses),
            (Since::Minor(34), None, Standing::Unknown),
            (Since::Minor(21), None, Standing::Refuses),
            (Since::Recorded, Some(37), Standing::Refuses),
            (Since::Recorded, Some(36), Standing::Perhaps),
            (Since::Recorded, Some(38), Standing::Perhaps),
            (Since::Recorded, None, Standing::Unknown),
        ] {
            assert_eq!(since.standing(minor), wanted, "{since:?} {minor:?}");
        }
    }
}
