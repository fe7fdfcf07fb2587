//! Package databases of paragraphs: dpkg's `status` (deb822, dpkg 1.21) and apk's `installed` (apk 2.14).

use std::ops::Range;

use memchr::memmem;

/// One paragraph about a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paragraph<'a> {
    /// The line of the field that names the package, counted from 1.
    pub line: u32,
    text: &'a [u8],
}

impl<'a> Paragraph<'a> {
    /// The first line of a field (`Version`, or apk's `V`), without surrounding blanks; none if it is
    /// missing or no UTF-8. Names of fields are case-insensitive in deb822, apk's are single letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.text.split(|b| *b == b'\n').find_map(|line| {
            let rest = line.get(name.len()..)?.strip_prefix(b":")?;
            line[..name.len()].eq_ignore_ascii_case(name.as_bytes()).then_some(())?;
            std::str::from_utf8(rest).ok().map(str::trim)
        })
    }
}

/// All paragraphs whose `field` is `name`, in the order of the file. The file is searched, not parsed: a
/// database of several megabytes is asked about a handful of packages.
#[must_use]
pub fn find<'a>(database: &'a [u8], field: &str, name: &str) -> Vec<Paragraph<'a>> {
    let needle = format!("{field}:");
    let mut found = Vec::new();
    if name.is_empty() {
        return found;
    }
    // The name is the rarer word, so it is what is searched for.
    for at in memmem::find_iter(database, name.as_bytes()) {
        let start = memchr::memrchr(b'\n', &database[..at]).map_or(0, |end| end + 1);
        let end = memchr::memchr(b'\n', &database[at..]).map_or(database.len(), |length| at + length);
        let names = database[start..end]
            .strip_prefix(needle.as_bytes())
            .is_some_and(|rest| rest.trim_ascii() == name.as_bytes());
        if names {
            let from = memmem::rfind(&database[..start], b"\n\n").map_or(0, |blank| blank + 2);
            let to = memmem::find(&database[end..], b"\n\n").map_or(database.len(), |length| end + length);
            let before = memchr::memchr_iter(b'\n', &database[..start]).count();
            let line = u32::try_from(before + 1).unwrap_or(u32::MAX);
            found.push(Paragraph { line, text: &database[from..to] });
        }
    }
    found
}

/// Where the packages of a database are, by name: so that it is read in pieces and never held as a whole.
#[derive(Debug, Default)]
pub struct Index {
    names: String,
    entries: Vec<Entry>,
    /// Lines and bytes of the paragraphs so far.
    lines: u32,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    /// Where in the names this one ends; it begins where the one before ends.
    end: usize,
    /// Of the field that names the package.
    line: u32,
    /// The paragraph's bytes in the file.
    place: Range<u64>,
}

impl Index {
    /// Takes the whole paragraphs at the start of a piece; how many bytes they are. The rest, with which the next piece
    /// has to begin, is the start of a paragraph, unless this piece is the last.
    pub fn add(&mut self, piece: &[u8], field: &str, is_last: bool) -> usize {
        let mut at = 0;
        loop {
            let end = match memmem::find(&piece[at..], b"\n\n") {
                Some(length) => at + length + 2,
                None if is_last && at < piece.len() => piece.len(),
                None => return at,
            };
            self.paragraph(&piece[at..end], field);
            at = end;
        }
    }

