//! The package that owns a file, and the program's version by it. dpkg keeps a list of files a package, RPM has it in the
//! package's header; apk's and pacman's are not read.

use super::known::Known;
use crate::fact::{Knowledge, Origin, Version, printable};
use crate::host::{Files, HostError, HostPath, Read};
use crate::parse::lines;
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::packages;

const INFO: &str = "/var/lib/dpkg/info";
const DIVERSIONS: &str = "/var/lib/dpkg/diversions";

/// What a package says of a program.
pub(super) struct Package {
    pub(super) name: String,
    /// The program's version: without epoch and revision.
    pub(super) version: String,
    /// The place in the database.
    pub(super) origin: Vec<Origin>,
    /// Whether a list of its files says that it owns the file; else only the names and the place say so.
    pub(super) listed: bool,
}

/// Why a package says nothing of a program.
pub(super) enum Untold {
    /// Something could not be read that may say it.
    Unread(String),
    /// There is nothing that says it.
    Nothing(String),
}

impl Untold {
    pub(super) fn reason(&self) -> &str {
        match self {
            Untold::Unread(reason) | Untold::Nothing(reason) => reason,
        }
    }
}

/// The version by the package that owns a file and has the program's version.
///
/// # Errors
/// Why there is none.
pub(super) fn packaged(
    subsystems: &Subsystems<'_>,
    path: &HostPath,
    name: &str,
    known: Option<&Known>,
) -> Result<Package, Untold> {
    let files = subsystems.host().files();
    let names =
        std::iter::once(name).chain(known.into_iter().flat_map(|known| known.packages.iter().copied()));
    let unread = |error: HostError| Untold::Unread(error.to_string());
    let mut lists = 0;
    for package in names.clone() {
        lists += usize::from(list(files, package).map_err(unread)?.is_some());
        let rpm = subsystems.packages().rpm_files(subsystems, package).map_err(unread)?;
        lists += usize::from(rpm.is_some());
        let is_of_rpm = rpm.iter().flatten().any(|file| is_same(files, file, path));
        if !is_of_rpm && !owns(files, package, path).map_err(unread)? {
            continue;
        }
        if let Some(found) = of(subsystems, package, true)? {
            return Ok(found);
        }
    }
    // Where no list says whose the files are, those in the directories of packages are their packages'.
    let directory = path.to_string();
    let directory = directory.rsplit_once('/').map_or("", |(directory, _)| directory);
    if lists == 0 && ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].contains(&directory) {
        for package in names {
            if let Some(found) = of(subsystems, package, false)? {
                return Ok(found);
            }
        }
    }
    // Without dpkg there may be another database, and a reason why it tells nothing.
    if !matches!(files.lstat(INFO), Read::There(_)) {
        version(subsystems.packages().package(subsystems, name).state)
            .map_err(|reason| unversioned(subsystems, reason))?;
    }
    let reason = "no package that is known to have its version owns it, as far as dpkg's lists say";
    Err(Untold::Nothing(reason.into()))
}

/// Why a package's version is not told, by whether the database could be read.
fn unversioned(subsystems: &Subsystems<'_>, reason: String) -> Untold {
    match subsystems.packages().unread(subsystems) {
        Some(_) => Untold::Unread(reason),
        None => Untold::Nothing(reason),
    }
}

/// A package, if it is installed.
fn of(subsystems: &Subsystems<'_>, package: &str, listed: bool) -> Result<Option<Package>, Untold> {
    let fact = subsystems.packages().package(subsystems, package);
    let Some(version) = version(fact.state).map_err(|reason| unversioned(subsystems, reason))? else {
        return Ok(None);
    };
    let Some(upstream) = upstream(&version) else {
        let version = printable(&version);
        let wrong = format!("the version of its package {package} is not the program's: {version}");
        return Err(Untold::Nothing(wrong));
    };
    Ok(Some(Package { name: package.to_owned(), version: upstream, origin: fact.because, listed }))
}

