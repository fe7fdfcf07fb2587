//! A file tree that can be read: a directory, and later an image or an archive.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

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
    /// Its size in bytes when it was opened.
    fn size(&self) -> u64;

    /// Fills `place` from `offset` on, and tells how many bytes there were; fewer than asked are the end.
    ///
    /// # Errors
    /// Whatever the system says.
    fn read_at(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError>;
}

/// A file that may be a script.
pub(super) enum Script {
    /// It begins with `#!`: all of it.
    Text(Vec<u8>),
    /// It doesn't: no more than the beginning was read.
    Other(Box<dyn Content>),
}

/// What there is at a path that leads through no link: as much of a tree as it takes to follow links.
pub(super) trait Lookup {
    /// The deepest directory on the way of a path to which no link leads, as far as is known.
    fn known_directory(&self, _path: &HostPath) -> HostPath {
        HostPath::new("/")
    }

    /// Metadata of the path itself.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at.
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError>;

    /// The text of a link.
    ///
    /// # Errors
    /// If the path is missing or not a link.
    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError>;
}

/// A readable file tree. Links are followed inside the root only; an absolute target starts at the root.
pub(super) trait Tree {
    /// Metadata; a link at the end of the path is described, not followed.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at.
    fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError>;

    /// Metadata of what the path leads to.
    ///
    /// # Errors
    /// Whatever keeps the path from being looked at; a dangling link is "not found".
    fn stat(&self, path: &HostPath) -> Result<Metadata, HostError>;

    /// The text of a link.
    ///
    /// # Errors
    /// If the path is missing or not a link.
    fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError>;

    /// What is in a directory, unsorted, without `.` and `..`.
    ///
    /// # Errors
    /// If the path is not a readable directory or has more than `limit` entries.
    fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError>;

    /// The bytes of a regular file, links followed. Where this tree already told that the path itself is one,
    /// `known` spares a look.
    ///
    /// # Errors
    /// If the path leads to no readable regular file or to one of more than `limit` bytes.
    fn read(&self, path: &HostPath, limit: u64, known: Option<Kind>) -> Result<Rc<[u8]>, HostError>;

    /// The bytes of a regular file that begins with `#!`; of any other only the beginning is read.
    ///
    /// # Errors
    /// If the path leads to no readable regular file or to one of more than `limit` bytes.
    fn read_script(&self, path: &HostPath, limit: u64) -> Result<Script, HostError>;

    /// A regular file, links followed, to read parts of.
    ///
    /// # Errors
    /// If the path leads to no readable regular file.
    fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError>;
}
