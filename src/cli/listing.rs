//! Tables that name things; on a narrow terminal, what is told of a thing goes below its name.

use std::io::{self, Write as _};

use comfy_table::{ContentArrangement, Table, presets};

use super::terminal;
use crate::report::render::write_wrapped;

/// Columns that a table of this many columns wants: with fewer, its words would be cut.
const fn wanted(columns: usize) -> u16 {
    if columns > 2 { 100 } else { 70 }
}

/// A table whose first column names things and whose last one has the most to say.
pub(super) struct Listing {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Listing {
    pub(super) fn new(header: &[&'static str]) -> Self {
        Listing { header: header.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes it for the terminal.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        self.write_in(terminal::style(true, true).width, out)
    }

    fn write_in(&self, width: u16, out: &mut Vec<u8>) -> io::Result<()> {
        if width < wanted(self.header.len()) {
            let header: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
            return [header].iter().chain(&self.rows).try_for_each(|row| stack(row, width, out));
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width).set_header(self.header.clone()).add_rows(&self.rows);
        table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
    }
}

/// The name, below it the short words, and below them the last cell.
fn stack(row: &[String], width: u16, out: &mut Vec<u8>) -> io::Result<()> {
    let [name, between @ .., last] = row else { return Ok(()) };
    write_wrapped(name, " ", width, out)?;
    for told in [&between.join(" · "), last] {
        if !told.is_empty() {
            write_wrapped(told, "   ", width, out)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: u16) -> String {
        let mut listing = Listing::new(&["RULE", "SEVERITY", "MOMENTS", "TITLE"]);
        let row =
            ["kubernetes-packages-held", "warning", "now boot", "The packages are held at their version"];
        listing.row(row.map(str::to_owned));
        let mut out = Vec::new();
        listing.write_in(width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_word_is_cut_on_a_narrow_terminal() {
        let narrow = "\
\x20RULE
\x20  SEVERITY · MOMENTS
\x20  TITLE
\x20kubernetes-packages-held
\x20  warning · now boot
\x20  The packages are held at their
\x20  version
";
        assert_eq!(shown(40), narrow);
        let wide = "\
\x20RULE                      SEVERITY  MOMENTS   TITLE
\x20kubernetes-packages-held  warning   now boot  The packages are held at their version
";
        assert_eq!(shown(100), wide);
    }
}
