//! Environment files as systemd's `EnvironmentFile=` reads them (systemd.exec(5), systemd 252).

use super::assignments::Assignment;
use super::lines;

/// No value goes on over more lines.
const MOST_CONTINUED: usize = 1000;

/// The assignments in the order of the file; the last one of a name counts. Lines without `=` and lines
/// whose name is no variable name are ignored, as systemd does; `export` is not understood by it either.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut rest = lines(bytes);
    while let Some((number, line)) = rest.next() {
        let mut text = line.trim_start().to_owned();
        if text.starts_with(['#', ';']) {
            continue;
        }
        let Some((name, mut value)) = split(&text) else { continue };
        // An open quote or a backslash at the end of the line goes on in the next line. The bound keeps a quote
        // that is never closed from costing the square of the file.
        for _ in 0..MOST_CONTINUED {
            if value.is_some() {
                break;
            }
            let Some((_, more)) = rest.next() else { break };
            text.push('\n');
            text.push_str(&more);
            value = split(&text).and_then(|(_, value)| value);
        }
        let Some(value) = value else { break };
        found.push(Assignment { name, value, line: number });
    }
    found
}

fn split(text: &str) -> Option<(String, Option<String>)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim_end();
    let valid = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    valid.then(|| (name.to_owned(), unquote(value.trim_start())))
}

/// The value; none if a quote is still open.
fn unquote(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut kept = 0;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => match chars.next()? {
                '\n' => continue,
                c => value.push(c),
            },
            (Some('"'), '\\') => match chars.next()? {
                '\n' => continue,
                c @ ('"' | '\\' | '`' | '$') => value.push(c),
                c => value.extend(['\\', c]),
            },
            (None, c) if c.is_ascii_whitespace() => {
                // Blanks at the end don't count, those inside do.
                value.push(c);
                continue;
            }
            (_, c) => value.push(c),
        }
        kept = value.len();
    }
    value.truncate(kept);
    quote.is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_what_systemd_passes_on() {
        for (text, expected) in [
            ("A=b", "b"),
            ("A = b c  ", "b c"),
            ("A=\"b c\" ", "b c"),
            ("A='b \\n'", "b \\n"),
            ("A=b # c", "b # c"),
            ("A=b\\\nc", "bc"),
            ("A=\"b\nc\"", "b\nc"),
            ("A=1\nA=2", "2"),
            ("A=1\nexport A=2", "1"),
            ("A=", ""),
        ] {
            let found = parse(text.as_bytes());
            assert_eq!(found.last().map(|found| found.value.as_str()), Some(expected), "{text}");
        }
        assert_eq!(parse(b"#A=1\n\nB=2")[0].line, 3);
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn a_single_quoted_value_comes_back(value in "[^'\u{0}]{0,20}") {
            let found = parse(format!("A='{value}'").as_bytes());
            prop_assert_eq!(&found[0].value, &value);
        }
    }
}