/// The version of a package as the database has it; none if it is not installed.
fn version(package: Knowledge<packages::Package>) -> Result<Option<String>, String> {
    match package {
        Knowledge::Known(packages::Package { version: Knowledge::Known(version), .. }) => Ok(Some(version)),
        Knowledge::Known(packages::Package { version: Knowledge::Unknown(reason), .. })
        | Knowledge::Unknown(reason) => Err(reason.to_string()),
        Knowledge::Known(_) | Knowledge::Absent => Ok(None),
    }
}

/// Whether dpkg installed this file from a package, and nothing has diverted it.
fn owns(files: &Files, package: &str, path: &HostPath) -> Result<bool, HostError> {
    let Some(list) = list(files, package)? else { return Ok(false) };
    let is_path = |line: &str| is_same(files, line, path);
    if !lines(&list).any(|(_, line)| is_path(&line)) {
        return Ok(false);
    }
    // Three lines each: the file, where it goes instead, and the package that may keep it (dpkg-divert(1)).
    let diversions = match files.read_database(DIVERSIONS) {
        Read::There(bytes) => bytes,
        Read::Missing(_) => return Ok(true),
        Read::Hidden(error) => return Err(error),
    };
    let texts: Vec<_> = lines(&diversions).map(|(_, line)| line).collect();
    Ok(!texts.chunks(3).any(|entry| is_path(&entry[0]) && entry.get(2).is_none_or(|by| by != package)))
}

/// Whether a path in a package's list is this one: where /usr is merged, it may be /bin/x or /usr/bin/x.
fn is_same(files: &Files, listed: &str, path: &HostPath) -> bool {
    let path = path.to_string();
    listed == path || path.strip_prefix("/usr") == Some(listed) && files.real_path(listed).to_string() == path
}

/// The files of a package; of a package for several architectures the list has one in its name.
fn list(files: &Files, package: &str) -> Result<Option<std::rc::Rc<[u8]>>, HostError> {
    let read = |name: &str| match files.read_database(format!("{INFO}/{name}")) {
        Read::There(bytes) => Ok(Some(bytes)),
        Read::Missing(_) => Ok(None),
        Read::Hidden(error) => Err(error),
    };
    if let Some(list) = read(&format!("{package}.list"))? {
        return Ok(Some(list));
    }
    let names = match files.list(INFO) {
        Read::There(names) => names,
        Read::Missing(_) => return Ok(None),
        Read::Hidden(error) => return Err(error),
    };
    let is_list = |name: &str| {
        let rest = name.strip_prefix(package).and_then(|rest| rest.strip_prefix(':'));
        rest.and_then(|rest| rest.split_once('.')).is_some_and(|(_, suffix)| suffix == "list")
    };
    names.iter().filter_map(|name| name.to_str()).find(|name| is_list(name)).map_or(Ok(None), read)
}

/// The upstream version in one of a Debian package (deb-version(7)): `1.34.1` of `1.34.1-1.1`. By convention
/// `1.20.5+really1.20.2` is 1.20.2. None if it is no program's: Google's `kubectl` 528.0.0 is that of their tools.
fn upstream(version: &str) -> Option<String> {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    let version = version.rsplit_once("+really").map_or(version, |(_, really)| really);
    Version::parse(version).filter(|parsed| parsed.number(0) < 100).map(|_| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upstream_version_is_without_epoch_and_revision() {
        for (version, expected) in [
            ("1.34.1-1.1", Some("1.34.1")),
            ("1.6.20~ds1-1+deb12u3", Some("1.6.20~ds1")),
            ("5:28.0.1-1~debian.12", Some("28.0.1")),
            ("1.20.5+really1.20.2-1.1+deb12u1", Some("1.20.2")),
            ("1.1.5+ds1", Some("1.1.5+ds1")),
            ("1:528.0.0-0", None),
            ("unknown", None),
        ] {
            assert_eq!(upstream(version).as_deref(), expected, "{version}");
        }
    }
}
