//! Where a path leads: the one resolver of symbolic links for all trees, and what is read at the place that it finds.
//!
//! The rules are those of `openat2(2)` with `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`: an absolute target starts at the
//! root, `..` stops at the root, at most 40 links (`path_resolution(7)`). A tree that follows links by itself
//! ([`Tree::follows_links`]) answers for a whole path at once.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::rc::Rc;

use foldhash::HashSet;

use super::error::{HostError, HostErrorKind};
use super::path::{HostPath, MOST_LINKS};
use super::tree::{Content, DirEntry, Kind, Metadata, Tree};

/// No path that fits into `PATH_MAX` and 40 such targets has more components.
const MOST_STEPS: usize = 1 << 16;

/// No host has more directories on the way to what is asked.
const MAX_KNOWN: usize = 1 << 14;

/// No scratch is kept that is larger, in bytes.
const MAX_SCRATCH: usize = 64 << 10;

/// From this size in bytes on, a second copy of a file's content would cost more than clearing the first.
const LARGE_FILE: u64 = 32 << 10;

/// Directories that are no links, by the text of their paths, so that each is looked at once.
pub(super) type Directories = RefCell<HashSet<OsString>>;

/// A tree whose links are followed.
pub(super) struct Resolved {
    tree: Box<dyn Tree>,
    /// One of these that becomes a link meanwhile is not followed by a tree that doesn't follow links.
    directories: Directories,
    /// Where files are read before their size is known; kept, so that small files don't scatter over the heap.
    scratch: RefCell<Vec<u8>>,
}

/// A file that may be a script.
pub(super) enum Script {
    /// It begins with `#!`: all of it.
    Text(Rc<[u8]>),
    /// It doesn't: no more than the beginning was read.
    Other(Box<dyn Content>),
}

/// Where a path leads.
pub(super) struct Place {
    /// Without links, `.` and `..`.
    pub(super) path: HostPath,
    /// What is there, if it was looked at on the way.
    metadata: Option<Metadata>,
}

impl Resolved {
    pub(super) fn new(tree: Box<dyn Tree>) -> Self {
        Resolved { tree, directories: RefCell::default(), scratch: RefCell::default() }
    }

