//! Kernel variables: what the kernel shows now, and what systemd-sysctl and later writers make of them at
//! boot.

mod apply;
mod boot;
mod merge;
mod networkd;
mod now;
mod start;
mod table;
mod tuned;
mod variable;
mod writers;

use std::cell::OnceCell;

use self::merge::Merge;
use self::writers::Writers;
use crate::fact::{Fact, Moment, Origin};
use crate::parse::{glob, sysctl_d};
use crate::subsystem::Subsystems;

/// Kernel variables at both moments.
#[derive(Debug, Default)]
pub struct Sysctls {
    on_disk: OnceCell<Merge>,
    not_run: OnceCell<Option<Origin>>,
    writers: OnceCell<Writers>,
}

impl Sysctls {
    /// The value of a variable, by its key with dots, as the kernel shows it at a moment.
    pub fn value(&self, subsystems: &Subsystems<'_>, key: &str, moment: Moment) -> Fact {
        match (moment, subsystems.host().running()) {
            (Moment::Boot, _) => self.at_boot(subsystems, key),
            (Moment::Now, Some(running)) => now::value(running.files(), key),
            (Moment::Now, None) => Fact::unknown("nothing is running here"),
        }
    }

    /// The value that the kernel will show after the next boot.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, key: &str) -> Fact {
        boot::value(self, subsystems, key)
    }

    /// Whether a line of sysctl.d is about a variable, by its key with dots.
    pub fn is_configured(&self, subsystems: &Subsystems<'_>, key: &str) -> bool {
        let path = sysctl_d::path_of(key);
        let lines = &self.on_disk(subsystems).lines;
        lines.iter().any(|line| line.path == path || glob::covers_path(&line.path, &path))
    }

    /// Lines of sysctl.d that are no assignment: systemd-sysctl skips them and ends as failed.
    pub fn mistakes(&self, subsystems: &Subsystems<'_>) -> &[Origin] {
        &self.on_disk(subsystems).mistakes
    }

    fn on_disk(&self, subsystems: &Subsystems<'_>) -> &Merge {
        self.on_disk.get_or_init(|| Merge::on_disk(subsystems.host().files(), subsystems.systemd().version))
    }

    /// What keeps systemd-sysctl from running at boot.
    fn not_run(&self, subsystems: &Subsystems<'_>) -> Option<&Origin> {
        self.not_run.get_or_init(|| subsystems.units().blocked_by(subsystems, boot::SERVICE)).as_ref()
    }

    fn writers(&self, subsystems: &Subsystems<'_>) -> &Writers {
        self.writers.get_or_init(|| Writers::merge(subsystems))
    }
}
