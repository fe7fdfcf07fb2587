//! The distribution: os-release(5), `/etc/os-release` before `/usr/lib/os-release`.

use crate::fact::{Origin, Version};
use crate::host::{HostError, Read};
use crate::parse::assignments;
use crate::subsystem::Subsystems;

/// Where it is; the first wins.
pub const PLACES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// What os-release says.
#[derive(Clone, Debug, Default)]
pub struct OsRelease {
    /// `debian`, `rocky`; empty if it isn't said.
    pub id: String,
    /// Distributions that it is derived from.
    pub like: Vec<String>,
    /// `12`, `9.4`; empty for rolling distributions.
    pub version: String,
    /// For people: `Debian GNU/Linux 12 (bookworm)`.
    pub name: String,
    /// The name of a host that has none; empty if it isn't said.
    pub default_hostname: String,
    /// The file.
    pub origin: Option<Origin>,
    /// Why it could not be read.
    pub trouble: Option<HostError>,
}

impl OsRelease {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let files = subsystems.host().files();
        let read = |path| files.read(path).map(|bytes| (path, bytes));
        let [first, second] = PLACES;
        let found = match read(first) {
            Read::Missing(_) => read(second),
            found => found,
        };
        let (path, bytes) = match found {
            Read::There(found) => found,
            Read::Missing(_) => return OsRelease::default(),
            Read::Hidden(error) => return OsRelease { trouble: Some(error), ..OsRelease::default() },
        };
        let assignments = assignments::parse(&bytes);
        let value = |name| assignments::last(&assignments, name).map_or("", |found| found.value.as_str());
        let name = if value("PRETTY_NAME").is_empty() { value("NAME") } else { value("PRETTY_NAME") };
        OsRelease {
            id: value("ID").to_owned(),
            like: value("ID_LIKE").split_ascii_whitespace().map(str::to_owned).collect(),
            version: value("VERSION_ID").to_owned(),
            name: name.to_owned(),
            default_hostname: value("DEFAULT_HOSTNAME").to_owned(),
            origin: Some(Origin::file(path)),
            trouble: None,
        }
    }

    /// Whether it is this distribution or derived from it.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.id == id || self.like.iter().any(|like| like == id)
    }

    /// The version as numbers.
    #[must_use]
    pub fn number(&self) -> Option<Version> {
        Version::parse(&self.version)
    }
}
