//! Kernel variables: what the kernel shows now, and what systemd-sysctl and other writers make of them at boot.

mod boot;
mod initial;
mod networkd;
mod now;
mod tuned;
mod writers;

use std::cell::OnceCell;

use self::writers::Writers;
use crate::fact::{Answer, Moment, Origin, Reason};
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
    /// The value of a variable, by its key with dots, as the kernel shows it at a moment.
    pub fn value(&self, subsystems: &Subsystems<'_>, key: &str, moment: Moment) -> Value {
        match (moment, subsystems.host().running()) {
            (Moment::NextBoot, _) => self.at_boot(subsystems, key),
            (Moment::Now, Some(running)) => now::value(running.files(), key),
            (Moment::Now, None) => Answer::unknown(Reason::not_running()),
        }
    }

    /// The value that the kernel will show after the next boot.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, key: &str) -> Value {
        boot::value(self, subsystems, key)
    }

    /// A command or service that names a variable, and writes it or may during the boot.
    pub(in crate::subsystem) fn written_by(&self, subsystems: &Subsystems<'_>, key: &str) -> Option<Origin> {
        self.writers(subsystems).naming(&sysctl_d::path_of(key)).cloned()
    }

    fn writers(&self, subsystems: &Subsystems<'_>) -> &Writers {
        self.writers.get_or_init(|| Writers::merge(subsystems))
    }
}
