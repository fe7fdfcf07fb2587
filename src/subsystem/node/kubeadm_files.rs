//! What the host says about the configuration for kubeadm: files and directories that it names and the host lacks, and
//! the version of kubeadm that will read it.

use crate::fact::{Fact, Moment, State, Value, Version};
use crate::host::{HostPath, Read};
use crate::kubeadm::{Installed, Kubeadm};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::{self, Unavailable};

/// Files and directories that the configuration names and the host lacks.
pub(crate) fn missing(kubeadm: &Kubeadm, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let mut missing = Vec::new();
    for path in kubeadm.files().into_iter().filter(|path| path.text.starts_with('/')) {
        match is_there(subsystems, &HostPath::new(path.text), moment) {
            Ok(true) => {}
            Ok(false) => missing.push(path),
            Err(reason) => return Fact::unknown(reason).because(kubeadm.origin(path.line)),
        }
    }
    let paths = Value::list(missing.iter().map(|path| path.text));
    Fact::new(State::from(paths)).because_all(missing.iter().map(|path| kubeadm.origin(path.line)))
}

/// The kubeadm that is installed, as far as its version is known.
pub(crate) fn installed(subsystems: &Subsystems<'_>) -> Installed {
    let programs = subsystems.programs();
    let version = programs.version(subsystems, "kubeadm");
    match version.as_deref().and_then(Version::parse) {
        Some(version) if version.number(0) == 1 => Installed::Minor(version.number(1)),
        _ => programs.unread(subsystems, "kubeadm").map_or(Installed::Untold, Installed::Unread),
    }
}

fn is_there(subsystems: &Subsystems<'_>, path: &HostPath, moment: Moment) -> Result<bool, String> {
    let disk = subsystems.host().files();
    let end = ephemeral::real(disk, path);
    let files = match ephemeral::files(subsystems, &end, moment) {
        Ok(files) => files,
        // A service makes it anew, or nothing does.
        Err(Unavailable::Remade(_) | Unavailable::InMemory(_)) => return Ok(true),
        Err(Unavailable::Lost(_)) => return Ok(false),
        Err(Unavailable::Unknown(_)) if moment == Moment::Now => {
            if ephemeral::is_below_memory(&end) {
                return Ok(true);
            }
            disk
        }
        Err(Unavailable::Unknown(reason)) => return Err(reason),
    };
    match files.stat(&end) {
        Read::There(_) => Ok(true),
        Read::Missing(_) => Ok(false),
        Read::Hidden(error) => Err(error.to_string()),
    }
}
