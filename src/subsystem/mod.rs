//! One part of the system a file: which of its files count, in which order, and what they add up to.
//!
//! Every part is merged at most once a run, when it is first asked for, and may use other parts.

pub mod boot;
pub mod cloud_init;
pub mod distribution;
pub mod drop_in;
pub mod early_boot;
pub mod kernel;
pub mod loader;
pub mod network;
pub mod node;
pub mod outside;
pub mod runtime;
pub mod storage;
pub mod systemd;
pub mod tmpfiles;

use std::cell::OnceCell;

use crate::fact::Origin;
use crate::host::{Host, HostError};

/// What could not be read while merging: only what it could decide becomes unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file or directory.
    pub origin: Origin,
    /// Why, in words.
    pub reason: String,
}

impl From<HostError> for Unreadable {
    fn from(error: HostError) -> Self {
        Unreadable { origin: Origin::file(&error.path), reason: error.to_string() }
    }
}

/// All parts of one host.
pub struct Subsystems<'h> {
    host: &'h Host,
    api_servers: node::api_server::ApiServers,
    boot_scripts: OnceCell<boot::boot_scripts::BootScripts>,
    kernel_config: kernel::kernel_config::KernelConfigs,
    cri: runtime::cri::Cri,
    crio: OnceCell<runtime::crio::Crio>,
    fstab: early_boot::Mounts,
    kubeadm: Option<&'h crate::kubeadm::Kubeadm>,
    kubelet: OnceCell<node::kubelet::Kubelet>,
    modules: OnceCell<kernel::modules::Modules>,
    next_boot: OnceCell<loader::next_boot::NextBoot>,
    os_release: OnceCell<distribution::os_release::OsRelease>,
    packages: OnceCell<distribution::packages::Packages>,
    ports: network::ports::Ports,
    programs: runtime::program::Programs,
    search_paths: systemd::system_conf::SearchPaths,
    swap: OnceCell<storage::swap::Swap>,
    sysctl: OnceCell<kernel::sysctl::Sysctls>,
    sysctl_d: OnceCell<kernel::sysctl_d::SysctlD>,
    systemd: OnceCell<systemd::installed::Systemd>,
    tmpfiles: OnceCell<tmpfiles::Tmpfiles>,
    units: OnceCell<systemd::units::Units>,
}

impl<'h> Subsystems<'h> {
    /// Nothing is read yet.
    #[must_use]
    pub fn of(host: &'h Host) -> Self {
        Subsystems {
            host,
            api_servers: node::api_server::ApiServers::default(),
            boot_scripts: OnceCell::new(),
            kernel_config: kernel::kernel_config::KernelConfigs::default(),
            cri: runtime::cri::Cri::default(),
            crio: OnceCell::new(),
            fstab: early_boot::Mounts::default(),
            kubeadm: None,
            kubelet: OnceCell::new(),
            modules: OnceCell::new(),
            next_boot: OnceCell::new(),
            os_release: OnceCell::new(),
            packages: OnceCell::new(),
            ports: network::ports::Ports::default(),
            programs: runtime::program::Programs::default(),
            search_paths: systemd::system_conf::SearchPaths::default(),
            swap: OnceCell::new(),
            sysctl: OnceCell::new(),
            sysctl_d: OnceCell::new(),
            systemd: OnceCell::new(),
            tmpfiles: OnceCell::new(),
            units: OnceCell::new(),
        }
    }

    /// With the configuration that the user gives kubeadm; it is no part of the host.
    #[must_use]
    pub fn with_kubeadm(mut self, kubeadm: Option<&'h crate::kubeadm::Kubeadm>) -> Self {
        self.kubeadm = kubeadm;
        self
    }

