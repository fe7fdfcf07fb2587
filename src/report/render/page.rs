//! Where text for people goes: a line at a time, and no text of a host in it can harm a terminal.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use anstyle::Style as Ansi;
use unicode_width::UnicodeWidthChar as _;

use super::Style;
use crate::fact::printable;

/// Below this width lines run over.
const MIN_WIDTH: u16 = 40;

/// A sheet of text: what is written on it is escaped here and nowhere else.
pub(crate) struct Page<'o> {
    out: &'o mut dyn Write,
    style: Style,
}

impl<'o> Page<'o> {
    pub(crate) fn new(style: Style, out: &'o mut dyn Write) -> Self {
        Page { out, style }
    }

    /// Its columns.
    pub(crate) fn width(&self) -> u16 {
        self.style.width
    }

    /// One line, whatever is in it.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        let line = line.to_string();
        writeln!(self.out, "{}", printable(&line).trim_end())
    }

    /// A line of pieces, each in its colours.
    pub(crate) fn painted<'t>(
        &mut self,
        pieces: impl IntoIterator<Item = (Option<Ansi>, &'t str)>,
    ) -> io::Result<()> {
        for (ansi, piece) in pieces {
            let piece = printable(piece);
            match ansi.filter(|_| self.style.color) {
                Some(ansi) => write!(self.out, "{ansi}{piece}{ansi:#}")?,
                None => write!(self.out, "{piece}")?,
            }
        }
        writeln!(self.out)
    }

    /// A paragraph in lines that fit, indented.
    pub(crate) fn paragraph(&mut self, text: &str, indent: &str) -> io::Result<()> {
        let room = usize::from(self.style.width.max(MIN_WIDTH)) - indent.len();
        wrapped(text, room).try_for_each(|line| writeln!(self.out, "{indent}{line}"))
    }
}

/// The lines of a text, of at most so many columns, with what could harm a terminal made visible. A word that is longer
/// stays whole, so that a path can be copied.
pub(crate) fn wrapped(text: &str, room: usize) -> impl Iterator<Item = String> {
    let mut rest = Some(printable(text));
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(blank) = end_of_line(&text, room) else { return Some(text.into_owned()) };
        let line = text[..blank].to_owned();
        rest = Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[blank + 1..]),
            Cow::Owned(mut text) => {
                text.drain(..=blank);
                Cow::Owned(text)
            }
        });
        Some(line)
    })
}

/// The space at which a line ends; none if all that is left fits, or is one word.
fn end_of_line(text: &str, room: usize) -> Option<usize> {
    let mut space = None;
    let mut columns = 0;
    for (place, char) in text.char_indices() {
        if char == ' ' {
            if columns > room {
                return space.or(Some(place));
            }
            space = Some(place);
        }
        columns += if char.is_ascii() { 1 } else { char.width().unwrap_or(0) };
    }
    space.filter(|_| columns > room)
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
        assert_eq!(lines("a\u{7} b\nc", 4), ["a\\u{7}", "b\\nc"], "what is made visible takes its room");
    }

    #[test]
    fn a_line_is_one_line_and_only_its_own_colours_reach_the_terminal() {
        let nasty = "a\u{1b}[31m\nb\u{9b}";
        let mut out = Vec::new();
        let mut page = Page::new(Style { width: 80, color: true, all: true }, &mut out);
        page.line(nasty).unwrap();
        page.painted([(Some(Ansi::new().bold()), nasty), (None, "c")]).unwrap();
        page.paragraph(nasty, "  ").unwrap();
        let seen = r"a\u{1b}[31m\nb\u{9b}";
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, format!("{seen}\n\u{1b}[1m{seen}\u{1b}[0mc\n  {seen}\n"));
    }
}
