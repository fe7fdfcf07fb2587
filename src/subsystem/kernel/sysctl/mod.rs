//! Kernel variables: what the kernel shows now, and what systemd-sysctl and other writers make of them at boot.

mod boot;
mod initial;
mod networkd;
mod now;
mod tuned;
mod writers;

use std::cell::OnceCell;

use self::writers::Writers;
use crate::fact::{Answer, Origin};
use crate::parse::sysctl_d;
use crate::subsystem::Subsystems;

/// The text that a variable shows; absent if the kernel has no such variable.
pub type Value = Answer<String>;

/// Kernel variables at both moments.
#[derive(Debug, Default)]
pub struct Sysctls {
    writers: OnceCell<Writers>,
}

impl Sysctls {
    /// A command or service that names a variable, and writes it or may during the boot.
    pub(in crate::subsystem) fn written_by(&self, subsystems: &Subsystems<'_>, key: &str) -> Option<Origin> {
        self.writers(subsystems).naming(&sysctl_d::path_of(key)).cloned()
    }

    fn writers(&self, subsystems: &Subsystems<'_>) -> &Writers {
        self.writers.get_or_init(|| Writers::merge(subsystems))
    }
}
