//! What links of units lead to, by name: a tree need not have a `/dev`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::search_path::MAX_ALIASES;
use crate::host::{Files, Kind};

/// Whether a regular file has no content; of what can't be read, its size tells.
pub(super) fn is_empty(files: &Files, path: &str) -> bool {
    match files.read(path).legacy() {
        Ok(bytes) => bytes.is_empty(),
        Err(_) => files.lstat(path).legacy().is_ok_and(|metadata| metadata.size == 0),
    }
}

/// Whether a path leads to `/dev/null` or to an empty file, as systemd's `null_or_empty_path`. Links are followed
/// by name, because a tree need not have a `/dev`.
pub(super) fn is_null(files: &Files, path: impl Into<PathBuf>) -> bool {
    let mut end: PathBuf = path.into();
    for _ in 0..=MAX_ALIASES {
        if end == Path::new("/dev/null") {
            return true;
        }
        let Some(path) = end.to_str() else { return false };
        match files.kind(path).legacy() {
            Ok(Kind::CharDevice) => return true,
            // What a link beside a unit leads to is read anyway when the unit is pulled in.
            Ok(Kind::File) => return is_empty(files, path),
            Ok(Kind::Link) => match link_target(files, path) {
                Some(target) => end = target,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

/// Where a link leads, `..` removed; none if the path is no link.
pub(super) fn link_target(files: &Files, path: &str) -> Option<PathBuf> {
    let target = files.read_link(path).legacy().ok()?.into_os_string().into_vec();
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
