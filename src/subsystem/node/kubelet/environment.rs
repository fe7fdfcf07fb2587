//! Which environment file the kubelet's unit reads: deb packages `/etc/default/kubelet`, RPM packages
//! `/etc/sysconfig/kubelet`; the unit decides, and nobody reads the other one.

use crate::fact::{Fact, Origin, State};
use crate::host::{Files, Read};
use crate::parse::env_file;
use crate::subsystem::systemd::exec_context::ExecContext;

const FAMILIES: [&str; 2] = ["/etc/default/kubelet", "/etc/sysconfig/kubelet"];

/// The file that gives `KUBELET_EXTRA_ARGS`.
pub(super) fn read(launch: &ExecContext) -> Fact {
    let found = launch.files.iter().rfind(|(_, path)| !path.starts_with("/var/lib/kubelet/"));
    found.map_or_else(Fact::absent, |(origin, path)| {
        Fact::new(State::from(path.as_str())).because(origin.clone())
    })
}

/// A file of the other family that sets something and that the unit doesn't read.
pub(super) fn ignored(files: &Files, launch: &ExecContext) -> Fact {
    if !launch.exists && launch.files.is_empty() {
        return Fact::absent().note("the kubelet has no unit");
    }
    let reads = |path: &str| launch.files.iter().any(|(_, read)| read == path);
    let mut unread = FAMILIES.into_iter().filter(|path| !reads(path));
    let found = unread.find_map(|path| match files.read(path) {
        Read::There(content) => {
            let set = env_file::parse(&content).into_iter().find(|set| !set.value.trim().is_empty())?;
            let origin = Origin::line(path, set.line).says(format!("sets {}, which nobody reads", set.name));
            Some(Ok((path, origin)))
        }
        Read::Missing(_) => None,
        Read::Hidden(error) => Some(Err(error)),
    });
    match found {
        None => Fact::absent(),
        Some(Err(error)) => Fact::unknown(error.to_string()),
        Some(Ok((path, origin))) => {
            let read = launch.files.iter().map(|(origin, path)| origin.clone().says(format!("reads {path}")));
            Fact::new(path).because(origin).because_all(read)
        }
    }
}
