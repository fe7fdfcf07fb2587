//! Output formats: one file each, one line here. A format shows a report; it decides nothing.

mod json;
mod table;

pub(crate) use json::{Json, OriginV1};

use std::io::{self, Write};

use super::Report;

/// An output format.
pub struct Format {
    /// The word for `--format`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
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
