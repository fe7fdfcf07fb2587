//! Installed packages and holds: dpkg, apk and pacman databases; of RPM only the locks are read.

use std::cell::OnceCell;

mod rpm;

use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::host::{Files, HostError, HostErrorKind, Read};
use crate::parse::dpkg_status::{self, Paragraph};
use crate::parse::glob::fnmatch;
use crate::parse::ini;
use crate::subsystem::Subsystems;

const DPKG: &str = "/var/lib/dpkg/status";
const DISTROLESS: &str = "/var/lib/dpkg/status.d";
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
const PACMAN: &str = "/var/lib/pacman/local";
const RPM: [&str; 6] = [
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/Packages.db",
    "/var/lib/rpm/Packages.db",
    "/usr/lib/sysimage/rpm/Packages",
    "/var/lib/rpm/Packages",
];

/// Installed packages. Each database is searched when a package is asked for.
#[derive(Debug, Default)]
pub struct Packages {
    dpkg: OnceCell<Result<dpkg_status::Index, HostError>>,
    apk: OnceCell<Result<(&'static str, dpkg_status::Index), HostError>>,
}

impl Packages {
    pub(in crate::subsystem) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Packages::default()
    }

    /// `{version, held}` of a package, by `NAME` or dpkg's `NAME:ARCHITECTURE`. A database does not change
    /// at boot, so the answer holds for both moments.
    pub fn package(&self, subsystems: &Subsystems<'_>, name: &str) -> Fact {
        let files = subsystems.host().files();
        let mut seen = Vec::new();
        let databases: [(&str, &dyn Fn() -> Found); 4] = [
            (DPKG, &|| dpkg(files, self.dpkg.get_or_init(|| dpkg_index(files)), name)),
            (DISTROLESS, &|| distroless(files, name)),
            (APK[0], &|| apk(files, self.apk.get_or_init(|| apk_index(files)), name)),
            (PACMAN, &|| pacman(files, name)),
        ];
        for (database, ask) in databases {
            match ask() {
                Ok(Some(fact)) => return fact,
                Ok(None) => {}
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Fact::unknown(error.to_string()),
            }
            seen.push(database);
        }
        let rpm = RPM.iter().find_map(|path| match files.lstat(path) {
            Read::There(_) => Some(Ok(path)),
            Read::Missing(_) => None,
            Read::Hidden(error) => Some(Err(error)),
        });
        match rpm {
            Some(Ok(path)) if seen.is_empty() => rpm::package(files, name, path),
            Some(Err(error)) if seen.is_empty() => Fact::unknown(error),
            Some(Ok(path)) => {
                Fact::absent().at_most(Confidence::High).note(format!("the RPM database {path} was not read"))
            }
            Some(Err(error)) => Fact::absent().at_most(Confidence::High).note(error.to_string()),
            None if seen.is_empty() => match without_packages(subsystems) {
                Some(origin) => Fact::absent().because(origin),
                None => Fact::unknown("no package database found (dpkg, RPM, apk, pacman)"),
            },
            None => Fact::absent(),
        }
    }

    /// What could not be read of a database, so that no package need be known. A database of a kind that isn't read
    /// never tells, whoever asks.
    pub fn unread(&self, subsystems: &Subsystems<'_>) -> Option<String> {
        let files = subsystems.host().files();
        let dpkg = self.dpkg.get_or_init(|| dpkg_index(files)).as_ref().err();
        let apk = self.apk.get_or_init(|| apk_index(files)).as_ref().err();
        let hidden = [dpkg, apk].into_iter().flatten().find(|error| !error.is_not_found());
        let listed = || {
            [DISTROLESS, PACMAN].into_iter().find_map(|directory| match files.list(directory) {
                Read::Hidden(error) => Some(error.to_string()),
                Read::There(_) | Read::Missing(_) => None,
            })
        };
        hidden.map(ToString::to_string).or_else(listed)
    }

