//! Versions with an order, and requirements such as `>=1.30, <1.37`.

use std::cmp::Ordering;
use std::fmt;

/// The leading numbers of a version: `6.1.0-18-amd64` is 6.1.0, `v1.31.4` is 1.31.4.
///
/// Kernel releases and distribution suffixes follow no common scheme, so what comes after the numbers
/// takes no part in the order.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: Vec<u64>,
}

impl Version {
    /// Reads the leading numbers, after an optional `v` and a Debian epoch (`1:`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.split_once(':') {
            Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => rest,
            _ => text,
        };
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.bytes().position(|b| !b.is_ascii_digit() && b != b'.').unwrap_or(text.len());
        let numbers: Option<Vec<u64>> =
            text[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
        numbers.map(|numbers| Version { numbers })
    }

    /// The number at a place, 0 where the version is shorter.
    #[must_use]
    pub fn number(&self, index: usize) -> u64 {
        self.numbers.get(index).copied().unwrap_or(0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        (0..length)
            .map(|i| self.number(i).cmp(&other.number(i)))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}
impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.numbers.iter().enumerate() {
            write!(f, "{}{number}", if index > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}

/// Comparisons that must all hold: `>=1.30, <1.37`. `=1.30` holds for every 1.30.x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    comparisons: Vec<(Comparison, Version)>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
    Is,
    IsNot,
}

impl Requirement {
    /// Reads comma-separated comparisons, each an operator and a version.
    ///
    /// # Errors
    /// Says which comparison can't be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        const OPERATORS: [(&str, Comparison); 6] = [
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            ("!=", Comparison::IsNot),
            (">", Comparison::Above),
            ("<", Comparison::Below),
            ("=", Comparison::Is),
        ];
        let mut comparisons = Vec::new();
        for part in text.split(',') {
            let part = part.trim();
            let (operator, rest) = OPERATORS
                .iter()
                .find_map(|(sign, comparison)| part.strip_prefix(sign).map(|rest| (*comparison, rest.trim())))
                .ok_or_else(|| format!("`{part}` needs one of >= <= > < = != before the version"))?;
            let complete = rest.trim_start_matches('v').bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let version = Version::parse(rest)
                .filter(|_| complete)
                .ok_or_else(|| format!("`{rest}` is not a version of numbers and dots"))?;
            comparisons.push((operator, version));
        }
        Ok(Requirement { comparisons, text: text.to_owned() })
    }

    /// Whether a version meets all comparisons.
    #[must_use]
    pub fn holds(&self, version: &Version) -> bool {
        self.comparisons.iter().all(|(comparison, wanted)| {
            let order = version.cmp(wanted);
            let within = wanted.numbers.iter().enumerate().all(|(i, n)| version.number(i) == *n);
            match comparison {
                Comparison::AtLeast => order.is_ge(),
                Comparison::AtMost => order.is_le() || within,
                Comparison::Above => order.is_gt() && !within,
                Comparison::Below => order.is_lt(),
                Comparison::Is => within,
                Comparison::IsNot => !within,
            }
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    #[test]
    fn the_leading_numbers_count() {
        assert_eq!(version("6.1.0-18-amd64").to_string(), "6.1.0");
        assert_eq!(version("v1.31.4"), version("1.31.4.0"));
        assert_eq!(version("5:28.0.1-1~debian").to_string(), "28.0.1");
        assert!(version("3.9.1") < version("3.10"));
        for wrong in ["", "abc", "..", "v"] {
            assert!(Version::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn requirements_hold_for_whole_lines_of_releases() {
        let range = Requirement::parse(">=1.30, <1.37").expect("a requirement");
        assert!(range.holds(&version("1.30")) && range.holds(&version("1.36.9")));
        assert!(!range.holds(&version("1.37.0")) && !range.holds(&version("1.29.9")));
        assert!(Requirement::parse("=1.30").expect("one").holds(&version("1.30.7")));
        assert!(!Requirement::parse(">1.30").expect("one").holds(&version("1.30.7")));
        assert!(Requirement::parse("<=1.30").expect("one").holds(&version("1.30.7")));
        for wrong in ["", "1.30", ">= banana", ">=1.30,", ">=1.3x"] {
            assert!(Requirement::parse(wrong).is_err(), "{wrong}");
        }
    }
}
