//! A command line as a shell cuts it into words, as far as pasted commands need it.

/// The words of a command line: blanks separate, quotation marks keep together, a backslash ends a line or keeps one
/// character. None if a quotation mark is not closed.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => match letters.peek() {
                Some('\n') => drop(letters.next()),
                Some('\r') => drop((letters.next(), letters.next_if_eq(&'\n'))),
                // A blank after it: the shell would take it for a letter, the writer meant the end of a line.
                Some(c) if c.is_whitespace() => {
                    words.extend(word.take());
                    words.push("\\".into());
                }
                Some(_) => word.get_or_insert_default().extend(letters.next()),
                None => {}
            },
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_a_shell_does() {
        for (text, expected) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            ("a 'b c'\"d e\"f", &["a", "b cd ef"]),
            ("a \\\n b \\\r\n c", &["a", "b", "c"]),
            ("a \\ b", &["a", "\\", "b"]),
            (r"a\ b\'c", &["a", "\\", "b'c"]),
            ("a '' b \\", &["a", "", "b"]),
            ("", &[]),
        ] {
            assert_eq!(
                words(text).as_deref(),
                Some(&expected.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..]),
                "{text:?}"
            );
        }
        assert_eq!(words("a 'b"), None);
    }
}
