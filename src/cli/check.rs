//! `check`: the story of a run.

use std::mem::forget;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use super::error::{self, Failure};
use super::load::Request;
use super::output::Outputs;
use super::waivers::Waivers;
use super::{CheckArguments, kubeadm, load, repeated, source, waivers};
use crate::engine::identity::identify;
use crate::engine::{self, Detail, Facts};
use crate::report::render::Format;
use crate::report::{Circumstances, Report};
use crate::subsystem::Subsystems;

pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let outputs = Outputs::of(&arguments.format, arguments.output.as_ref())?;
    let given = kubeadm::read(&arguments.source)?;
    let profiles = load::profiles(&arguments.rules, given.profile());
    // A waiver may name any rule.
    let rules = load::rules_for(&arguments.rules, &profiles, waivers::are_given(arguments))?;
    let is_explicit = !arguments.rules.profile.is_empty();
    let kubeadm = given.judge(&profiles, is_explicit)?;
    let given = kubeadm::variables(kubeadm.as_ref(), &profiles, &arguments.source, is_explicit);
    let request = Request::of(&rules, &arguments.rules, &profiles, given)?;
    let plan = request.compile()?;
    let Waivers { files: waiver_files, waivers } = Waivers::read(arguments, &rules, &plan)?;
    let (host, moments) = source::open(&arguments.source)?;
    source::refuse_partial(&arguments.source, &host)?;
    let subsystems = Subsystems::of(&host).with_kubeadm(kubeadm.as_ref());
    let plan = request.for_host(plan, &subsystems)?;
    let needs_all = |format: &Format| format.shows_every_rule(plan.rules.len(), arguments.all);
    let detail = if outputs.formats().any(needs_all) { Detail::Full } else { Detail::FailuresOnly };
    let facts = Facts::new(&subsystems, &plan);
    let mut findings = engine::judge_with(&plan, &facts, &moments, detail);
    load::refuse_idle(&rules, &plan, &arguments.rules, &findings)?;
    let applied = engine::waive(&mut findings, waivers, waivers::today());
    let identity = identify(&subsystems);
    let circumstances = Circumstances {
        moments: &moments,
        fail_on: arguments.fail_on.into(),
        time: SystemTime::now(),
        duration: start.elapsed(),
        options: &repeated::options(&arguments.source, &arguments.rules),
    };
    let report = Report::new(&plan, identity, findings, applied, circumstances);
    outputs.write(&report, arguments.all)?;
    waivers::complain(&waiver_files, &report.waivers);
    let code = error::code(report.outcome());
    // The process ends here: to take down what was learnt, piece by piece, is a fifteenth of a run (1.1 of 16 million
    // instructions on 1 December 2026).
    forget((report, facts));
    forget(subsystems);
    forget((host, plan, rules));
    Ok(code)
}