    /// The path by which the tree is asked, and what is there, if that is known by then.
    fn place<'p>(
        &self,
        path: &'p HostPath,
        follow_last: bool,
    ) -> Result<(Cow<'p, HostPath>, Option<Metadata>), HostError> {
        if self.tree.follows_links() {
            return Ok((Cow::Borrowed(path), None));
        }
        let place = walk(self.tree.as_ref(), &self.directories, path, follow_last)?;
        Ok((Cow::Owned(place.path), place.metadata))
    }

    /// Metadata; a link at the end of the path is described, not followed.
    pub(super) fn lstat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        match self.place(path, false)? {
            (_, Some(metadata)) => Ok(metadata),
            (place, None) => self.tree.lstat(&place),
        }
    }

    /// Metadata of what the path leads to; a dangling link is "not found".
    pub(super) fn stat(&self, path: &HostPath) -> Result<Metadata, HostError> {
        match self.place(path, true)? {
            (_, Some(metadata)) => Ok(metadata),
            (place, None) => self.tree.stat(&place),
        }
    }

    /// The text of a link.
    pub(super) fn read_link(&self, path: &HostPath) -> Result<PathBuf, HostError> {
        match self.place(path, false)? {
            (_, Some(Metadata { kind, .. })) if kind != Kind::Link => {
                Err(HostError::new(path, HostErrorKind::NotAFile(kind)))
            }
            (place, _) => self.tree.read_link(&place),
        }
    }

    /// What is in a directory, unsorted, without `.` and `..`; no more than `limit` entries.
    pub(super) fn list(&self, path: &HostPath, limit: usize) -> Result<Vec<DirEntry>, HostError> {
        self.tree.list(&self.place(path, true)?.0, limit)
    }

    /// A regular file, links followed, to read parts of.
    pub(super) fn open(&self, path: &HostPath) -> Result<Box<dyn Content>, HostError> {
        // Of a file of any size parts can be read.
        self.open_within(path, u64::MAX, None)
    }

    fn open_within(
        &self,
        path: &HostPath,
        limit: u64,
        known: Option<Kind>,
    ) -> Result<Box<dyn Content>, HostError> {
        let (place, metadata) = self.place(path, true)?;
        let content = self.tree.open(&place, limit, metadata.map(|found| found.kind).or(known));
        let content = content.map_err(|error| HostError { path: path.to_string(), ..error })?;
        if content.size() > limit {
            return Err(HostError::new(path, HostErrorKind::TooLarge { limit }));
        }
        Ok(content)
    }

    /// The bytes of a regular file, links followed, of no more than `limit` bytes. Where this tree already said what the
    /// path itself is, `known` spares a look.
    pub(super) fn read(
        &self,
        path: &HostPath,
        limit: u64,
        known: Option<Kind>,
    ) -> Result<Rc<[u8]>, HostError> {
        let content = self.open_within(path, limit, known)?;
        if content.size() >= LARGE_FILE {
            read_large(path, &*content)
        } else {
            self.rest(path, &*content, limit, 0)
        }
    }

    /// The bytes of a regular file that begins with `#!`; of any other only the beginning is read.
    pub(super) fn read_script(&self, path: &HostPath, limit: u64) -> Result<Script, HostError> {
        const MARK: &[u8] = b"#!";
        let content = self.open_within(path, limit, None)?;
        let mut filled = 0;
        let is_script = self.with_scratch(|bytes| {
            make_room(bytes, 0, 4096);
            while filled < MARK.len() {
                match content.read_some(filled as u64, &mut bytes[filled..])? {
                    0 => break,
                    count => filled += count,
                }
            }
            Ok(bytes[..filled].starts_with(MARK))
        })?;
        if is_script {
            self.rest(path, &*content, limit, filled).map(Script::Text)
        } else {
            Ok(Script::Other(content))
        }
    }

    fn with_scratch<T>(
        &self,
        read: impl FnOnce(&mut Vec<u8>) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let mut bytes = self.scratch.take();
        let answer = read(&mut bytes);
        // A file of /proc that proved large must not hold its memory for the rest of the run.
        if bytes.len() <= MAX_SCRATCH {
            self.scratch.replace(bytes);
        }
        answer
    }

    /// A whole file, of which the first bytes are in the scratch already.
    fn rest(
        &self,
        path: &HostPath,
        content: &dyn Content,
        limit: u64,
        mut filled: usize,
    ) -> Result<Rc<[u8]>, HostError> {
        let size = content.size();
        // Of a file that knows its size, one call sees the end, too.
        let step = usize::try_from(size.max(4095)).unwrap_or(usize::MAX).saturating_add(1);
        self.with_scratch(|bytes| {
            loop {
                make_room(bytes, filled, step);
                let count = content.read_some(filled as u64, &mut bytes[filled..])?;
                filled += count;
                if filled as u64 > limit {
                    return Err(HostError::new(path, HostErrorKind::TooLarge { limit }));
                }
                let is_whole = size > 0 && filled as u64 >= size && filled < bytes.len();
                if count == 0 || is_whole {
                    return Ok(Rc::from(&bytes[..filled]));
                }
            }
        })
    }
}

/// Room behind the bytes that are filled already, for a step if there is none.
fn make_room(bytes: &mut Vec<u8>, filled: usize, step: usize) {
    let wanted = if filled == 0 { step } else { filled + 1 };
    if bytes.len() < wanted {
        bytes.resize(filled.saturating_add(step), 0);
    }
}

