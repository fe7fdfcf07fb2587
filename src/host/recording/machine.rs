//! `live/machine.toml` of a recording: what the running system answered besides its files.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

use super::sections::Sections;
use crate::fact::printable;
use crate::host::cri::RecordedRuntime;
use crate::host::https::RecordedServer;
use crate::host::path::HostPath;

/// What the running system answered besides its files. Everything may be left out;
/// what is left out was not recorded and is unknown.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Machine {
    #[serde(default)]
    pub(super) uname: RecordedUname,
    /// Whether the recording was made as root; true if left out.
    pub(super) root: Option<bool>,
    pub(super) cpus: Option<u32>,
    /// By mount point.
    #[serde(default)]
    pub(super) space: BTreeMap<String, RecordedSpace>,
    /// When the recording was made, in seconds since 1970.
    pub(super) time: Option<u64>,
    pub(super) address: Option<Vec<RecordedAddress>>,
    pub(super) units: Option<BTreeMap<String, RecordedUnit>>,
    /// Why systemd could not be asked.
    pub(super) units_unavailable: Option<String>,
    #[serde(default)]
    pub(super) sockets: BTreeMap<String, RecordedSocket>,
    #[serde(default)]
    pub(super) cri: BTreeMap<String, RecordedRuntime>,
    /// What ports of the loopback interface answered, by `PORT/PATH`.
    #[serde(default)]
    pub(super) pages: BTreeMap<String, RecordedPage>,
    /// What servers on the network answered, by `HOST:PORT`.
    #[serde(default)]
    pub(super) servers: BTreeMap<String, RecordedServer>,
}

/// `pages."10248/healthz"`: a page over HTTP, or that nobody listens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum RecordedPage {
    Answered {
        status: u16,
        #[serde(default)]
        body: String,
    },
    Refused,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RecordedUname {
    pub(super) nodename: String,
    pub(super) release: String,
    pub(super) machine: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedAddress {
    pub(super) interface: String,
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
}

/// Sizes in bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RecordedSpace {
    pub(super) total: u64,
    pub(super) available: u64,
    #[serde(default)]
    pub(super) inodes: u64,
    #[serde(default)]
    pub(super) inodes_free: u64,
    /// Whether listings tell the types of their entries.
    pub(super) lists_types: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedUnit {
    #[serde(default = "loaded")]
    pub(super) load: String,
    pub(super) active: String,
    #[serde(default)]
    pub(super) sub: String,
    /// How often systemd started it again.
    pub(super) restarts: Option<u32>,
}

fn loaded() -> String {
    "loaded".into()
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RecordedSocket {
    Accepted,
    Busy,
    Refused,
    Denied,
}

impl Sections for Machine {
    const HEADS: &'static [&'static str] = &["[units.\""];

    fn add(&mut self, one: Self) -> Result<(), String> {
        for (name, unit) in one.units.unwrap_or_default() {
            let units = self.units.get_or_insert_default();
            if units.contains_key(&name) {
                return Err(name);
            }
            units.insert(name, unit);
        }
        Ok(())
    }
}

impl Machine {
    /// What the syntax allows and no machine answers; left alone, it would be passed over in silence.
    pub(super) fn mistake(&self) -> Option<String> {
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
