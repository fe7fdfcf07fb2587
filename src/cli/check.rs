//! `check`: the story of a run.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Instant;

use super::error::{self, Failure};
use super::{CheckArguments, RulesArguments, rules, source, terminal};
use crate::engine::identity::identify;
use crate::engine::plan::Plan;
use crate::engine::{self, Selection};
use crate::report::Report;
use crate::report::render::FORMATS;
use crate::rule::{self, diagnostic};
use crate::subsystem::Subsystems;

/// What is judged if no profile is named.
const DEFAULT_PROFILE: &str = "node";

pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let plan = plan(&arguments.rules)?;
    let (host, moments) = source::open(&arguments.source)?;
    let subsystems = Subsystems::of(&host);
    let findings = engine::judge(&plan, &subsystems, &moments);
    let mut report = Report::new(plan, findings, identify(&subsystems), &moments);
    report.fail_on = arguments.fail_on.into();
    report.duration = start.elapsed();

    let mut out = Vec::new();
    let style = terminal::style(arguments.all, arguments.output.is_none());
    for format in FORMATS.iter().filter(|format| format.name == arguments.format) {
        (format.render)(&report, style, &mut out)?;
    }
    terminal::write(arguments.output.as_deref(), &out)?;
    Ok(error::code(report.outcome()))
}

/// The rules that the arguments select, ready to be judged.
fn plan(arguments: &RulesArguments) -> Result<Plan, Failure> {
    let color = terminal::colors(std::io::stderr().is_terminal());
    let mut sources = rule::builtin::sources();
    sources.extend(rules::read(&arguments.rules)?);
    let rules = rule::load(sources).map_err(|broken| {
        Failure::Rules(diagnostic::render(&broken.rules.files, &engine::mistakes(&broken), color))
    })?;
    let profiles = match arguments.profile.as_slice() {
        [] => vec![DEFAULT_PROFILE.to_owned()],
        profiles => profiles.to_vec(),
    };
    let selection = Selection { profiles, only: arguments.only.clone(), skip: arguments.skip.clone() };
    engine::compile(&rules, &selection, &source::variables(&rules, &arguments.variables)?)
        .map_err(|wrong| Failure::Rules(diagnostic::render(&rules.files, &wrong, color)))
}
