//! The only place that prints: standard output and error, their width and colour, and output files.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

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
    let window = if terminal { rustix::termios::tcgetwinsize(io::stdout()).ok() } else { None };
    let window = window.map(|size| size.ws_col).filter(|width| *width > 0);
    columns.filter(|columns| *columns > 0).or(window).unwrap_or(USUAL_WIDTH)
}

/// Writes to standard output, or to a file that is replaced as a whole.
pub(super) fn write(file: Option<&Path>, bytes: &[u8]) -> io::Result<()> {
    match file {
        None => {
            let mut out = io::stdout().lock();
            match out.write_all(bytes).and_then(|()| out.flush()) {
                // Who reads no further wanted no more; what was found stands, and so does its exit code.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written,
            }
        }
        Some(path) => replace(path, bytes)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    }
}

/// A reader of the file, such as a metrics collector, never sees half of it.
#[expect(clippy::disallowed_methods, reason = "the user named this file with --output")]
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_regular = std::fs::symlink_metadata(path).map_or(true, |metadata| metadata.is_file());
    if !is_regular {
        return std::fs::write(path, bytes);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, bytes)
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| drop(std::fs::remove_file(&temporary)))
}

/// Writes to standard error; a closed one is nobody's problem.
pub(super) fn complain(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}
