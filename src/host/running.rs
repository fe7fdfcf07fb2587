//! A running system: what can be asked of it besides its files.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use super::cri;
use super::files::Files;
use super::http::HttpResponse;
use super::https;
use super::no_response::NoResponse;
use super::path::HostPath;
use super::read::Read;

/// How long the sockets of a host are waited for, all together. Whoever runs answers within milliseconds.
pub(super) const TIME_OUT: Duration = Duration::from_secs(2);

/// A running system. The live machine is one; a recording with `live/` plays one.
pub trait Running {
    /// `/proc`, `/sys`, `/run` and `/dev` as they are now.
    fn files(&self) -> &Files;

    /// What `uname(2)` says.
    fn uname(&self) -> &Uname;

    /// Whether the process that looks has effective user ID 0.
    fn is_root(&self) -> bool;

    /// Addresses of all interfaces, as `getifaddrs(3)` lists them.
    fn addresses(&self) -> Read<Rc<[Address]>>;

    /// Number of CPUs that this process may run on, as kubeadm counts them (`sched_getaffinity(2)`).
    fn cpus(&self) -> Read<u32>;

    /// How much room there is on the file system that is mounted at a place (`statvfs(3)`). Nobody may ask for one that
    /// could wait for another machine.
    fn space(&self, mount: &HostPath) -> Read<Space>;

    /// Whether a listing of the file system that is mounted at a place tells files from directories (`d_type` of
    /// `getdents(2)`), by the names in the directory at its top. Hidden if that is empty.
    fn lists_types(&self, mount: &HostPath) -> Read<bool>;

    /// What time it is, in seconds since 1970 (`clock_gettime(2)`).
    fn time(&self) -> Read<u64>;

    /// States of all units that systemd has loaded, by unit name, over D-Bus. A unit that is not in the
    /// list is not loaded, hence not active. Missing if systemd doesn't run, hidden if its bus can't be asked.
    fn units(&self) -> Read<Rc<BTreeMap<String, UnitState>>>;

    /// How often systemd has started a service again by itself since somebody started it (`NRestarts`).
    /// Missing if systemd doesn't run or the service is not loaded, hidden if its bus can't be asked.
    fn restarts(&self, unit: &str) -> Read<u32>;

    /// Whether something accepts connections on a unix stream socket. Hidden if that can't be tried: denied, or not a
    /// socket.
    fn connect(&self, path: &HostPath) -> Read<Connection>;

    /// What container runtimes answer on their sockets, in the order of the paths. All are asked at once.
    /// Nothing but a socket is connected to. All sockets of a run are waited for two seconds together.
    fn cri(&self, sockets: &[HostPath]) -> Vec<cri::Answer>;

    /// The page behind a path on a port of the loopback interface (127.0.0.1), over HTTP.
    ///
    /// # Errors
    /// How nobody answered.
    fn page(&self, port: u16, target: &'static str) -> Result<HttpResponse, NoResponse>;

    /// A page of a server on the network, over HTTPS without trust, without a proxy. Only for a server that the user has
    /// named: this is what leaves the host.
    ///
    /// # Errors
    /// Why no connection came about.
    fn https(&self, request: https::Request<'_>) -> Result<https::Reached, https::Unreached>;
}

/// What `uname(2)` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uname {
    /// Host name.
    pub nodename: String,
    /// Kernel release, `6.1.0-18-amd64`.
    pub release: String,
    /// Hardware name, `x86_64`.
    pub machine: String,
}

/// How much room there is on a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes.
    pub total: u64,
    /// Bytes that a user without privileges may still write.
    pub available: u64,
    /// How many files there can be; 0 where they are not counted (btrfs).
    pub inodes: u64,
    /// How many more files there can be.
    pub inodes_free: u64,
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Interface name.
    pub interface: String,
    /// The address.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix: u8,
}

/// A unit as systemd sees it (org.freedesktop.systemd1 `ListUnits`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// `loaded`, `not-found`, `masked`, ...
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, ...
    pub active: String,
    /// `running`, `exited`, `dead`, ...
    pub sub: String,
}

/// What a unix socket answered to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Something listens.
    Accepted,
    /// Something listens, but its queue of connections is full (`EAGAIN`).
    Busy,
    /// The socket is there and nobody listens (`ECONNREFUSED`).
    Refused,
}
