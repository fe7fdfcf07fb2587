//! Did you mean: the known word that is nearest to an unknown one.

/// The nearest of the known words, if it is near enough to be a slip of the fingers.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody slips in a word of this length, and the distance would cost time.
    if word.len() > 200 {
        return None;
    }
    let lower = word.to_lowercase().replace('_', "-");
    let mut best: Option<(&str, usize)> = None;
    for candidate in known {
        let distance = strsim::damerau_levenshtein(&lower, candidate);
        let allowed = match candidate.chars().count().max(lower.chars().count()) {
            0..=2 => 0,
            3..=5 => 1,
            6..=8 => 2,
            _ => 3,
        };
        if distance <= allowed && best.is_none_or(|(_, least)| distance < least) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// The help of an unknown word: the nearest known one, else all of them if they are few.
#[must_use]
pub fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    known.sort_unstable();
    known.dedup();
    (!known.is_empty() && known.len() <= 25).then(|| format!("known are {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["severity", "service", "sysctl", "in"];
        assert_eq!(nearest("sevrity", known), Some("severity"));
        assert_eq!(nearest("Sysctl", known), Some("sysctl"));
        assert_eq!(nearest("syctl", known), Some("sysctl"));
        assert_eq!(nearest("package", known), None);
        assert_eq!(nearest("on", known), None);
    }
}
