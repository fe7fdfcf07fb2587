//! Tables that name things; on a narrow terminal, what is said of a thing goes below its name.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};

use crate::fact::printable;
use crate::report::render::Page;

/// Columns that a table of this many columns wants: with fewer, its words would be cut.
const fn wanted(columns: usize) -> u16 {
    if columns > 2 { 100 } else { 70 }
}

/// A table whose first column names things and whose last one has the most to say.
pub(super) struct NameTable {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl NameTable {
    pub(super) fn new(header: &[&'static str]) -> Self {
        NameTable { header: header.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| printable(&cell).into_owned()).collect());
    }

    /// Writes it, as wide as the page.
    pub(super) fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let width = page.width();
        if width < wanted(self.header.len()) {
            let header: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
            return [header].iter().chain(&self.rows).try_for_each(|row| stack(row, page));
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width).set_header(self.header.clone()).add_rows(&self.rows);
        table.lines().try_for_each(|line| page.line(line))
    }
}

/// The name, below it the short words, and below them the last cell.
fn stack(row: &[String], page: &mut Page<'_>) -> io::Result<()> {
    let [name, between @ .., last] = row else { return Ok(()) };
    page.paragraph(name, " ")?;
    for text in [&between.join(" · "), last] {
        if !text.is_empty() {
            page.paragraph(text, "   ")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::render::Style;

    fn rendered(width: u16) -> String {
        let mut table = NameTable::new(&["RULE", "SEVERITY", "MOMENTS", "TITLE"]);
        let row =
            ["kubernetes-packages-held", "warning", "now boot", "The packages are held at their version"];
        table.row(row.map(str::to_owned));
        let mut out = Vec::new();
        table.write(&mut Page::new(Style { width, color: false, all: true }, &mut out)).unwrap();
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
        assert_eq!(rendered(40), narrow);
        let wide = "\
\x20RULE                      SEVERITY  MOMENTS   TITLE
\x20kubernetes-packages-held  warning   now boot  The packages are held at their version
";
        assert_eq!(rendered(100), wide);
    }
}
