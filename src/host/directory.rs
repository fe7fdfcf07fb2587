//! A directory as a file tree: the live root, or an untrusted one given with `--root`.
//!
//! Paths are resolved by the kernel with `openat2(2)` and `RESOLVE_IN_ROOT`, or by [`resolve`] where that
//! call is missing or refused, so that no link, `..` or race leads out of the root.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use foldhash::HashSet;
use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, Stat};

use super::by_hand::ByHand;
use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::resolve;
use super::tree::{Content, DirEntry, Kind, Metadata, Script, Tree};

const IN_ROOT: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

/// A directory on the machine that this program runs on.
pub(super) struct Directory {
    root: OwnedFd,
    live: bool,
    /// Whether `openat2(2)` works here: Linux 5.6 and later, unless a seccomp filter refuses it.
    by_kernel: bool,
    /// Directories that are no links, so that each is looked at once where the kernel doesn't help. One that becomes a link
    /// meanwhile isn't followed: [`Directory::open_plain`].
    pub(super) plain: RefCell<HashSet<OsString>>,
    /// Where files are read before their size is known; kept, so that small files don't scatter over the heap.
    scratch: RefCell<Vec<u8>>,
}

impl Directory {
    /// The root of the live machine.
    pub(super) fn live() -> Result<Self, HostError> {
        Ok(Directory { live: true, ..Directory::open(Path::new("/"))? })
    }

