//! The machine that this program runs on.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr};

use super::bus;
use super::cri;
use super::deadline::{Deadline, Patience};
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::http::{self, HttpResponse};
use super::https;
use super::no_response::NoResponse;
use super::path::HostPath;
use super::read::Read;
use super::running::{Address, Connection, Running, Space, Uname, UnitState};
use super::tree::Kind;
use crate::parse::systemd::RUNTIME_UNITS;

type Units = Result<Rc<BTreeMap<String, UnitState>>, HostError>;

/// The machine that this program runs on.
pub(super) struct Kernel {
    files: Rc<Files>,
    patience: Patience,
    uname: Uname,
    units: OnceCell<Units>,
    addresses: OnceCell<Result<Rc<[Address]>, HostError>>,
}

impl Kernel {
    pub(super) fn new(files: Rc<Files>, time_out: Duration) -> Self {
        let text = |name: &std::ffi::OsStr| name.to_string_lossy().into_owned();
        let uname = nix::sys::utsname::uname().map_or_else(
            |_| Uname::default(),
            |name| Uname {
                nodename: text(name.nodename()),
                release: text(name.release()),
                machine: text(name.machine()),
            },
        );
        Kernel {
            files,
            patience: Patience::new(time_out),
            uname,
            units: OnceCell::new(),
            addresses: OnceCell::new(),
        }
    }

    fn bus<T>(&self, ask: impl FnOnce(Deadline) -> Result<T, HostError>) -> Result<T, HostError> {
        let late =
            |silence: NoResponse| HostError::new(bus::SYSTEM_BUS, HostErrorKind::Io(silence.to_string()));
        let deadline = self.patience.deadline().map_err(late)?;
        let answer = ask(deadline);
        self.patience.spent(deadline);
        answer
    }

    fn ask_runtimes(&self, sockets: &[HostPath]) -> Vec<cri::Answer> {
        let deadline = match self.patience.deadline() {
            Ok(deadline) => deadline,
            Err(silence) => return sockets.iter().map(|_| Err(silence.clone())).collect(),
        };
        let answers = cri::ask(sockets, deadline);
        self.patience.spent(deadline);
        answers
    }

    fn ask_units(&self) -> Units {
        // sd_booted(3): this directory exists if and only if systemd is the running init.
        match self.files.stat(RUNTIME_UNITS) {
            Read::There(_) => self.bus(|deadline| bus::list_units(bus::SYSTEM_BUS, deadline)).map(Rc::new),
            Read::Missing(_) => Err(HostError::new("systemd", HostErrorKind::NotFound)),
            Read::Hidden(error) => Err(error),
        }
    }
}

/// Addresses of all interfaces, asked of the kernel.
fn addresses() -> Result<Rc<[Address]>, HostError> {
    let all = nix::ifaddrs::getifaddrs().map_err(|errno| failed("getifaddrs(3)", errno))?;
    Ok(all
        .filter_map(|entry| {
            let (address, bits) = match (entry.address?, entry.netmask) {
                (address, mask) if address.as_sockaddr_in().is_some() => {
                    let bits = mask.and_then(|mask| mask.as_sockaddr_in().map(|mask| mask.ip().to_bits()));
                    (address.as_sockaddr_in()?.ip().into(), bits.map_or(32, u32::count_ones))
                }
                (address, mask) => {
                    let bits = mask.and_then(|mask| mask.as_sockaddr_in6().map(|mask| mask.ip().to_bits()));
                    (address.as_sockaddr_in6()?.ip().into(), bits.map_or(128, u128::count_ones))
                }
            };
            Some(Address {
                interface: entry.interface_name,
                address,
                prefix: u8::try_from(bits).unwrap_or(0),
            })
        })
        .collect())
}