    fn paragraph(&mut self, text: &[u8], field: &str) {
        let count = |text: &[u8]| u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX);
        let named = |at: usize| text[at..].strip_prefix(field.as_bytes())?.strip_prefix(b":");
        let mut starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|end| end + 1));
        // Nearly always the first line.
        if let Some((at, rest)) = starts.find_map(|at| Some((at, named(at)?))) {
            let name = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
            self.names.push_str(&String::from_utf8_lossy(name.trim_ascii()));
            let line = self.lines.saturating_add(count(&text[..at])).saturating_add(1);
            let place = self.bytes..self.bytes + text.len() as u64;
            self.entries.push(Entry { end: self.names.len(), line, place });
        }
        self.lines = self.lines.saturating_add(count(text));
        self.bytes += text.len() as u64;
    }

    /// How many paragraphs name a package.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether not a byte was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// The paragraphs of a package, in the order of the file: the line that names it, and the bytes.
    pub fn find(&self, name: &str) -> impl Iterator<Item = (u32, Range<u64>)> {
        let starts = std::iter::once(0).chain(self.entries.iter().map(|entry| entry.end));
        let named = self.entries.iter().zip(starts);
        let named = named.filter(move |(entry, start)| &self.names[*start..entry.end] == name);
        named.map(|(entry, _)| (entry.line, entry.place.clone()))
    }
}

impl<'a> Paragraph<'a> {
    /// A paragraph whose naming field is on a line.
    #[must_use]
    pub fn new(line: u32, text: &'a [u8]) -> Self {
        Paragraph { line, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATUS: &[u8] = b"Package: kubelet-extra\nVersion: 9\n\ngarbage without colon\nPackage: kubelet\n\
        Status: hold ok installed\nVersion: 1.31.0-1.1\nDescription: x\n Package: kubeadm\n\nPackage: b\n";

    #[test]
    fn only_the_paragraph_of_that_exact_name_is_found() {
        let found = find(STATUS, "Package", "kubelet");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].field("version")), (5, Some("1.31.0-1.1")));
        assert_eq!(found[0].field("Architecture"), None);
    }

    #[test]
    fn a_continuation_line_names_no_package() {
        assert!(find(STATUS, "Package", "kubeadm").is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "[a-c:\n]{0,3}") {
            for paragraph in find(&bytes, "P", &name) {
                let _ = paragraph.field("V");
            }
        }

        #[test]
        fn a_package_is_found_among_any_neighbours(before in "([A-Z][a-z]{1,5}: [a-z]{1,5}\n{1,2}){0,9}") {
            let text = format!("{before}\n\nPackage: wanted9\nVersion: 3\n\nPackage: next\n");
            let found = find(text.as_bytes(), "Package", "wanted9");
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].field("Version"), Some("3"));
        }
    }
    proptest! {
        #[test]
        fn an_index_made_of_pieces_finds_what_a_search_finds(
            text in "((Package: [ab]|Version: 1|Status: x y| Package: a|x)\n{1,2}){0,9}",
            size in 1_usize..40,
        ) {
            let (mut index, mut piece, mut rest) = (Index::default(), Vec::new(), text.as_bytes());
            while !rest.is_empty() {
                let (next, later) = rest.split_at(size.min(rest.len()));
                piece.extend(next);
                rest = later;
                let taken = index.add(&piece, "Package", rest.is_empty());
                piece.drain(..taken);
            }
            for name in ["a", "b", "c"] {
                let found: Vec<_> = index.find(name).collect();
                // Of a paragraph with two names the search takes both, the index the first.
                let mut searched = find(text.as_bytes(), "Package", name);
                searched.retain(|paragraph| {
                    let text = String::from_utf8_lossy(paragraph.text);
                    let first = text.lines().find_map(|line| line.strip_prefix("Package:"));
                    first.map(str::trim) == Some(name)
                });
                searched.dedup_by_key(|paragraph| paragraph.text.as_ptr());
                prop_assert_eq!(found.len(), searched.len());
                for ((line, place), paragraph) in found.iter().zip(searched) {
                    let start = usize::try_from(place.start).unwrap();
                    let text = &text[start..usize::try_from(place.end).unwrap()];
                    prop_assert_eq!(*line, paragraph.line);
                    prop_assert_eq!(text.trim_matches('\n'), std::str::from_utf8(paragraph.text).unwrap().trim_matches('\n'));
                }
            }
        }
    }
}
