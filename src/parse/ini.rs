//! Ini files: `[section]` lines, `key = value` lines, `#` and `;` comments.

use super::lines;

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The section it stands in; empty before the first.
    pub section: String,
    /// The name, without surrounding blanks.
    pub key: String,
    /// The value, without surrounding blanks; quotes are kept. A line that starts with a blank continues
    /// the one before it, as Python's `configparser` and dnf read it.
    pub value: String,
    /// Its line, counted from 1.
    pub line: u32,
}

/// An ini file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    /// The sections with the lines of their headers, in the order of the file; a section may repeat.
    pub sections: Vec<(String, u32)>,
    /// The assignments in the order of the file.
    pub entries: Vec<Entry>,
    /// Lines that are neither section, assignment nor comment.
    pub mistakes: Vec<u32>,
}

impl Ini {
    /// The assignment that counts: the last one.
    #[must_use]
    pub fn last(&self, section: &str, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.section == section && entry.key == key)
    }
}

/// Reads an ini file.
#[must_use]
pub fn parse(bytes: &[u8]) -> Ini {
    let mut ini = Ini::default();
    let mut section = String::new();
    let mut open = false;
    for (number, line) in lines(bytes) {
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            open = open && !text.is_empty();
        } else if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
            ini.sections.push((section.clone(), number));
            open = false;
        } else if open && line.starts_with([' ', '\t']) && !text.contains('=') {
            if let Some(entry) = ini.entries.last_mut() {
                entry.value.push(' ');
                entry.value.push_str(text);
            }
        } else if let Some((key, value)) = text.split_once('=') {
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            ini.entries.push(Entry { section: section.clone(), key, value, line: number });
            open = true;
        } else {
            ini.mistakes.push(number);
        }
    }
    ini
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_assignment_of_a_section_counts() {
        let ini = parse(b"top=0\n# c\n[ main ]\na = 1\na=2\n b c\nnonsense\n[x]\na=3\n");
        let entry = |section, key| ini.last(section, key).map(|entry| (entry.value.as_str(), entry.line));
        assert_eq!(entry("", "top"), Some(("0", 1)));
        assert_eq!(entry("main", "a"), Some(("2 b c", 5)));
        assert_eq!(entry("x", "a"), Some(("3", 9)));
        assert_eq!(ini.mistakes, [7]);
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let ini = parse(&bytes);
            prop_assert!(ini.entries.iter().all(|entry| entry.line > 0));
        }
    }
}
