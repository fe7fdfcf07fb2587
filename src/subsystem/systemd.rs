//! The installed systemd: its version decides what many files mean.

use super::Subsystems;
use crate::fact::Origin;

/// The installed systemd.
#[derive(Clone, Debug, Default)]
pub struct Systemd {
    /// Whether the init that boots is systemd; none if that can't be told.
    pub is_init: Option<bool>,
    /// Major version, 252; none if it can't be told.
    pub version: Option<u32>,
    /// The place that says so.
    pub because: Vec<Origin>,
}

impl Systemd {
    pub(super) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Systemd::default()
    }
}
