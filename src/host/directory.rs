//! A directory as a file tree: the live root, or an untrusted one given with `--root`.
//!
//! Paths are resolved by the kernel with `openat2(2)` and `RESOLVE_IN_ROOT`. Where that call is missing or refused
//! (Linux before 5.6, some sandboxes), [`resolve`] follows links, and paths are opened part by part: no link, `..` or race
//! leads out of the root.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, Stat};
use rustix::io::Errno;

use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::resolve;
use super::tree::{Content, DirEntry, Kind, Metadata, Tree};

const IN_ROOT: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

/// The magic number and the root inode of procfs (statfs(2); `PROC_ROOT_INO`).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;
const PROC_ROOT_INODE: u64 = 1;

/// A directory on the machine that this program runs on.
pub(super) struct Directory {
    root: OwnedFd,
    live: bool,
    /// Whether `openat2(2)` works here: Linux 5.6 and later, unless a seccomp filter refuses it.
    by_kernel: bool,
    /// The directory in which a path was opened last part by part: the next path is often in the same one.
    last: RefCell<Option<(PathBuf, OwnedFd)>>,
}

impl Directory {
    fn of(root: OwnedFd, by_kernel: bool) -> Self {
        Directory { root, live: false, by_kernel, last: RefCell::default() }
    }

    /// The root of the live machine.
    pub(super) fn live() -> Result<Self, HostError> {
        Ok(Directory { live: true, ..Directory::open(Path::new("/"))? })
    }

    /// Any directory that holds a root filesystem.
    pub(super) fn open(path: &Path) -> Result<Self, HostError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| {
            let kind = match errno {
                Errno::NOTDIR => HostErrorKind::Io("is not a directory".into()),
                _ => HostError::from_io(&HostPath::new(path), &errno.into()).kind,
            };
            HostError::new(path.display(), kind)
        })?;
        // Without the call, or where it is refused, links are followed by `resolve`.
        let by_kernel = rustix::fs::openat2(&root, ".", flags, Mode::empty(), IN_ROOT).is_ok();
        Ok(Directory::of(root, by_kernel))
    }

    /// A directory in this one; a link in its place is not followed.
    pub(super) fn below(&self, path: &HostPath) -> Result<Self, HostError> {
        let root = self.open_in_root(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW)?;
        Ok(Directory::of(root, self.by_kernel))
    }

    /// Whether another file system is mounted there, on the machine that this program runs on.
    pub(super) fn is_mount_point(&self, path: &HostPath) -> bool {
        let device = |path: &HostPath| {
            let place = self.open_in_root(path, OFlags::PATH)?;
            status_of(path, &place).map(|status| status.st_dev)
        };
        let above = path.parent().unwrap_or(HostPath::new("/"));
        match (device(path), device(&above)) {
            (Ok(here), Ok(above)) => here != above,
            _ => false,
        }
    }

    /// The same directory, its paths resolved without the kernel's help.
    #[cfg(test)]
    pub(super) fn without_openat2(self) -> Self {
        Directory { by_kernel: false, ..self }
    }

    fn open_in_root(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, HostError> {
        let opened = if self.by_kernel {
            rustix::fs::openat2(&self.root, path.relative(), flags | OFlags::CLOEXEC, Mode::empty(), IN_ROOT)
        } else {
            self.open_plain(path, flags)
        };
        let failed = |errno: Errno| HostError::from_io(path, &errno.into());
        match opened {
            // The kernel could not follow `..` safely, because something on the machine was renamed meanwhile.
            Err(Errno::AGAIN) if self.by_kernel => {
                let follow_last = !flags.contains(OFlags::NOFOLLOW);
                let place = resolve::walk(self, &RefCell::default(), path, follow_last)?;
                self.open_plain(&place.path, flags).map_err(failed)
            }
            opened => opened.map_err(failed),
        }
    }

    /// Opens a path that leads through no link: what has become one meanwhile is not followed.
    fn open_plain(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Some(directory) = path.above() else {
            return rustix::fs::openat(&self.root, ".", flags, Mode::empty());
        };
        let mut last = self.last.take();
        let below = last.as_ref().and_then(|(place, _)| path.below(place));
        let rest = below.unwrap_or(path.relative()).as_os_str().as_bytes();
        if below.is_none() {
            last = None;
        }
        let above = memchr::memrchr(b'/', rest).map(|end| rest[..end].split(|byte| *byte == b'/'));
        for part in above.into_iter().flatten() {
            let at = last.as_ref().map_or(self.root.as_fd(), |(_, fd)| fd.as_fd());
            let through = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(at, part, through, Mode::empty())?;
            last = Some((PathBuf::new(), opened));
        }
        let at = last.as_ref().map_or(self.root.as_fd(), |(_, fd)| fd.as_fd());
        let opened = rustix::fs::openat(at, path.file_name(), flags, Mode::empty());
        // Its path is missing where it has just been opened.
        let named = |place: PathBuf| if place.as_os_str().is_empty() { directory.to_owned() } else { place };
        self.last.replace(last.map(|(place, fd)| (named(place), fd)));
        opened
    }

    /// Of the live root the kernel resolves paths as everybody does: one call suffices.
    fn status_at(&self, path: &HostPath, flags: AtFlags) -> Result<Stat, HostError> {
        rustix::fs::statat(&self.root, path.relative(), flags)
            .map_err(|errno| HostError::from_io(path, &errno.into()))
    }

    /// Links of a process (`exe`, `root`, `fd/3`) lead to things, not to paths. Those at the top of procfs
    /// (`self`, `mounts`) are ordinary.
    fn is_magic(&self, path: &HostPath, link: &OwnedFd) -> Result<bool, HostError> {
        let failed = |errno: Errno| HostError::from_io(path, &errno.into());
        if rustix::fs::fstatfs(link).map_err(failed)?.f_type != PROC_SUPER_MAGIC {
            return Ok(false);
        }
        let above = self.open_in_root(&path.parent().unwrap_or(HostPath::new("/")), OFlags::PATH)?;
        Ok(status_of(path, &above)?.st_ino != PROC_ROOT_INODE)
    }
}

