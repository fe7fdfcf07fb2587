//! Writes a file that the user named, as a whole: its readers, such as a metrics collector, never see half of it, and
//! nobody who may write the same directory can have another file overwritten.
//!
//! The new file has no name until it is complete (`O_TMPFILE`), so that a run that is killed leaves nothing behind. To
//! take the place of an old file it has another name for the time of two system calls: only in between may it be left
//! behind. Where the file system has no files without a name, it is created under a random one, which must be new.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

/// As many links as the kernel follows.
const MAX_LINKS: usize = 40;
/// Random names that are tried until one is new.
const MAX_NAMES: usize = 16;
/// `PROC_SUPER_MAGIC` of linux/magic.h.
const PROC: i128 = 0x9fa0;

/// What is to be written to.
enum Destination {
    /// A file that is replaced, or doesn't exist yet.
    File(PathBuf, Option<Stat>),
    /// A device, a pipe, or a file that is open already, such as /dev/stdout.
    Stream(PathBuf),
}

/// Writes a file. A link there is followed if it belongs to root or to the user of this process; a new file takes the
/// place of an old one, and has its mode and, if the process may give them, its owner and group.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match destination(path)? {
        Destination::File(path, old) => replace(&path, old.as_ref(), bytes, true),
        Destination::Stream(path) => {
            let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOCTTY | OFlags::CLOEXEC;
            File::from(rustix::fs::open(&path, flags, Mode::empty())?).write_all(bytes)
        }
    }
}

fn destination(path: &Path) -> io::Result<Destination> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let found = match rustix::fs::lstat(&path) {
            Ok(found) => found,
            Err(Errno::NOENT) => return Ok(Destination::File(path, None)),
            Err(error) => return Err(error.into()),
        };
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Symlink if is_on_proc(&path)? => return Ok(Destination::Stream(path)),
            FileType::Symlink => path = behind_link(&path, &found)?,
            FileType::RegularFile => return Ok(Destination::File(path, Some(found))),
            FileType::Directory => return Err(Errno::ISDIR.into()),
            _ => return Ok(Destination::Stream(path)),
        }
    }
    Err(Errno::LOOP.into())
}

/// Links of /proc/self/fd lead to what is open, whatever they say.
fn is_on_proc(link: &Path) -> io::Result<bool> {
    Ok(i128::from(rustix::fs::statfs(directory(link))?.f_type) == PROC)
}

fn behind_link(link: &Path, found: &Stat) -> io::Result<PathBuf> {
    let own = nix::unistd::geteuid().as_raw();
    if found.st_uid != 0 && found.st_uid != own {
        let text = format!("this is a link of another user (uid {}): name the file itself", found.st_uid);
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    let target = rustix::fs::readlink(link, Vec::new())?;
    Ok(directory(link).join(OsStr::from_bytes(target.as_bytes())))
}

/// The directory that a path names a file of.
fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces a file, by one that has no name before if this is wanted and the file system can.
fn replace(path: &Path, old: Option<&Stat>, bytes: &[u8], unnamed: bool) -> io::Result<()> {
    let name = path.file_name().ok_or(Errno::ISDIR)?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory(path), flags, Mode::empty())?;
    // What replaces a file is nobody else's to read until its mode is known.
    let mode = Mode::from_raw_mode(if old.is_some() { 0o600 } else { 0o666 });
    if unnamed {
        let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        // Where that doesn't work a file with a name is made, as below.
        if let Ok(file) = rustix::fs::openat(&directory, ".", flags, mode) {
            let file = filled(file, old, bytes)?;
            let proc = format!("/proc/self/fd/{}", file.as_raw_fd());
            let link = |name: &OsStr| {
                rustix::fs::linkat(CWD, proc.as_str(), &directory, name, AtFlags::SYMLINK_FOLLOW)
            };
            match if old.is_some() { Err(Errno::EXIST) } else { link(name) } {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => {
                    return with_new_name(directory.as_fd(), |temporary| {
                        link(OsStr::from_bytes(temporary.to_bytes()))
                    })?
                    .1
                    .rename(name);
                }
                // Without /proc there is another way.
                Err(_) => {}
            }
        }
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let create = |temporary: &CString| rustix::fs::openat(&directory, temporary, flags, mode);
    let (file, temporary) = with_new_name(directory.as_fd(), create)?;
    filled(file, old, bytes)?;
    temporary.rename(name)
}

/// A file that is complete: its content, and the owner and mode of the file that it is to replace.
fn filled(file: OwnedFd, old: Option<&Stat>, bytes: &[u8]) -> io::Result<File> {
    let mut file = File::from(file);
    file.write_all(bytes)?;
    if let Some(old) = old {
        let mut mode = Mode::from_raw_mode(old.st_mode & 0o777);
        let (user, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
        if rustix::fs::fchown(&file, Some(user), Some(group)).is_err()
            && rustix::fs::fchown(&file, None, Some(group)).is_err()
        {
            // What one group might read is not another group's to read.
            mode.remove(Mode::RWXG);
        }
        rustix::fs::fchmod(&file, mode)?;
    }
    Ok(file)
}

/// A name for a short time: it is removed unless it is renamed.
struct Temporary<'d> {
    directory: BorrowedFd<'d>,
    name: CString,
}

impl Temporary<'_> {
    fn rename(self, name: &OsStr) -> io::Result<()> {
        rustix::fs::renameat(self.directory, &self.name, self.directory, name)?;
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        let _ = rustix::fs::unlinkat(self.directory, &self.name, AtFlags::empty());
    }
}

