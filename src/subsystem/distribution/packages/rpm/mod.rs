//! RPM: what its database says of a package, and, where that can't be read, what shows without it.

mod database;
mod locks;

pub(super) use database::Database;

use super::{Found, Package};
use crate::fact::{Answer, Confidence, Knowledge, Origin};
use crate::host::{Files, HostError, Read};

/// A package, by `NAME` or `NAME:ARCHITECTURE`.
pub(super) fn package(files: &Files, database: &Database, name: &str) -> Result<Found, HostError> {
    let (name, architecture) = name.split_once(':').map_or((name, None), |(name, arch)| (name, Some(arch)));
    let mut versions = Vec::new();
    for place in database.places(name) {
        let header = database.header(files, place)?;
        let found = header.parsed()?;
        let own = found.architecture().map_err(|why| database.error(why))?;
        if architecture.is_none_or(|wanted| own.as_deref() == Some(wanted)) {
            let version = found.version().map_err(|why| database.error(why))?;
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
    }
    let Some(first) = versions.first() else { return Ok(None) };
    let origin = Origin::file(&database.path).says(format!("{name}-{}", versions.join(", ")));
    let version = if versions.len() == 1 {
        Knowledge::Known(first.clone())
    } else {
        Knowledge::unknown(format!("several versions are installed: {}", versions.join(", ")))
    };
    let (held, place) = locks::held(files, name).unwrap_or_else(|error| (Knowledge::unknown(error), None));
    Ok(Some(Answer::known(Package { version, held }).because(origin).because_all(place)))
}

/// The files of a package; none if it isn't installed.
pub(super) fn files_of(
    files: &Files,
    database: &Database,
    name: &str,
) -> Result<Option<Vec<String>>, HostError> {
    let mut all = None;
    for place in database.places(name) {
        let header = database.header(files, place)?;
        let own = header.parsed()?.files().map_err(|why| database.error(why))?;
        all.get_or_insert_with(Vec::new).extend(own);
    }
    Ok(all)
}

/// A package of a database that can't be read. That it is there is only said if its program is.
pub(super) fn unread(files: &Files, name: &str, error: &HostError) -> Answer<Package> {
    let (held, place) = match locks::held(files, name) {
        Ok(found) => found,
        Err(lock) => return Answer::unknown(error.clone()).note(lock.to_string()),
    };
    let program = format!("/usr/bin/{name}");
    match files.stat(&program) {
        Read::There(found) if found.mode & 0o111 != 0 => {}
        // Unknown either way: the program would only show that it is installed.
        Read::There(_) | Read::Missing(_) | Read::Hidden(_) => {
            return Answer::unknown(error.clone()).because_all(place);
        }
    }
    Answer::known(Package { version: Knowledge::unknown(error.clone()), held })
        .at_most(Confidence::High)
        .note(format!("taken as installed because {program} is there"))
        .because_all(place)
}
