//! Kernel variables at boot: systemd-sysctl's merge of sysctl.d, and who else writes.

use super::Subsystems;
use crate::fact::Fact;

/// Kernel variables at boot.
#[derive(Debug, Default)]
pub struct Sysctls {}

impl Sysctls {
    pub(super) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Sysctls::default()
    }

    /// The value that the kernel will show after the next boot.
    pub fn at_boot(&self, _subsystems: &Subsystems<'_>, _key: &str) -> Fact {
        Fact::unknown("sysctl.d is not read yet")
    }
}
