//! A running system as it was recorded: what `machine.toml` says, and the files beside it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::rc::Rc;

use super::machine::{
    Machine, RecordedAddress, RecordedPage, RecordedSocket, RecordedSpace, RecordedUname, RecordedUnit,
};
use super::sections;
use crate::host::cri;
use crate::host::error::{HostError, HostErrorKind};
use crate::host::files::Files;
use crate::host::http::HttpResponse;
use crate::host::https;
use crate::host::no_response::NoResponse;
use crate::host::path::HostPath;
use crate::host::read::Read;
use crate::host::running::{Address, Connection, Running, Space, TIME_OUT, Uname, UnitState};
use crate::host::tree::Kind;
use crate::parse::systemd::RUNTIME_UNITS;

/// A running system as it was recorded.
pub(super) struct Recorded {
    files: Files,
    machine: Machine,
    uname: Uname,
    units: Option<Rc<BTreeMap<String, UnitState>>>,
}

impl Recorded {
    /// Reads `machine.toml`; a recording without one has only files.
    pub(super) fn open(files: Files) -> Result<Self, HostError> {
        let corrupt = |wrong: String| HostError::new("live/machine.toml", HostErrorKind::Corrupt(wrong));
        let machine: Machine = match files.read_description("/machine.toml") {
            Read::There(bytes) => sections::parse("live/machine.toml", &bytes)?,
            Read::Missing(_) => Machine::default(),
            Read::Hidden(error) => return Err(error),
        };
        machine.mistake().map_or(Ok(()), |wrong| Err(corrupt(wrong)))?;
        let RecordedUname { nodename, release, machine: hardware } = &machine.uname;
        let uname = Uname { nodename: nodename.clone(), release: release.clone(), machine: hardware.clone() };
        let state = |unit: &RecordedUnit| UnitState {
            load: unit.load.clone(),
            active: unit.active.clone(),
            sub: unit.sub.clone(),
        };
        let state = |units: &BTreeMap<String, RecordedUnit>| {
            Rc::new(units.iter().map(|(name, unit)| (name.clone(), state(unit))).collect())
        };
        let units = machine.units.as_ref().map(state);
        Ok(Recorded { files, machine, uname, units })
    }
}

/// What was recorded; what wasn't may be anything.
fn recorded_or<T>(asked: impl Display, recorded: Option<T>, what: &str) -> Read<T> {
    let missing = || HostErrorKind::Unsupported(format!("the recording doesn't say {what}"));
    recorded.map_or_else(|| Read::Hidden(HostError::new(asked, missing())), Read::There)
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

    fn addresses(&self) -> Read<Rc<[Address]>> {
        let recorded = self.machine.address.as_ref().map(|recorded| {
            let address = |recorded: &RecordedAddress| Address {
                interface: recorded.interface.clone(),
                address: recorded.address,
                prefix: recorded.prefix,
            };
            recorded.iter().map(address).collect()
        });
        recorded_or("getifaddrs(3)", recorded, "which addresses there are")
    }

    fn cpus(&self) -> Read<u32> {
        recorded_or("sched_getaffinity(2)", self.machine.cpus, "how many CPUs there are")
    }

    fn space(&self, mount: &HostPath) -> Read<Space> {
        let space = |found: &RecordedSpace| {
            let RecordedSpace { total, available, inodes, inodes_free, .. } = *found;
            Space { total, available, inodes, inodes_free }
        };
        let found = self.machine.space.get(&mount.to_string()).map(space);
        recorded_or(mount, found, "how much room there is")
    }

    fn lists_types(&self, mount: &HostPath) -> Read<bool> {
        let found = self.machine.space.get(&mount.to_string()).and_then(|space| space.lists_types);
        recorded_or(mount, found, "whether listings tell types")
    }

    fn time(&self) -> Read<u64> {
        recorded_or("clock_gettime(2)", self.machine.time, "what time it was")
    }

    fn units(&self) -> Read<Rc<BTreeMap<String, UnitState>>> {
        if let Some(reason) = &self.machine.units_unavailable {
            return Read::Hidden(HostError::new("systemd", HostErrorKind::Unsupported(reason.clone())));
        }
        match &self.units {
            Some(units) => Read::There(Rc::clone(units)),
            None => self
                .files
                .stat(RUNTIME_UNITS)
                .and_then(|_| recorded_or("systemd", None, "which units are loaded")),
        }
    }

    fn restarts(&self, unit: &str) -> Read<u32> {
        self.units().and_then(|_| match self.machine.units.as_ref().and_then(|units| units.get(unit)) {
            Some(found) => recorded_or(unit, found.restarts, "how often it was started again"),
            None => Read::Missing(unit.to_owned()),
        })
    }

    fn connect(&self, path: &HostPath) -> Read<Connection> {
        let hidden = |kind| Read::Hidden(HostError::new(path, kind));
        match self.machine.sockets.get(&path.to_string()) {
            Some(RecordedSocket::Accepted) => Read::There(Connection::Accepted),
            Some(RecordedSocket::Busy) => Read::There(Connection::Busy),
            Some(RecordedSocket::Refused) => Read::There(Connection::Refused),
            Some(RecordedSocket::Denied) => hidden(HostErrorKind::Denied),
            None => self.files.stat(path).and_then(|found| match found.kind {
                Kind::Socket => recorded_or(path, None, "whether it answers"),
                other => hidden(HostErrorKind::NotAFile(other)),
            }),
        }
    }

    fn page(&self, port: u16, target: &'static str) -> Result<HttpResponse, NoResponse> {
        match self.machine.pages.get(&format!("{port}{target}")) {
            Some(RecordedPage::Answered { status, body }) => {
                Ok(HttpResponse { status: *status, body: body.clone().into_bytes() })
            }
            Some(RecordedPage::Refused) => Err(NoResponse::Refused),
            None => Err(NoResponse::NotRecorded),
        }
    }

    fn https(&self, request: https::Request<'_>) -> Result<https::Reached, https::Unreached> {
        match self.machine.servers.get(&https::authority(request.host, request.port)) {
            Some(recorded) => recorded.answer(TIME_OUT, request.limit),
            None => Err(NoResponse::NotRecorded.into()),
        }
    }

    fn cri(&self, sockets: &[HostPath]) -> Vec<cri::Answer> {
        let answer = |socket: &HostPath| {
            if let Some(recorded) = self.machine.cri.get(&socket.to_string()) {
                return Ok(recorded.answer());
            }
            Err(match self.connect(socket) {
                Read::There(Connection::Refused) => NoResponse::Refused,
                Read::There(Connection::Busy) => NoResponse::Busy,
                Read::There(Connection::Accepted)
                | Read::Hidden(HostError { kind: HostErrorKind::Unsupported(_), .. }) => {
                    NoResponse::NotRecorded
                }
                Read::Missing(_) => NoResponse::Missing,
                Read::Hidden(error) => error.into(),
            })
        };
        sockets.iter().map(answer).collect()
    }
}
