//! A running system as it was recorded: what `machine.toml` says, and the files beside it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::machine::{
    Machine, RecordedAddress, RecordedPage, RecordedSocket, RecordedSpace, RecordedUname, RecordedUnit,
};
use super::parse;
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
        let machine: Machine = match files.read("/machine.toml") {
            Read::There(bytes) => parse("live/machine.toml", &bytes)?,
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
        let Some(units) = &self.units else {
            self.files.stat(RUNTIME_UNITS).legacy()?;
            let missing = "the recording doesn't say which units are loaded";
            return Err(HostError::new("systemd", HostErrorKind::Unsupported(missing.into())));
        };
        Ok(Rc::clone(units))
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
                Ok(Connection::Refused) => NoResponse::Refused,
                Ok(Connection::Busy) => NoResponse::Busy,
                Ok(Connection::Accepted) | Err(HostError { kind: HostErrorKind::Unsupported(_), .. }) => {
                    NoResponse::NotRecorded
                }
                Err(error) => error.into(),
            })
        };
        sockets.iter().map(answer).collect()
    }
}
