//! sysctl.d(5): `key = value` lines, exclusions, and keys in their two spellings.
//!
//! Source: systemd 252 and 257, sysctl.d(5); the two read the same.

use super::systemd_lines;

/// One line that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The variable as a path below `/proc/sys`; may be a glob.
    pub path: String,
    /// The text to write, verbatim; none for an exclusion (`-key`), which keeps globs off the variable.
    pub value: Option<String>,
    /// Line in the file, counted from 1.
    pub line: u32,
}

/// Reads a file of sysctl.d: assignments and exclusions in the order of the file. There is no continuation, no quoting,
/// and no comment after a value.
///
/// # Errors
/// The number of a line that is neither: systemd-sysctl skips it, reads on, and ends as failed.
pub fn settings(bytes: &[u8]) -> impl Iterator<Item = Result<Setting, u32>> {
    systemd_lines(bytes).filter_map(|(line, text)| {
        let text = text.trim_matches(BLANK);
        if text.is_empty() || text.starts_with(['#', ';']) {
            return None;
        }
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => {
                (key.strip_prefix('-').unwrap_or(key), Some(value.trim_matches(BLANK).to_owned()))
            }
            // Without a value only an exclusion makes sense; anything else is left without a key.
            None => (text.strip_prefix('-').unwrap_or_default(), None),
        };
        let key = key.trim_matches(BLANK);
        let is_mistake = key.is_empty();
        Some(if is_mistake { Err(line) } else { Ok(Setting { path: path_of(key), value, line }) })
    })
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// The path below `/proc/sys` of a key in either spelling. The first separator decides: if it is a dot,
/// dots and slashes trade places (`net.ipv4.conf.eth0/100.rp_filter`); if it is a slash, nothing changes.
#[must_use]
pub fn path_of(key: &str) -> String {
    let path = match key.find(['/', '.']) {
        Some(first) if key[first..].starts_with('.') => swapped(key),
        _ => key.to_owned(),
    };
    if path.starts_with('/') || path.contains("//") {
        path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    } else {
        path
    }
}

/// The key as `sysctl` prints it, with dots, from a path below `/proc/sys`.
#[must_use]
pub fn dotted(path: &str) -> String {
    swapped(path)
}

fn swapped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '.' => '/',
            '/' => '.',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_assignments_exclusions_or_mistakes() {
        let bytes = b"# c\n; c\n\n a.b = 1 2 # x \r\n-c/d=\"2\"\n-e.f\nnonsense\n=5\nk=a=b";
        let setting = |path: &str, value: Option<&str>, line| {
            Ok(Setting { path: path.into(), value: value.map(Into::into), line })
        };
        let expected = [
            setting("a/b", Some("1 2 # x"), 4),
            setting("c/d", Some("\"2\""), 5),
            setting("e/f", None, 6),
            Err(7),
            Err(8),
            setting("k", Some("a=b"), 9),
        ];
        assert_eq!(settings(bytes).collect::<Vec<_>>(), expected);
    }

    /// Measured with systemd 252: a lone carriage return and a NUL end a line, too.
    #[test]
    fn a_lone_carriage_return_ends_a_line() {
        let found: Vec<_> = settings(b"a.b=1\rc.d=2\r\ne.f=3\0g.h=4\r").map(Result::unwrap).collect();
        let found: Vec<_> = found.iter().map(|found| (found.path.as_str(), found.line)).collect();
        assert_eq!(found, [("a/b", 1), ("c/d", 1), ("e/f", 2), ("g/h", 2)]);
    }

    #[test]
    fn the_first_separator_decides_the_spelling() {
        for (key, path) in [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
            ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
            ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
            ("/net//ipv4/x", "net/ipv4/x"),
            ("plain", "plain"),
        ] {
            assert_eq!(path_of(key), path, "{key}");
        }
        assert_eq!(dotted("net/ipv4/conf/eth0.100/rp_filter"), "net.ipv4.conf.eth0/100.rp_filter");
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let count = bytes.split(|b| matches!(*b, b'\n' | b'\r' | 0)).count();
            prop_assert!(settings(&bytes).count() <= count);
        }

        #[test]
        fn the_printed_key_is_read_as_the_same_path(path in "[a-z]{1,5}(/[a-z.]{1,8}){1,4}") {
            prop_assert_eq!(path_of(&dotted(&path)), path);
        }
    }
}
