//! Where a path leads: the one resolver of symbolic links for trees that don't follow them by themselves.
//!
//! The rules are those of `openat2(2)` with `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`: an absolute target starts at the
//! root, `..` stops at the root, at most 40 links (`path_resolution(7)`).

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::error::{HostError, HostErrorKind};
use super::path::{HostPath, MOST_LINKS};
use super::tree::{Kind, Lookup};

/// No path that fits into `PATH_MAX` and 40 such targets has more components.
const MOST_STEPS: usize = 1 << 16;

/// Where a path leads, without links, `.` and `..`; what is there exists. A link at the end is only followed if asked.
pub(super) fn walk(tree: &dyn Lookup, path: &HostPath, follow_last: bool) -> Result<HostPath, HostError> {
    let failed = |kind| HostError::new(path, kind);
    let told = |error: HostError| HostError { path: path.to_string(), ..error };
    let mut place = tree.known_directory(path);
    let mut is_directory = true;
    let mut pending: Vec<OsString> = Vec::new();
    push(&mut pending, &path.as_path().as_os_str().as_bytes()[place.as_path().as_os_str().len()..]);
    let (mut links, mut steps) = (0, 0);
    while let Some(part) = pending.pop() {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(failed(HostErrorKind::Io("its links lead on without end".into())));
        }
        if !is_directory {
            return Err(failed(HostErrorKind::NotFound));
        }
        match part.as_bytes() {
            b"." => continue,
            b".." => {
                place = place.parent().unwrap_or(place);
                continue;
            }
            _ => {}
        }
        let next = place.join(&part);
        let kind = tree.lstat(&next).map_err(told)?.kind;
        if kind == Kind::Link && (follow_last || !pending.is_empty()) {
            links += 1;
            if links > MOST_LINKS {
                return Err(failed(HostErrorKind::Loop));
            }
            let target = tree.read_link(&next).map_err(told)?.into_os_string();
            if target.is_empty() {
                return Err(failed(HostErrorKind::NotFound));
            }
            if target.as_bytes().starts_with(b"/") {
                place = HostPath::new("/");
            }
            push(&mut pending, target.as_bytes());
        } else {
            is_directory = kind == Kind::Directory;
            place = next;
        }
    }
    Ok(place)
}

/// The last part comes first, so that it is popped last. A slash at the end asks for a directory.
fn push(pending: &mut Vec<OsString>, path: &[u8]) {
    if path.ends_with(b"/") {
        pending.push(".".into());
    }
    let parts = path.split(|byte| *byte == b'/').rev().filter(|part| !part.is_empty());
    pending.extend(parts.map(|part| OsString::from_vec(part.to_vec())));
}
