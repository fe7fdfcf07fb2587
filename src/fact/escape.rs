//! Text of a host, made fit to be shown: characters that could harm a terminal are escaped, and long text is cut.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest text of a host in any output, in bytes as it is shown.
pub const MAX_TEXT: usize = 4096;

/// Room that is kept for the mark of a cut, so that a cut text isn't cut again.
pub(super) const CUT_ROOM: usize = 40;

/// Whether a character may do something to a terminal, or to the order or the look of other text: control characters
/// (C0, DEL, C1), and characters of Unicode that reorder or hide text ("Trojan Source", CVE-2021-42574).
#[must_use]
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Text that may reach a terminal: dangerous characters are shown as `\n`, `\t` or `\u{..}`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push_str("\\t"),
            c if is_dangerous(c) => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// The text, cut where it is longer than [`MAX_TEXT`], with a mark that says how much is left out.
#[must_use]
pub fn cut(mut text: String) -> String {
    if let Some(end) = end_of_cut(&text) {
        let left_out = text.len() - end;
        text.truncate(end);
        text.push_str(&mark(left_out));
        text.shrink_to_fit();
    }
    text
}

/// As [`cut`], of a text that somebody else owns.
#[must_use]
pub fn shortened(text: &str) -> Cow<'_, str> {
    match end_of_cut(text) {
        Some(end) => Cow::Owned(format!("{}{}", &text[..end], mark(text.len() - end))),
        None => Cow::Borrowed(text),
    }
}

/// What stands in the place of bytes that are left out.
#[must_use]
pub fn mark(left_out: usize) -> String {
    format!("… ({left_out} more bytes)")
}

/// How many bytes a character takes when it is shown.
#[must_use]
pub fn shown_bytes(c: char) -> usize {
    match c {
        '\n' | '\t' => 2,
        c if is_dangerous(c) => c.escape_unicode().len(),
        c => c.len_utf8(),
    }
}

/// Text with a limit, for values that print themselves piece by piece: what comes after the limit costs no memory.
#[derive(Debug, Default)]
pub(crate) struct Bounded {
    text: String,
    left_out: usize,
}

impl Bounded {
    /// The text; with a mark if something didn't fit.
    pub(crate) fn finish(self) -> String {
        let Bounded { mut text, left_out } = self;
        if left_out > 0 {
            let end = boundary(&text, MAX_TEXT - CUT_ROOM);
            let left_out = left_out + text.len() - end;
            text.truncate(end);
            text.push_str(&mark(left_out));
        }
        text
    }
}

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        let room = MAX_TEXT.saturating_sub(self.text.len());
        let kept = if self.left_out > 0 { 0 } else { boundary(piece, room) };
        self.text.push_str(&piece[..kept]);
        self.left_out += piece.len() - kept;
        Ok(())
    }
}

/// What a value prints, within the limit.
#[must_use]
pub fn bounded(value: &dyn std::fmt::Display) -> String {
    let mut bounded = Bounded::default();
    let _ = write!(bounded, "{value}");
    bounded.finish()
}

/// The last boundary of a character that is not behind a place.
fn boundary(text: &str, place: usize) -> usize {
    (0..=place.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// Whether all of it is printable ASCII, as nearly all text is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Where a text that is too long is cut.
fn end_of_cut(text: &str) -> Option<usize> {
    // No character is shown in more than ten times its bytes.
    if text.len() <= MAX_TEXT / 10 || (text.len() <= MAX_TEXT && is_plain(text)) {
        return None;
    }
    let mut shown = 0;
    let mut end = None;
    for (at, c) in text.char_indices() {
        shown += shown_bytes(c);
        if shown > MAX_TEXT - CUT_ROOM && end.is_none() {
            end = Some(at);
        }
        if shown > MAX_TEXT {
            return end;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dangerous_characters_are_made_visible() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(printable("a\u{202e}b\nc\td"), "a\\u{202e}b\\nc\\td");
        assert_eq!(printable("plain, é漢字 …"), "plain, é漢字 …");
        for c in "\0\u{7f}\u{80}\u{9b}\u{ad}\u{61c}\u{200b}\u{200e}\u{2028}\u{202a}\u{2060}\u{2064}\u{2066}\u{feff}\u{e0001}\u{e007f}"
            .chars()
        {
            assert_eq!(printable(&c.to_string()), c.escape_unicode().to_string());
        }
    }

    #[test]
    fn long_text_is_cut_with_a_mark_and_ordinary_text_is_not() {
        let ordinary = "x".repeat(MAX_TEXT);
        assert_eq!(cut(ordinary.clone()), ordinary);
        let long = cut("x".repeat(4 << 20));
        assert!(long.len() <= MAX_TEXT && long.ends_with("x… (4190248 more bytes)"), "{}", &long[4000..]);
        let nothing = printable(&cut("\0".repeat(4 << 20))).into_owned();
        assert!(nothing.len() <= MAX_TEXT && nothing.ends_with(" more bytes)"), "{}", nothing.len());
    }

    proptest! {
        #[test]
        fn a_cut_text_fits_and_is_cut_once(text in r"(?s).{0,50}", times in 1..400_usize) {
            let whole = text.repeat(times);
            let once = cut(whole.clone());
            prop_assert!(printable(&once).len() <= MAX_TEXT);
            prop_assert_eq!(shortened(&whole), once.as_str());
            prop_assert_eq!(cut(once.clone()), once);
        }

        #[test]
        fn what_prints_itself_is_bounded(pieces in prop::collection::vec("[a-zé漢]{0,300}", 0..40)) {
            let whole = pieces.concat();
            let mut bounded = Bounded::default();
            for piece in &pieces {
                bounded.write_str(piece).unwrap();
            }
            let text = bounded.finish();
            prop_assert!(text.len() <= MAX_TEXT);
            prop_assert!(text == whole || text.ends_with(" more bytes)"));
        }
    }
}