    /// The version of a package, if one is known.
    pub fn version(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<String> {
        match self.package(subsystems, name).state {
            State::Known(Value::Record(mut attributes)) => match attributes.remove("version")? {
                State::Known(Value::Text(version)) => Some(version),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What says that this distribution comes as a whole image, into which no package is installed.
fn without_packages(subsystems: &Subsystems<'_>) -> Option<Origin> {
    const IMAGES: [&str; 4] = ["bottlerocket", "cos", "flatcar", "talos"];
    let release = subsystems.os_release();
    let origin = release.origin.clone().filter(|_| IMAGES.contains(&release.id.as_str()))?;
    Some(origin.says(format!("{} has no packages", release.id)))
}

fn record(version: Option<&str>, held: impl Into<State>) -> Fact {
    let version = version.map_or_else(|| State::unknown("the database names no version"), State::from);
    Fact::new(State::Known(Value::record([("version", version), ("held", held.into())])))
}

/// What a database says of a package; none if it doesn't name it.
type Found = Result<Option<Fact>, HostError>;

/// No host has more packages in one database; Debian has 70,000 in all.
const MAX_PACKAGES: usize = 1 << 19;

/// A database of paragraphs, read once and not kept: on a grown host it has megabytes. None if there is no such file.
fn index(files: &Files, path: &str, field: &str) -> Result<Option<dpkg_status::Index>, HostError> {
    let Some(database) = files.range_reader(path).found()? else { return Ok(None) };
    let mut index = dpkg_status::Index::default();
    database.scan(|piece, is_last| {
        let taken = index.add(piece, field, is_last);
        if index.len() > MAX_PACKAGES {
            return Err(HostErrorKind::Corrupt(format!(
                "it has more than {MAX_PACKAGES} packages, not read"
            )));
        }
        Ok(taken)
    })?;
    Ok(Some(index))
}

/// The status file; one without a byte is as none.
fn dpkg_index(files: &Files) -> Result<dpkg_status::Index, HostError> {
    let found = index(files, DPKG, "Package")?.filter(|index| !index.is_empty());
    found.ok_or_else(|| HostError::new(DPKG, HostErrorKind::NotFound))
}

/// dpkg(1): a package is installed if the third word of `Status` says so; a hold is the first word.
fn dpkg(files: &Files, index: &Result<dpkg_status::Index, HostError>, name: &str) -> Found {
    let index = index.as_ref().map_err(HostError::clone)?;
    let (name, architecture) = name.split_once(':').map_or((name, None), |(name, arch)| (name, Some(arch)));
    for (line, place) in index.find(name) {
        let length = usize::try_from(place.end - place.start).unwrap_or(usize::MAX);
        let text = files.range_reader(DPKG).legacy()?.read(place.start, length)?;
        let paragraph = Paragraph::new(line, &text);
        if architecture.is_some_and(|wanted| paragraph.field("Architecture") != Some(wanted)) {
            continue;
        }
        let origin = Origin::line(DPKG, paragraph.line);
        let Some(status) = paragraph.field("Status") else {
            return Ok(Some(Fact::unknown(format!("{origin}: the paragraph has no Status"))));
        };
        let mut words = status.split_ascii_whitespace();
        let (want, state) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        let fact = match state {
            "installed" | "triggers-awaited" | "triggers-pending" => {
                record(paragraph.field("Version"), want == "hold")
            }
            "config-files" | "not-installed" => continue,
            _ => Fact::unknown(format!("{origin}: dpkg has not finished installing it: {status}")),
        };
        return Ok(Some(fact.because(origin.says(status))));
    }
    Ok(None)
}

/// Distroless images have one paragraph a file, without `Status`.
fn distroless(files: &Files, name: &str) -> Found {
    for file in files.list(DISTROLESS).legacy()?.iter() {
        let path = std::path::Path::new(DISTROLESS).join(file);
        if path.extension().is_some_and(|suffix| suffix == "md5sums") {
            continue;
        }
        let content = files.read(&path).legacy()?;
        if let Some(paragraph) = dpkg_status::find(&content, "Package", name).first() {
            let origin = Origin::line(path.display(), paragraph.line);
            return Ok(Some(record(paragraph.field("Version"), false).because(origin)));
        }
    }
    Ok(None)
}

/// apk's database: the first of its places that is there.
fn apk_index(files: &Files) -> Result<(&'static str, dpkg_status::Index), HostError> {
    for path in APK {
        if let Some(index) = index(files, path, "P")? {
            return Ok((path, index));
        }
    }
    Err(HostError::new(APK[0], HostErrorKind::NotFound))
}

/// apk: `/etc/apk/world` pins with `NAME=VERSION`.
fn apk(files: &Files, index: &Result<(&'static str, dpkg_status::Index), HostError>, name: &str) -> Found {
    let (path, index) = index.as_ref().map_err(HostError::clone)?;
    let Some((line, place)) = index.find(name).next() else { return Ok(None) };
    let length = usize::try_from(place.end - place.start).unwrap_or(usize::MAX);
    let text = files.range_reader(path).legacy()?.read(place.start, length)?;
    let paragraph = Paragraph::new(line, &text);
    let held = match files.read("/etc/apk/world") {
        Read::There(world) => State::from(
            String::from_utf8_lossy(&world)
                .split_whitespace()
                .any(|word| word.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', '<', '~']))),
        ),
        Read::Missing(_) => State::from(false),
        Read::Hidden(error) => State::unknown(error),
    };
    Ok(Some(record(paragraph.field("V"), held).because(Origin::line(path, paragraph.line))))
}

/// pacman: a directory `NAME-VERSION-RELEASE` for each package.
fn pacman(files: &Files, name: &str) -> Found {
    for entry in files.list(PACMAN).legacy()?.iter() {
        let Some((rest, release)) = entry.to_str().and_then(|entry| entry.rsplit_once('-')) else { continue };
        let Some((package, version)) = rest.rsplit_once('-') else { continue };
        if package == name {
            let held = excluded(files, "/etc/pacman.conf", &["IgnorePkg"], name);
            let held =
                held.map_or_else(|error| State::unknown(error.to_string()), |held| held.is_some().into());
            let origin =
                Origin::file(format_args!("{PACMAN}/{}", crate::fact::printable(&entry.to_string_lossy())));
            return Ok(Some(record(Some(&format!("{version}-{release}")), held).because(origin)));
        }
    }
    Ok(None)
}

/// The place in an ini file whose list of globs names a package.
fn excluded(files: &Files, path: &str, keys: &[&str], name: &str) -> Result<Option<Origin>, HostError> {
    let Some(content) = optional(files.read(path).legacy())? else { return Ok(None) };
    let file = ini::parse(&content);
    let entry = file.entries.iter().find(|entry| {
        keys.contains(&entry.key.as_str())
            && entry.value.split([' ', '\t', ',']).any(|pattern| fnmatch(pattern, name))
    });
    Ok(entry.map(|entry| Origin::line(path, entry.line).says(format!("{}={}", entry.key, entry.value))))
}

/// What is not there is knowledge.
fn optional<T>(result: Result<T, HostError>) -> Result<Option<T>, HostError> {
    match result {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
