//! Kernel modules: what the next boot loads, what the next kernel has, and what blocks a module.

use super::Subsystems;
use crate::fact::Fact;

/// Kernel modules at boot.
#[derive(Debug, Default)]
pub struct Modules {}

impl Modules {
    pub(super) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Modules::default()
    }

    /// One of `built-in`, `loaded`, `loadable`, `blocked`, `absent` after the next boot.
    pub fn at_boot(&self, _subsystems: &Subsystems<'_>, _name: &str) -> Fact {
        Fact::unknown("modules are not read yet")
    }
}
