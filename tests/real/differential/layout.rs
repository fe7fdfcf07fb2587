//! A random file tree as a value: it prints as what it is, and shrinks by losing entries.

use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// What lies at a path.
#[derive(Clone)]
pub(crate) enum Entry {
    File(String),
    Program(String),
    Link(String),
    Directory,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::File(text) => write!(f, ": {text:?}"),
            Entry::Program(text) => write!(f, ", executable: {text:?}"),
            Entry::Link(target) => write!(f, " -> {target}"),
            Entry::Directory => write!(f, "/"),
        }
    }
}

/// Paths with what lies there, in the order in which they are made. The first at a path stays.
#[derive(Clone, Default)]
pub(crate) struct Layout(pub Vec<(String, Entry)>);

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(path, entry)| writeln!(f, "        {path}{entry:?}"))
    }
}

impl Layout {
    /// The same with one more entry.
    pub(crate) fn with(mut self, path: &str, entry: Entry) -> Self {
        self.0.push((path.to_owned(), entry));
        self
    }

    /// Makes the tree below a root. What can't be made there (a file below a file) is left out.
    pub(crate) fn make(&self, root: &Path) {
        for (path, entry) in &self.0 {
            let place = root.join(path.trim_start_matches('/'));
            let Some(parent) = place.parent() else { continue };
            if fs::create_dir_all(parent).is_err() || place.symlink_metadata().is_ok() {
                continue;
            }
            match entry {
                Entry::File(text) => fs::write(place, text).unwrap(),
                Entry::Program(text) => {
                    fs::write(&place, text).unwrap();
                    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
                }
                Entry::Link(target) => symlink(target, place).unwrap(),
                Entry::Directory => fs::create_dir(place).unwrap(),
            }
        }
    }
}