impl Tree for Directory {
    fn follows_links(&self) -> bool {
        self.by_kernel
    }

    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        if self.live {
            return self.status_at(path, AtFlags::SYMLINK_NOFOLLOW).map(|status| metadata(&status));
        }
        let place = self.open_in_root(path, OFlags::PATH | OFlags::NOFOLLOW)?;
        status_of(path, &place).map(|status| metadata(&status))
    }

    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        if self.live {
            return self.status_at(path, AtFlags::empty()).map(|status| metadata(&status));
        }
        let place = self.open_in_root(path, OFlags::PATH)?;
        status_of(path, &place).map(|status| metadata(&status))
    }

    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        let read = if self.live {
            rustix::fs::readlinkat(&self.root, path.relative(), Vec::new())
        } else {
            let place = self.open_in_root(path, OFlags::PATH | OFlags::NOFOLLOW)?;
            // Of a descriptor that is no link, ENOENT says so; the path itself is there.
            rustix::fs::readlinkat(&place, "", Vec::new()).map_err(|errno| match errno {
                Errno::NOENT => Errno::INVAL,
                other => other,
            })
        };
        match read {
            Ok(text) => Ok(OsString::from_vec(text.into_bytes()).into()),
            Err(Errno::INVAL) => {
                let kind = self.lstat(path).map_or(Kind::File, |metadata| metadata.kind);
                Err(HostError::new(path, HostErrorKind::NotAFile(kind)))
            }
            Err(errno) => Err(HostError::from_io(path, &errno.into())),
        }
    }

    fn link_target(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        let link = self.open_in_root(path, OFlags::PATH | OFlags::NOFOLLOW)?;
        if self.is_magic(path, &link)? {
            return Err(HostError::new(path, HostErrorKind::Loop));
        }
        let text = rustix::fs::readlinkat(&link, "", Vec::new());
        let text = text.map_err(|errno| HostError::from_io(path, &errno.into()))?;
        Ok(OsString::from_vec(text.into_bytes()).into())
    }

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        let fd = self.open_in_root(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let failed = |errno: Errno| HostError::from_io(path, &errno.into());
        let mut names = Vec::new();
        // Most directories fit at once; the kernel is then asked twice, the second time to hear that it was all.
        let mut place = [MaybeUninit::<u8>::uninit(); 8192];
        let mut entries = RawDir::new(fd, &mut place);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                if names.len() == limit {
                    return Err(HostError::new(path, HostErrorKind::TooLarge { limit: limit as u64 }));
                }
                let name = OsString::from_vec(name.to_vec());
                names.push(DirEntry { name, kind: kind_of(entry.file_type()) });
            }
        }
        Ok(names)
    }

    /// Devices and FIFOs are recognised before they are opened, because opening alone can have effects
    /// (`/dev/watchdog`).
    fn open(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Box<dyn Content>, HostError> {
        let reading = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let checked = |fd: &OwnedFd| {
            let status = status_of(path, fd)?;
            regular(path, &status)?;
            let size = metadata(&status).size;
            if size > limit { Err(HostError::new(path, HostErrorKind::TooLarge { limit })) } else { Ok(size) }
        };
        let open = |flags| {
            let fd = self.open_in_root(path, flags)?;
            let size = checked(&fd)?;
            Ok((fd, size))
        };
        let (fd, size) = if known == Some(Kind::File) {
            open(reading | OFlags::NOFOLLOW)?
        } else if self.live {
            regular(path, &self.status_at(path, AtFlags::empty())?)?;
            open(reading)?
        } else {
            let place = self.open_in_root(path, OFlags::PATH)?;
            let size = checked(&place)?;
            // Opening through the descriptor opens the very file that was looked at, whatever has the name by now.
            let magic = format!("/proc/self/fd/{}", place.as_raw_fd());
            match rustix::fs::open(magic, reading, Mode::empty()) {
                Ok(fd) => (fd, size),
                Err(Errno::NOENT) => open(reading)?,
                Err(errno) => return Err(HostError::from_io(path, &errno.into())),
            }
        };
        Ok(Box::new(OpenFile { path: path.clone(), fd, size }))
    }
}

