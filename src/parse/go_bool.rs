//! Booleans as Go's `strconv.ParseBool` reads them, which flags and options of Kubernetes use.

/// True or false; none for any other text.
#[must_use]
pub fn parse(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_the_words_of_go_are_booleans() {
        assert_eq!(["1", "t", "T", "TRUE", "true", "True"].map(parse), [Some(true); 6]);
        assert_eq!(["0", "f", "F", "FALSE", "false", "False"].map(parse), [Some(false); 6]);
        assert_eq!(["yes", "on", "tRue", "", " true", "2"].map(parse), [None; 6]);
    }
}