    /// The configuration that the user gives kubeadm, if any.
    #[must_use]
    pub fn kubeadm(&self) -> Option<&'h crate::kubeadm::Kubeadm> {
        self.kubeadm
    }

    /// The host itself.
    #[must_use]
    pub fn host(&self) -> &'h Host {
        self.host
    }

    /// API servers of clusters to join.
    pub fn api_servers(&self) -> &node::api_server::ApiServers {
        &self.api_servers
    }

    /// Shell lines that the next boot runs.
    pub fn boot_scripts(&self) -> &boot::boot_scripts::BootScripts {
        self.boot_scripts.get_or_init(|| boot::boot_scripts::BootScripts::merge(self))
    }

    /// What `/etc/fstab` mounts.
    pub(crate) fn fstab(&self) -> &early_boot::Fstab {
        self.fstab.get(self)
    }

    /// Kernel configurations.
    pub fn kernel_config(&self) -> &kernel::kernel_config::KernelConfigs {
        &self.kernel_config
    }

    /// Container runtimes, asked over their sockets.
    pub fn cri(&self) -> &runtime::cri::Cri {
        &self.cri
    }

    /// CRI-O's configuration.
    pub fn crio(&self) -> &runtime::crio::Crio {
        self.crio.get_or_init(|| runtime::crio::Crio::merge(self))
    }

    /// The kubelet's configuration.
    pub fn kubelet(&self) -> &node::kubelet::Kubelet {
        self.kubelet.get_or_init(|| node::kubelet::Kubelet::merge(self))
    }

    /// Kernel modules at boot: modules-load.d, modprobe.d, and the module indices of the next kernel.
    pub fn modules(&self) -> &kernel::modules::Modules {
        self.modules.get_or_init(|| kernel::modules::Modules::merge(self))
    }

    /// Which kernel boots next, with which command line.
    pub fn next_boot(&self) -> &loader::next_boot::NextBoot {
        self.next_boot.get_or_init(|| loader::next_boot::NextBoot::merge(self))
    }

    /// The distribution: os-release.
    pub fn os_release(&self) -> &distribution::os_release::OsRelease {
        self.os_release.get_or_init(|| distribution::os_release::OsRelease::merge(self))
    }

    /// Installed packages and holds.
    pub fn packages(&self) -> &distribution::packages::Packages {
        self.packages.get_or_init(|| distribution::packages::Packages::merge(self))
    }

    /// Ports on which something listens.
    pub fn ports(&self) -> &network::ports::Ports {
        &self.ports
    }

    /// Programs and their versions.
    pub fn programs(&self) -> &runtime::program::Programs {
        &self.programs
    }

    /// Where the programs of units look for others.
    pub fn search_paths(&self) -> &systemd::system_conf::SearchPaths {
        &self.search_paths
    }

    /// Swap at boot: every mechanism that turns it on.
    pub fn swap(&self) -> &storage::swap::Swap {
        self.swap.get_or_init(|| storage::swap::Swap::merge(self))
    }

    /// The lines of sysctl.d.
    pub fn sysctl_d(&self) -> &kernel::sysctl_d::SysctlD {
        self.sysctl_d.get_or_init(|| kernel::sysctl_d::SysctlD::merge(self))
    }

    /// Kernel variables at boot: sysctl.d and all other writers.
    pub fn sysctl(&self) -> &kernel::sysctl::Sysctls {
        self.sysctl.get_or_init(kernel::sysctl::Sysctls::default)
    }

    /// The installed systemd.
    pub fn systemd(&self) -> &systemd::installed::Systemd {
        self.systemd.get_or_init(|| systemd::installed::Systemd::merge(self))
    }

    /// What systemd-tmpfiles makes, empties and removes at boot.
    pub(crate) fn tmpfiles(&self) -> &tmpfiles::Tmpfiles {
        self.tmpfiles.get_or_init(|| tmpfiles::Tmpfiles::merge(self))
    }

    /// The graph of units that the next boot starts.
    pub fn units(&self) -> &systemd::units::Units {
        self.units.get_or_init(|| systemd::units::Units::merge(self))
    }
}