struct OpenFile {
    path: HostPath,
    fd: OwnedFd,
    size: u64,
}

impl Content for OpenFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_some(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError> {
        loop {
            match rustix::io::pread(&self.fd, &mut *place, offset) {
                Err(Errno::INTR) => {}
                read => return read.map_err(|errno| HostError::from_io(&self.path, &errno.into())),
            }
        }
    }
}

fn status_of(path: &HostPath, fd: &OwnedFd) -> Result<Stat, HostError> {
    rustix::fs::fstat(fd).map_err(|errno| HostError::from_io(path, &io::Error::from(errno)))
}

fn regular(path: &HostPath, status: &Stat) -> Result<(), HostError> {
    match metadata(status).kind {
        Kind::File => Ok(()),
        kind => Err(HostError::new(path, HostErrorKind::NotAFile(kind))),
    }
}

fn metadata(status: &Stat) -> Metadata {
    let kind = kind_of(FileType::from_raw_mode(status.st_mode)).unwrap_or(Kind::File);
    Metadata {
        kind,
        size: u64::try_from(status.st_size).unwrap_or(0),
        mode: status.st_mode & 0o7777,
        uid: Some(status.st_uid),
        gid: Some(status.st_gid),
        modified: Some(status.st_mtime),
    }
}

/// What the kernel says a directory entry is; some filesystems don't tell in a listing (`DT_UNKNOWN`).
fn kind_of(kind: FileType) -> Option<Kind> {
    Some(match kind {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice => Kind::CharDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Unknown => return None,
    })
}
