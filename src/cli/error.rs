//! What went wrong, hints, and the exit codes, as `--help` says them.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | every rule of error severity passed, was skipped, or failed in a way that is waived |
//! | 1 | at least one failed; `lint`: there are warnings |
//! | 2 | bad usage, rules, waivers or input: nothing was judged |
//! | 3 | nothing failed, but a rule of error severity can't be known |

use std::io;
use std::process::ExitCode;

use super::terminal;
use crate::kubeadm::syntax;
use crate::report::Outcome;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something that the user gave can't be used: what, and hints on what to do.
    #[error("{message}")]
    Input {
        /// What was tried, where, why it failed.
        message: String,
        /// What to do.
        hints: Vec<String>,
    },
    /// Mistakes in rules, rendered.
    #[error("{0}")]
    Rules(String),
    /// Output could not be written.
    #[error("can't write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    pub(super) fn input(message: impl Into<String>) -> Self {
        Failure::Input { message: message.into(), hints: Vec::new() }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Failure::Input { hints, .. } = &mut self {
            hints.push(hint.into());
        }
        self
    }
}

/// The exit code of a report.
pub(super) fn code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Ready => ExitCode::SUCCESS,
        Outcome::NotReady => ExitCode::from(1),
        Outcome::Unknown => ExitCode::from(3),
    }
}

/// Says why nothing was done, and gives the exit code. A closed pipe is no error.
#[must_use]
pub fn exit(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Failure::Output(_) => terminal::complain_line(&format!("error: {failure}")),
        Failure::Rules(rendered) => {
            terminal::complain_rendered(&format!(
                "{rendered}\nerror: not checked: fix the errors above first\n"
            ));
        }
        Failure::Input { message, hints } => {
            // A command to join that was given in the wrong place.
            let message = syntax::without_tokens(message);
            // What the user gave may hold line ends of its own.
            let lines = [format!("error: not checked: {message}")].into_iter();
            let hints = hints.iter().map(|hint| format!("  hint: {hint}"));
            lines.chain(hints).for_each(|line| terminal::complain_line(&line));
        }
    }
    ExitCode::from(2)
}
