//! How near two texts are: for "did you mean", and for names of secrets that are misspelt.

/// No honest name is longer; comparing costs the product of both lengths.
const LONGEST: usize = 100;

/// How many letters are wrong, missing, too many or swapped (Damerau and Levenshtein).
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(one, other)
}

/// The name that a misspelt one was most likely meant to be, upper and lower case being alike; `most` says how many slips
/// a name may have.
#[must_use]
pub fn nearest<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
    most: impl Fn(&str) -> usize,
) -> Option<&'k str> {
    if name.len() >= LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    let (slips, best) =
        known.into_iter().map(|known| (distance(&lower, &known.to_lowercase()), known)).min()?;
    (slips <= most(best)).then_some(best)
}

/// The question for whoever misspelt a name.
#[must_use]
pub fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_if_it_is_near() {
        let known = ["podSubnet", "serviceSubnet", "dnsDomain"];
        let near = |name: &str| nearest(name, known, |known| 1 + known.len() / 5);
        assert_eq!(near("podsubnet"), Some("podSubnet"));
        assert_eq!(near("podSubent"), Some("podSubnet"));
        assert_eq!(near("service"), None);
        assert_eq!(near(&"a".repeat(200)), None);
        assert_eq!(nearest("a", [], |_| 9), None);
    }
}
