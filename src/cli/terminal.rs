//! The only place that prints: standard output and error, and their width and colour.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use super::error::Failure;
use super::replace_file;
use crate::fact::printable;
use crate::report::render::Style;

/// Columns assumed where nothing says how wide the output is.
const USUAL_WIDTH: u16 = 120;

/// The style for a report; colours only on a terminal.
pub(super) fn style(all: bool, to_stdout: bool) -> Style {
    let terminal = to_stdout && io::stdout().is_terminal();
    Style { width: width(terminal), color: colors(terminal), all }
}

/// Whether to use colours: on a terminal, unless `NO_COLOR` or `TERM=dumb` say otherwise.
pub(super) fn colors(terminal: bool) -> bool {
    terminal && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

#[expect(clippy::disallowed_methods, reason = "COLUMNS is how a user says the width of a pipe")]
fn width(terminal: bool) -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    // Without a size the table takes its default width.
    let window = if terminal { rustix::termios::tcgetwinsize(io::stdout()).ok() } else { None };
    let window = window.map(|size| size.ws_col).filter(|width| *width > 0);
    columns.filter(|columns| *columns > 0).or(window).unwrap_or(USUAL_WIDTH)
}

/// Writes to standard output.
pub(super) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Who reads no further wanted no more; what was found stands, and so does its exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes to a file, which is replaced as a whole.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace_file::write_file(path, bytes).map_err(|error| {
        Failure::Output(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    })
}

/// Writes a line to standard error, with everything in it made visible that could harm a terminal.
pub(super) fn complain_line(line: &str) {
    complain_rendered(&format!("{}\n", printable(line)));
}

/// Writes text of several lines to standard error, as [`complain_line`] does.
pub(super) fn complain(text: &str) {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    complain_rendered(&lines.join("\n"));
}

/// Writes text with colours of its own to standard error; a closed one is nobody's problem.
pub(super) fn complain_rendered(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}