/// The bytes of a file up to the size that it had when it was opened.
fn read_large(path: &HostPath, content: &dyn Content) -> Result<Rc<[u8]>, HostError> {
    let failed = |why: &str| HostError::new(path, HostErrorKind::Io(why.into()));
    let size =
        usize::try_from(content.size()).map_err(|_| failed("is larger than the memory of this machine"))?;
    let mut bytes: Rc<[u8]> = std::iter::repeat_n(0, size).collect();
    let place = Rc::get_mut(&mut bytes).ok_or_else(|| failed("its memory is in use"))?;
    let filled = content.read_at(0, place)?;
    Ok(if filled < size { Rc::from(&bytes[..filled]) } else { bytes })
}

/// The deepest directory on the way of a path to which no link leads, as far as is known.
fn known_directory(directories: &Directories, path: &HostPath) -> HostPath {
    let known = directories.borrow();
    path.nearest_above(|above| known.contains(above.as_os_str()))
}

/// An error met on the way of a path: the reader knows the path as it is named.
fn named(path: &HostPath, place: &HostPath, error: HostError) -> HostError {
    if place == path { error } else { HostError { path: path.to_string(), ..error } }
}

fn remember(directories: &Directories, path: &HostPath) {
    let mut known = directories.borrow_mut();
    if known.len() < MAX_KNOWN {
        known.insert(path.as_path().into());
    }
}

/// Where a path leads; what is there exists. A link at the end is only followed if asked.
pub(super) fn walk(
    tree: &dyn Tree,
    directories: &Directories,
    path: &HostPath,
    follow_last: bool,
) -> Result<Place, HostError> {
    let failed = |kind| HostError::new(path, kind);
    let mut place = known_directory(directories, path);
    let mut metadata: Option<Metadata> = None;
    // What is left to be walked, and how far in it the walk is.
    let mut rest = path.as_path().as_os_str().as_bytes()[place.as_path().as_os_str().len()..].to_vec();
    let mut at = 0;
    let (mut links, mut steps) = (0, 0);
    while let Some(part) = next_part(&rest, &mut at) {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(failed(HostErrorKind::Io("its links lead on without end".into())));
        }
        if metadata.is_some_and(|found| found.kind != Kind::Directory) {
            return Err(failed(HostErrorKind::NotFound));
        }
        match part {
            b"." => continue,
            b".." => {
                place = place.parent().unwrap_or(place);
                metadata = None;
                continue;
            }
            _ => {}
        }
        let next = place.child(OsStr::from_bytes(part));
        let found = tree.lstat(&next).map_err(|error| named(path, &next, error))?;
        if found.kind == Kind::Link && (follow_last || at < rest.len()) {
            links += 1;
            if links > MOST_LINKS {
                return Err(failed(HostErrorKind::Loop));
            }
            let target = tree.link_target(&next).map_err(|error| named(path, &next, error))?;
            let mut target = target.into_os_string().into_vec();
            if target.is_empty() {
                return Err(failed(HostErrorKind::NotFound));
            }
            metadata = None;
            if target.starts_with(b"/") {
                place = HostPath::root();
            }
            target.extend_from_slice(&rest[at..]);
            (rest, at) = (target, 0);
        } else {
            if found.kind == Kind::Directory {
                remember(directories, &next);
            }
            place = next;
            metadata = Some(found);
        }
    }
    Ok(Place { path: place, metadata })
}

/// The next part of a path that is left to be walked. A slash at the end asks for a directory, as a dot does.
fn next_part<'p>(path: &'p [u8], at: &mut usize) -> Option<&'p [u8]> {
    let slashes = path[*at..].iter().take_while(|byte| **byte == b'/').count();
    let start = *at + slashes;
    let end = memchr::memchr(b'/', &path[start..]).map_or(path.len(), |length| start + length);
    *at = end;
    match &path[start..end] {
        [] if slashes == 0 => None,
        [] => Some(b"."),
        part => Some(part),
    }
}