/// Makes something under a random name that nothing has yet.
fn with_new_name<T>(
    directory: BorrowedFd<'_>,
    make: impl Fn(&CString) -> Result<T, Errno>,
) -> io::Result<(T, Temporary<'_>)> {
    for _ in 0..MAX_NAMES {
        let random = RandomState::new().hash_one(std::process::id());
        let name = CString::new(format!(".node-preflight.{random:016x}.tmp"))?;
        match make(&name) {
            Ok(made) => return Ok((made, Temporary { directory, name })),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::EXIST.into())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests look at what was written")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    /// Writes both with a file that has no name and without one.
    fn both(prepare: impl Fn(&Path), check: impl Fn(&Path, io::Result<()>)) {
        for unnamed in [true, false] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("report");
            prepare(&path);
            let written = destination(&path).and_then(|to| match to {
                Destination::File(path, old) => replace(&path, old.as_ref(), b"new", unnamed),
                Destination::Stream(path) => panic!("{} is no stream", path.display()),
            });
            check(&path, written);
            for entry in fs::read_dir(directory.path()).unwrap() {
                let name = entry.unwrap().file_name();
                assert!(!name.as_bytes().starts_with(b".node-preflight"), "{name:?} is left behind");
            }
        }
    }

    #[test]
    fn a_new_file_has_the_usual_mode() {
        both(
            |_| {},
            |path, written| {
                written.unwrap();
                assert_eq!(fs::read(path).unwrap(), b"new");
                let usual = path.with_file_name("usual");
                fs::write(&usual, "").unwrap();
                assert_eq!(path.metadata().unwrap().mode(), usual.metadata().unwrap().mode());
            },
        );
    }

    #[test]
    fn a_file_that_is_replaced_hands_its_mode_down_and_stays_whole_for_its_readers() {
        both(
            |path| {
                fs::write(path, "old").unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(0o604)).unwrap();
                fs::hard_link(path, path.with_file_name("reader")).unwrap();
            },
            |path, written| {
                written.unwrap();
                assert_eq!(fs::read(path).unwrap(), b"new");
                assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o604);
                assert_eq!(fs::read(path.with_file_name("reader")).unwrap(), b"old");
            },
        );
    }

    #[test]
    fn a_link_of_ones_own_stays_and_what_it_leads_to_is_replaced() {
        both(
            |path| {
                fs::create_dir(path.with_file_name("below")).unwrap();
                fs::write(path.with_file_name("below").join("target"), "old").unwrap();
                symlink("below/target", path).unwrap();
            },
            |path, written| {
                written.unwrap();
                assert!(path.is_symlink());
                assert_eq!(fs::read(path.with_file_name("below").join("target")).unwrap(), b"new");
            },
        );
    }

    #[test]
    fn a_link_to_nothing_makes_the_file_and_a_circle_is_refused() {
        both(
            |path| symlink("target", path).unwrap(),
            |path, written| {
                written.unwrap();
                assert_eq!(fs::read(path.with_file_name("target")).unwrap(), b"new");
            },
        );
        both(|path| symlink("report", path).unwrap(), |_, written| assert!(written.is_err()));
    }

    #[test]
    fn a_link_of_another_user_is_refused() {
        let mut found = rustix::fs::lstat("/").unwrap();
        found.st_uid = nix::unistd::geteuid().as_raw() + 1;
        let refused = behind_link(Path::new("/tmp/link"), &found).unwrap_err().to_string();
        assert!(refused.contains("link of another user") && refused.contains("name the file itself"));
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        both(
            |path| {
                fs::create_dir(path).unwrap();
                fs::write(path.join("x"), "x").unwrap();
            },
            |path, written| {
                assert!(written.is_err());
                assert!(replace(path, Some(&rustix::fs::lstat(path).unwrap()), b"new", true).is_err());
                assert!(replace(path, None, b"new", false).is_err());
            },
        );
    }

    #[test]
    fn a_device_is_written_to() {
        assert!(matches!(destination(Path::new("/dev/null")).unwrap(), Destination::Stream(_)));
        write_file(Path::new("/dev/null"), b"new").unwrap();
    }
}
