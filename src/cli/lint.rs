//! `lint`: looks for mistakes in rule files and waiver files, without judging a host.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use super::error::Failure;
use super::{LintArguments, terminal, user_file, waivers};
use crate::builtin;
use crate::engine::{self, Selection};
use crate::rule::waiver::{self, Targets};
use crate::rule::{self, diagnostic};

/// Mistakes end in exit code 2, warnings alone in 1.
pub(super) fn run(arguments: &LintArguments) -> Result<ExitCode, Failure> {
    let mut sources = builtin::sources();
    let (waived, given): (Vec<_>, Vec<_>) =
        user_file::read("the file", &arguments.paths)?.into_iter().partition(waiver::is_waivers);
    let looked_at = if arguments.paths.is_empty() { sources.len() } else { given.len() + waived.len() };
    let only_waivers = given.is_empty() && !waived.is_empty();
    sources.extend(given);
    let color = terminal::colors(std::io::stderr().is_terminal());
    let rules = rule::load(sources).map_err(|broken| {
        Failure::Rules(diagnostic::render(&broken.rules.files, &engine::mistakes(&broken), color))
    })?;
    let plan = engine::compile(&rules, &Selection::everything(), &[])
        .map_err(|wrong| Failure::Rules(diagnostic::render(&rules.files, &wrong, color)))?;
    let waivers = waivers::load(waived, &Targets::new(&rules.rules, &builtin::other_tools()))?;
    let overdue = waivers::overdue(&waivers, waivers::today());
    let mut warnings = if only_waivers { Vec::new() } else { rule::lint::lint(&rules) };
    warnings.extend(plan.hints);
    diagnostic::sort(&mut warnings);
    if warnings.is_empty() && overdue.is_empty() {
        let noun = if looked_at == 1 { "file" } else { "files" };
        terminal::write(format!("{looked_at} {noun}, no mistakes\n").as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    terminal::complain_rendered(&diagnostic::render(&rules.files, &warnings, color));
    terminal::complain_rendered(&diagnostic::render(&waivers.files, &overdue, color));
    Ok(ExitCode::from(1))
}
