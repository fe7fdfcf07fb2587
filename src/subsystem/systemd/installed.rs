//! The installed systemd: its version decides what many files mean.

use crate::fact::{Confidence, Origin};
use crate::host::{Files, HostError, HostErrorKind, Read};
use crate::subsystem::Subsystems;
use crate::subsystem::outside::container;

/// The installed systemd.
#[derive(Clone, Debug, Default)]
pub struct Systemd {
    /// Whether the init that boots is systemd; none if that can't be told.
    pub is_init: Option<bool>,
    /// Whether another init boots, and systemd's own library is not there (Alpine, Void, Devuan); none if which init
    /// boots can't be told.
    pub is_replaced: Option<bool>,
    /// Major version, 252; none if it can't be told.
    pub version: Option<u32>,
    /// A directory that may hold its library and could not be listed.
    pub unread: Option<String>,
    /// How sure the version is: high if it was taken from the distribution's release.
    pub confidence: Confidence,
    /// Why what systemd's files say doesn't tell what the next boot does: another init, or an initrd of its own
    /// kind.
    pub doubt: Option<String>,
    /// The place that says so.
    pub because: Vec<Origin>,
}

/// Directories that hold systemd's private library, `libsystemd-shared-252.so`.
const LIBRARIES: [&str; 8] = [
    "/usr/lib/systemd",
    "/lib/systemd",
    "/usr/lib64/systemd",
    "/usr/lib/x86_64-linux-gnu/systemd",
    "/usr/lib/aarch64-linux-gnu/systemd",
    "/usr/lib/arm-linux-gnueabihf/systemd",
    "/usr/lib/s390x-linux-gnu/systemd",
    "/usr/lib/powerpc64le-linux-gnu/systemd",
];

/// The version that a release of a distribution ships: `ID`, start of `VERSION_ID`, version.
const RELEASES: [(&str, &str, u32); 16] = [
    ("debian", "10", 241),
    ("debian", "11", 247),
    ("debian", "12", 252),
    ("debian", "13", 257),
    ("ubuntu", "20.04", 245),
    ("ubuntu", "22.04", 249),
    ("ubuntu", "24.04", 255),
    ("rhel", "8", 239),
    ("rhel", "9", 252),
    ("rhel", "10", 257),
    ("rocky", "8", 239),
    ("rocky", "9", 252),
    ("almalinux", "8", 239),
    ("almalinux", "9", 252),
    ("centos", "8", 239),
    ("centos", "9", 252),
];

impl Systemd {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let files = subsystems.host().files();
        let mut systemd = Systemd::default();
        let (is_init, origin) = init(subsystems);
        systemd.is_init = is_init;
        systemd.doubt = match (is_init, &origin) {
            (Some(true), _) | (None, None) => None,
            (Some(false), _) => Some("the init that boots is not systemd".into()),
            (None, Some(origin)) => Some(origin.says.clone().unwrap_or_else(|| origin.to_string())),
        };
        let library = library(files, &mut systemd.unread);
        // A container's init lies outside: its units count for what it is asked.
        let is_unread = is_init.is_none() && container(subsystems).is_none();
        systemd.is_replaced = match systemd.doubt {
            Some(_) if is_unread && library.is_none() => None,
            _ => Some(is_init == Some(false) && library.is_none()),
        };
        let version = library.or_else(|| {
            systemd.confidence = Confidence::High;
            release(subsystems, &mut systemd.unread)
        });
        if let Some((version, origin)) = version {
            systemd.version = Some(version);
            systemd.because.push(origin);
        }
        systemd.because.extend(origin);
        systemd
    }
}

