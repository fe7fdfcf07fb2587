//! What an unquoted word of YAML is to Go's programs: YAML 1.1, as go-yaml v2 reads it and as JSON carries it on.
//!
//! `sigs.k8s.io/yaml` (goyaml.v2, `resolve.go`): `yes` and `on` are booleans, `017`, `0x1F`, `0b11` and `1_000` are
//! whole numbers, `1e3` and `6443.0` are numbers that JSON writes without a fraction, dates are text.

use super::document::Content;

/// The largest float below which each whole number is one that JSON writes without an exponent.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// What a plain word is; none if JSON has no such value (`.nan`, `.inf`).
#[must_use]
pub fn resolve(word: &str) -> Option<Content> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Content::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(Content::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(Content::Bool(false));
        }
        ".nan" | ".NaN" | ".NAN" => return None,
        _ => {}
    }
    if [".inf", ".Inf", ".INF"].contains(&word.strip_prefix(['+', '-']).unwrap_or(word)) {
        return None;
    }
    Some(number(word).unwrap_or_else(|| Content::Text(word.to_owned())))
}

/// The number that a word is.
fn number(word: &str) -> Option<Content> {
    // After a dot Go's own reader of floats is asked, which takes no underscores.
    let is_fraction = word.starts_with('.');
    if !is_fraction && !word.starts_with(['+', '-']) && !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = if is_fraction { word.to_owned() } else { word.replace('_', "") };
    if !is_fraction && let Some(whole) = whole(&plain) {
        return Some(i64::try_from(whole).map_or_else(|_| Content::Number(plain), Content::Integer));
    }
    let float = if is_float(&plain) { plain.parse::<f64>().ok()? } else { return None };
    if !float.is_finite() {
        return None;
    }
    // JSON has one kind of number: what has no fraction is a whole one.
    #[allow(clippy::cast_possible_truncation)]
    let content = if float.fract() == 0.0 && float.abs() < LARGEST_WHOLE {
        Content::Integer(float as i64)
    } else {
        Content::Number(word.to_owned())
    };
    Some(content)
}

/// A whole number with Go's prefixes, of at most 64 bits.
fn whole(plain: &str) -> Option<i128> {
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_str() {
        "0" => (10, "0"),
        text if text.starts_with("0x") => (16, &text[2..]),
        text if text.starts_with("0b") => (2, &text[2..]),
        text if text.starts_with("0o") => (8, &text[2..]),
        text if text.starts_with('0') => (8, &text[1..]),
        text => (10, text),
    };
    // The standard library would take a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let value = sign * i128::from(u64::from_str_radix(digits, base).ok()?);
    // What has a sign must fit into 64 bits with one; Go takes more of the others.
    (value >= i128::from(i64::MIN) && (value <= i128::from(i64::MAX) || !plain.starts_with('+')))
        .then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !before.is_empty() || !behind.is_empty();
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    has_digits
        && digits(before)
        && digits(behind)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_what_go_takes_them_for() {
        for (word, number) in [
            ("0", 0),
            ("-5", -5),
            ("+5", 5),
            ("017", 15),
            ("0o17", 15),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b101", 5),
            ("6_443", 6443),
            ("014453", 6443),
            ("08", 8),
            ("6443.0", 6443),
            ("6.443e3", 6443),
            ("1e3", 1000),
        ] {
            assert_eq!(resolve(word), Some(Content::Integer(number)), "{word}");
        }
        for word in ["1.5", ".5", "-1.5e-3", "18446744073709551615", "99999999999999999999", &"1".repeat(64)]
        {
            assert_eq!(resolve(word), Some(Content::Number(word.to_owned())), "{word}");
        }
        for word in [
            "2024-01-01",
            "1:30",
            "0x",
            "0b2",
            "1e",
            ".",
            "-",
            "1.2.3",
            "_1",
            "yEs",
            "tRue",
            "node1",
            "1e999",
            "+-5",
        ] {
            assert_eq!(resolve(word), Some(Content::Text(word.to_owned())), "{word}");
        }
        for (word, flag) in
            [("yes", true), ("On", true), ("y", true), ("FALSE", false), ("off", false), ("N", false)]
        {
            assert_eq!(resolve(word), Some(Content::Bool(flag)), "{word}");
        }
        for word in [".nan", "-.inf", "+.Inf"] {
            assert_eq!(resolve(word), None, "{word}");
        }
        assert_eq!(resolve("~"), Some(Content::Null));
    }

    proptest! {
        #[test]
        fn any_word_is_an_answer(word in ".{0,12}") {
            drop(resolve(&word));
        }

        #[test]
        fn every_whole_number_comes_back(number in any::<i64>()) {
            prop_assert_eq!(resolve(&number.to_string()), Some(Content::Integer(number)));
        }
    }
}
