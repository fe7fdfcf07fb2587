//! Output formats: one file each, one line here. A format shows a report; it decides nothing.

mod footnotes;
mod json;
#[cfg(test)]
mod sample;
mod table;

pub use json::report_schema;
pub(crate) use json::{Json, OriginV1};

use std::io::{self, Write};

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

/// Writes text in lines of at most `width` columns, indented. A word that is longer stays whole, so that a path
/// can be copied.
pub(crate) fn write_wrapped(text: &str, indent: &str, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let room = usize::from(width.max(NARROWEST)) - indent.len();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            writeln!(out, "{indent}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{indent}{line}")
}
