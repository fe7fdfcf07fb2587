//! Placeholders in the texts of fixes: `{file|a new file}` stands for what was found, or for the words after the bar.

/// What every fix may use without `with`: the first place that decided, in several forms, and what was found.
pub const BUILT_IN: [&str; 7] = ["file", "files", "found", "key", "path", "place", "value"];

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Words that stay as they are.
    Plain(&'t str),
    /// A placeholder.
    Hole {
        /// The name.
        name: &'t str,
        /// What stands there if nothing is known; none if the text says none.
        fallback: Option<&'t str>,
    },
}

/// The parts of a text. Braces that hold no name are plain: `{"default": [..]}`, `{print $1}`.
#[must_use]
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain, mut from) = (0, 0);
    while let Some(at) = text[from..].find('{').map(|at| from + at) {
        let Some(end) = text[at..].find('}').map(|end| at + end) else { break };
        from = at + 1;
        let inner = &text[at + 1..end];
        let (name, fallback) = match inner.split_once('|') {
            Some((name, fallback)) => (name, Some(fallback)),
            None => (inner, None),
        };
        if !is_name(name) || inner.contains('{') {
            continue;
        }
        if plain < at {
            parts.push(Part::Plain(&text[plain..at]));
        }
        parts.push(Part::Hole { name, fallback });
        (plain, from) = (end + 1, end + 1);
    }
    if plain < text.len() {
        parts.push(Part::Plain(&text[plain..]));
    }
    parts
}

fn is_name(text: &str) -> bool {
    let fits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    text.split('-').all(fits)
}

/// The text with what is known of its placeholders. A placeholder without words of its own that nothing is known of stays as
/// it is written: files of rules that were written before there were any may have such words.
pub fn fill(text: &str, known: impl Fn(&str) -> Option<String>) -> String {
    let part = |part: Part<'_>| match part {
        Part::Plain(plain) => plain.to_owned(),
        Part::Hole { name, fallback } => match (known(name), fallback) {
            (Some(value), _) => value,
            (None, Some(fallback)) => fallback.to_owned(),
            (None, None) => format!("{{{name}}}"),
        },
    };
    parts(text).into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_placeholder_is_filled_or_falls_back() {
        let known = |name: &str| (name == "file").then(|| "/etc/fstab:3".to_owned());
        let told = |text: &str| fill(text, known);
        assert_eq!(told("delete {file|the line}, then reboot"), "delete /etc/fstab:3, then reboot");
        assert_eq!(told("delete {path|the line}"), "delete the line");
        assert_eq!(told("{file|x}{file|y}"), "/etc/fstab:3/etc/fstab:3");
        assert_eq!(told("{other}"), "{other}", "nothing is known of it");
        assert_eq!(told("{file|}"), "/etc/fstab:3");
        assert_eq!(told("{path|}."), ".");
    }

    #[test]
    fn other_braces_are_plain() {
        let none = |_: &str| None;
        for text in [
            r#"{"default": [{"type": "x"}]}"#,
            "awk '{print $1}'",
            "${HOME}",
            "{",
            "}",
            "a {b",
            "{}",
            "{File|x}",
        ] {
            let whole = if text == "${HOME}" { "${HOME}" } else { text };
            assert_eq!(fill(text, none), whole);
        }
        assert_eq!(fill("{ {file|x}", none), "{ x");
    }

    proptest! {
        #[test]
        fn what_is_unknown_stays(text in ".{0,60}") {
            let text = text.replace('|', "");
            prop_assert_eq!(fill(&text, |_| None), text);
        }
    }
}
