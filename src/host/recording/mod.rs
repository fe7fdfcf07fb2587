//! A host kept for later: `root/` holds its files, `live/` what the running system answered, and
//! `meta.toml` what a copy can't keep: owners, modes, sockets, empty directories.

mod machine;
mod meta;
mod running;
mod tree;

use std::path::Path;
use std::rc::Rc;

use serde::de::DeserializeOwned;

use super::budget::Budget;
use super::directory::Directory;
use super::error::{HostError, HostErrorKind};
use super::files::Files;
use super::path::HostPath;
use super::read::Read;
use super::running::Running;
use super::tree::{Kind, Tree as _};
use crate::fact::printable;
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
        let meta: Meta = match top.read("/meta.toml") {
            Read::There(bytes) => parse("meta.toml", &bytes)?,
            Read::Missing(_) => Meta::default(),
            Read::Hidden(error) => return Err(error),
        };
        let top = Directory::open(path)?;
        let budget = Rc::new(Budget::default());
        let part = |name, entries| part(&top, name, entries, Rc::clone(&budget));
        let files = Rc::new(part("root", meta.root)?);
        let running: Option<Box<dyn Running>> = match Read::from(top.lstat(&HostPath::new("/live"))) {
            Read::There(_) => Some(Box::new(Recorded::open(part("live", meta.live)?)?)),
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

/// No line of a file is shown any longer than this, in characters.
const LONGEST_LINE: usize = 100;

/// Reads TOML; a mistake is told with its place and what is written there.
fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, HostError> {
    toml::from_slice(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(bytes);
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = &text.as_bytes()[..at];
        let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let written = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let place = format!("{name}:{line}");
        let why = format!("{}: `{}`", cut(error.message()), cut(written.trim()));
        HostError::new(place, HostErrorKind::Corrupt(why))
    })
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_LINE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    printable(&short).into_owned()
}
