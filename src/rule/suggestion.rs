//! Did you mean: the known word that is nearest to an unknown one. A thousand unknown words among thousands of known ones
//! are no reason to wait, so how much is compared has bounds.

use crate::fact::{did_you_mean, distance};
use std::collections::BTreeSet;

/// No word that is known is longer.
const MAX_LENGTH: usize = 64;
/// Known words that are looked at.
const MAX_KNOWN: usize = 4096;
/// Known words whose distance is measured: those of about the same letters.
const MAX_COMPARED: usize = 64;
/// Known words that are listed where none is near.
const MAX_LISTED: usize = 25;

/// The nearest of the known words, if it is near enough to be a slip of the fingers; upper and lower case, and `_` and
/// `-`, are the same.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let length = word.chars().count();
    let letters = letters(word);
    let folded: String = word.chars().map(fold).collect();
    let mut best: Option<(&str, usize)> = None;
    let candidates = known.into_iter().take(MAX_KNOWN).filter_map(|candidate| {
        let other = candidate.chars().count();
        let slips = match other.max(length) {
            0..=2 => 0,
            3..=5 => 1,
            6..=8 => 2,
            _ => 3,
        };
        // A slip changes the length by one, and takes one letter away or adds one, or both.
        let may_be_near = || (letters ^ self::letters(candidate)).count_ones() as usize <= 2 * slips;
        (length.abs_diff(other) <= slips && may_be_near()).then_some((candidate, slips))
    });
    for (candidate, slips) in candidates.take(MAX_COMPARED) {
        let candidate_folded: String = candidate.chars().map(fold).collect();
        let distance = distance(&folded, &candidate_folded);
        if distance <= slips && best.is_none_or(|best| (distance, candidate) < (best.1, best.0)) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(candidate, _)| candidate)
}

fn fold(c: char) -> char {
    if c == '_' { '-' } else { c.to_ascii_lowercase() }
}

/// The letters of a word, a bit each; some share one.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |letters, c| letters | 1 << (u32::from(fold(c)) % 64))
}

/// The help of an unknown word: the nearest known one, else all of them if they are few.
#[must_use]
pub fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().take(MAX_KNOWN).collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(did_you_mean(near));
    }
    let mut few = BTreeSet::new();
    for name in known {
        few.insert(name);
        if few.len() > MAX_LISTED {
            return None;
        }
    }
    let few: Vec<&str> = few.into_iter().collect();
    (!few.is_empty()).then(|| format!("known are {}", few.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["severity", "service", "sysctl", "in", "configErrors"];
        assert_eq!(nearest("sevrity", known), Some("severity"));
        assert_eq!(nearest("Sysctl", known), Some("sysctl"));
        assert_eq!(nearest("syctl", known), Some("sysctl"));
        assert_eq!(nearest("config_erors", known), Some("configErrors"));
        assert_eq!(nearest("package", known), None);
        assert_eq!(nearest("on", known), None);
        assert_eq!(nearest(&"severity".repeat(100), known), None);
    }

    /// The filter of letters must let pass whatever is near.
    #[test]
    fn a_slip_at_each_place_of_a_word_is_found_among_many() {
        let known: Vec<String> = (0..1000).map(|number| format!("name-{number}")).collect();
        let known = || known.iter().map(String::as_str).chain(["runtime-sockets-single"]);
        let word = "runtime-sockets-single";
        for at in 0..word.len() - 2 {
            let (before, after) = word.split_at(at);
            let swapped = format!("{}{}{}", &after[1..2], &after[..1], &after[2..]);
            for slip in [
                format!("{before}{}", &after[1..]),
                format!("{before}z{after}"),
                before.to_owned() + &swapped,
            ] {
                assert_eq!(nearest(&slip, known()), Some(word), "{slip}");
            }
        }
    }

    #[test]
    fn few_known_words_are_listed_and_many_are_not() {
        assert_eq!(help("x", ["b", "a", "b"]).as_deref(), Some("known are a, b"));
        let many: Vec<String> = (0..100).map(|number| format!("name-{number}")).collect();
        assert_eq!(help("x", many.iter().map(String::as_str)), None);
        assert_eq!(help("x", []), None);
    }
}
