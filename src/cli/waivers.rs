//! `--waivers FILE` and `--ignore-preflight-errors NAMES`: failures that are accepted.

use std::time::{SystemTime, UNIX_EPOCH};

use super::error::Failure;
use super::{CheckArguments, load, terminal, user_file};
use crate::builtin;
use crate::engine::plan::Plan;
use crate::engine::waive::{WaiverStatus, WaiverUse};
use crate::fact::{Date, Origin, did_you_mean};
use crate::rule::waiver::{self, Target, Targets, Waiver, WaiverSet};
use crate::rule::{Code, Diagnostic, RuleSet, SourceFile, Text, diagnostic};

/// The option, as it is named in reports.
const IGNORE: &str = "--ignore-preflight-errors";

/// When this was written: a clock that says less is wrong. (The moment of the build would make builds differ.)
const EARLIEST: Option<Date> = Date::new(2026, 11, 1);

/// The waivers of a run, and the files that they come from.
#[derive(Default)]
pub(super) struct Waivers {
    pub(super) files: Vec<SourceFile>,
    pub(super) waivers: Vec<(Waiver, Target)>,
}

impl Waivers {
    /// The waivers that the arguments name, for rules of which all are known. Names for kubeadm that nothing has are
    /// told on standard error, and nothing is ignored for them.
    pub(super) fn read(arguments: &CheckArguments, rules: &RuleSet, plan: &Plan) -> Result<Self, Failure> {
        if !are_given(arguments) {
            return Ok(Waivers::default());
        }
        let other_tools = builtin::other_tools();
        let targets = Targets::new(&rules.rules, &other_tools);
        let WaiverSet { files, waivers } =
            load(user_file::read("the waivers", &arguments.waivers)?, &targets)?;
        let target = |waiver: Waiver| {
            // A name that nothing has was told when the file was read.
            let target = targets.find(&waiver.name).ok()?;
            Some((waiver, target))
        };
        let mut waivers: Vec<(Waiver, Target)> = waivers.into_iter().filter_map(target).collect();
        waivers.extend(ignored(&arguments.ignore_preflight_errors, plan, &targets)?);
        Ok(Waivers { files, waivers })
    }
}

/// Whether the arguments name any.
pub(super) fn are_given(arguments: &CheckArguments) -> bool {
    !arguments.waivers.is_empty() || !arguments.ignore_preflight_errors.is_empty()
}

/// Waivers of files, every name of which is known.
pub(super) fn load(files: Vec<SourceFile>, targets: &Targets<'_>) -> Result<WaiverSet, Failure> {
    let refused = |files: &[SourceFile], wrong: &[Diagnostic]| {
        Failure::Rules(diagnostic::render(files, wrong, load::colors()))
    };
    let set = waiver::load(files).map_err(|(files, wrong)| refused(&files, &wrong))?;
    let mut wrong = waiver::unknown_names(&set.waivers, targets);
    if wrong.is_empty() {
        return Ok(set);
    }
    diagnostic::sort(&mut wrong);
    Err(refused(&set.files, &wrong))
}

/// As kubeadm takes them: several with commas, in upper or lower case, `all` alone.
fn ignored(names: &[String], plan: &Plan, targets: &Targets<'_>) -> Result<Vec<(Waiver, Target)>, Failure> {
    let names: Vec<&str> = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    let is_all = |name: &&str| name.eq_ignore_ascii_case("all");
    if names.len() > 1 && names.iter().any(is_all) {
        let failure = Failure::input(format!("{IGNORE}: `all` excludes every other name, as with kubeadm"));
        return Err(failure.hint("leave out `all`, or the names"));
    }
    let mut unknown = Vec::new();
    let mut waivers = Vec::new();
    for name in names {
        let target = if is_all(&name) {
            Target::Rules(plan.rules.iter().map(|rule| rule.id.clone()).collect())
        } else {
            match targets.find(name) {
                Ok(target) => target,
                Err(near) => {
                    let message =
                        format!("{IGNORE}: there is no check `{name}`, so nothing is ignored for it");
                    let help = near.map(|near| did_you_mean(&near));
                    unknown.push(Diagnostic::new(Code::UnknownCheck, message).help(help));
                    continue;
                }
            }
        };
        waivers.push((of_command_line(name), target));
    }
    terminal::complain_rendered(&diagnostic::render(&[], &unknown, load::colors()));
    Ok(waivers)
}

fn of_command_line(name: &str) -> Waiver {
    Waiver {
        name: name.to_owned().into(),
        reason: Text::from("asked for on the command line"),
        owner: None,
        expires: None,
        moment: None,
        accepts_unknown: false,
        by: Origin::given(IGNORE, None),
        place: None,
    }
}

/// The day in UTC, if the clock can be right.
pub(super) fn today() -> Option<Date> {
    // A clock before 1970 tells no day.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Date::of_unix(since.as_secs()).filter(|today| EARLIEST.is_some_and(|earliest| *today >= earliest))
}

/// Reports the waivers of files that changed nothing. Those of the command line are often given to all machines alike.
pub(super) fn complain(files: &[SourceFile], applied: &[WaiverUse]) {
    let told: Vec<Diagnostic> = applied.iter().filter_map(remark).collect();
    terminal::complain_rendered(&diagnostic::render(files, &told, load::colors()));
}

/// What is to be said of a waiver of a file.
fn remark(WaiverUse { waiver, status, .. }: &WaiverUse) -> Option<Diagnostic> {
    let place = waiver.place.as_ref()?;
    let name = &waiver.name;
    match (status, waiver.expires) {
        (WaiverStatus::Used, _) | (WaiverStatus::Expired | WaiverStatus::NoClock, None) => None,
        (WaiverStatus::Unused(why), _) => {
            let message = format!("the waiver of `{name}` accepts nothing: {why}");
            Some(Diagnostic::at(place, Code::UnusedWaiver, message))
        }
        (WaiverStatus::Expired, Some(last)) => Some(expired(waiver, last)),
        (WaiverStatus::NoClock, Some(_)) => {
            let message =
                format!("the waiver of `{name}` is not applied: the clock of this machine is wrong");
            let help = "set the clock: a wrong one must not bring old waivers to life".to_owned();
            Some(Diagnostic::at(place, Code::ExpiredWaiver, message).help(help))
        }
    }
}

fn expired(waiver: &Waiver, last: Date) -> Diagnostic {
    let message = format!("the waiver of `{}` expired: its last day was {last}", waiver.name);
    let help = "fix the problem or have the owner extend the waiver, then remove or re-date it".to_owned();
    let diagnostic = Diagnostic::new(Code::ExpiredWaiver, message).help(help);
    match &waiver.place {
        Some(place) => diagnostic.label(place, ""),
        None => diagnostic,
    }
}

/// Waivers whose last day is over, for `lint`.
pub(super) fn overdue(set: &WaiverSet, today: Option<Date>) -> Vec<Diagnostic> {
    let overdue = |waiver: &Waiver| {
        let last = waiver.expires?;
        today.is_some_and(|today| last < today).then(|| expired(waiver, last))
    };
    set.waivers.iter().filter_map(overdue).collect()
}
