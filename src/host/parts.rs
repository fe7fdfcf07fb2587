//! A large file that is open: only the parts that are asked for are read.

use std::cell::Cell;
use std::rc::Rc;

use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::tree::Content;

/// What a run reads of one file at most, all parts together, in bytes. The headers and tables of a program are a
/// few megabytes; only a hostile file asks for more.
const MOST: u64 = 64 << 20;

/// A file of any size, of which parts are read.
pub struct Parts {
    path: HostPath,
    content: Box<dyn Content>,
    left: Cell<u64>,
}

impl Parts {
    pub(super) fn of(path: HostPath, content: Box<dyn Content>) -> Self {
        Parts { path, content, left: Cell::new(MOST) }
    }

    /// The size of the file in bytes, as it was when the file was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.content.size()
    }

    /// Up to `length` bytes from `offset` on; fewer at the end of the file, none behind it.
    ///
    /// # Errors
    /// If the system can't read it, or if more than 64 MiB were asked of this file in this run.
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, HostError> {
        let rest = self.size().saturating_sub(offset);
        let length = usize::try_from(rest).map_or(length, |rest| rest.min(length));
        let Some(left) = self.left.get().checked_sub(length as u64) else {
            return Err(HostError::new(&self.path, HostErrorKind::TooLarge { limit: MOST }));
        };
        self.left.set(left);
        let mut bytes = vec![0; length];
        let filled = self.content.read_at(offset, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// All bytes if they begin with `#!`.
    pub(super) fn script(&self, limit: u64) -> Result<Option<Vec<u8>>, HostError> {
        if self.read(0, 2)? != b"#!" {
            return Ok(None);
        }
        match usize::try_from(self.size()) {
            Ok(size) if self.size() <= limit => self.read(0, size).map(Some),
            _ => Err(HostError::new(&self.path, HostErrorKind::TooLarge { limit })),
        }
    }
}

/// A file that was read already.
impl Content for Rc<[u8]> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or_default();
        let length = rest.len().min(place.len());
        place[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the files are made here")]
mod tests {
    use super::super::directory::Directory;
    use super::super::files::Files;
    use super::*;

    #[test]
    fn parts_are_read_where_they_are_and_the_file_is_opened_once() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("program"), b"0123456789").unwrap();
        let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        for (offset, length, expected) in
            [(0, 3, "012"), (7, 3, "789"), (8, 100, "89"), (10, 1, ""), (u64::MAX, 9, "")]
        {
            let read = files.parts("/program").legacy().unwrap().read(offset, length).unwrap();
            assert_eq!(read, expected.as_bytes(), "{offset} {length}");
        }
        assert_eq!(files.opened().len(), 1);
        assert_eq!(files.parts("/none").map(|_| ()).legacy().unwrap_err().kind, HostErrorKind::NotFound);
        assert!(files.parts("/").legacy().is_err());
    }

    #[test]
    fn a_program_that_was_looked_at_as_a_script_is_opened_once_and_the_other_way_round() {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in [("script", "#!/bin/sh\n"), ("program", "\x7fELF..")] {
            std::fs::write(directory.path().join(name), text).unwrap();
            for script_first in [true, false] {
                let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
                for script_turn in [script_first, !script_first] {
                    if script_turn {
                        let script = files.read_script(name).legacy().unwrap();
                        assert_eq!(script.as_deref(), (name == "script").then_some(text.as_bytes()));
                    } else {
                        assert_eq!(
                            files.parts(name).legacy().unwrap().read(0, 99).unwrap(),
                            text.as_bytes(),
                            "{name}"
                        );
                    }
                }
                assert_eq!(files.opened().len(), 1, "{name}");
            }
            let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
            drop(files.read(name).legacy().unwrap());
            assert_eq!(files.parts(name).legacy().unwrap().read(1, 99).unwrap(), &text.as_bytes()[1..]);
            assert_eq!(files.opened().len(), 1);
        }
    }

    #[test]
    fn no_run_reads_more_of_a_file_than_its_tables_can_be() {
        let directory = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(directory.path().join("huge")).unwrap();
        file.set_len(1 << 40).unwrap();
        let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        let huge = files.parts("/huge").legacy().unwrap();
        assert_eq!(huge.size(), 1 << 40);
        assert_eq!(huge.read(1 << 39, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(huge.read(0, 64 << 20).unwrap_err().kind, HostErrorKind::TooLarge { limit: MOST });
        assert_eq!(huge.read(0, 8).unwrap(), [0; 8]);
    }
}
