//! What keeps a package of RPM at its version: locks and exclusions of dnf and zypper.

use crate::fact::{Knowledge, Origin, State};
use crate::host::{Files, HostError, HostErrorKind};
use crate::parse::zypp_locks::{self, Effect};
use crate::parse::{document::SyntaxError, toml_document};
use crate::subsystem::distribution::packages::excluded;

/// Whether a package is kept at its version, and the place that says so.
pub(super) fn held(files: &Files, name: &str) -> Result<(Knowledge<bool>, Option<Origin>), HostError> {
    if let Some(place) = dnf_lock(files, name)? {
        return Ok((Knowledge::Known(true), Some(place)));
    }
    Ok(match zypp_lock(files, name)? {
        Some((Effect::Locks, place)) => (Knowledge::Known(true), Some(place)),
        Some((Effect::MayLock, place)) => {
            let reason = format!("{place}: this lock may be about the package; it asks for more than a name");
            (Knowledge::unknown(reason), Some(place))
        }
        None => (Knowledge::Known(false), None),
    })
}

/// What keeps zypper from changing a package.
fn zypp_lock(files: &Files, name: &str) -> Result<Option<(Effect, Origin)>, HostError> {
    const LOCKS: &str = "/etc/zypp/locks";
    let Some(content) = files.read(LOCKS).found()? else { return Ok(None) };
    let locks = zypp_locks::parse(&content);
    let found = || locks.iter().filter_map(|lock| lock.on(name));
    let found = found().find(|(effect, _)| *effect == Effect::Locks).or_else(|| found().next());
    Ok(found.map(|(effect, line)| (effect, Origin::line(LOCKS, line).says("locks it"))))
}

/// What keeps dnf from upgrading a package: versionlock (dnf4, dnf5), and `exclude=` of dnf and its repositories.
fn dnf_lock(files: &Files, name: &str) -> Result<Option<Origin>, HostError> {
    const LIST: &str = "/etc/dnf/plugins/versionlock.list";
    const TOML: &str = "/etc/dnf/versionlock.toml";
    const REPOS: &str = "/etc/yum.repos.d";
    if let Some(content) = files.read(LIST).found()? {
        for (number, line) in crate::parse::lines(&content) {
            let entry = line.trim();
            let entry = entry
                .split_once(':')
                .filter(|(epoch, _)| epoch.bytes().all(|b| b.is_ascii_digit()))
                .map_or(entry, |(_, rest)| rest);
            let rest = entry.strip_prefix(name).map(|rest| rest.strip_prefix('-').unwrap_or(rest));
            if rest.is_some_and(|rest| {
                rest.is_empty() && entry == name
                    || entry.len() > rest.len() + name.len()
                        && rest.starts_with(|c: char| c.is_ascii_digit() || c == '*')
            }) {
                return Ok(Some(Origin::line(LIST, number).says("locks its version")));
            }
        }
    }
    if let Some(content) = files.read_document(TOML).found()? {
        let corrupt = |error| HostError::new(TOML, HostErrorKind::Corrupt(format!("{error}")));
        let document = toml_document::parse(&content).map_err(|error: SyntaxError| corrupt(error))?;
        let entry = (0..1000).map_while(|index| document.at(&format!("packages.{index}.name")));
        for node in entry {
            if node.state() == State::from(name) {
                return Ok(Some(Origin::at(TOML, node.line).says("locks its version")));
            }
        }
    }
    let keys = ["exclude", "excludepkgs"];
    if let Some(origin) = excluded(files, "/etc/dnf/dnf.conf", &keys, name)? {
        return Ok(Some(origin));
    }
    for file in files.list(REPOS).found()?.iter().flat_map(|list| list.iter()) {
        let path = format!("{REPOS}/{}", file.to_string_lossy());
        if std::path::Path::new(&path).extension().is_some_and(|suffix| suffix == "repo")
            && let Some(origin) = excluded(files, &path, &keys, name)?
        {
            return Ok(Some(origin));
        }
    }
    Ok(None)
}
