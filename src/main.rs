//! The thin binary around the library.

use std::process::ExitCode;

use clap::Parser as _;
use node_preflight::cli;

fn main() -> ExitCode {
    match cli::run(&cli::Arguments::parse()) {
        Ok(code) => code,
        Err(failure) => cli::exit(&failure),
    }
}
