//! Headers of RPM packages as databases keep them (rpm's `lib/header.c`): an index of tags, and the store of values into
//! which it points. All numbers are big-endian.

use super::bytes_at;

/// Values of a header: strings end with a zero byte.
#[derive(Debug)]
pub struct RpmHeader<'b> {
    index: Vec<Entry>,
    store: &'b [u8],
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u32,
    kind: u32,
    offset: usize,
    count: usize,
}

/// rpm refuses more tags (`HEADER_TAGS_MAX`).
const MAX_TAGS: usize = 0xffff;
/// No package has more files.
const MAX_FILES: usize = 1 << 18;
/// The paths of a package, all together in bytes: many files may name one long directory.
const MAX_PATHS: usize = 32 << 20;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCHITECTURE: u32 = 1022;
const FILE_STATES: u32 = 1029;
const DIRECTORY_INDEXES: u32 = 1116;
const BASENAMES: u32 = 1117;
const DIRECTORIES: u32 = 1118;

const CHAR: u32 = 1;
const INT8: u32 = 2;
const INT32: u32 = 4;
const STRING: u32 = 6;
const STRINGS: u32 = 8;

/// The file is there, as the package has it; on a shared file system it was left to another host.
const FILE_NORMAL: u8 = 0;
const FILE_SHARED: u8 = 3;

impl<'b> RpmHeader<'b> {
    /// A header, or its first part: then values that lie behind its end are missing.
    ///
    /// # Errors
    /// In words, if the index isn't one.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, String> {
        let count = int(bytes, 0).ok_or("an RPM header is cut short")? as usize;
        if count == 0 || count > MAX_TAGS {
            return Err(format!("an RPM header of {count} tags"));
        }
        let (index, store) = bytes
            .get(8..)
            .and_then(|rest| rest.split_at_checked(count * 16))
            .ok_or("an RPM header is cut short")?;
        let entry = |entry: &[u8]| {
            let part = |place| int(entry, place).unwrap_or_default();
            Entry { tag: part(0), kind: part(4), offset: part(8) as usize, count: part(12) as usize }
        };
        Ok(RpmHeader { index: index.chunks_exact(16).map(entry).collect(), store })
    }

    /// The name of the package.
    ///
    /// # Errors
    /// In words, if it has none.
    pub fn name(&self) -> Result<String, String> {
        self.text(NAME)?.ok_or_else(|| "an RPM header without a name".to_owned())
    }

    /// `EPOCH:VERSION-RELEASE`, without the epoch where there is none.
    ///
    /// # Errors
    /// In words, if a part is missing.
    pub fn version(&self) -> Result<String, String> {
        let part = |tag, what| self.text(tag)?.ok_or_else(|| format!("an RPM header without a {what}"));
        let version = format!("{}-{}", part(VERSION, "version")?, part(RELEASE, "release")?);
        Ok(match self.ints(EPOCH)?.first() {
            Some(epoch) => format!("{epoch}:{version}"),
            None => version,
        })
    }

    /// The architecture; none for keys of signatures (`gpg-pubkey`).
    ///
    /// # Errors
    /// In words, if it can't be read.
    pub fn architecture(&self) -> Result<Option<String>, String> {
        self.text(ARCHITECTURE)
    }

    /// The files that the package owns on this host.
    ///
    /// # Errors
    /// In words, if the lists of the header don't fit together.
    pub fn files(&self) -> Result<Vec<String>, String> {
        let (names, directories) = (self.texts(BASENAMES)?, self.texts(DIRECTORIES)?);
        let indexes = self.ints(DIRECTORY_INDEXES)?;
        if names.len() != indexes.len() {
            return Err(format!(
                "an RPM header with {} names and {} directories of files",
                names.len(),
                indexes.len()
            ));
        }
        let states = match self.find(FILE_STATES, &[CHAR, INT8])? {
            Some(entry) => self.bytes(entry, entry.count)?,
            None => &[],
        };
        let mut files = Vec::with_capacity(names.len());
        let mut room = MAX_PATHS;
        for (place, (name, directory)) in names.iter().zip(indexes).enumerate() {
            let directory =
                directories.get(directory as usize).ok_or("an RPM header with a file in no directory")?;
            if states.get(place).is_none_or(|state| [FILE_NORMAL, FILE_SHARED].contains(state)) {
                let path = format!("{directory}{name}");
                room = room.checked_sub(path.len()).ok_or("an RPM header whose paths are too long")?;
                files.push(path);
            }
        }
        Ok(files)
    }

    fn find(&self, tag: u32, kinds: &[u32]) -> Result<Option<Entry>, String> {
        let entry = self.index.iter().find(|entry| entry.tag == tag).copied();
        match entry {
            Some(entry) if !kinds.contains(&entry.kind) => {
                Err(format!("an RPM header whose tag {tag} has the type {}", entry.kind))
            }
            Some(entry) if entry.count > MAX_FILES => {
                Err(format!("an RPM header whose tag {tag} has {} values", entry.count))
            }
            entry => Ok(entry),
        }
    }

    fn bytes(&self, entry: Entry, length: usize) -> Result<&'b [u8], String> {
        let bytes = self.store.get(entry.offset..).and_then(|rest| rest.get(..length));
        bytes.ok_or_else(|| format!("an RPM header whose tag {} lies behind its end", entry.tag))
    }

    fn text(&self, tag: u32) -> Result<Option<String>, String> {
        let Some(entry) = self.find(tag, &[STRING])? else { return Ok(None) };
        let text = self.strings(Entry { count: 1, ..entry })?.pop();
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn texts(&self, tag: u32) -> Result<Vec<String>, String> {
        // A list of one may be written as a text.
        self.find(tag, &[STRINGS, STRING])?.map_or(Ok(Vec::new()), |entry| self.strings(entry))
    }

    fn strings(&self, entry: Entry) -> Result<Vec<String>, String> {
        let mut rest = self.bytes(entry, 0).map(|_| &self.store[entry.offset..])?;
        let mut texts = Vec::new();
        for _ in 0..entry.count {
            let end = memchr::memchr(0, rest);
            let end = end.ok_or_else(|| format!("an RPM header whose tag {} has no end", entry.tag))?;
            texts.push(String::from_utf8_lossy(&rest[..end]).into_owned());
            rest = &rest[end + 1..];
        }
        Ok(texts)
    }

    fn ints(&self, tag: u32) -> Result<Vec<u32>, String> {
        let Some(entry) = self.find(tag, &[INT32])? else { return Ok(Vec::new()) };
        let bytes = self.bytes(entry, entry.count * 4)?;
        Ok(bytes.chunks_exact(4).filter_map(|part| int(part, 0)).collect())
    }
}

