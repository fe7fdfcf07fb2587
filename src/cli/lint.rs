//! `lint`: looks for mistakes in rule files, without judging a host.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use super::error::Failure;
use super::{LintArguments, rules, terminal};
use crate::builtin;
use crate::engine::{self, Selection};
use crate::rule::{self, diagnostic};

/// Mistakes end in exit code 2, warnings alone in 1.
pub(super) fn run(arguments: &LintArguments) -> Result<ExitCode, Failure> {
    let mut sources = builtin::sources();
    let given = rules::read(&arguments.paths)?;
    let looked_at = if given.is_empty() { sources.len() } else { given.len() };
    sources.extend(given);
    let color = terminal::colors(std::io::stderr().is_terminal());
    let rules = rule::load(sources).map_err(|broken| {
        Failure::Rules(diagnostic::render(&broken.rules.files, &engine::mistakes(&broken), color))
    })?;
    if let Err(wrong) = engine::compile(&rules, &Selection::everything(), &[]) {
        return Err(Failure::Rules(diagnostic::render(&rules.files, &wrong, color)));
    }
    let warnings = rule::lint::lint(&rules);
    if warnings.is_empty() {
        let noun = if looked_at == 1 { "file" } else { "files" };
        terminal::write(None, format!("{looked_at} {noun}, no mistakes\n").as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    terminal::complain(&diagnostic::render(&rules.files, &warnings, color));
    Ok(ExitCode::from(1))
}
