//! tmpfiles.d(5): what kind of line speaks of which path (systemd 252 and 257).

use super::{lines, systemd};

/// A line of tmpfiles.d.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmpfilesLine {
    /// The letter of the type: `f`, `d`, `r`.
    pub kind: char,
    /// The signs behind the letter: `+`, `!`.
    pub signs: String,
    /// Path, or pattern where the type takes one, without a slash at its end.
    pub path: String,
    /// Mode, user, group and age, as far as they are given.
    pub fields: Vec<String>,
    /// What the line writes, or where its link leads; empty if it gives nothing.
    pub argument: String,
    /// Line, counted from 1.
    pub line: u32,
}

/// The types that this program follows; others change attributes of what is there.
const KINDS: &str = "DdqQvfFLpcbCrRw";

/// The lines that make, write or remove something, in order.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<TmpfilesLine> {
    lines(bytes).filter_map(|(line, text)| parse_line(text.trim(), line)).collect()
}

fn parse_line(text: &str, line: u32) -> Option<TmpfilesLine> {
    let mut rest = text;
    let mut next = || {
        let (word, after) = first_word(rest);
        rest = after;
        word
    };
    let (kind, path) = (next()?, next()?);
    let fields: Vec<String> = (0..4).map_while(|_| next()).collect();
    let mut signs = kind.chars();
    let kind = signs.next().filter(|kind| KINDS.contains(*kind))?;
    let argument = if rest == "-" { String::new() } else { rest.to_owned() };
    let path = match path.trim_end_matches('/') {
        "" if path.starts_with('/') => "/",
        path => path,
    };
    let is_path = path.starts_with(['/', '%']);
    is_path.then(|| TmpfilesLine {
        kind,
        signs: signs.collect(),
        path: path.to_owned(),
        fields,
        argument,
        line,
    })
}

/// The first word of a text, quotes removed, and the text behind it.
fn first_word(text: &str) -> (Option<String>, &str) {
    let text = text.trim_start();
    let (mut word, mut quote) = (None::<String>, None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', _) => word.get_or_insert_default().extend(chars.next().map(|(_, c)| c)),
            (c, None) if c.is_whitespace() => return (word, text[at..].trim_start()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    (word, "")
}

impl TmpfilesLine {
    /// Whether it removes what its pattern covers.
    #[must_use]
    pub fn removes(&self) -> bool {
        matches!(self.kind, 'r' | 'R')
    }

    /// Whether it empties its directory at boot.
    #[must_use]
    pub fn empties(&self) -> bool {
        self.kind == 'D'
    }

    /// Whether it makes its path where that is missing.
    #[must_use]
    pub fn makes(&self) -> bool {
        !self.removes() && self.kind != 'w'
    }

    /// Whether it replaces what is there.
    #[must_use]
    pub fn replaces(&self) -> bool {
        self.kind == 'F' || self.signs.contains(['+', '='])
    }

    /// Whether it writes its argument into a file that may be there already.
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(self.kind, 'w' | 'F') || self.kind == 'f' && self.signs.contains('+')
    }

    /// The argument as it is written; none where specifiers, escapes, base64 or credentials are to be filled in.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let is_plain = !self.argument.replace("%%", "").contains('%')
            && !self.argument.contains('\\')
            && !self.signs.contains(['~', '^']);
        is_plain.then(|| self.argument.replace("%%", "%"))
    }

    /// Whether it certainly makes a file or directory where nothing is: all its fields are valid on every host.
    #[must_use]
    pub fn surely_makes(&self) -> bool {
        let field = |at: usize| self.fields.get(at).map_or("-", String::as_str);
        let is_mode = |mode: &str| {
            let octal = mode.trim_start_matches(['~', ':']);
            octal.len() <= 4 && u32::from_str_radix(octal, 8).is_ok()
        };
        let is_age = |age: &str| systemd::time_span(age).is_some();
        "fFdDvqQ".contains(self.kind)
            && self.signs.chars().all(|sign| "!+=".contains(sign))
            && !self.path.contains('%')
            && (field(0) == "-" || is_mode(field(0)))
            && [1, 2].iter().all(|at| ["-", "root", "0"].contains(&field(*at)))
            && (field(3) == "-" || is_age(field(3)))
            && self.text().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_has_a_type_and_a_path() {
        let found =
            parse(b"# f /no\nf+ \"/a b\" 0644\nr! /x*\nd relative\nz /attributes\nd /\nd /s/\nL %t/x\n");
        let found: Vec<_> = found.iter().map(|l| (l.kind, &*l.signs, l.path.as_str(), l.line)).collect();
        let expected = [('f', "+", "/a b", 2), ('r', "!", "/x*", 3), ('d', "", "/", 6), ('d', "", "/s", 7)];
        assert_eq!(found[..4], expected);
        assert_eq!(found[4], ('L', "", "%t/x", 8));
    }

    #[test]
    fn the_argument_is_the_rest_of_the_line() {
        for (line, argument, text) in [
            ("f /a 0644 root root - a  b", "a  b", Some("a  b")),
            ("w /a - - - - 40%%", "40%%", Some("40%")),
            ("w /a - - - - %b", "%b", None),
            ("f^ /a - - - - name", "name", None),
            ("f /a - - - - -", "", Some("")),
            ("d /a", "", Some("")),
        ] {
            let found = parse(line.as_bytes()).remove(0);
            assert_eq!((found.argument.as_str(), found.text().as_deref()), (argument, text), "{line}");
        }
    }

    #[test]
    fn only_a_line_whose_fields_are_valid_everywhere_surely_makes_its_path() {
        for (line, expected) in [
            ("f /a", true),
            ("d /a 0755 root root 10d", true),
            ("d /a 0755 etcd etcd", false),
            ("d /a 0999", false),
            ("d /a 0755 root root soon", false),
            ("L /a - - - - b", false),
            ("f^ /a - - - - b", false),
            ("r /a", false),
        ] {
            assert_eq!(parse(line.as_bytes())[0].surely_makes(), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            for line in parse(&bytes) {
                prop_assert!(line.path.starts_with(['/', '%']));
            }
        }

        #[test]
        fn any_line_is_read(line in "[a-zA-Z]{1,2} [ -~]{0,40}") {
            for line in parse(line.as_bytes()) {
                prop_assert!(KINDS.contains(line.kind) && line.fields.len() <= 4);
            }
        }
    }
}