fn int(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header with these tags: number, type, count and value.
    fn header(tags: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
        let (mut index, mut store) = (Vec::new(), Vec::new());
        for (tag, kind, count, value) in tags {
            while *kind == INT32 && store.len() % 4 != 0 {
                store.push(0);
            }
            let offset = u32::try_from(store.len()).unwrap();
            index.extend([*tag, *kind, offset, *count].iter().flat_map(|part| part.to_be_bytes()));
            store.extend_from_slice(value);
        }
        let lengths = [tags.len(), store.len()].map(|length| u32::try_from(length).unwrap().to_be_bytes());
        [lengths.concat(), index, store].concat()
    }

    fn crio() -> Vec<u8> {
        let indexes = [1u32, 0, 1].map(u32::to_be_bytes).concat();
        header(&[
            (1000, 6, 1, b"cri-o\0"),
            (1001, 6, 1, b"1.34.0\0"),
            (1002, 6, 1, b"2.el9\0"),
            (1003, 4, 1, &1u32.to_be_bytes()),
            (1022, 6, 1, b"x86_64\0"),
            (1029, 1, 3, &[0, 0, 1]),
            (1116, 4, 3, &indexes),
            (1117, 8, 3, b"crio\0crio.conf\0pinns\0"),
            (1118, 8, 2, b"/etc/crio/\0/usr/bin/\0"),
        ])
    }

    #[test]
    fn a_package_is_read_with_the_files_that_are_its_own() {
        let bytes = crio();
        let header = RpmHeader::parse(&bytes).unwrap();
        assert_eq!(header.name().unwrap(), "cri-o");
        assert_eq!(header.version().unwrap(), "1:1.34.0-2.el9");
        assert_eq!(header.architecture().unwrap().as_deref(), Some("x86_64"));
        // Another package has replaced /usr/bin/pinns.
        assert_eq!(header.files().unwrap(), ["/usr/bin/crio", "/etc/crio/crio.conf"]);
    }

    #[test]
    fn a_header_that_makes_no_sense_says_so() {
        let name = |tags: &[(u32, u32, u32, &[u8])]| {
            let bytes = header(tags);
            RpmHeader::parse(&bytes).and_then(|header| header.name()).unwrap_err()
        };
        assert_eq!(name(&[(1001, 6, 1, b"1\0")]), "an RPM header without a name");
        assert_eq!(name(&[(1000, 6, 1, b"cri-o")]), "an RPM header whose tag 1000 has no end");
        assert_eq!(name(&[(1000, 4, 1, b"\0\0\0\0")]), "an RPM header whose tag 1000 has the type 4");
        assert_eq!(RpmHeader::parse(b"\0\0\0\x01\0\0").unwrap_err(), "an RPM header is cut short");
        assert_eq!(RpmHeader::parse(&[0xff; 32]).unwrap_err(), "an RPM header of 4294967295 tags");
        let bytes = header(&[(1116, 4, 1, &7u32.to_be_bytes()), (1117, 8, 1, b"a\0"), (1118, 8, 1, b"/\0")]);
        let files = RpmHeader::parse(&bytes).unwrap().files().unwrap_err();
        assert_eq!(files, "an RPM header with a file in no directory");
    }

    #[test]
    fn many_files_in_one_long_directory_are_refused() {
        let (count, directory) = (1 << 16, [b"/".repeat(1 << 12), vec![0]].concat());
        let (names, indexes) = (b"a\0".repeat(count), vec![0; count * 4]);
        let number = u32::try_from(count).unwrap();
        let bytes =
            header(&[(1116, 4, number, &indexes), (1117, 8, number, &names), (1118, 8, 1, &directory)]);
        let files = RpmHeader::parse(&bytes).unwrap().files().unwrap_err();
        assert_eq!(files, "an RPM header whose paths are too long");
    }

    #[test]
    fn the_first_part_of_a_header_has_the_name() {
        let bytes = crio();
        let header = RpmHeader::parse(&bytes[..8 + 9 * 16 + 6]).unwrap();
        assert_eq!(header.name().unwrap(), "cri-o");
        assert!(header.version().is_err() && header.files().is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(place in 0usize..250, value: u8, length in 0usize..300) {
            let mut bytes = crio();
            let last = bytes.len() - 1;
            bytes[place.min(last)] = value;
            bytes.truncate(length.max(8));
            if let Ok(header) = RpmHeader::parse(&bytes) {
                let found = (header.name(), header.version(), header.architecture());
                prop_assert!(found.0.is_err() || !found.0.unwrap().is_empty());
                prop_assert!(header.files().is_err() || header.files().unwrap().len() <= MAX_FILES);
            }
        }
    }
}