    /// Any directory that holds a root filesystem.
    pub(super) fn open(path: &Path) -> Result<Self, HostError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| {
            let trouble = match errno {
                rustix::io::Errno::NOTDIR => HostErrorKind::Io("is not a directory".into()),
                _ => HostError::from_io(&HostPath::new(path), &errno.into()).kind,
            };
            HostError::new(path.display(), trouble)
        })?;
        // Without the call, or where it is refused, links are followed by `resolve`.
        let by_kernel = rustix::fs::openat2(&root, ".", flags, Mode::empty(), IN_ROOT).is_ok();
        Ok(Directory { root, live: false, by_kernel, plain: RefCell::default(), scratch: RefCell::default() })
    }

    /// A directory in this one; a link in its place is not followed.
    pub(super) fn below(&self, path: &HostPath) -> Result<Self, HostError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let root = self.open_in_root(path, flags)?;
        Ok(Directory {
            root,
            live: false,
            by_kernel: self.by_kernel,
            plain: RefCell::default(),
            scratch: RefCell::default(),
        })
    }

    /// The same directory, its paths resolved without the kernel's help.
    #[cfg(test)]
    pub(super) fn without_openat2(self) -> Self {
        Directory { by_kernel: false, ..self }
    }

    fn open_in_root(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, HostError> {
        let kernel = || {
            rustix::fs::openat2(&self.root, path.relative(), flags | OFlags::CLOEXEC, Mode::empty(), IN_ROOT)
        };
        let opened = if self.by_kernel { kernel() } else { Err(rustix::io::Errno::AGAIN) };
        let failed = |errno: rustix::io::Errno| HostError::from_io(path, &errno.into());
        match opened {
            // The kernel could not follow `..` safely, because something on the machine was renamed meanwhile.
            Err(rustix::io::Errno::AGAIN) => {
                let links = ByHand::new(self);
                let place = resolve::walk(&links, path, !flags.contains(OFlags::NOFOLLOW))?;
                self.open_plain(&place, flags).map_err(failed)
            }
            opened => opened.map_err(failed),
        }
    }

    /// Opens a path that leads through no link: what has become one meanwhile is not followed.
    pub(super) fn open_plain(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, rustix::io::Errno> {
        let mut parts = path.relative().iter().peekable();
        let mut above: Option<OwnedFd> = None;
        loop {
            let part = parts.next().unwrap_or(OsStr::new("."));
            let at = above.as_ref().map_or(self.root.as_fd(), |fd| fd.as_fd());
            let is_last = parts.peek().is_none();
            let flags = if is_last { flags } else { OFlags::PATH | OFlags::DIRECTORY };
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(at, part, flags, Mode::empty())?;
            if is_last {
                return Ok(opened);
            }
            above = Some(opened);
        }
    }

    /// A regular file, opened for reading. Devices and FIFOs are recognised before they are opened,
    /// because opening alone can have effects (`/dev/watchdog`).
    fn open_file(
        &self,
        path: &HostPath,
        limit: u64,
        known: Option<Kind>,
    ) -> Result<(OwnedFd, u64), HostError> {
        let reading = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let checked = |status: Stat| {
            regular(path, &status)?;
            let size = metadata(&status).size;
            if size > limit { Err(HostError::new(path, HostErrorKind::TooLarge { limit })) } else { Ok(size) }
        };
        let open = |flags| {
            let fd = self.open_in_root(path, flags)?;
            let size = checked(status_of(path, &fd)?)?;
            Ok((fd, size))
        };
        if known == Some(Kind::File) {
            return open(reading | OFlags::NOFOLLOW);
        }
        if self.live {
            regular(path, &self.status_at(path, AtFlags::empty())?)?;
            return open(reading);
        }
        let place = self.open_in_root(path, OFlags::PATH)?;
        let size = checked(status_of(path, &place)?)?;
        // Opening through the descriptor opens the very file that was looked at, whatever has the name by now.
        let magic = format!("/proc/self/fd/{}", place.as_raw_fd());
        match rustix::fs::open(magic, reading, Mode::empty()) {
            Ok(fd) => Ok((fd, size)),
            Err(rustix::io::Errno::NOENT) => open(reading),
            Err(errno) => Err(HostError::from_io(path, &errno.into())),
        }
    }

    /// A regular file of any size, to read parts of.
    pub(super) fn content(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        let (fd, size) = self.open_file(path, u64::MAX, None)?;
        Ok(Box::new(OpenFile { path: path.clone(), fd, size }))
    }

    /// Of the live root the kernel resolves paths as everybody does: one call suffices.
    fn status_at(&self, path: &HostPath, flags: AtFlags) -> Result<Stat, HostError> {
        rustix::fs::statat(&self.root, path.relative(), flags)
            .map_err(|errno| HostError::from_io(path, &errno.into()))
    }
}

impl Tree for Directory {
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
        use rustix::io::Errno;
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

    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        let fd = self.open_in_root(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let failed = |errno: rustix::io::Errno| HostError::from_io(path, &errno.into());
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

    fn read(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Rc<[u8]>, HostError> {
        let (fd, size) = self.open_file(path, limit, known)?;
        if size >= LARGE_FILE {
            return read_large(path, &fd, size);
        }
        // Files of /proc say that they are empty. Of a file that tells its size, one call sees the end, too.
        let step = usize::try_from(size.max(4095)).unwrap_or(usize::MAX).saturating_add(1);
        let mut bytes = self.scratch.take();
        bytes.clear();
        bytes.reserve(step);
        let read = read_rest(path, &fd, size, limit, step, &mut bytes).map(|()| Rc::from(&bytes[..]));
        // A file of /proc that proved large must not hold its memory for the rest of the run.
        if bytes.capacity() <= MAX_SCRATCH {
            self.scratch.replace(bytes);
        }
        read
    }

    fn read_script(&self, path: &HostPath, limit: u64) -> Result<Script, HostError> {
        const MARK: &[u8] = b"#!";
        let (fd, size) = self.open_file(path, limit, None)?;
        let mut bytes = Vec::with_capacity(4096);
        read_some(path, &fd, &mut bytes)?;
        if !bytes.starts_with(MARK) {
            return Ok(Script::Other(Box::new(OpenFile { path: path.clone(), fd, size })));
        }
        if bytes.len() as u64 != size {
            read_rest(path, &fd, size, limit, 4096, &mut bytes)?;
        }
        Ok(Script::Text(bytes))
    }

    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        self.content(path)
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

    fn read_at(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError> {
        let mut filled = 0;
        while filled < place.len() {
            match rustix::io::pread(&self.fd, &mut place[filled..], offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(HostError::from_io(&self.path, &errno.into())),
            }
        }
        Ok(filled)
    }
}

/// No scratch is kept that is larger.
const MAX_SCRATCH: usize = 64 << 10;

/// From this size on, a second copy of a file's bytes would cost more than clearing the first.
const LARGE_FILE: u64 = 32 << 10;

/// The bytes of a file up to the size that it had when it was opened.
fn read_large(path: &HostPath, fd: &OwnedFd, size: u64) -> Result<Rc<[u8]>, HostError> {
    let failed = |why: &str| HostError::new(path, HostErrorKind::Io(why.into()));
    let size = usize::try_from(size).map_err(|_| failed("is larger than the memory of this machine"))?;
    let mut bytes: Rc<[u8]> = std::iter::repeat_n(0, size).collect();
    let place = Rc::get_mut(&mut bytes).ok_or_else(|| failed("its memory is in use"))?;
    let mut filled = 0;
    while filled < size {
        match rustix::io::read(fd, &mut place[filled..]) {
            Ok(0) => return Ok(Rc::from(&bytes[..filled])),
            Ok(count) => filled += count,
            Err(errno) => return Err(HostError::from_io(path, &errno.into())),
        }
    }
    Ok(bytes)
}

/// Reads into what is free of the capacity; no bytes are the end.
fn read_some(path: &HostPath, fd: &OwnedFd, bytes: &mut Vec<u8>) -> Result<usize, HostError> {
    rustix::io::read(fd, spare_capacity(bytes)).map_err(|errno| HostError::from_io(path, &errno.into()))
}

fn read_rest(
    path: &HostPath,
    fd: &OwnedFd,
    size: u64,
    limit: u64,
    step: usize,
    bytes: &mut Vec<u8>,
) -> Result<(), HostError> {
    loop {
        if bytes.len() == bytes.capacity() {
            bytes.reserve_exact(step);
        }
        let count = read_some(path, fd, bytes)?;
        if bytes.len() as u64 > limit {
            return Err(HostError::new(path, HostErrorKind::TooLarge { limit }));
        }
        if count == 0 || (size > 0 && bytes.len() < bytes.capacity()) {
            return Ok(());
        }
    }
}

pub(super) fn status_of(path: &HostPath, fd: &OwnedFd) -> Result<Stat, HostError> {
    rustix::fs::fstat(fd).map_err(|errno| HostError::from_io(path, &io::Error::from(errno)))
}

fn regular(path: &HostPath, status: &Stat) -> Result<(), HostError> {
    match metadata(status).kind {
        Kind::File => Ok(()),
        kind => Err(HostError::new(path, HostErrorKind::NotAFile(kind))),
    }
}

pub(super) fn metadata(status: &Stat) -> Metadata {
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
