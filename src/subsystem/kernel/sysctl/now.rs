//! Kernel variables of the running kernel: `/proc/sys`.

use super::{Sysctls, Value};
use crate::fact::{Answer, Origin, Reason, ReasonCode};
use crate::host::{Files, HostErrorKind, Kind, Read};
use crate::parse::sysctl_d;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::sysctl_d::variable::collapsed;

/// Variables that only take writes, or do something when they are read.
///
/// Source: Documentation/admin-guide/sysctl of Linux 6.1: `vm.stat_refresh` refreshes when read.
const NOT_READ: [&str; 6] = [
    "net/ipv4/route/flush",
    "net/ipv6/route/flush",
    "vm/compact_memory",
    "vm/drop_caches",
    "vm/stat_refresh",
    "kernel/ns_last_pid",
];

impl Sysctls {
    /// The value of a variable, by its key with dots, as the running kernel shows it.
    pub fn now(&self, subsystems: &Subsystems<'_>, key: &str) -> Value {
        match subsystems.host().running() {
            Some(running) => value(running.files(), key),
            None => Answer::unknown(Reason::not_running()),
        }
    }
}

/// The value of a variable, by its key with dots.
pub(super) fn value(live: &Files, key: &str) -> Value {
    let path = sysctl_d::path_of(key);
    if NOT_READ.contains(&path.as_str()) {
        let reason = format!("{key} is not read: it is for writing, or reading it has effects");
        return Answer::unknown(Reason::new(ReasonCode::NotUnderstood, reason));
    }
    let place = format!("/proc/sys/{path}");
    match live.read(&place) {
        Read::There(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<String> = text.trim_end().lines().map(collapsed).collect();
            Answer::known(lines.join("\n")).because(Origin::file(place))
        }
        Read::Missing(_) => match live.stat("/proc/sys") {
            Read::There(_) => Answer::absent().because(Origin::file(place)),
            Read::Missing(_) => Answer::unknown("/proc/sys is not mounted"),
            Read::Hidden(error) => Answer::unknown(error),
        },
        Read::Hidden(error) if error.kind == HostErrorKind::NotAFile(Kind::Directory) => {
            Answer::unknown(format!("{key} is a directory of variables, not a variable"))
        }
        Read::Hidden(error) => Answer::unknown(error),
    }
}
