//! Lists of CPUs: `0-3,8`, as Linux and Kubernetes (`k8s.io/utils/cpuset`) write them.

/// The ranges of a list, in order, with what adjoins made one; none if the text is no list. An empty text is an empty list.
#[must_use]
pub fn ranges(text: &str) -> Option<Vec<(u32, u32)>> {
    let parts = text.split(',').filter(|_| !text.is_empty());
    let mut found: Vec<(u32, u32)> = parts.map(range).collect::<Option<_>>()?;
    found.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (first, last) in found {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    Some(merged)
}

/// `0-3,7`
#[must_use]
pub fn written(ranges: &[(u32, u32)]) -> String {
    let text = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

fn range(part: &str) -> Option<(u32, u32)> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

fn number(text: &str) -> Option<u32> {
    match text.parse() {
        // `+1` is a number to Rust.
        Ok(number) if text.starts_with(|c: char| c.is_ascii_digit()) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_read_or_refused() {
        for (text, expected) in [
            ("0-2,8", Some(vec![(0, 2), (8, 8)])),
            ("3,1,2", Some(vec![(1, 3)])),
            ("0-7,2-3", Some(vec![(0, 7)])),
            ("", Some(vec![])),
            ("a", None),
            ("2-1", None),
            ("1,", None),
            ("1 ,2", None),
            ("-1", None),
            ("+1", None),
            ("0-4294967296", None),
        ] {
            assert_eq!(ranges(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(list in proptest::collection::vec((0_u32..500, 0_u32..20), 1..6)) {
            let text = list.iter().map(|(first, more)| format!("{first}-{}", first + more));
            let read = ranges(&text.collect::<Vec<_>>().join(",")).unwrap();
            prop_assert_eq!(ranges(&written(&read)).unwrap(), read);
        }

        #[test]
        fn any_text_gives_an_answer(text in "\\PC{0,20}") {
            let _ = ranges(&text);
        }
    }
}
