//! Output formats: one file each, one line here. A format shows a report; it decides nothing.

mod document;
mod footnotes;
mod json;
mod page;
#[cfg(test)]
mod sample;
mod table;
mod undecided;
pub mod v1;

pub(crate) use document::write_document;
pub(crate) use json::{notes, places};
pub(crate) use page::{Page, wrapped};

use std::fmt;
use std::io::{self, Write};

use super::Report;

/// A format in which something is shown: a report, facts, a list of rules.
pub struct Format<D: ?Sized + 'static = Report> {
    /// The word for `--format`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Whether it shows every rule; else those in trouble, and all if they are few or `--all` asks for them.
    pub complete: bool,
    /// Writes it.
    pub render: fn(&D, Style, &mut dyn Write) -> io::Result<()>,
}

impl<D: ?Sized> fmt::Debug for Format<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Up to this many rules are all shown.
const FEW_RULES: usize = 12;

impl Format {
    /// Whether it shows every rule of so many.
    #[must_use]
    pub fn shows_every_rule(&self, rules: usize, all: bool) -> bool {
        self.complete || all || rules <= FEW_RULES
    }
}

/// All formats of a report.
pub static FORMATS: &[Format] = &[table::FORMAT, json::FORMAT];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::is_dangerous;

    #[test]
    fn no_format_harms_a_terminal() {
        for format in FORMATS {
            let text = sample::rendered(format, 80, false);
            let bad = text.chars().find(|c| is_dangerous(*c) && *c != '\n');
            assert_eq!(bad, None, "{}", format.name);
        }
    }
}
