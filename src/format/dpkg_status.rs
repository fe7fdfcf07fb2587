//! Package databases of paragraphs: dpkg's `status` (deb822, dpkg 1.21) and apk's `installed` (apk 2.14).

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
}
