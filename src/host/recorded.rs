//! A running system as it was recorded: `live/machine.toml` and the files beside it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;

use super::cri::{self, RecordedRuntime};
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::https::{self, RecordedServer};
use super::page::Page;
use super::path::HostPath;
use super::running::{Address, Connection, Running, Space, Uname, UnitState};
use super::silence::Silence;
use super::tree::Kind;
use crate::fact::printable;

/// A running system as it was recorded.
pub(super) struct Recorded {
    files: Files,
    machine: Machine,
    uname: Uname,
}

/// `live/machine.toml`: what the running system answered besides its files. Everything may be left out;
/// what is left out was not recorded and is unknown.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Machine {
    #[serde(default)]
    uname: RecordedUname,
    /// Whether the recording was made as root; true if left out.
    root: Option<bool>,
    cpus: Option<u32>,
    /// By mount point.
    #[serde(default)]
    space: BTreeMap<String, RecordedSpace>,
    /// When the recording was made, in seconds since 1970.
    time: Option<u64>,
    address: Option<Vec<RecordedAddress>>,
    units: Option<BTreeMap<String, RecordedUnit>>,
    /// Why systemd could not be asked.
    units_unavailable: Option<String>,
    #[serde(default)]
    sockets: BTreeMap<String, RecordedSocket>,
    #[serde(default)]
    cri: BTreeMap<String, RecordedRuntime>,
    /// What ports of the loopback interface answered, by `PORT/PATH`.
    #[serde(default)]
    pages: BTreeMap<String, RecordedPage>,
    /// What servers on the network answered, by `HOST:PORT`.
    #[serde(default)]
    servers: BTreeMap<String, RecordedServer>,
}

