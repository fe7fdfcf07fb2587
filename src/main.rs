//! The thin binary around the library.

use std::process::ExitCode;

use node_preflight::cli;

fn main() -> ExitCode {
    let arguments = match cli::arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match cli::run(&arguments) {
        Ok(code) => code,
        Err(failure) => cli::exit(&failure),
    }
}