fn connect(path: &HostPath) -> Result<Connection, HostError> {
    let address = UnixAddr::new(path.as_path()).map_err(|errno| failed(path, errno))?;
    // Without O_NONBLOCK, a listener with a full backlog would keep us waiting.
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = nix::sys::socket::socket(AddressFamily::Unix, SockType::Stream, flags, None)
        .map_err(|errno| failed(path, errno))?;
    match nix::sys::socket::connect(std::os::fd::AsRawFd::as_raw_fd(&socket), &address) {
        Ok(()) => Ok(Connection::Accepted),
        Err(Errno::EAGAIN) => Ok(Connection::Busy),
        Err(Errno::ECONNREFUSED) => Ok(Connection::Refused),
        Err(errno) => Err(failed(path, errno)),
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

    fn addresses(&self) -> Read<Rc<[Address]>> {
        self.addresses.get_or_init(addresses).clone().into()
    }

    fn cpus(&self) -> Read<u32> {
        let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0));
        Read::from(set.map_err(|errno| failed("sched_getaffinity(2)", errno))).map(|set| {
            let all = 0..nix::sched::CpuSet::count();
            let count = all.filter(|cpu| set.is_set(*cpu).unwrap_or(false)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        })
    }

    #[allow(clippy::useless_conversion, reason = "counts of blocks have 32 bits on machines of 32 bits")]
    fn space(&self, mount: &HostPath) -> Read<Space> {
        let found = nix::sys::statvfs::statvfs(mount.as_path()).map_err(|errno| failed(mount, errno));
        Read::from(found).map(|found| {
            let size = u64::from(found.fragment_size());
            Space {
                total: u64::from(found.blocks()).saturating_mul(size),
                available: u64::from(found.blocks_available()).saturating_mul(size),
                inodes: found.files().into(),
                inodes_free: found.files_free().into(),
            }
        })
    }

    fn lists_types(&self, mount: &HostPath) -> Read<bool> {
        let empty = || HostError::new(mount, HostErrorKind::Unsupported("it is empty".into()));
        self.files.lists_types(mount).and_then(|all| all.ok_or_else(empty)).into()
    }

    fn time(&self) -> Read<u64> {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let early = || HostErrorKind::Corrupt("the clock is before 1970".into());
        since.map(|since| since.as_secs()).map_err(|_| HostError::new("clock_gettime(2)", early())).into()
    }

    fn units(&self) -> Read<Rc<BTreeMap<String, UnitState>>> {
        self.units.get_or_init(|| self.ask_units()).clone().into()
    }

    fn restarts(&self, unit: &str) -> Read<u32> {
        // systemd would load a unit that is asked for.
        self.units().and_then(|units| match units.get(unit).map(|unit| unit.load.as_str()) {
            Some("loaded") => self.bus(|deadline| bus::restarts(bus::SYSTEM_BUS, unit, deadline)).into(),
            _ => Read::Missing(unit.to_owned()),
        })
    }

    fn connect(&self, path: &HostPath) -> Read<Connection> {
        self.files.stat(path).and_then(|found| match found.kind {
            Kind::Socket => connect(path).into(),
            other => Read::Hidden(HostError::new(path, HostErrorKind::NotAFile(other))),
        })
    }

    fn cri(&self, sockets: &[HostPath]) -> Vec<cri::Answer> {
        let looked = |socket: &HostPath| match self.files.stat(socket) {
            Read::There(found) if found.kind == Kind::Socket => None,
            Read::There(found) => Some(NoResponse::NotASocket(found.kind)),
            Read::Missing(_) => Some(NoResponse::Missing),
            Read::Hidden(error) => Some(error.into()),
        };
        let silent: Vec<Option<NoResponse>> = sockets.iter().map(looked).collect();
        let there = sockets.iter().zip(&silent).filter(|(_, silence)| silence.is_none());
        let there: Vec<HostPath> = there.map(|(socket, _)| socket.clone()).collect();
        let mut answers = if there.is_empty() { Vec::new() } else { self.ask_runtimes(&there) }.into_iter();
        let missing = || Err(NoResponse::Failed("it was not asked".into()));
        silent
            .into_iter()
            .map(|silence| silence.map_or_else(|| answers.next().unwrap_or_else(missing), Err))
            .collect()
    }

    fn page(&self, port: u16, target: &'static str) -> Result<HttpResponse, NoResponse> {
        self.patience.ask(|deadline| http::get_loopback(port, target, 16 << 10, deadline))
    }

    fn https(&self, request: https::Request<'_>) -> Result<https::Reached, https::Unreached> {
        self.patience.ask(|deadline| https::get(request, deadline))
    }
}

fn failed(what: impl std::fmt::Display, errno: Errno) -> HostError {
    let trouble = match errno {
        Errno::EACCES | Errno::EPERM => HostErrorKind::Denied,
        Errno::ENOENT => HostErrorKind::NotFound,
        other => HostErrorKind::Io(other.desc().to_owned()),
    };
    HostError::new(what, trouble)
}
