//! Shell-like assignments: os-release(5), `/etc/default/*`, grubenv.

use super::lines;

/// One `NAME=value` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value, quotes and escapes removed.
    pub value: String,
    /// The line on which it starts, counted from 1.
    pub line: u32,
}

/// The assignments of a file in order; comments and lines that are no assignment are passed over. An
/// optional `export` is accepted, as shells do.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<Assignment> {
    lines(bytes)
        .filter_map(|(line, text)| {
            let text = text.trim();
            let text = text.strip_prefix("export ").map_or(text, str::trim_start);
            let (name, value) = text.split_once('=')?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            (!name.is_empty() && name.chars().all(is_name)).then(|| Assignment {
                name: name.to_owned(),
                value: unquote(value),
                line,
            })
        })
        .collect()
}

/// The last value of a name, and its line.
#[must_use]
pub fn last<'a>(assignments: &'a [Assignment], name: &str) -> Option<&'a Assignment> {
    assignments.iter().rev().find(|assignment| assignment.name == name)
}

/// Removes one level of shell quoting; what follows a closing quote up to a blank belongs to the word.
fn unquote(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => value.extend(chars.next()),
            (c, None) if c.is_whitespace() || c == '#' && value.is_empty() => break,
            (c, _) => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_comments_and_repeats() {
        let parsed = parse(
            b"# c\nID=debian\nPRETTY_NAME=\"Debian \\\"x\\\"\"\nA='b c' # d\nexport B=1\nnot one\nA=2\n",
        );
        let found: Vec<(&str, &str)> = parsed.iter().map(|a| (a.name.as_str(), a.value.as_str())).collect();
        assert_eq!(
            found,
            [("ID", "debian"), ("PRETTY_NAME", "Debian \"x\""), ("A", "b c"), ("B", "1"), ("A", "2")]
        );
        assert_eq!(last(&parsed, "A").map(|a| a.line), Some(7));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(parse(&bytes));
        }
    }
}
