//! Whole numbers as Go's `strconv.ParseInt` reads them with base 0, which flags of Kubernetes and CRI-O use.

/// A number as Go writes it in a program: 10, -5, 0x1f, 0b1, 0o17, 017, `1_000`.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let is_separated =
        digits.contains("__") || digits.ends_with('_') || (radix == 10 && digits.starts_with('_'));
    if is_separated || digits.starts_with(['-', '+']) {
        return None;
    }
    let number = i128::from_str_radix(&digits.replace('_', ""), radix).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn whole_numbers_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("110", Some(110)),
            ("-1", Some(-1)),
            ("+5", Some(5)),
            ("0x10", Some(16)),
            ("0b101", Some(5)),
            ("0o17", Some(15)),
            ("017", Some(15)),
            ("1_000", Some(1000)),
            ("0", Some(0)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("--1", None),
            ("+-1", None),
            ("09", None),
            ("1.5", None),
            ("many", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
