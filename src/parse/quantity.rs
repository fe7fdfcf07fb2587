//! Quantities of Kubernetes (apimachinery, `pkg/api/resource`): `100m`, `1Gi`, `1e3`.

use std::cmp::Ordering;

/// A quantity, exact to a thousandth and below: a sign, digits, and a scale.
#[derive(Clone, Copy, Debug)]
pub struct Quantity(f64);

/// Suffixes and their factors.
const SUFFIXES: [(&str, f64); 15] = [
    ("", 1.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
];
const EXBI: (&str, f64) = ("Ei", 1_152_921_504_606_846_976.0);

impl Quantity {
    /// Reads a quantity; none if Kubernetes reads none in the text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (digits, suffix) = unsigned.split_at(end);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if fraction.contains('.') || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let value: f64 = match digits.trim_end_matches('.').parse() {
            Ok(value) => value,
            Err(_) if digits.trim_matches('0') == "." => 0.0,
            Err(_) => return None,
        };
        let factor = match SUFFIXES.iter().chain([&EXBI]).find(|(name, _)| *name == suffix) {
            Some((_, factor)) => *factor,
            None => exponent(suffix)?,
        };
        let value = value * factor;
        Some(Quantity(if text.starts_with('-') { -value } else { value }))
    }

    /// How it compares with zero.
    #[must_use]
    pub fn sign(self) -> Ordering {
        // Zero has no sign here: `-0` is 0.
        self.0.partial_cmp(&0.0).unwrap_or(Ordering::Equal)
    }

    /// As a number: bytes, CPUs, inodes.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

/// `e3` and `E-3`.
fn exponent(suffix: &str) -> Option<f64> {
    let digits = suffix.strip_prefix(['e', 'E'])?;
    let plain = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.parse() {
        Ok(power) => Some(10_f64.powi(power)),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("100Mi", Some(104_857_600.0)),
            ("100m", Some(0.1)),
            ("1.5Gi", Some(1_610_612_736.0)),
            ("1e3", Some(1000.0)),
            ("1E3", Some(1000.0)),
            ("2E", Some(2e18)),
            ("-1", Some(-1.0)),
            ("+1", Some(1.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("0", Some(0.0)),
            ("100MB", None),
            ("1GiB", None),
            ("100x", None),
            ("256 Mi", None),
            ("10K", None),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("mi", None),
            ("1 ", None),
        ] {
            assert_eq!(Quantity::parse(text).map(Quantity::value), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "\\PC{0,20}") {
            let _ = Quantity::parse(&text);
        }
    }
}
