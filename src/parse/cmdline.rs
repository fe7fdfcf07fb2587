//! The kernel command line: words separated by blanks; double quotes keep blanks together.

/// The words of a command line, quotes removed, as the kernel's `next_arg` splits them.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut started = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                started = true;
            }
            c if c.is_ascii_whitespace() && !quoted => {
                if started {
                    words.push(std::mem::take(&mut word));
                    started = false;
                }
            }
            c => {
                word.push(c);
                started = true;
            }
        }
    }
    if started {
        words.push(word);
    }
    words
}

/// The value of the last `key=value` or bare `key` (then `""`) among the words of a command line.
/// Dashes and underscores in keys are the same to the kernel; words after `--` are for init alone.
#[must_use]
pub fn parameter<'a>(words: &'a [String], key: &str) -> Option<&'a str> {
    kernel_words(words).iter().rev().find_map(|word| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        same_key(name, key).then_some(value)
    })
}

/// All values of `key=`, in order: some parameters accumulate.
pub fn parameters<'a>(words: &'a [String], key: &'a str) -> impl Iterator<Item = &'a str> {
    kernel_words(words).iter().filter_map(move |word| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        same_key(name, key).then_some(value)
    })
}

/// All values of `key=`, in order, without those of the bare word.
#[must_use]
pub fn values(words: &[String], key: &str) -> Vec<String> {
    let words = kernel_words(words).iter().filter_map(|word| word.split_once('='));
    words.filter(|(name, _)| same_key(name, key)).map(|(_, value)| value.to_owned()).collect()
}

fn kernel_words(words: &[String]) -> &[String] {
    words.split(|word| word == "--").next().unwrap_or_default()
}

fn same_key(name: &str, key: &str) -> bool {
    let dashed = |b: u8| if b == b'-' { b'_' } else { b };
    name.len() == key.len() && name.bytes().map(dashed).eq(key.bytes().map(dashed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_keep_blanks_and_the_last_value_wins() {
        let line = words("root=/dev/vda1  ro foo=\"a b\" quiet foo=c modules-load=x\n");
        assert_eq!(line, ["root=/dev/vda1", "ro", "foo=a b", "quiet", "foo=c", "modules-load=x"]);
        assert_eq!(parameter(&line, "foo"), Some("c"));
        assert_eq!(parameter(&line, "quiet"), Some(""));
        assert_eq!(parameter(&line, "modules_load"), Some("x"));
        assert_eq!(parameter(&line, "nope"), None);
        assert_eq!(parameters(&line, "foo").collect::<Vec<_>>(), ["a b", "c"]);
        assert_eq!(values(&words("a a= b=1 a=2 -- a=3"), "a"), ["", "2"]);
    }

    proptest! {
        #[test]
        fn words_without_quotes_are_those_of_split_whitespace(text in "[a-z=./ \t]{0,60}") {
            let expected: Vec<&str> = text.split_ascii_whitespace().collect();
            prop_assert_eq!(words(&text), expected);
        }

        #[test]
        fn any_text_is_split(text in any::<String>()) {
            drop(words(&text));
        }
    }
}
