//! Looks along links of a directory without `openat2(2)`: Linux before 5.6, and sandboxes that refuse the call.

use std::cell::RefCell;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};

use super::directory::{Directory, metadata, status_of};
use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::tree::{Kind, Lookup, Metadata};

/// A directory, looked at path by path.
pub(super) struct ByHand<'d> {
    directory: &'d Directory,
    /// The directory that was looked at last, in which the next name is looked up.
    last: RefCell<Option<(HostPath, OwnedFd)>>,
}

/// No host has more directories on the way to what is asked.
const MAX_KNOWN: usize = 1 << 12;

/// The magic number and the root inode of procfs (statfs(2); `PROC_ROOT_INO`).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;
const PROC_ROOT_INODE: u64 = 1;

impl<'d> ByHand<'d> {
    pub(super) fn new(directory: &'d Directory) -> Self {
        ByHand { directory, last: RefCell::default() }
    }

    fn open(&self, path: &HostPath) -> Result<OwnedFd, HostError> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let last = self.last.borrow();
        let above = last.as_ref().filter(|(above, _)| path.parent().as_ref() == Some(above));
        match above {
            Some((_, above)) => rustix::fs::openat(above, path.file_name(), flags, Mode::empty()),
            None => self.directory.open_plain(path, flags),
        }
        .map_err(|errno| HostError::from_io(path, &errno.into()))
    }

    /// Links of a process (`exe`, `root`, `fd/3`) lead to things, not to paths. Those at the top of procfs
    /// (`self`, `mounts`) are ordinary.
    fn is_magic(&self, path: &HostPath, link: &OwnedFd) -> Result<bool, HostError> {
        let failed = |errno: rustix::io::Errno| HostError::from_io(path, &errno.into());
        if rustix::fs::fstatfs(link).map_err(failed)?.f_type != PROC_SUPER_MAGIC {
            return Ok(false);
        }
        let above = self.open(&path.parent().unwrap_or(HostPath::new("/")))?;
        Ok(status_of(path, &above)?.st_ino != PROC_ROOT_INODE)
    }
}

impl Lookup for ByHand<'_> {
    fn known_directory(&self, path: &HostPath) -> HostPath {
        let known = self.directory.plain.borrow();
        let above = path.as_path().ancestors().skip(1);
        above
            .into_iter()
            .find(|above| known.contains(above.as_os_str()))
            .map_or(HostPath::new("/"), HostPath::new)
    }

    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        let place = self.open(path)?;
        let found = metadata(&status_of(path, &place)?);
        if found.kind == Kind::Directory {
            let mut known = self.directory.plain.borrow_mut();
            if known.len() < MAX_KNOWN {
                known.insert(path.as_path().into());
            }
            self.last.replace(Some((path.clone(), place)));
        }
        Ok(found)
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        let place = self.open(path)?;
        if self.is_magic(path, &place)? {
            return Err(HostError::new(path, HostErrorKind::Loop));
        }
        let text = rustix::fs::readlinkat(&place, "", Vec::new());
        let text = text.map_err(|errno| HostError::from_io(path, &errno.into()))?;
        Ok(OsString::from_vec(text.into_bytes()).into())
    }
}
