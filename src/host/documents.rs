//! TOML, YAML and JSON of a host: as trees in memory they are a hundred times larger than as text, so that the values of all
//! documents of a run together are bounded before any is parsed.

use std::path::Path;
use std::rc::Rc;

use super::error::HostError;
use super::files::Files;
use super::path::HostPath;
use super::read::Read;

/// A file that is shorter is not looked through: it has no more values than bytes, and hardly fewer.
const SHORT: usize = 64;
/// No recording is described at greater length.
const DESCRIPTION_LIMIT: u64 = 4 << 20;

impl Files {
    /// The bytes of a file that is a document of nested values (TOML, YAML, JSON), links followed; hidden if the documents
    /// of this run have more values than a run keeps.
    pub fn read_document(&self, path: impl AsRef<Path>) -> Read<Rc<[u8]>> {
        let path = path.as_ref();
        self.read(path).and_then(|bytes| self.counted(&HostPath::new(path), &bytes).map(|()| bytes).into())
    }

    /// The bytes of a description of a recording, whose reader bounds its values.
    pub(super) fn read_description(&self, path: &str) -> Read<Rc<[u8]>> {
        self.read_up_to(Path::new(path), DESCRIPTION_LIMIT).into()
    }

    /// Counts the values of a document, once.
    fn counted(&self, path: &HostPath, bytes: &[u8]) -> Result<(), HostError> {
        if let Some(known) = self.documents.borrow().get(path.as_path().as_os_str()) {
            return known.clone();
        }
        let counted = self.budget.values(path, most_values(bytes));
        self.documents.borrow_mut().insert(path.as_path().into(), counted.clone());
        counted
    }
}

/// No document has more values and keys than it has marks between them.
pub(super) fn most_values(bytes: &[u8]) -> u64 {
    if bytes.len() <= SHORT {
        return bytes.len() as u64;
    }
    // Behind each dot of a TOML key begins another table.
    let is_mark = |byte: &&u8| matches!(**byte, b'=' | b':' | b',' | b'.' | b'[' | b'{' | b'-' | b'\n');
    bytes.iter().filter(is_mark).count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::budget::MAX_VALUES;
    use crate::host::directory::Directory;
    use crate::parse::document::{Content, Node};
    use crate::parse::{toml_document, yaml};

    fn values(node: &Node) -> u64 {
        1 + match &node.content {
            Content::List(items) => items.iter().map(values).sum(),
            Content::Table(table) => table.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the files are made here")]
    fn documents_with_more_values_than_a_run_keeps_are_hidden_and_others_still_read() {
        let directory = tempfile::tempdir().unwrap();
        let list = |count: u64| format!("[{}]", ",".repeat(usize::try_from(count).unwrap()));
        for (name, count) in [("half", MAX_VALUES / 2), ("same", MAX_VALUES / 2), ("small", 100)] {
            std::fs::write(directory.path().join(name), list(count)).unwrap();
        }
        let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        for _ in 0..3 {
            assert!(files.read_document("/half").found().unwrap().is_some());
        }
        let error = files.read_document("/same").found().unwrap_err();
        assert!(error.to_string().contains("values"), "{error}");
        assert!(files.read_document("/small").found().unwrap().is_some());
        assert!(files.read("/same").found().unwrap().is_some(), "as text it may be read");
        assert_eq!(files.read_document("/other").found(), Ok(None));
    }

    proptest! {
        #[test]
        fn no_document_has_more_values_than_are_counted(text in "[a-c1 \\[\\]{}=:,.\"\n-]{0,60}") {
            let long = format!("{text}\n{}", " ".repeat(SHORT));
            let documents = [toml_document::parse(long.as_bytes()), yaml::parse(long.as_bytes())];
            for document in documents.iter().flatten() {
                prop_assert!(values(document) <= most_values(long.as_bytes()), "{document:?}");
            }
        }
    }
}
