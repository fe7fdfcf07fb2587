//! A large file that is open: only the parts that are asked for are read.

use std::cell::Cell;
use std::rc::Rc;

use super::budget::Budget;
use super::error::{HostError, HostErrorKind};
use super::path::HostPath;
use super::tree::Content;
use crate::parse::elf::Ranges;

/// What a run reads of one file at most, all parts together, in bytes. The headers and tables of a program are a
/// few megabytes; only a hostile file asks for more.
const MAX_BYTES: u64 = 64 << 20;

/// How much of a file [`RangeReader::scan`] reads at once, in bytes.
const PIECE: usize = 64 << 10;
/// No line of a configuration and no paragraph of a database is longer, in bytes.
const MAX_LINE: usize = 1 << 20;

/// A file of any size, of which parts are read.
pub struct RangeReader {
    path: HostPath,
    content: Box<dyn Content>,
    left: Cell<u64>,
    budget: Rc<Budget>,
}

impl RangeReader {
    pub(super) fn of(path: HostPath, content: Box<dyn Content>, budget: Rc<Budget>) -> Self {
        RangeReader { path, content, left: Cell::new(MAX_BYTES), budget }
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
            return Err(HostError::new(&self.path, HostErrorKind::TooLarge { limit: MAX_BYTES }));
        };
        self.left.set(left);
        self.budget.read(&self.path, length as u64)?;
        let mut bytes = vec![0; length];
        let filled = self.content.read_at(offset, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Hands the whole file on in pieces, and keeps nothing: a database of hundreds of megabytes. `take` gets what it has
    /// not taken yet, and whether this is the end of the file; it says how many bytes it has taken.
    ///
    /// # Errors
    /// If the system can't read it, if the run has read as much as it may, if nothing is taken of a megabyte, or what `take`
    /// says.
    pub fn scan(
        &self,
        mut take: impl FnMut(&[u8], bool) -> Result<usize, HostErrorKind>,
    ) -> Result<(), HostError> {
        let failed = |kind| HostError::new(&self.path, kind);
        let (mut pending, mut at) = (Vec::new(), 0);
        loop {
            let start = pending.len();
            if start > MAX_LINE {
                let why = format!("a line or paragraph is longer than {MAX_LINE} bytes, not read");
                return Err(failed(HostErrorKind::Corrupt(why)));
            }
            self.budget.read(&self.path, PIECE as u64)?;
            pending.resize(start + PIECE, 0);
            let count = self.content.read_at(at, &mut pending[start..])?;
            pending.truncate(start + count);
            at += count as u64;
            // Files of /proc don't tell their size: their end is where nothing more comes.
            let is_last = count == 0 || (self.size() > 0 && at >= self.size());
            let taken = take(&pending, is_last).map_err(failed)?;
            if is_last {
                return Ok(());
            }
            pending.drain(..taken.min(pending.len()));
        }
    }

    /// Hands the lines of the file on, without their ends; see [`RangeReader::scan`].
    ///
    /// # Errors
    /// As [`RangeReader::scan`].
    pub fn lines(&self, mut each: impl FnMut(&[u8])) -> Result<(), HostError> {
        self.scan(|pending, is_last| {
            let whole = memchr::memrchr(b'\n', pending).map_or(0, |end| end + 1);
            let taken = if is_last { pending.len() } else { whole };
            let text = pending[..taken].strip_suffix(b"\n").unwrap_or(&pending[..taken]);
            if taken > 0 {
                text.split(|byte| *byte == b'\n').for_each(&mut each);
            }
            Ok(taken)
        })
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

impl Ranges for RangeReader {
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, String> {
        RangeReader::read(self, offset, length).map_err(|error| error.kind.to_string())
    }
}

/// A file that was read already.
impl Content for Rc<[u8]> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_some(&self, offset: u64, place: &mut [u8]) -> Result<usize, HostError> {
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
    use super::super::read::Read;
    use super::*;

    #[test]
    fn parts_are_read_where_they_are_and_the_file_is_opened_once() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("program"), b"0123456789").unwrap();
        let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        for (offset, length, expected) in
            [(0, 3, "012"), (7, 3, "789"), (8, 100, "89"), (10, 1, ""), (u64::MAX, 9, "")]
        {
            let read = files.range_reader("/program").required().unwrap().read(offset, length).unwrap();
            assert_eq!(read, expected.as_bytes(), "{offset} {length}");
        }
        assert_eq!(files.opened().len(), 1);
        assert!(matches!(files.range_reader("/none"), Read::Missing(path) if path == "/none"));
        assert!(matches!(files.range_reader("/"), Read::Hidden(_)));
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
                        let script = files.read_script(name).required().unwrap();
                        assert_eq!(script.as_deref(), (name == "script").then_some(text.as_bytes()));
                    } else {
                        assert_eq!(
                            files.range_reader(name).required().unwrap().read(0, 99).unwrap(),
                            text.as_bytes(),
                            "{name}"
                        );
                    }
                }
                assert_eq!(files.opened().len(), 1, "{name}");
            }
            let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
            drop(files.read(name).required().unwrap());
            assert_eq!(
                files.range_reader(name).required().unwrap().read(1, 99).unwrap(),
                &text.as_bytes()[1..]
            );
            assert_eq!(files.opened().len(), 1);
        }
    }

    #[test]
    fn a_database_of_any_size_is_handed_on_in_lines_and_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let files = || Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        for (text, expected) in [
            (String::new(), vec![]),
            ("a\n\nb".into(), vec!["a", "", "b"]),
            ("a\n".into(), vec!["a"]),
            (format!("{}\nb\n", "x".repeat(100_000)), vec!["x", "b"]),
        ] {
            std::fs::write(directory.path().join("text"), &text).unwrap();
            let mut seen: Vec<String> = Vec::new();
            let reader = files().range_reader("/text").found().unwrap().unwrap();
            reader
                .lines(|line| seen.push(String::from_utf8_lossy(&line[..line.len().min(1)]).into()))
                .unwrap();
            assert_eq!(seen, expected, "{} bytes", text.len());
        }
        let database = "name\n".repeat(20 << 20);
        std::fs::write(directory.path().join("database"), database).unwrap();
        let files = files();
        let mut lines = 0;
        files.range_reader("/database").found().unwrap().unwrap().lines(|_| lines += 1).unwrap();
        assert_eq!(lines, 20 << 20);
        assert!(files.used().kept < 1000 && files.used().read >= 100 << 20, "{:?}", files.used());
        let file = std::fs::File::create(directory.path().join("zeros")).unwrap();
        file.set_len(1 << 30).unwrap();
        let error = files.range_reader("/zeros").found().unwrap().unwrap().lines(|_| ()).unwrap_err();
        assert!(error.to_string().contains("longer than 1048576 bytes"), "{error}");
    }

    #[test]
    fn no_run_reads_more_of_a_file_than_its_tables_can_be() {
        let directory = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(directory.path().join("huge")).unwrap();
        file.set_len(1 << 40).unwrap();
        let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        let huge = files.range_reader("/huge").required().unwrap();
        assert_eq!(huge.size(), 1 << 40);
        assert_eq!(huge.read(1 << 39, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(huge.read(0, 64 << 20).unwrap_err().kind, HostErrorKind::TooLarge { limit: MAX_BYTES });
        assert_eq!(huge.read(0, 8).unwrap(), [0; 8]);
    }
}
