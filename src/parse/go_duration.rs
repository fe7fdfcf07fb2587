//! Spans of time as Go's `time.ParseDuration` reads them: `1h30m`, `-1.5s`, `0`.

/// Units and their nanoseconds; a longer name stands before the one it begins with.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// The nanoseconds of a span; none if Go reads no span in the text, or if it is longer than 64 bits of nanoseconds hold.
#[must_use]
pub fn nanoseconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, unit) = rest.split_at(number);
        // `5.s` and `.5s` are spans, `.s` is none.
        let value: f64 = match digits.strip_suffix('.').unwrap_or(digits).parse() {
            Ok(value) => value,
            Err(_) => return None,
        };
        let (name, size) = UNITS.iter().rfind(|(name, _)| is_unit(unit, name))?;
        total += value * size;
        rest = &unit[name.len()..];
    }
    let total = sign * total;
    // 2^63 as a float is the first that doesn't fit.
    #[allow(clippy::cast_possible_truncation)]
    (total.abs() < 9_223_372_036_854_775_808.0).then_some(total as i64)
}

/// Whether a unit stands at the beginning, and is not the beginning of a longer word.
fn is_unit(text: &str, name: &str) -> bool {
    text.strip_prefix(name)
        .is_some_and(|rest| rest.chars().next().is_none_or(|next| next.is_ascii_digit() || next == '.'))
}

/// As Go prints it: `1m30s`, `1.5s`, `0s`.
#[must_use]
pub fn written(nanoseconds: i64) -> String {
    let magnitude = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let of_unit = |unit: u64, name: &str| {
        let (whole, rest) = (magnitude / unit, magnitude % unit);
        let width = unit.ilog10() as usize;
        let fraction = format!("{rest:0width$}");
        let fraction = fraction.trim_end_matches('0');
        if rest == 0 { format!("{sign}{whole}{name}") } else { format!("{sign}{whole}.{fraction}{name}") }
    };
    match magnitude {
        0 => "0s".into(),
        1..1_000 => of_unit(1, "ns"),
        1_000..1_000_000 => of_unit(1_000, "µs"),
        1_000_000..1_000_000_000 => of_unit(1_000_000, "ms"),
        _ => {
            let minutes = magnitude / 60_000_000_000;
            let seconds = magnitude % 60_000_000_000;
            let (whole, rest) = (seconds / 1_000_000_000, seconds % 1_000_000_000);
            let fraction = format!(".{rest:09}");
            let fraction = if rest == 0 { "" } else { fraction.trim_end_matches('0') };
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{whole}{fraction}s"),
                (0, minutes) => format!("{sign}{minutes}m{whole}{fraction}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{whole}{fraction}s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{nanoseconds, written};
    use proptest::prelude::*;

    #[test]
    fn spans_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("10s", Some(10_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            ("-10s", Some(-10_000_000_000)),
            ("+5ms", Some(5_000_000)),
            (".5s", Some(500_000_000)),
            ("5.s", Some(5_000_000_000)),
            ("1us", Some(1000)),
            ("1\u{b5}s", Some(1000)),
            ("1h1h", Some(7_200_000_000_000)),
            ("2562047h", Some(9_223_369_200_000_000_000)),
            ("3000000h", None),
            ("", None),
            ("-", None),
            (".s", None),
            ("10", None),
            ("1d", None),
            ("10 s", None),
            (" 10s", None),
            ("10x", None),
            ("1.2.3s", None),
            ("s", None),
            ("--1s", None),
            ("1S", None),
        ] {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
    }

    #[test]
    fn spans_are_written_as_go_writes_them() {
        for (text, expected) in [
            ("60s", "1m0s"),
            ("0", "0s"),
            ("90m", "1h30m0s"),
            ("1500ms", "1.5s"),
            ("250ms", "250ms"),
            ("1500ns", "1.5\u{b5}s"),
            ("7ns", "7ns"),
            ("-61s", "-1m1s"),
        ] {
            assert_eq!(written(nanoseconds(text).unwrap()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "\\PC{0,20}") {
            let _ = nanoseconds(&text);
        }

        #[test]
        fn whole_seconds_come_back(seconds in 0_i64..1_000_000) {
            prop_assert_eq!(nanoseconds(&format!("{seconds}s")), Some(seconds * 1_000_000_000));
        }
    }
}
