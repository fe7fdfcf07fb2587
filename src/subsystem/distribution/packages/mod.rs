//! Installed packages and holds: the databases of dpkg, apk, pacman and RPM.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::ops::Range;

mod rpm;

use crate::fact::{Answer, Confidence, Knowledge, Origin};
use crate::host::{Files, HostError, HostErrorKind, Read};
use crate::parse::dpkg_status::{self, Paragraph};
use crate::parse::glob::fnmatch;
use crate::parse::ini;
use crate::subsystem::Subsystems;

const DPKG: &str = "/var/lib/dpkg/status";
const DISTROLESS: &str = "/var/lib/dpkg/status.d";
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
const PACMAN: &str = "/var/lib/pacman/local";

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The version as the database has it.
    pub version: Knowledge<String>,
    /// Whether upgrades leave it alone.
    pub held: Knowledge<bool>,
}

/// Installed packages. Each database is searched when a package is asked for.
#[derive(Debug, Default)]
pub struct Packages {
    dpkg: OnceCell<Read<dpkg_status::Index>>,
    apk: OnceCell<Read<(&'static str, dpkg_status::Index)>>,
    rpm: OnceCell<Read<rpm::Database>>,
}

impl Packages {
    pub(in crate::subsystem) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Packages::default()
    }

    /// A package, by `NAME` or dpkg's `NAME:ARCHITECTURE`. A database does not change
    /// at boot, so the answer holds for both moments.
    pub fn package(&self, subsystems: &Subsystems<'_>, name: &str) -> Answer<Package> {
        let files = subsystems.host().files();
        let mut seen = Vec::new();
        let databases: [(&str, &dyn Fn() -> Read<Found>); 4] = [
            (DPKG, &|| self.dpkg(files).and_then(|index| dpkg(files, index, name).into())),
            (DISTROLESS, &|| files.list(DISTROLESS).and_then(|list| distroless(files, &list, name).into())),
            (APK[0], &|| self.apk(files).and_then(|(path, index)| apk(files, path, index, name).into())),
            (PACMAN, &|| files.list(PACMAN).map(|list| pacman(files, &list, name))),
        ];
        for (database, ask) in databases {
            match ask() {
                Read::There(Some(package)) => return package,
                Read::There(None) => seen.push(database),
                Read::Missing(_) => {}
                Read::Hidden(error) => return Answer::unknown(error),
            }
        }
        match self.rpm(files) {
            Read::There(database) => match rpm::package(files, database, name) {
                Ok(found) => found.unwrap_or_else(Answer::absent),
                Err(error) => Answer::unknown(error),
            },
            Read::Hidden(error) if seen.is_empty() => rpm::unread(files, name, &error),
            Read::Hidden(error) => Answer::absent().at_most(Confidence::High).note(error.to_string()),
            Read::Missing(_) if seen.is_empty() => match without_packages(subsystems) {
                Some(origin) => Answer::absent().because(origin),
                None => Answer::unknown("no package database found (dpkg, RPM, apk, pacman)"),
            },
            Read::Missing(_) => Answer::absent(),
        }
    }

