//! The graph of units that the next boot starts.

use super::Subsystems;
use crate::fact::{Fact, Moment, Origin};

/// The graph of units that the next boot starts, walked from the default target.
#[derive(Debug, Default)]
pub struct Units {}

/// Whether the next boot starts a unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Starts {
    /// It is started; the places that pull it in.
    Yes(Vec<Origin>),
    /// It is not; the places that keep it from starting (a mask, a failed condition), or none.
    No(Vec<Origin>),
    /// It can't be told, and why.
    Unknown(String),
}

impl Units {
    pub(super) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Units::default()
    }

    /// Whether the next boot starts a unit, by any name it has: masks, conditions and the graph considered.
    pub fn starts(&self, _subsystems: &Subsystems<'_>, _unit: &str) -> Starts {
        Starts::Unknown("units are not read yet".into())
    }

    /// The places that pull a unit in by name, whether or not it has a unit file: `dev-sda2.swap` is
    /// generated from fstab and may still be wanted by a unit that starts. Empty if nothing does.
    pub fn pulled_in_by(&self, _subsystems: &Subsystems<'_>, _unit: &str) -> Vec<Origin> {
        Vec::new()
    }

    /// The link or empty file that masks a unit (in the files of the next boot, or `systemd.mask=`).
    pub fn masked_by(&self, _subsystems: &Subsystems<'_>, _unit: &str) -> Option<Origin> {
        None
    }

    /// The commands (`ExecStartPre=`, `ExecStart=`, `ExecStartPost=`) of every service that the next boot
    /// starts, with their places: what may change a setting later. Path and line of each, and the command.
    pub fn started_commands(&self, _subsystems: &Subsystems<'_>) -> Vec<(Origin, String)> {
        Vec::new()
    }

    /// The answer for `service:UNIT`: attributes `active` and `enabled`.
    pub fn service(&self, _subsystems: &Subsystems<'_>, _unit: &str, _moment: Moment) -> Fact {
        Fact::unknown("units are not read yet")
    }
}
