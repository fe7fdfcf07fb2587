//! What a file system offers to be a host: a directory, a recording, and later an image or an archive.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::error::HostError;
use super::path::HostPath;

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A unix socket.
    Socket,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
}

impl Kind {
    /// The word that facts use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Link => "link",
            Kind::Fifo => "fifo",
            Kind::Socket => "socket",
            Kind::CharDevice => "char-device",
            Kind::BlockDevice => "block-device",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::File => "a regular file",
            Kind::Directory => "a directory",
            Kind::Link => "a symbolic link",
            Kind::Fifo => "a named pipe",
            Kind::Socket => "a socket",
            Kind::CharDevice => "a character device",
            Kind::BlockDevice => "a block device",
        })
    }
}

/// What is known of a directory entry without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits, with set-user-ID, set-group-ID and sticky.
    pub mode: u32,
    /// Owner; none where the source doesn't say.
    pub uid: Option<u32>,
    /// Group; none where the source doesn't say.
    pub gid: Option<u32>,
    /// When its content was last changed, in seconds since 1970; none where the source doesn't say.
    pub modified: Option<i64>,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DirEntry {
    /// The name, without a slash.
    pub(super) name: OsString,
    /// What it is, a link not followed, where the listing says so.
    pub(super) kind: Option<Kind>,
}

/// A regular file that is open: of a large one only parts are wanted.
pub(super) trait Content {
    /// Its size in bytes when it was opened; files of /proc say 0.
    fn size(&self) -> u64;

    /// Reads into `place` from `offset` on, once, and returns how many bytes there were; none are the end.
    ///
    /// # Errors
    /// Whatever the system says.
    fn read_some(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError>;

    /// Fills `place` from `offset` on, and returns how many bytes there were; fewer than asked are the end.
    ///
    /// # Errors
    /// Whatever the system says.
    fn read_at(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError> {
        let mut filled = 0;
        while filled < place.len() {
            match self.read_some(offset.saturating_add(filled as u64), &mut place[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

/// A file system: all that a directory, a disk image or an archive has to offer to be a host. It is asked by paths that
/// lead through no link, because [`Resolved`](super::resolve::Resolved) follows links for all of them.
pub(super) trait Tree {
    /// Whether this tree follows links faster than by steps, and as safely: the kernel does with `openat2(2)`. It is then
    /// asked by paths as they are named, and has to stay inside its root.
    fn follows_links(&self) -> bool {
        false
    }

    /// Metadata of the path itself; a link at its end is described.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at.
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError>;

    /// Metadata of what the path leads to: asked of a tree that follows links.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at; a dangling link is "not found".
    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        self.lstat(path)
    }

    /// The text of a link.
    ///
    /// # Errors
    /// If the path is missing or not a link.
    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError>;

    /// Where a link leads that is to be followed.
    ///
    /// # Errors
    /// If it can't be read, or leads to a thing and not to a path, as `/proc/self/exe` does.
    fn link_target(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        self.read_link(path)
    }

    /// What is in a directory, unsorted, without `.` and `..`.
    ///
    /// # Errors
    /// If the path is not a readable directory or has more than `limit` entries.
    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError>;

    /// A regular file, to read parts of. Where this tree already said what the path itself is, `known` spares a look.
    ///
    /// # Errors
    /// If the path is no readable regular file or one of more than `limit` bytes.
    fn open(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Box<dyn Content>, HostError>;
}
