//! What links of units lead to, by name: a tree need not have a `/dev`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::search_path::MAX_ALIASES;
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};

/// Whether a regular file has no content; of what can't be read, its size tells.
///
/// # Errors
/// If neither can be looked at.
pub(super) fn is_empty(files: &Files, path: &str) -> Result<bool, HostError> {
    match files.read(path) {
        Read::There(bytes) => Ok(bytes.is_empty()),
        Read::Missing(_) => Ok(false),
        Read::Hidden(_) => {
            files.lstat(path).map(|file| file.size == 0).found().map(|size| size == Some(true))
        }
    }
}

/// Whether a path leads to `/dev/null` or to an empty file, as systemd's `null_or_empty_path`. Links are followed
/// by name, because a tree need not have a `/dev`.
///
/// # Errors
/// If something on the way can't be looked at.
pub(super) fn is_null(files: &Files, path: impl Into<PathBuf>) -> Result<bool, HostError> {
    let mut end: PathBuf = path.into();
    for _ in 0..=MAX_ALIASES {
        if end == Path::new("/dev/null") {
            return Ok(true);
        }
        let Some(path) = end.to_str() else { return Ok(false) };
        match files.kind(path).found()? {
            Some(Kind::CharDevice) => return Ok(true),
            // What a link beside a unit leads to is read anyway when the unit is pulled in.
            Some(Kind::File) => return is_empty(files, path),
            Some(Kind::Link) => match link_target(files, path)? {
                Some(target) => end = target,
                None => return Ok(false),
            },
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// Where a link leads, `..` removed; none if the path is no link.
///
/// # Errors
/// If it can't be looked at.
pub(super) fn link_target(files: &Files, path: &str) -> Result<Option<PathBuf>, HostError> {
    match files.read_link(path) {
        Read::There(target) => Ok(normal(path, target)),
        Read::Missing(_) | Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => Ok(None),
        Read::Hidden(error) => Err(error),
    }
}

/// Whether a link leads to a file of this name.
///
/// # Errors
/// If it can't be looked at.
pub(super) fn leads_to_name(files: &Files, path: &str, name: &str) -> Result<bool, HostError> {
    let target = link_target(files, path)?;
    Ok(target.is_some_and(|target| target.file_name().is_some_and(|file| file == name)))
}

fn normal(path: &str, target: PathBuf) -> Option<PathBuf> {
    let target = target.into_os_string().into_vec();
    let directory = path.rsplit_once('/')?.0.as_bytes();
    let start = if target.starts_with(b"/") { &[][..] } else { directory };
    let mut normal = Vec::with_capacity(start.len() + target.len() + 1);
    for part in start.split(|byte| *byte == b'/').chain(target.split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => normal.truncate(memchr::memrchr(b'/', &normal).unwrap_or(0)),
            name => {
                normal.push(b'/');
                normal.extend(name);
            }
        }
    }
    if normal.is_empty() {
        normal.push(b'/');
    }
    Some(OsString::from_vec(normal).into())
}
