//! How every JSON document of the program is written: indented, with dangerous characters escaped as `\uXXXX` (the same
//! text after parsing), and with no text longer than the limit.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

use crate::fact::{MAX_TEXT, is_dangerous, mark, shown_bytes};

/// From here on text is held back: it is written if nothing follows, or else its place is taken by the mark of a cut.
const HELD_FROM: usize = MAX_TEXT - 40;

/// Writes a document and the end of its line.
pub(crate) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Harmless::default());
    document.serialize(&mut serializer)?;
    writeln!(out)
}

/// Writes strings that harm no terminal and have an end.
#[derive(Default)]
struct Harmless {
    pretty: PrettyFormatter<'static>,
    /// What the present string takes in a terminal so far.
    shown: usize,
    /// The end of the string as it is to be written, and how long that is as text.
    held: Vec<u8>,
    held_bytes: usize,
    left_out: usize,
}

impl Harmless {
    /// Writes a piece of a string, which is so many bytes of text and takes so many in a terminal.
    fn piece<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        bytes: usize,
        shown: usize,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.shown += shown;
        if self.shown <= HELD_FROM {
            let mut out = out;
            write(&mut out)
        } else if self.shown <= MAX_TEXT && self.left_out == 0 {
            self.held_bytes += bytes;
            write(&mut self.held)
        } else {
            self.left_out += bytes;
            Ok(())
        }
    }
}

/// A character as JSON escapes it.
fn write_escaped(c: char, out: &mut dyn Write) -> io::Result<()> {
    c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
}

impl Formatter for Harmless {
    fn begin_string<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.shown = 0;
        self.held_bytes = 0;
        self.left_out = 0;
        out.write_all(b"\"")
    }

    fn end_string<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        if self.left_out > 0 {
            self.held.clear();
            out.write_all(mark(self.held_bytes + self.left_out).as_bytes())?;
        }
        out.write_all(&self.held)?;
        self.held.clear();
        out.write_all(b"\"")
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let is_short = self.shown + fragment.len() <= HELD_FROM;
        if is_short && fragment.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            self.shown += fragment.len();
            return out.write_all(fragment.as_bytes());
        }
        for c in fragment.chars() {
            self.piece(out, c.len_utf8(), shown_bytes(c), |out| {
                if is_dangerous(c) { write_escaped(c, out) } else { write!(out, "{c}") }
            })?;
        }
        Ok(())
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        let shown = if let CharEscape::AsciiControl(byte) = escape { shown_bytes(byte.into()) } else { 2 };
        self.piece(out, 1, shown, |mut out| PrettyFormatter::new().write_char_escape(&mut out, escape))
    }

    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_array(out)
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_array(out)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(out)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object(out)
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object(out)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(out)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fact::{cut, shortened};

    fn written(document: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_document(document, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn documents_look_as_serde_json_writes_them() {
        let document = serde_json::json!({
            "a": [1, -2.5, true, null, [], {}], "é漢字\"\\/": "\n\t\r\u{8}\u{c}\u{1}", "z": { "y": ["x"] },
        });
        assert_eq!(written(&document), serde_json::to_string_pretty(&document).unwrap() + "\n");
    }

    #[test]
    fn dangerous_characters_are_escaped_and_read_back() {
        let text = "a\u{7f}\u{9b}31m\u{202e}\u{ad}\u{e0041}b\u{0}";
        let json = written(&text);
        assert_eq!(json, "\"a\\u007f\\u009b31m\\u202e\\u00ad\\udb40\\udc41b\\u0000\"\n");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn text_of_megabytes_is_cut() {
        let nothing = written(&["\0".repeat(4 << 20), "é".repeat(4 << 20)]);
        assert!(nothing.len() < 20_000, "{}", nothing.len());
        assert_eq!(nothing.matches(" more bytes)").count(), 2);
    }

    proptest! {
        #[test]
        fn text_is_cut_as_everywhere(text in r"(?s).{1,50}", times in 1..300_usize) {
            let whole = text.repeat(times);
            let json = written(&whole);
            let read: String = serde_json::from_str(&json).unwrap();
            prop_assert!(!json.trim_end().contains(is_dangerous));
            prop_assert_eq!(written(&read), json, "what was written is read and written again");
            if !whole.contains(['"', '\\', '\r', '\u{8}', '\u{c}']) {
                prop_assert_eq!(shortened(&whole), read.as_str());
                prop_assert_eq!(cut(read.clone()), read);
            }
        }
    }
}