    /// The files of a package by RPM's database; none if that doesn't have it.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn rpm_files(
        &self,
        subsystems: &Subsystems<'_>,
        name: &str,
    ) -> Result<Option<Vec<String>>, HostError> {
        let files = subsystems.host().files();
        match self.rpm(files) {
            Read::There(database) => rpm::files_of(files, database, name),
            Read::Missing(_) => Ok(None),
            Read::Hidden(error) => Err(error),
        }
    }

    fn rpm(&self, files: &Files) -> Read<&rpm::Database> {
        self.rpm.get_or_init(|| rpm::Database::open(files)).as_ref()
    }

    fn dpkg(&self, files: &Files) -> Read<&dpkg_status::Index> {
        self.dpkg.get_or_init(|| dpkg_index(files)).as_ref()
    }

    fn apk(&self, files: &Files) -> Read<&(&'static str, dpkg_status::Index)> {
        self.apk.get_or_init(|| apk_index(files)).as_ref()
    }

    /// What could not be read of a database, so that no package need be known.
    pub fn unread(&self, subsystems: &Subsystems<'_>) -> Option<String> {
        let files = subsystems.host().files();
        let mut hidden: Vec<HostError> = Vec::new();
        self.dpkg(files).or_hidden(&mut hidden);
        self.apk(files).or_hidden(&mut hidden);
        self.rpm(files).or_hidden(&mut hidden);
        for directory in [DISTROLESS, PACMAN] {
            files.list(directory).or_hidden(&mut hidden);
        }
        hidden.first().map(ToString::to_string)
    }

    /// The version of a package, if one is known; where none is, `unread` tells whether something hides it.
    pub fn version(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<String> {
        match self.package(subsystems, name).state {
            Knowledge::Known(Package { version: Knowledge::Known(version), .. }) => Some(version),
            Knowledge::Known(_) | Knowledge::Absent | Knowledge::Unknown(_) => None,
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

fn installed(version: Option<&str>, held: Knowledge<bool>) -> Answer<Package> {
    let unnamed = || Knowledge::unknown("the database names no version");
    let version = version.map_or_else(unnamed, |version| Knowledge::Known(version.to_owned()));
    Answer::known(Package { version, held })
}

/// What a database says of a package; none if it doesn't name it.
type Found = Option<Answer<Package>>;

/// No host has more packages in one database; Debian has 70,000 in all.
const MAX_PACKAGES: usize = 1 << 19;

/// A database of paragraphs, read once and not kept: on a grown host it has megabytes.
fn index(files: &Files, path: &str, field: &str) -> Read<dpkg_status::Index> {
    files.range_reader(path).and_then(|database| {
        let mut index = dpkg_status::Index::default();
        let whole = database.scan(|piece, is_last| {
            let taken = index.add(piece, field, is_last);
            if index.len() > MAX_PACKAGES {
                let why = format!("it has more than {MAX_PACKAGES} packages, not read");
                return Err(HostErrorKind::Corrupt(why));
            }
            Ok(taken)
        });
        whole.map(|()| index).into()
    })
}

/// One paragraph of a database that was read before.
fn paragraph(files: &Files, path: &str, place: &Range<u64>) -> Result<Vec<u8>, HostError> {
    let length = usize::try_from(place.end - place.start).unwrap_or(usize::MAX);
    match files.range_reader(path) {
        Read::There(database) => database.read(place.start, length),
        Read::Missing(path) => {
            Err(HostError::new(path, HostErrorKind::Io("it was there a moment ago".into())))
        }
        Read::Hidden(error) => Err(error),
    }
}

/// The status file; one without a byte is as none.
fn dpkg_index(files: &Files) -> Read<dpkg_status::Index> {
    index(files, DPKG, "Package")
        .and_then(|index| if index.is_empty() { Read::Missing(DPKG.to_owned()) } else { Read::There(index) })
}

/// dpkg(1): a package is installed if the third word of `Status` says so; a hold is the first word.
fn dpkg(files: &Files, index: &dpkg_status::Index, name: &str) -> Result<Found, HostError> {
    let (name, architecture) = name.split_once(':').map_or((name, None), |(name, arch)| (name, Some(arch)));
    for (line, place) in index.find(name) {
        let text = paragraph(files, DPKG, &place)?;
        let paragraph = Paragraph::new(line, &text);
        if architecture.is_some_and(|wanted| paragraph.field("Architecture") != Some(wanted)) {
            continue;
        }
        let origin = Origin::line(DPKG, paragraph.line);
        let Some(status) = paragraph.field("Status") else {
            return Ok(Some(Answer::unknown(format!("{origin}: the paragraph has no Status"))));
        };
        let mut words = status.split_ascii_whitespace();
        let (want, state) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        let package = match state {
            "installed" | "triggers-awaited" | "triggers-pending" => {
                installed(paragraph.field("Version"), Knowledge::Known(want == "hold"))
            }
            "config-files" | "not-installed" => continue,
            _ => Answer::unknown(format!("{origin}: dpkg has not finished installing it: {status}")),
        };
        return Ok(Some(package.because(origin.says(status))));
    }
    Ok(None)
}

/// Distroless images have one paragraph a file, without `Status`.
fn distroless(files: &Files, names: &[OsString], name: &str) -> Result<Found, HostError> {
    for file in names {
        let path = std::path::Path::new(DISTROLESS).join(file);
        if path.extension().is_some_and(|suffix| suffix == "md5sums") {
            continue;
        }
        let Some(content) = files.read(&path).found()? else { continue };
        if let Some(paragraph) = dpkg_status::find(&content, "Package", name).first() {
            let origin = Origin::line(path.display(), paragraph.line);
            let package = installed(paragraph.field("Version"), Knowledge::Known(false));
            return Ok(Some(package.because(origin)));
        }
    }
    Ok(None)
}

/// apk's database: the first of its places that is there.
fn apk_index(files: &Files) -> Read<(&'static str, dpkg_status::Index)> {
    for path in APK {
        match index(files, path, "P") {
            Read::There(index) => return Read::There((path, index)),
            Read::Missing(_) => {}
            Read::Hidden(error) => return Read::Hidden(error),
        }
    }
    Read::Missing(APK[0].to_owned())
}

/// apk: `/etc/apk/world` pins with `NAME=VERSION`.
fn apk(files: &Files, path: &str, index: &dpkg_status::Index, name: &str) -> Result<Found, HostError> {
    let Some((line, place)) = index.find(name).next() else { return Ok(None) };
    let text = paragraph(files, path, &place)?;
    let paragraph = Paragraph::new(line, &text);
    let held = match files.read("/etc/apk/world") {
        Read::There(world) => Knowledge::Known(
            String::from_utf8_lossy(&world)
                .split_whitespace()
                .any(|word| word.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', '<', '~']))),
        ),
        Read::Missing(_) => Knowledge::Known(false),
        Read::Hidden(error) => Knowledge::unknown(error),
    };
    Ok(Some(installed(paragraph.field("V"), held).because(Origin::line(path, paragraph.line))))
}

/// pacman: a directory `NAME-VERSION-RELEASE` for each package.
fn pacman(files: &Files, entries: &[OsString], name: &str) -> Found {
    for entry in entries {
        let Some((rest, release)) = entry.to_str().and_then(|entry| entry.rsplit_once('-')) else { continue };
        let Some((package, version)) = rest.rsplit_once('-') else { continue };
        if package == name {
            let held = excluded(files, "/etc/pacman.conf", &["IgnorePkg"], name);
            let held = held.map_or_else(Knowledge::unknown, |held| Knowledge::Known(held.is_some()));
            let origin =
                Origin::file(format_args!("{PACMAN}/{}", crate::fact::printable(&entry.to_string_lossy())));
            return Some(installed(Some(&format!("{version}-{release}")), held).because(origin));
        }
    }
    None
}

/// The place in an ini file whose list of globs names a package.
fn excluded(files: &Files, path: &str, keys: &[&str], name: &str) -> Result<Option<Origin>, HostError> {
    let Some(content) = files.read(path).found()? else { return Ok(None) };
    let file = ini::parse(&content);
    let entry = file.entries.iter().find(|entry| {
        keys.contains(&entry.key.as_str())
            && entry.value.split([' ', '\t', ',']).any(|pattern| fnmatch(pattern, name))
    });
    Ok(entry.map(|entry| Origin::line(path, entry.line).says(format!("{}={}", entry.key, entry.value))))
}
