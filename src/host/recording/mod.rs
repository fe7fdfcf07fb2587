//! A host kept for later: `root/` holds its files, `live/` what the running system answered, and
//! `meta.toml` what a copy can't keep: owners, modes, sockets, empty directories.

mod machine;
mod meta;
mod running;
mod sections;
mod tree;

use std::path::Path;
use std::rc::Rc;

use super::budget::Budget;
use super::directory::Directory;
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::path::HostPath;
use super::read::Read;
use super::running::Running;
use super::tree::{Kind, Tree as _};
use meta::{Entries, Meta};
use running::Recorded;
use tree::RecordedTree;

/// The parts of a recording.
pub(super) struct Recording {
    pub(super) files: Rc<Files>,
    pub(super) running: Option<Box<dyn Running>>,
}

impl Recording {
    pub(super) fn open(path: &Path) -> Result<Self, HostError> {
        let top = Files::new(Box::new(Directory::open(path)?));
        let meta: Meta = match top.read_description("/meta.toml") {
            Read::There(bytes) => sections::parse("meta.toml", &bytes)?,
            Read::Missing(_) => Meta::default(),
            Read::Hidden(error) => return Err(error),
        };
        let top = Directory::open(path)?;
        let budget = Rc::new(Budget::default());
        let part = |name, entries| part(&top, name, entries, Rc::clone(&budget));
        let files = Rc::new(part("root", Entries::of(meta.root))?);
        let running: Option<Box<dyn Running>> = match Read::from(top.lstat(&HostPath::new("/live"))) {
            Read::There(_) => Some(Box::new(Recorded::open(part("live", Entries::of(meta.live))?)?)),
            Read::Missing(_) => None,
            Read::Hidden(error) => return Err(error),
        };
        Ok(Recording { files, running })
    }
}

/// `root` or `live`. A link in its place would lead to files that are none of the recording.
fn part(top: &Directory, name: &str, entries: Entries, budget: Rc<Budget>) -> Result<Files, HostError> {
    let place = HostPath::new(name);
    let found = top.lstat(&place).map_err(|error| HostError { path: name.to_owned(), ..error })?;
    if found.kind == Kind::Link {
        let why = "is a symbolic link, and a recording never leads out of its directory";
        return Err(HostError::new(name, HostErrorKind::Corrupt(why.into())));
    }
    Ok(Files::within(Box::new(RecordedTree::new(top.below(&place)?, entries)?), budget))
}