/// Whether systemd boots, and the place that says so.
fn init(subsystems: &Subsystems<'_>) -> (Option<bool>, Option<Origin>) {
    if let Some(origin) = container(subsystems) {
        return (None, Some(origin));
    }
    let files = subsystems.host().files();
    let parameter = match subsystems.next_boot().parameter("init") {
        Ok(parameter) => parameter.value,
        Err(reason) => return (None, Some(Origin::file("kernel command line").says(reason))),
    };
    // An initrd made by a distribution starts /init; another program need not hand over to the init on disk.
    if let Ok(Some(program)) = subsystems.next_boot().parameter("rdinit").map(|found| found.value)
        && !["", "/init"].contains(&program.as_str())
    {
        let says = format!("rdinit={program}: what that program starts is not known");
        return (None, Some(Origin::file("kernel command line").says(says)));
    }
    if let Some(program) = parameter.filter(|program| !program.is_empty()) {
        let origin = Origin::file("kernel command line").says(format!("init={program}"));
        let named = match leads_to(files, &program) {
            _ if names_systemd(&program) => true,
            Ok(found) => found == Some(true),
            Err(error) => {
                let says = format!("which init boots can't be told: {error}");
                return (None, Some(Origin::file(program).says(says)));
            }
        };
        return (Some(named), Some(origin));
    }
    for path in ["/sbin/init", "/usr/sbin/init"] {
        match leads_to(files, path) {
            Ok(Some(is_systemd)) => return (Some(is_systemd), Some(Origin::file(path))),
            Ok(None) => {}
            Err(error) => {
                let says = format!("which init boots can't be told: {error}");
                return (None, Some(Origin::file(path).says(says)));
            }
        }
    }
    for path in ["/etc/systemd", "/usr/lib/systemd", "/lib/systemd"] {
        match files.lstat(path) {
            Read::There(_) => {
                let says = "is there; systemd is assumed to boot";
                return (Some(true), Some(Origin::file(path).says(says)));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => {
                let says = format!("which init boots can't be told: {error}");
                return (None, Some(Origin::file(path).says(says)));
            }
        }
    }
    (None, None)
}

fn names_systemd(path: &str) -> bool {
    path.rsplit('/').next() == Some("systemd")
}

/// Whether a path is systemd, links followed by name; none if there is nothing.
///
/// # Errors
/// If that can't be looked at.
fn leads_to(files: &Files, path: &str) -> Result<Option<bool>, HostError> {
    let mut path = path.to_owned();
    for _ in 0..16 {
        let target = match files.read_link(&path) {
            Read::There(target) => target,
            Read::Missing(_) | Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => break,
            Read::Hidden(error) => return Err(error),
        };
        if target.file_name().is_some_and(|name| name == "systemd") {
            return Ok(Some(true));
        }
        let whole = crate::host::HostPath::new(&path).link_target(target);
        let Some(whole) = whole.as_path().to_str() else { return Ok(None) };
        whole.clone_into(&mut path);
    }
    Ok(files.lstat(&path).found()?.map(|_| names_systemd(&path)))
}

fn library(files: &Files, unread: &mut Option<String>) -> Option<(u32, Origin)> {
    LIBRARIES.iter().find_map(|directory| {
        let names = match files.list(directory) {
            Read::There(names) => names,
            Read::Missing(_) => return None,
            Read::Hidden(error) => {
                unread.get_or_insert_with(|| error.to_string());
                return None;
            }
        };
        names.iter().filter_map(|name| name.to_str()).find_map(|name| {
            let rest = name.strip_prefix("libsystemd-shared-")?;
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let version = rest[..digits].parse().ok()?;
            rest.contains(".so").then(|| (version, Origin::file(format!("{directory}/{name}"))))
        })
    })
}

/// The version that the distribution's release ships.
fn release(subsystems: &Subsystems<'_>, unread: &mut Option<String>) -> Option<(u32, Origin)> {
    let os = subsystems.os_release();
    if let Some(error) = &os.trouble {
        unread.get_or_insert_with(|| error.to_string());
    }
    let (_, _, version) = RELEASES.iter().find(|(known, start, _)| {
        *known == os.id
            && os.version.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })?;
    let says = format!("{} {} ships systemd {version}", os.id, os.version);
    Some((*version, os.origin.clone()?.says(says)))
}
