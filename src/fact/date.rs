//! A day of the calendar.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day in UTC, by the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// In seconds.
const DAY: u64 = 24 * 60 * 60;
/// The days of 400 years, wherever they begin.
const CYCLE: u64 = 146_097;

impl Date {
    /// The day, if the calendar has it; the year is from 1 to 9999.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = year >= 1 && year <= 9999 && month >= 1 && month <= 12;
        if exists && day >= 1 && day <= days_of(year, month) {
            return Some(Date { year, month, day });
        }
        None
    }

    /// The day of a time in seconds since 1970, without leap seconds; none behind the year 9999.
    #[must_use]
    pub fn of_unix(seconds: u64) -> Option<Self> {
        let mut days = seconds / DAY;
        let mut year = 1970;
        year += u16::try_from(days / CYCLE * 400).ok().filter(|years| *years < 9999)?;
        days %= CYCLE;
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while days >= u64::from(days_of(year, month)) {
            days -= u64::from(days_of(year, month));
            month += 1;
        }
        Date::new(year, month, u8::try_from(days).ok()? + 1)
    }
}

/// A time in UTC, to the second: `2026-12-31T23:59:59Z`; none before 1970 or behind the year 9999.
#[must_use]
pub fn utc(time: SystemTime) -> Option<String> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let day = Date::of_unix(seconds)?;
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    Some(format!("{day}T{hour:02}:{minute:02}:{second:02}Z"))
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_year(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `2026-12-31`
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_unix(seconds: u64) -> String {
        Date::of_unix(seconds).map_or_else(|| "none".into(), |date| date.to_string())
    }

    #[test]
    fn seconds_are_days_as_date_u_says() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (86_400, "1970-01-02"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
            (1_798_761_600, "2027-01-01"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
            (253_402_300_800, "none"),
            (u64::MAX, "none"),
        ] {
            assert_eq!(of_unix(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for (year, month, day, exists) in [
            (2026, 2, 28, true),
            (2026, 2, 29, false),
            (2028, 2, 29, true),
            (2100, 2, 29, false),
            (2000, 2, 29, true),
            (2026, 4, 31, false),
            (2026, 0, 1, false),
            (2026, 13, 1, false),
            (2026, 1, 0, false),
            (0, 1, 1, false),
        ] {
            assert_eq!(Date::new(year, month, day).is_some(), exists, "{year}-{month}-{day}");
        }
    }

    proptest! {
        #[test]
        fn the_next_day_is_later(days in 0_u64..2_932_896) {
            let (one, next) = (Date::of_unix(days * DAY).unwrap(), Date::of_unix((days + 1) * DAY).unwrap());
            prop_assert!(one < next, "{one} {next}");
            prop_assert_eq!(Date::of_unix(days * DAY + DAY - 1), Some(one));
        }

        #[test]
        fn no_number_of_seconds_is_too_much(seconds in any::<u64>()) {
            let known = seconds < 253_402_300_800;
            prop_assert_eq!(Date::of_unix(seconds).is_some(), known);
        }
    }
}
