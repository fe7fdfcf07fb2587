//! The machine that this program runs on.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::error::{HostError, Trouble};
use super::files::Files;
use super::path::HostPath;
use super::running::{Address, Connection, Running, Uname, UnitState};

/// The machine that this program runs on.
pub(super) struct Kernel {
    files: Rc<Files>,
    uname: Uname,
}

impl Kernel {
    pub(super) fn new(files: Rc<Files>) -> Self {
        let uname = nix::sys::utsname::uname().map_or_else(
            |_| Uname::default(),
            |name| Uname {
                nodename: name.nodename().to_string_lossy().into_owned(),
                release: name.release().to_string_lossy().into_owned(),
                machine: name.machine().to_string_lossy().into_owned(),
            },
        );
        Kernel { files, uname }
    }
}

impl Running for Kernel {
    fn files(&self) -> &Files {
        &self.files
    }

    fn uname(&self) -> &Uname {
        &self.uname
    }

    fn is_root(&self) -> bool {
        nix::unistd::geteuid().is_root()
    }

    fn addresses(&self) -> Result<Rc<[Address]>, HostError> {
        Err(HostError::new("getifaddrs(3)", Trouble::Unsupported("not asked yet".into())))
    }

    fn cpus(&self) -> Result<u32, HostError> {
        Err(HostError::new("sched_getaffinity(2)", Trouble::Unsupported("not asked yet".into())))
    }

    fn units(&self) -> Result<Rc<BTreeMap<String, UnitState>>, HostError> {
        Err(HostError::new("org.freedesktop.systemd1", Trouble::Unsupported("not asked yet".into())))
    }

    fn connect(&self, path: &HostPath) -> Result<Connection, HostError> {
        Err(HostError::new(path, Trouble::Unsupported("not asked yet".into())))
    }
}
