//! modules-load.d(5): one module name or alias a line.

use super::systemd_lines;

/// One line that asks for a module. Parameters or a comment behind the name are part of it, so that
/// nothing is found under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line without surrounding blanks.
    pub name: String,
    /// Line in the file, counted from 1.
    pub line: u32,
}

/// Reads a file of modules-load.d: blanks around a line don't count, `#` and `;` start a comment line.
pub fn parse(bytes: &[u8]) -> impl Iterator<Item = Line> {
    systemd_lines(bytes).filter_map(|(line, text)| {
        let name = text.trim_matches([' ', '\t', '\r']);
        let counts = !name.is_empty() && !name.starts_with(['#', ';']);
        counts.then(|| Line { name: name.to_owned(), line })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_one_name_whatever_it_holds() {
        let found: Vec<_> = parse(b"# c\noverlay\n  br-netfilter \r\n;x\na b\nx # y\n").collect();
        let names: Vec<_> = found.iter().map(|line| (line.name.as_str(), line.line)).collect();
        assert_eq!(names, [("overlay", 2), ("br-netfilter", 3), ("a b", 5), ("x # y", 6)]);
    }

    proptest! {
        #[test]
        fn names_are_never_empty(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(parse(&bytes).all(|line| !line.name.is_empty() && line.line > 0));
        }
    }
}
