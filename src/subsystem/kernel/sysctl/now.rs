//! Kernel variables of the running kernel: `/proc/sys`.

use super::variable::collapsed;
use crate::fact::{Fact, Origin};
use crate::host::{Files, HostErrorKind, Kind};
use crate::parse::sysctl_d;

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

/// The value of a variable, by its key with dots.
pub(super) fn value(live: &Files, key: &str) -> Fact {
    let path = sysctl_d::path_of(key);
    if NOT_READ.contains(&path.as_str()) {
        return Fact::unknown(format!("{key} is not read: it is for writing, or reading it has effects"));
    }
    let place = format!("/proc/sys/{path}");
    match live.read(&place).legacy() {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<String> = text.trim_end().lines().map(collapsed).collect();
            Fact::new(lines.join("\n")).because(Origin::file(place))
        }
        Err(error) => match error.kind {
            HostErrorKind::NotFound if live.stat("/proc/sys").legacy().is_err() => {
                Fact::unknown("/proc/sys is not mounted")
            }
            HostErrorKind::NotFound => Fact::absent().because(Origin::file(place)),
            HostErrorKind::NotAFile(Kind::Directory) => {
                Fact::unknown(format!("{key} is a directory of variables, not a variable"))
            }
            _ => Fact::unknown(error.to_string()),
        },
    }
}
