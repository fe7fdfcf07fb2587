//! Output formats: one file each, one line here. A format shows a report; it decides nothing.

mod footnotes;
mod json;
#[cfg(test)]
mod sample;
mod table;

pub use json::report_schema;
pub(crate) use json::{Json, OriginV1};

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar as _;

use super::Report;
use crate::engine::Detail;

/// An output format.
pub struct Format {
    /// The word for `--format`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// How much it shows of a report of so many rules.
    pub detail: fn(rules: usize, Style) -> Detail,
    /// Writes a report.
    pub render: fn(&Report, Style, &mut dyn Write) -> io::Result<()>,
}

/// All formats.
pub static FORMATS: &[&Format] = &[&table::FORMAT, &json::FORMAT];

/// How text is laid out; formats for machines ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether to use colours.
    pub color: bool,
    /// Whether to show what passed, too.
    pub all: bool,
}

/// Below this width lines run over.
const NARROWEST: u16 = 40;

/// Writes text in lines of at most `width` columns, indented.
pub(crate) fn write_wrapped(text: &str, indent: &str, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let room = usize::from(width.max(NARROWEST)) - indent.len();
    wrapped(text, room).try_for_each(|line| writeln!(out, "{indent}{line}"))
}

/// The lines of a text, of at most so many columns. A word that is longer stays whole, so that a path can be copied.
pub(crate) fn wrapped(text: &str, room: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match end_of_line(text, room) {
            Some(blank) => {
                rest = Some(&text[blank + 1..]);
                Some(&text[..blank])
            }
            None => rest.take(),
        }
    })
}

/// The blank at which a line ends; none if all that is left fits, or is one word.
fn end_of_line(text: &str, room: usize) -> Option<usize> {
    let mut blank = None;
    let mut columns = 0;
    for (place, char) in text.char_indices() {
        if char == ' ' {
            if columns > room {
                return blank.or(Some(place));
            }
            blank = Some(place);
        }
        columns += if char.is_ascii() { 1 } else { char.width().unwrap_or(0) };
    }
    blank.filter(|_| columns > room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_there_is_room_and_words_stay_whole() {
        let lines = |text, room| wrapped(text, room).collect::<Vec<_>>();
        assert_eq!(lines("", 5), [""]);
        assert_eq!(lines("ab cd", 5), ["ab cd"]);
        assert_eq!(lines("ab cde fg", 5), ["ab", "cde", "fg"]);
        assert_eq!(lines("ab cde fg", 6), ["ab cde", "fg"]);
        assert_eq!(lines("a longer-than-that b c", 3), ["a", "longer-than-that", "b c"]);
        assert_eq!(lines("longer-than-that", 3), ["longer-than-that"]);
        assert_eq!(lines("·· ·", 4), ["·· ·"]);
        assert_eq!(lines("·· ·", 3), ["··", "·"]);
        assert_eq!(lines("a b", 0), ["a", "b"]);
        assert_eq!(lines("漢字 漢", 6), ["漢字", "漢"], "signs of two columns");
    }
}
