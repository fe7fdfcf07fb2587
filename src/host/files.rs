//! A file tree in which everything is read at most once a run.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use foldhash::HashMap;

use super::budget::{self, Budget, CONFIG_LIMIT, DATABASE_LIMIT, Used};
use super::error::{HostError, HostErrorKind};
use super::path::{HostPath, Look, is_plain};
use super::range_reader::RangeReader;
use super::read::Read;
use super::resolve::{Resolved, Script};
use super::tree::{Content, Kind, Metadata, Tree};

/// No directory that is asked for has more entries.
const LIST_LIMIT: usize = 1 << 16;

/// Directories that are links where `/usr` is merged.
const MERGED: [(&str, &str); 3] = [("/lib", "/usr/lib"), ("/bin", "/usr/bin"), ("/sbin", "/usr/sbin")];

/// By the text of the path, whose hash costs less than that of its components.
type Memo<T> = RefCell<HashMap<OsString, Result<T, HostError>>>;

/// A tree with a memory.
pub struct Files {
    tree: Resolved,
    pub(super) budget: Rc<Budget>,
    contents: Memo<Rc<[u8]>>,
    /// Whether there was room for the values of a document.
    pub(super) documents: Memo<()>,
    scripts: Memo<Option<Rc<[u8]>>>,
    readers: Memo<Rc<RangeReader>>,
    lists: Memo<Rc<[OsString]>>,
    /// What the listings said of their entries, in the order of the names.
    kinds: RefCell<HashMap<OsString, Box<[Option<Kind>]>>>,
    own: Memo<Metadata>,
    followed: Memo<Metadata>,
    links: Memo<PathBuf>,
    opened: RefCell<Vec<HostPath>>,
    /// Which of [`MERGED`] are links, as they are on every distribution with a merged `/usr`.
    merged_usr: [OnceCell<bool>; 3],
}

impl Files {
    pub(super) fn new(tree: Box<dyn Tree>) -> Self {
        Files::within(tree, Rc::default())
    }

    /// A tree that shares its budget with other trees of the same host.
    pub(super) fn within(tree: Box<dyn Tree>, budget: Rc<Budget>) -> Self {
        Files {
            tree: Resolved::new(tree),
            budget,
            contents: Memo::default(),
            documents: Memo::default(),
            scripts: Memo::default(),
            readers: Memo::default(),
            lists: Memo::default(),
            kinds: RefCell::default(),
            own: Memo::default(),
            followed: Memo::default(),
            links: Memo::default(),
            opened: RefCell::default(),
            merged_usr: Default::default(),
        }
    }

    /// How much of the run's budget is used up.
    #[must_use]
    pub fn used(&self) -> Used {
        self.budget.used()
    }

    fn reader(&self, path: &HostPath, content: Box<dyn Content>) -> RangeReader {
        RangeReader::of(path.clone(), content, Rc::clone(&self.budget))
    }

    fn try_read(&self, path: impl AsRef<Path>) -> Result<Rc<[u8]>, HostError> {
        self.read_up_to(path.as_ref(), budget::file_limit(path.as_ref()))
    }

    fn try_read_database(&self, path: impl AsRef<Path>) -> Result<Rc<[u8]>, HostError> {
        self.read_up_to(path.as_ref(), DATABASE_LIMIT)
    }

