//! One part of the system a file: which of its files count, in which order, and what they add up to.
//!
//! Every part is merged at most once a run, when it is first asked for, and may use other parts.

pub mod alternatives;
pub mod api_server;
pub mod boot_scripts;
pub mod certificate;
pub mod certificates;
pub mod cgroups;
pub mod cni;
pub mod containerd;
pub mod cri;
pub mod crio;
pub mod drop_in;
mod early_service;
pub mod hostname;
pub mod image_policy;
pub mod kernel_config;
pub mod kernel_option;
pub mod kubeadm;
pub mod kubelet;
mod launch;
pub mod modules;
pub mod mounts;
pub mod network;

pub mod next_boot;
pub mod nm_devices;
pub mod os_release;
pub mod packages;
pub mod pods;
pub mod ports;
pub mod program;
pub mod proxy;
pub mod registries;
pub mod selinux;
pub mod swap;
pub mod sysctl;
pub mod system_conf;
pub mod systemd;
pub mod units;
pub mod volatile;

use std::cell::OnceCell;

use crate::fact::Origin;
use crate::host::{Host, HostError};

/// What could not be read while merging: only what it could decide becomes unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The file or directory.
    pub origin: Origin,
    /// Why, in words.
    pub reason: String,
}

impl From<HostError> for Gap {
    fn from(error: HostError) -> Self {
        Gap { origin: Origin::file(&error.path), reason: error.to_string() }
    }
}

/// All parts of one host.
pub struct Subsystems<'h> {
    host: &'h Host,
    api_servers: api_server::ApiServers,
    boot_scripts: OnceCell<boot_scripts::BootScripts>,
    kernel_config: kernel_config::KernelConfigs,
    cri: cri::Cri,
    crio: OnceCell<crio::Crio>,
    emptied: OnceCell<volatile::Emptied>,
    kubeadm: Option<&'h kubeadm::Kubeadm>,
    kubelet: OnceCell<kubelet::Kubelet>,
    modules: OnceCell<modules::Modules>,
    next_boot: OnceCell<next_boot::NextBoot>,
    os_release: OnceCell<os_release::OsRelease>,
    packages: OnceCell<packages::Packages>,
    ports: ports::Ports,
    programs: program::Programs,
    search_paths: system_conf::SearchPaths,
    swap: OnceCell<swap::Swap>,
    sysctl: OnceCell<sysctl::Sysctls>,
    systemd: OnceCell<systemd::Systemd>,
    units: OnceCell<units::Units>,
}

impl<'h> Subsystems<'h> {
    /// Nothing is read yet.
    #[must_use]
    pub fn of(host: &'h Host) -> Self {
        Subsystems {
            host,
            api_servers: api_server::ApiServers::default(),
            boot_scripts: OnceCell::new(),
            kernel_config: kernel_config::KernelConfigs::default(),
            cri: cri::Cri::default(),
            crio: OnceCell::new(),
            emptied: OnceCell::new(),
            kubeadm: None,
            kubelet: OnceCell::new(),
            modules: OnceCell::new(),
            next_boot: OnceCell::new(),
            os_release: OnceCell::new(),
            packages: OnceCell::new(),
            ports: ports::Ports::default(),
            programs: program::Programs::default(),
            search_paths: system_conf::SearchPaths::default(),
            swap: OnceCell::new(),
            sysctl: OnceCell::new(),
            systemd: OnceCell::new(),
            units: OnceCell::new(),
        }
    }

    /// With the configuration that the user gives kubeadm; it is no part of the host.
    #[must_use]
    pub fn with_kubeadm(mut self, kubeadm: Option<&'h kubeadm::Kubeadm>) -> Self {
        self.kubeadm = kubeadm;
        self
    }

    /// The configuration that the user gives kubeadm, if any.
    #[must_use]
    pub fn kubeadm(&self) -> Option<&'h kubeadm::Kubeadm> {
        self.kubeadm
    }

    /// The host itself.
    #[must_use]
    pub fn host(&self) -> &'h Host {
        self.host
    }

    /// API servers of clusters to join.
    pub fn api_servers(&self) -> &api_server::ApiServers {
        &self.api_servers
    }

    /// Shell lines that the next boot runs.
    pub fn boot_scripts(&self) -> &boot_scripts::BootScripts {
        self.boot_scripts.get_or_init(|| boot_scripts::BootScripts::merge(self))
    }

    /// Directories that the next boot empties.
    pub(crate) fn emptied(&self) -> &volatile::Emptied {
        self.emptied.get_or_init(|| volatile::Emptied::merge(self))
    }

    /// Kernel configurations.
    pub fn kernel_config(&self) -> &kernel_config::KernelConfigs {
        &self.kernel_config
    }

    /// Container runtimes, asked over their sockets.
    pub fn cri(&self) -> &cri::Cri {
        &self.cri
    }

    /// CRI-O's configuration.
    pub fn crio(&self) -> &crio::Crio {
        self.crio.get_or_init(|| crio::Crio::merge(self))
    }

    /// The kubelet's configuration.
    pub fn kubelet(&self) -> &kubelet::Kubelet {
        self.kubelet.get_or_init(|| kubelet::Kubelet::merge(self))
    }

    /// Kernel modules at boot: modules-load.d, modprobe.d, and the module indices of the next kernel.
    pub fn modules(&self) -> &modules::Modules {
        self.modules.get_or_init(|| modules::Modules::merge(self))
    }

    /// Which kernel boots next, with which command line.
    pub fn next_boot(&self) -> &next_boot::NextBoot {
        self.next_boot.get_or_init(|| next_boot::NextBoot::merge(self))
    }

    /// The distribution: os-release.
    pub fn os_release(&self) -> &os_release::OsRelease {
        self.os_release.get_or_init(|| os_release::OsRelease::merge(self))
    }

    /// Installed packages and holds.
    pub fn packages(&self) -> &packages::Packages {
        self.packages.get_or_init(|| packages::Packages::merge(self))
    }

    /// Ports on which something listens.
    pub fn ports(&self) -> &ports::Ports {
        &self.ports
    }

    /// Programs and their versions.
    pub fn programs(&self) -> &program::Programs {
        &self.programs
    }

    /// Where the programs of units look for others.
    pub fn search_paths(&self) -> &system_conf::SearchPaths {
        &self.search_paths
    }

    /// Swap at boot: every mechanism that turns it on.
    pub fn swap(&self) -> &swap::Swap {
        self.swap.get_or_init(|| swap::Swap::merge(self))
    }

    /// Kernel variables at boot: sysctl.d.
    pub fn sysctl(&self) -> &sysctl::Sysctls {
        self.sysctl.get_or_init(sysctl::Sysctls::default)
    }

    /// The installed systemd.
    pub fn systemd(&self) -> &systemd::Systemd {
        self.systemd.get_or_init(|| systemd::Systemd::merge(self))
    }

    /// The graph of units that the next boot starts.
    pub fn units(&self) -> &units::Units {
        self.units.get_or_init(|| units::Units::merge(self))
    }
}
