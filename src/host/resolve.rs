//! Resolves paths inside a root without `openat2(2)`: Linux before 5.6, and sandboxes that refuse the call.
//!
//! The rules are those of `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`: an absolute target starts at the root,
//! `..` stops at the root, at most 40 links (`path_resolution(7)`). `..` goes back to the directory that was
//! really walked through, so that no rename in between leads out of the root.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

/// Links that the kernel follows in one path (`path_resolution(7)`).
const MOST_LINKS: usize = 40;
/// No path that fits into `PATH_MAX` and 40 such targets has more components.
const MOST_STEPS: usize = 1 << 16;
/// The magic number and the root inode of procfs (statfs(2); `PROC_ROOT_INO`).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;
const PROC_ROOT_INODE: u64 = 1;

/// Opens a path relative to a root as `openat2` would.
pub(super) fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let mut walk = Walk { root, above: Vec::new(), links: 0 };
    let mut pending: Vec<Vec<u8>> = Vec::new();
    push_parts(&mut pending, path.as_os_str().as_bytes());
    let mut steps = 0;
    while let Some(part) = pending.pop() {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(Errno::NAMETOOLONG);
        }
        let last = pending.is_empty();
        match &*part {
            b"." => walk.must_be_directory()?,
            b".." => {
                walk.must_be_directory()?;
                walk.above.pop();
            }
            name => {
                let place = rustix::fs::openat(walk.current(), name, PLACE, Mode::empty())?;
                let is_link = kind(&place)? == FileType::Symlink;
                if is_link && !(last && flags.contains(OFlags::NOFOLLOW)) {
                    let target = walk.target(&place)?;
                    if target.starts_with(b"/") {
                        walk.above.clear();
                    }
                    push_parts(&mut pending, &target);
                } else if last {
                    return walk.finish(name, place, flags);
                } else {
                    walk.above.push(place);
                }
            }
        }
    }
    rustix::fs::openat(walk.current(), ".", flags | OFlags::CLOEXEC, Mode::empty())
}

const PLACE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The last part comes first, so that it is popped last. A slash at the end asks for a directory.
fn push_parts(pending: &mut Vec<Vec<u8>>, path: &[u8]) {
    if path.ends_with(b"/") {
        pending.push(b".".to_vec());
    }
    pending.extend(path.split(|b| *b == b'/').rev().filter(|part| !part.is_empty()).map(<[u8]>::to_vec));
}

fn kind(fd: &OwnedFd) -> Result<FileType, Errno> {
    rustix::fs::fstat(fd).map(|status| FileType::from_raw_mode(status.st_mode))
}

/// Where a resolution stands.
struct Walk<'r> {
    root: BorrowedFd<'r>,
    /// The directories below the root that lead to the current one, which is the last.
    above: Vec<OwnedFd>,
    links: usize,
}

impl Walk<'_> {
    fn current(&self) -> BorrowedFd<'_> {
        self.above.last().map_or(self.root, |fd| fd.as_fd())
    }

    fn must_be_directory(&self) -> Result<(), Errno> {
        match self.above.last() {
            Some(fd) if kind(fd)? != FileType::Directory => Err(Errno::NOTDIR),
            _ => Ok(()),
        }
    }

    fn target(&mut self, link: &OwnedFd) -> Result<Vec<u8>, Errno> {
        self.links += 1;
        if self.links > MOST_LINKS || self.is_magic(link)? {
            return Err(Errno::LOOP);
        }
        match rustix::fs::readlinkat(link, "", Vec::new())?.into_bytes() {
            empty if empty.is_empty() => Err(Errno::NOENT),
            target => Ok(target),
        }
    }

    /// Links of a process (`exe`, `root`, `fd/3`) lead to things, not to paths. Those at the top of procfs
    /// (`self`, `mounts`) are ordinary.
    fn is_magic(&self, link: &OwnedFd) -> Result<bool, Errno> {
        if rustix::fs::fstatfs(link)?.f_type != PROC_SUPER_MAGIC {
            return Ok(false);
        }
        Ok(rustix::fs::fstat(self.current())?.st_ino != PROC_ROOT_INODE)
    }

    /// Opens what was found, in the way that was asked for.
    fn finish(&self, name: &[u8], place: OwnedFd, flags: OFlags) -> Result<OwnedFd, Errno> {
        let found = kind(&place)?;
        if flags.contains(OFlags::DIRECTORY) && found != FileType::Directory {
            return Err(Errno::NOTDIR);
        }
        if flags.contains(OFlags::PATH) {
            return Ok(place);
        }
        if found == FileType::Directory {
            return rustix::fs::openat(&place, ".", flags | OFlags::CLOEXEC, Mode::empty());
        }
        // By its name, without following: should it be a link by now, this fails.
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(self.current(), name, flags, Mode::empty())?;
        let (before, after) = (rustix::fs::fstat(&place)?, rustix::fs::fstat(&opened)?);
        if (before.st_dev, before.st_ino) == (after.st_dev, after.st_ino) {
            Ok(opened)
        } else {
            Err(Errno::AGAIN)
        }
    }
}