    fn try_read_script(&self, path: impl AsRef<Path>) -> Result<Option<Rc<[u8]>>, HostError> {
        let path = self.unmerged(path.as_ref());
        if let Some(Ok(bytes)) = self.contents.borrow().get(plain(Cow::Borrowed(&path)).as_os_str()) {
            return Ok(bytes.starts_with(b"#!").then(|| Rc::clone(bytes)));
        }
        self.remember(&self.scripts, &path, |path| {
            let open = self.readers.borrow().get(path.as_path().as_os_str()).cloned();
            if let Some(parts) = open {
                let bytes: Option<Rc<[u8]>> = parts?.script(CONFIG_LIMIT)?.map(Rc::from);
                self.budget.keep(path, bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))?;
                return Ok(bytes);
            }
            self.opened.borrow_mut().push(path.clone());
            match self.tree.read_script(path, CONFIG_LIMIT)? {
                Script::Text(bytes) => self.kept(path, bytes.len()).map(|()| Some(bytes)),
                Script::Other(content) => {
                    let parts = Rc::new(self.reader(path, content));
                    self.readers.borrow_mut().insert(path.as_path().into(), Ok(parts));
                    Ok(None)
                }
            }
        })
    }

    fn try_range_reader(&self, path: impl AsRef<Path>) -> Result<Rc<RangeReader>, HostError> {
        self.remember(&self.readers, &self.unmerged(path.as_ref()), |path| {
            let name = path.as_path().as_os_str();
            // An error that is remembered is met again below, by the tree.
            let script = || self.scripts.borrow().get(name)?.as_ref().ok()?.clone();
            // The same.
            let whole = self.contents.borrow().get(name).and_then(|bytes| bytes.as_ref().ok().cloned());
            if let Some(bytes) = whole.or_else(script) {
                return Ok(Rc::new(self.reader(path, Box::new(bytes))));
            }
            self.opened.borrow_mut().push(path.clone());
            Ok(Rc::new(self.reader(path, self.tree.open(path)?)))
        })
    }

    /// The bytes of a configuration file, links followed.
    pub fn read(&self, path: impl AsRef<Path>) -> Read<Rc<[u8]>> {
        self.try_read(path).into()
    }

    /// The bytes of a package database or another large index, links followed.
    pub fn read_database(&self, path: impl AsRef<Path>) -> Read<Rc<[u8]>> {
        self.try_read_database(path).into()
    }

    /// The bytes of a script, links followed; none if the file doesn't begin with `#!`, of which then no more than
    /// the beginning is read.
    pub fn read_script(&self, path: impl AsRef<Path>) -> Read<Option<Rc<[u8]>>> {
        self.try_read_script(path).into()
    }

    /// A file of any size, links followed, of which only parts are read: a program of a hundred megabytes. It stays
    /// open for the run, so that it is opened once.
    pub fn range_reader(&self, path: impl AsRef<Path>) -> Read<Rc<RangeReader>> {
        self.try_range_reader(path).into()
    }

    /// The names in a directory, sorted bytewise.
    pub fn list(&self, path: impl AsRef<Path>) -> Read<Rc<[OsString]>> {
        self.try_list(path).into()
    }

    /// Metadata; a link at the end of the path is described, not followed.
    pub fn lstat(&self, path: impl AsRef<Path>) -> Read<Metadata> {
        self.try_lstat(path).into()
    }

    /// Metadata of what the path leads to.
    pub fn stat(&self, path: impl AsRef<Path>) -> Read<Metadata> {
        self.try_stat(path).into()
    }

    /// What a path itself is, a link not followed: from a listing that was asked for already, or by a look.
    pub fn kind(&self, path: impl AsRef<Path>) -> Read<Kind> {
        self.try_kind(path).into()
    }

    /// The text of a link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Read<PathBuf> {
        self.try_read_link(path).into()
    }

    /// What was found before, or what is found now, if the budget allows to look.
    fn remember<T: Clone>(
        &self,
        memo: &Memo<T>,
        path: &Path,
        look: impl FnOnce(&HostPath) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let path = plain(Cow::Borrowed(path));
        if let Some(known) = memo.borrow().get(path.as_os_str()) {
            return known.clone();
        }
        let path = HostPath::new(path);
        self.budget.path(&path)?;
        let answer = look(&path);
        memo.borrow_mut().insert(path.into_text(), answer.clone());
        answer
    }

    /// One memory serves both limits: content is measured by the limit of the one who asks, and a file that
    /// was too large for a smaller limit is looked at again for a larger one.
    pub(super) fn read_up_to(&self, path: &Path, limit: u64) -> Result<Rc<[u8]>, HostError> {
        let path = plain(self.unmerged(path));
        let script = || match self.scripts.borrow().get(path.as_os_str())? {
            Ok(bytes) => Some(Ok(Rc::clone(bytes.as_ref()?))),
            Err(error) => Some(Err(error.clone())),
        };
        let known = self.contents.borrow().get(path.as_os_str()).cloned().or_else(script);
        let answer = match known {
            Some(Err(HostError { kind: HostErrorKind::TooLarge { limit: before }, .. }))
                if before < limit =>
            {
                None
            }
            known => known,
        };
        let answer = match answer {
            Some(answer) => answer?,
            None => self.read_now(&HostPath::new(&path), limit)?,
        };
        if answer.len() as u64 > limit {
            return Err(HostError::new(HostPath::new(path), HostErrorKind::TooLarge { limit }));
        }
        Ok(answer)
    }

    fn read_now(&self, path: &HostPath, limit: u64) -> Result<Rc<[u8]>, HostError> {
        self.budget.path(path)?;
        self.opened.borrow_mut().push(path.clone());
        let within = limit.min(self.budget.left());
        let answer = match self.tree.read(path, within, self.known_kind(path)) {
            Ok(bytes) => self.kept(path, bytes.len()).map(|()| bytes),
            Err(HostError { kind: HostErrorKind::TooLarge { limit: was }, .. }) if was < limit => {
                Err(budget::beyond(path))
            }
            Err(error) => Err(error),
        };
        self.contents.borrow_mut().insert(path.as_path().into(), answer.clone());
        answer
    }

    /// Counts bytes that were read and are kept.
    fn kept(&self, path: &HostPath, bytes: usize) -> Result<(), HostError> {
        self.budget.read(path, bytes as u64)?;
        self.budget.keep(path, bytes as u64)
    }

    fn try_list(&self, path: impl AsRef<Path>) -> Result<Rc<[OsString]>, HostError> {
        self.remember(&self.lists, &self.unmerged(path.as_ref()), |path| {
            self.opened.borrow_mut().push(path.clone());
            let mut entries = self.tree.list(path, LIST_LIMIT)?;
            self.budget.names(path, entries.iter().map(|entry| entry.name.len()))?;
            entries.sort_unstable();
            let kinds = entries.iter().map(|entry| entry.kind).collect();
            self.kinds.borrow_mut().insert(path.as_path().into(), kinds);
            Ok(entries.into_iter().map(|entry| entry.name).collect())
        })
    }

    /// Whether a listing tells the kinds of all its entries; none if the directory is empty.
    ///
    /// # Errors
    /// If the path is not a readable directory.
    pub(super) fn lists_types(&self, path: &HostPath) -> Result<Option<bool>, HostError> {
        self.try_list(path)?;
        let kinds = self.kinds.borrow();
        let kinds = kinds.get(path.as_path().as_os_str()).filter(|kinds| !kinds.is_empty());
        Ok(kinds.map(|kinds| kinds.iter().all(Option::is_some)))
    }

    /// What a listing that was already asked for says of a path, a link not followed.
    fn listed_kind(&self, path: &HostPath) -> Option<Kind> {
        // Cut by hand: of paths as they are written here, a slash is all there is to find.
        let bytes = path.as_path().as_os_str().as_bytes();
        let slash = memchr::memrchr(b'/', bytes)?;
        let (directory, name) = (OsStr::from_bytes(&bytes[..slash]), OsStr::from_bytes(&bytes[slash + 1..]));
        let lists = self.lists.borrow();
        // What no listing tells is looked at.
        let names = lists.get(directory)?.as_ref().ok()?;
        let place = names.binary_search_by(|known| known.as_os_str().cmp(name)).ok()?;
        self.kinds.borrow().get(directory)?.get(place).copied().flatten()
    }

    /// `/lib/x` is `/usr/lib/x` where `/usr` is merged: so that what has two names is looked at once.
    fn unmerged<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let bytes = path.as_os_str().as_bytes();
        let below = |directory: &str| {
            bytes.strip_prefix(directory.as_bytes())?.strip_prefix(b"/").filter(|rest| !rest.is_empty())
        };
        let mut merged = MERGED.iter().zip(&self.merged_usr);
        let found = merged.find_map(|((from, to), cell)| Some((from, to, cell, below(from)?)));
        let Some((from, to, cell, rest)) = found else { return Cow::Borrowed(path) };
        let is_merged = cell.get_or_init(|| {
            let relative = Path::new(to.trim_start_matches('/'));
            // Two names of one directory only cost a second look.
            self.try_read_link(from).is_ok_and(|target| target == relative || target == Path::new(to))
        });
        // As text: what is left of `/bin//x` looks absolute, and would replace what it is joined to.
        let merged = || OsString::from_vec([to.as_bytes(), b"/", rest].concat());
        if *is_merged { Cow::Owned(merged().into()) } else { Cow::Borrowed(path) }
    }

    fn try_lstat(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.remember(&self.own, &self.unmerged(path.as_ref()), |path| self.tree.lstat(path))
    }

    fn try_stat(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.remember(&self.followed, &self.unmerged(path.as_ref()), |path| self.tree.stat(path))
    }

    /// Whether any of these paths leads to something.
    ///
    /// # Errors
    /// If none is seen to, and one couldn't be looked at.
    pub fn any_is_there<P: AsRef<Path>>(
        &self,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<bool, HostError> {
        let mut answer = Ok(false);
        for path in paths {
            match self.stat(path) {
                Read::There(_) => return Ok(true),
                Read::Missing(_) => {}
                Read::Hidden(error) => answer = answer.and(Err(error)),
            }
        }
        answer
    }

    fn try_kind(&self, path: impl AsRef<Path>) -> Result<Kind, HostError> {
        let path = HostPath::new(self.unmerged(path.as_ref()));
        match self.listed_kind(&path) {
            Some(kind) => Ok(kind),
            None => self.try_lstat(path).map(|metadata| metadata.kind),
        }
    }

    /// What this tree has already told of a path itself.
    fn known_kind(&self, path: &HostPath) -> Option<Kind> {
        self.listed_kind(path).or_else(|| {
            let own = self.own.borrow();
            // It only spares a look.
            own.get(path.as_path().as_os_str())?.as_ref().ok().map(|metadata| metadata.kind)
        })
    }

    fn try_read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, HostError> {
        self.remember(&self.links, &self.unmerged(path.as_ref()), |path| match self.listed_kind(path) {
            Some(kind) if kind != Kind::Link => Err(HostError::new(path, HostErrorKind::NotAFile(kind))),
            _ => {
                let target = self.tree.read_link(path)?;
                self.budget.keep(path, target.as_os_str().len() as u64)?;
                Ok(target)
            }
        })
    }

    /// The path without links, as far as it exists: what is missing or can't be looked at stays as it is
    /// written, and so does everything from the 41st link on.
    #[must_use]
    pub fn real_path(&self, path: impl AsRef<Path>) -> HostPath {
        HostPath::new(path).without_links(|path| {
            let kind = |known: &Result<Metadata, HostError>| match known {
                Ok(metadata) => Ok(metadata.kind),
                Err(error) => Err(error.is_not_found()),
            };
            // Directories on the way are asked about again and again: what is remembered is not copied.
            let known = self.own.borrow().get(path.as_os_str()).map(kind);
            match known.unwrap_or_else(|| self.try_kind(path).map_err(|error| error.is_not_found())) {
                Ok(Kind::Link) => self.try_read_link(path).map_or(Look::Other, Look::Link),
                Ok(_) | Err(false) => Look::Other,
                Err(true) => Look::Missing,
            }
        })
    }

    /// The files and directories whose content was asked of the tree, in order, as they were named: the
    /// promise that nothing is opened twice in a run can be checked by it.
    #[must_use]
    pub fn opened(&self) -> Vec<HostPath> {
        self.opened.borrow().clone()
    }

    /// All paths about which anything was asked, as they were named: an answer can't depend on any other.
    #[must_use]
    pub fn asked(&self) -> BTreeSet<HostPath> {
        fn keys<T>(memo: &Memo<T>) -> Vec<HostPath> {
            memo.borrow().keys().map(HostPath::new).collect()
        }
        let content = [keys(&self.contents), keys(&self.scripts), keys(&self.readers), keys(&self.lists)];
        let looks = [keys(&self.own), keys(&self.followed), keys(&self.links)];
        content.into_iter().chain(looks).flatten().chain(self.opened()).collect()
    }
}

/// The path as the memories know it.
fn plain(path: Cow<'_, Path>) -> Cow<'_, Path> {
    if is_plain(&path) { path } else { Cow::Owned(HostPath::new(path).as_path().to_owned()) }
}
