//! `check`: the story of a run.

use std::mem::ManuallyDrop;
use std::process::ExitCode;
use std::time::Instant;

use super::error::{self, Failure};
use super::waivers::Waivers;
use super::{CheckArguments, kubeadm, rules, source, terminal, waivers};
use crate::engine::identity::identify;
use crate::engine::{self, Detail};
use crate::report::Report;
use crate::report::render::FORMATS;
use crate::subsystem::Subsystems;

pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let profiles = rules::profiles(&arguments.rules, &arguments.source);
    // A waiver may name any rule.
    let rules = rules::load_for(&arguments.rules, &profiles, waivers::are_given(arguments))?;
    let kubeadm = kubeadm::read(&arguments.source)?;
    let given = kubeadm::given(kubeadm.as_ref(), &profiles);
    let plan = ManuallyDrop::new(rules::compile(&rules, &arguments.rules, &profiles, &given)?);
    let Waivers { files: waiver_files, waivers } = Waivers::read(arguments, &rules, &plan)?;
    // Judging takes the memory that the rules had: a page that is new costs more than to give one back.
    drop(rules);
    // The process ends with the run: taking down what was learnt, piece by piece, would be a tenth of its work.
    let (host, moments) = source::open(&arguments.source)?;
    let host = ManuallyDrop::new(host);
    let subsystems = ManuallyDrop::new(Subsystems::of(&host).with_kubeadm(kubeadm.as_ref()));
    let style = terminal::style(arguments.all, arguments.output.is_none());
    let format = FORMATS.iter().find(|format| format.name == arguments.format);
    let detail = format.map_or(Detail::Full, |format| (format.detail)(plan.rules.len(), style));
    let mut findings = engine::judge_with(&plan, &subsystems, &moments, detail);
    let applied = engine::waive(&mut findings, waivers, waivers::today());
    let mut report = ManuallyDrop::new(Report::new(&plan, findings, identify(&subsystems), &moments));
    report.fail_on = arguments.fail_on.into();
    report.waivers = applied;
    report.duration = start.elapsed();

    let mut out = Vec::new();
    if let Some(format) = format {
        (format.render)(&report, style, &mut out)?;
    }
    terminal::write(arguments.output.as_deref(), &out)?;
    waivers::complain(&waiver_files, &report.waivers);
    Ok(error::code(report.outcome()))
}