/// `pages."10248/healthz"`: a page over HTTP, or that nobody listens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum RecordedPage {
    Answered {
        status: u16,
        #[serde(default)]
        body: String,
    },
    Refused,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RecordedUname {
    nodename: String,
    release: String,
    machine: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedAddress {
    interface: String,
    address: IpAddr,
    prefix: u8,
}

/// Sizes in bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RecordedSpace {
    total: u64,
    available: u64,
    #[serde(default)]
    inodes: u64,
    #[serde(default)]
    inodes_free: u64,
    /// Whether listings tell the types of their entries.
    lists_types: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedUnit {
    #[serde(default = "loaded")]
    load: String,
    active: String,
    #[serde(default)]
    sub: String,
    /// How often systemd started it again.
    restarts: Option<u32>,
}

fn loaded() -> String {
    "loaded".into()
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedSocket {
    Accepted,
    Busy,
    Refused,
    Denied,
}

impl Machine {
    /// What the syntax allows and no machine answers; left alone, it would be passed over in silence.
    fn mistake(&self) -> Option<String> {
        let address =
            self.address.iter().flatten().find_map(|RecordedAddress { address, prefix, .. }| {
                let longest = if address.is_ipv4() { 32 } else { 128 };
                (*prefix > longest).then(|| format!("{address}: {prefix} is no prefix length"))
            });
        let socket = || {
            let is_wrong = |path: &&String| HostPath::new(path).as_path().as_os_str() != path.as_str();
            let path = self.sockets.keys().chain(self.cri.keys()).chain(self.space.keys()).find(is_wrong)?;
            Some(format!("`{}` is not an absolute path without `.` and `//`", printable(path)))
        };
        let both = || {
            (self.units.is_some() && self.units_unavailable.is_some())
                .then(|| "`units` and `units-unavailable` exclude each other".to_owned())
        };
        address.or_else(socket).or_else(both)
    }
}

impl Recorded {
    /// Reads `machine.toml`; a recording without one has only files.
    pub(super) fn open(files: Files) -> Result<Self, HostError> {
        let corrupt = |wrong: String| HostError::new("live/machine.toml", HostErrorKind::Corrupt(wrong));
        let machine: Machine = match files.read("/machine.toml").legacy() {
            Ok(bytes) => toml::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?,
            Err(error) if error.is_not_found() => Machine::default(),
            Err(error) => return Err(error),
        };
        machine.mistake().map_or(Ok(()), |wrong| Err(corrupt(wrong)))?;
        let RecordedUname { nodename, release, machine: hardware } = &machine.uname;
        let uname = Uname { nodename: nodename.clone(), release: release.clone(), machine: hardware.clone() };
        Ok(Recorded { files, machine, uname })
    }
}

impl Running for Recorded {
    fn files(&self) -> &Files {
        &self.files
    }

    fn uname(&self) -> &Uname {
        &self.uname
    }

    fn is_root(&self) -> bool {
        self.machine.root.unwrap_or(true)
    }

    fn addresses(&self) -> Result<Rc<[Address]>, HostError> {
        let missing =
            || HostErrorKind::Unsupported("the recording doesn't say which addresses there are".into());
        let recorded =
            self.machine.address.as_ref().ok_or_else(|| HostError::new("getifaddrs(3)", missing()))?;
        Ok(recorded
            .iter()
            .map(|RecordedAddress { interface, address, prefix }| Address {
                interface: interface.clone(),
                address: *address,
                prefix: *prefix,
            })
            .collect())
    }

    fn cpus(&self) -> Result<u32, HostError> {
        let missing =
            || HostErrorKind::Unsupported("the recording doesn't say how many CPUs there are".into());
        self.machine.cpus.ok_or_else(|| HostError::new("sched_getaffinity(2)", missing()))
    }

    fn space(&self, mount: &HostPath) -> Result<Space, HostError> {
        let missing =
            || HostErrorKind::Unsupported("the recording doesn't say how much room there is".into());
        let found = self.machine.space.get(&mount.to_string());
        let found = found.ok_or_else(|| HostError::new(mount, missing()))?;
        let RecordedSpace { total, available, inodes, inodes_free, .. } = *found;
        Ok(Space { total, available, inodes, inodes_free })
    }

    fn lists_types(&self, mount: &HostPath) -> Result<bool, HostError> {
        let missing =
            || HostErrorKind::Unsupported("the recording doesn't say whether listings tell types".into());
        let found = self.machine.space.get(&mount.to_string()).and_then(|space| space.lists_types);
        found.ok_or_else(|| HostError::new(mount, missing()))
    }

    fn time(&self) -> Result<u64, HostError> {
        let missing = || HostErrorKind::Unsupported("the recording doesn't say what time it was".into());
        self.machine.time.ok_or_else(|| HostError::new("clock_gettime(2)", missing()))
    }

    fn units(&self) -> Result<Rc<BTreeMap<String, UnitState>>, HostError> {
        if let Some(reason) = &self.machine.units_unavailable {
            return Err(HostError::new("systemd", HostErrorKind::Unsupported(reason.clone())));
        }
        let Some(units) = &self.machine.units else {
            self.files.stat("/run/systemd/system").legacy()?;
            let missing = "the recording doesn't say which units are loaded";
            return Err(HostError::new("systemd", HostErrorKind::Unsupported(missing.into())));
        };
        let state = |unit: &RecordedUnit| UnitState {
            load: unit.load.clone(),
            active: unit.active.clone(),
            sub: unit.sub.clone(),
        };
        Ok(Rc::new(units.iter().map(|(name, unit)| (name.clone(), state(unit))).collect()))
    }

    fn restarts(&self, unit: &str) -> Result<u32, HostError> {
        self.units()?;
        let found = self.machine.units.as_ref().and_then(|units| units.get(unit));
        let found = found.ok_or_else(|| HostError::new(unit, HostErrorKind::NotFound))?;
        let missing = "the recording doesn't say how often it was started again";
        found.restarts.ok_or_else(|| HostError::new(unit, HostErrorKind::Unsupported(missing.into())))
    }

    fn connect(&self, path: &HostPath) -> Result<Connection, HostError> {
        match self.machine.sockets.get(&path.to_string()) {
            Some(RecordedSocket::Accepted) => Ok(Connection::Accepted),
            Some(RecordedSocket::Busy) => Ok(Connection::Busy),
            Some(RecordedSocket::Refused) => Ok(Connection::Refused),
            Some(RecordedSocket::Denied) => Err(HostError::new(path, HostErrorKind::Denied)),
            None => {
                let kind = self.files.stat(path).legacy()?.kind;
                let trouble = match kind {
                    Kind::Socket => {
                        HostErrorKind::Unsupported("the recording doesn't say whether it answers".into())
                    }
                    other => HostErrorKind::NotAFile(other),
                };
                Err(HostError::new(path, trouble))
            }
        }
    }
    fn page(&self, port: u16, target: &'static str, _within: Duration) -> Result<Page, Silence> {
        match self.machine.pages.get(&format!("{port}{target}")) {
            Some(RecordedPage::Answered { status, body }) => {
                Ok(Page { status: *status, body: body.clone().into_bytes() })
            }
            Some(RecordedPage::Refused) => Err(Silence::Refused),
            None => Err(Silence::NotRecorded),
        }
    }

    fn https(&self, request: https::Request<'_>) -> Result<https::Reached, https::Unreached> {
        match self.machine.servers.get(&https::authority(request.host, request.port)) {
            Some(recorded) => recorded.answer(request.within, request.limit),
            None => Err(Silence::NotRecorded.into()),
        }
    }

    fn cri(&self, sockets: &[HostPath], _within: Duration) -> Vec<cri::Answer> {
        let answer = |socket: &HostPath| {
            if let Some(recorded) = self.machine.cri.get(&socket.to_string()) {
                return Ok(recorded.answer());
            }
            Err(match self.connect(socket) {
                Ok(Connection::Refused) => Silence::Refused,
                Ok(Connection::Busy) => Silence::Busy,
                Ok(Connection::Accepted) | Err(HostError { kind: HostErrorKind::Unsupported(_), .. }) => {
                    Silence::NotRecorded
                }
                Err(error) => error.into(),
            })
        };
        sockets.iter().map(answer).collect()
    }
}
