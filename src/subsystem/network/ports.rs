//! Ports of the running system: which sockets others can reach, and whose they are.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use crate::fact::State;
use crate::host::{HostError, Read, Running};
use crate::parse::socket_table::{self, Listener};

/// Processes that are looked at to find the owner of a socket, and files of all of them together.
const MOST_PROCESSES: usize = 4096;
const MOST_FILES: usize = 1 << 15;

/// The protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// The tables: IPv4, IPv6.
    fn tables(self) -> [&'static str; 2] {
        match self {
            Protocol::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
            Protocol::Udp => ["/proc/net/udp", "/proc/net/udp6"],
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        })
    }
}

/// A socket and the table that shows it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The table, `/proc/net/tcp`.
    pub table: &'static str,
    /// The socket.
    pub listener: Listener,
}

/// The tables, each read when it is first asked for.
#[derive(Debug, Default)]
pub struct Ports {
    tcp: OnceCell<Result<Rc<[Found]>, String>>,
    udp: OnceCell<Result<Rc<[Found]>, String>>,
}

impl Ports {
    /// All sockets of a protocol that others can reach.
    ///
    /// # Errors
    /// Why they can't be known.
    pub fn of(&self, running: &dyn Running, protocol: Protocol) -> Result<Rc<[Found]>, String> {
        let cell = match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
        };
        cell.get_or_init(|| read(running, protocol)).clone()
    }
}

fn read(running: &dyn Running, protocol: Protocol) -> Result<Rc<[Found]>, String> {
    let mut found = Vec::new();
    for (table, optional) in protocol.tables().into_iter().zip([false, true]) {
        match running.files().read(table) {
            Read::There(bytes) => {
                let listeners =
                    socket_table::parse(&bytes).ok_or(format!("{table}: not a table of sockets"))?;
                found.extend(listeners.into_iter().map(|listener| Found { table, listener }));
            }
            // A kernel may do without IPv6; where the table of IPv4 is missing, /proc is.
            Read::Missing(_) if optional => {}
            Read::Missing(_) => return Err(format!("{table}: not found")),
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    Ok(found.into())
}

/// The name of the process that has one of these sockets open, `kubelet`: absent for a socket of the kernel.
pub fn owner(running: &dyn Running, sockets: &[Found]) -> State {
    let inodes: Vec<u64> =
        sockets.iter().map(|found| found.listener.inode).filter(|inode| *inode != 0).collect();
    if inodes.is_empty() {
        return State::Absent;
    }
    if !running.is_root() {
        return State::unknown("only root sees whose socket it is");
    }
    let files = running.files();
    let mut hidden: Vec<HostError> = Vec::new();
    let mut left = MOST_FILES;
    for process in processes(running).iter().take(MOST_PROCESSES) {
        let directory = format!("/proc/{process}/fd");
        // A process may end while it is looked at; of one that is hidden it stays unknown whether it is the owner.
        let Some(names) = files.list(&directory).or_hidden(&mut hidden) else { continue };
        for name in names.iter() {
            if left == 0 {
                return State::unknown("too many files are open to find whose socket it is");
            }
            left -= 1;
            let link = files.read_link(format!("{directory}/{}", name.to_string_lossy()));
            let Some(target) = link.or_hidden(&mut hidden) else { continue };
            let inode = target
                .to_str()
                .and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if inode.is_some_and(|inode: u64| inodes.contains(&inode)) {
                let comm = files.read(format!("/proc/{process}/comm"));
                let Some(comm) = comm.or_hidden(&mut hidden) else { continue };
                return State::from(String::from_utf8_lossy(&comm).trim_end());
            }
        }
    }
    match hidden.into_iter().next() {
        Some(error) => State::unknown(error),
        None => State::unknown("no process that can be seen has the socket open"),
    }
}

/// All processes that can be seen; first those of the kubelet, which is asked for most. Where none can be listed, no
/// owner is found, and that is unknown.
fn processes(running: &dyn Running) -> Vec<u32> {
    let files = running.files();
    let number = |text: &str| text.parse::<u32>().ok();
    let mut processes: Vec<u32> = Vec::new();
    // Only the order of looking depends on it.
    match files.read("/sys/fs/cgroup/system.slice/kubelet.service/cgroup.procs") {
        Read::There(kubelet) => {
            processes.extend(String::from_utf8_lossy(&kubelet).lines().filter_map(number));
        }
        // The list below has them, too.
        Read::Missing(_) | Read::Hidden(_) => {}
    }
    match files.list("/proc") {
        Read::There(all) => processes.extend(all.iter().filter_map(|name| number(name.to_str()?))),
        // No owner is found then, which is unknown.
        Read::Missing(_) | Read::Hidden(_) => {}
    }
    processes
}
