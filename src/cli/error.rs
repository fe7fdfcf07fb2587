//! What went wrong, hints, and the exit codes: they are documented here and nowhere else.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | every rule of error severity passed, was skipped, or failed in a way that is waived |
//! | 1 | at least one failed |
//! | 2 | bad usage, rules, waivers or input: nothing was judged |
//! | 3 | nothing failed, but a rule of error severity can't be known |

use std::io;
use std::process::ExitCode;

use super::terminal;
use crate::fact::printable;
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

/// Tells the user why nothing was done, and gives the exit code. A closed pipe is no error.
#[must_use]
pub fn exit(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Failure::Output(_) => terminal::complain(&format!("error: {failure}\n")),
        Failure::Rules(rendered) => {
            terminal::complain(&format!(
                "{rendered}\nerror: nothing was judged: mend the mistakes above first\n"
            ));
        }
        Failure::Input { message, hints } => {
            // A command to join that was given in the wrong place.
            let message = syntax::without_tokens(message);
            let mut text = format!("error: nothing was judged: {}\n", printable(&message));
            for hint in hints {
                text.push_str("  hint: ");
                text.push_str(&printable(hint));
                text.push('\n');
            }
            terminal::complain(&text);
        }
    }
    ExitCode::from(2)
}
