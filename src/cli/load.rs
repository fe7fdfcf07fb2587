//! Loads and compiles rules: the built-in ones, and the files that the user names.

use crate::fact::{Moment, did_you_mean};
use std::collections::HashSet;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use super::error::Failure;
use super::{RulesArguments, runtime, source, target_version, terminal, user_file};
use crate::builtin;
use crate::engine::finding::{Finding, Verdict};
use crate::engine::plan::Plan;
use crate::engine::{self, Selection, VariableOverride};
use crate::rule::other_tools;
use crate::rule::waiver::{Target, Targets};
use crate::rule::{self, Broken, Diagnostic, RuleSet, SourceFile, Text, diagnostic};
use crate::subsystem::Subsystems;

/// What is judged if no profile is named.
const DEFAULT_PROFILE: &str = "node";

/// The built-in rules with the files of the paths.
pub(super) fn rules(paths: &[PathBuf]) -> Result<RuleSet, Failure> {
    let built_in = builtin::rules();
    if paths.is_empty() {
        return Ok(built_in);
    }
    rule::extend(built_in, user_file::read("the rules", paths)?).or_else(|broken| {
        with_places(&broken.rules).map_err(|broken| refused(&broken.rules.files, &engine::mistakes(&broken)))
    })
}

/// The same rules again, those that are built in with the places at which they are written.
fn with_places(rules: &RuleSet) -> Result<RuleSet, Box<Broken>> {
    let given = rules.files.iter().filter(|file| !file.built_in).cloned();
    rule::extend(builtin::written(), given.collect())
}

/// The rules that a run with these arguments and profiles may judge; others aren't even read, unless `all` are to be
/// known.
pub(super) fn rules_for(
    arguments: &RulesArguments,
    profiles: &[String],
    all: bool,
) -> Result<RuleSet, Failure> {
    let RulesArguments { rules, only, skip, .. } = arguments;
    // A word that selects rules may be misspelt, and then it is compared with all there are.
    if rules.is_empty() && only.is_empty() && skip.is_empty() && !all {
        return Ok(builtin::rules_of(profiles));
    }
    self::rules(rules)
}

fn refused(files: &[SourceFile], mistakes: &[Diagnostic]) -> Failure {
    Failure::Rules(diagnostic::render(files, mistakes, colors()))
}

/// Which rules a run judges, and the values that variables get.
pub(super) struct Request<'r> {
    rules: &'r RuleSet,
    selection: Selection,
    /// By files and the environment.
    given: Vec<VariableOverride>,
    /// By the command line.
    set: Vec<(String, String)>,
}

impl<'r> Request<'r> {
    /// What the arguments ask for, of all rules if no profile is given.
    pub(super) fn of(
        rules: &'r RuleSet,
        arguments: &RulesArguments,
        profiles: &[String],
        mut given: Vec<VariableOverride>,
    ) -> Result<Self, Failure> {
        let RulesArguments { only, skip, variables, .. } = arguments;
        let (only, skip) = (ids(rules, "--only", only)?, ids(rules, "--skip", skip)?);
        let selection = Selection { profiles: profiles.to_vec(), only, skip };
        let set = source::variables(variables)?;
        given.extend(source::environment(rules)?);
        Ok(Request { rules, selection, given, set })
    }

    /// The rules, ready to be judged.
    pub(super) fn compile(&self) -> Result<Plan, Failure> {
        let Request { rules, selection, given, set } = self;
        engine::compile_given(rules, selection, given, set).map_err(|mistakes| {
            let Ok(placed) = with_places(rules) else { return refused(&rules.files, &mistakes) };
            let again = engine::compile_given(&placed, selection, given, set).err();
            refused(&placed.files, &again.unwrap_or(mistakes))
        })
    }

    /// The plan for the container runtime that the host has, and for the version that it is to be upgraded to. Rules are
    /// compiled before a host is opened, so that their mistakes come first, and again where the host says something else.
    pub(super) fn for_host(mut self, plan: Plan, subsystems: &Subsystems<'_>) -> Result<Plan, Failure> {
        let mut found = runtime::variables(&plan, subsystems);
        found.extend(target_version::variable(&plan, subsystems));
        if found.is_empty() {
            return Ok(plan);
        }
        self.given.extend(found);
        self.compile()
    }
}

/// Words that select rules, with checks of other tools (`kubeadm:Swap`) replaced by the rules that answer them.
fn ids(rules: &RuleSet, option: &str, words: &[String]) -> Result<Vec<String>, Failure> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let own: HashSet<&str> = (rules.rules.iter())
        .flat_map(|rule| std::iter::once(&rule.id.value).chain(rule.tags.iter()))
        .map(Text::as_str)
        .collect();
    let is_own = |word: &String| own.contains(word.as_str());
    if words.iter().all(is_own) {
        return Ok(words.to_vec());
    }
    let other_tools = builtin::other_tools();
    let targets = Targets::new(&rules.rules, &other_tools);
    let mut ids = Vec::new();
    for word in words {
        if is_own(word) {
            ids.push(word.clone());
        } else if other_tools::split(word).is_some() {
            ids.extend(answering(&targets, option, word)?);
        } else if let Some(check) = targets.of_kubeadm(word) {
            let failure = Failure::input(format!("{option} {word}: no rule has this id or tag"));
            return Err(failure.hint(did_you_mean(check)));
        } else {
            // Its mistake is told with all others, when the rules are compiled.
            ids.push(word.clone());
        }
    }
    Ok(ids)
}

/// The rules that answer a check of another tool.
fn answering(targets: &Targets<'_>, option: &str, check: &str) -> Result<Vec<String>, Failure> {
    match targets.find(check) {
        Ok(Target::Rules(found)) => Ok(found.iter().map(ToString::to_string).collect()),
        Ok(Target::Nothing(why)) => Err(Failure::input(format!("{option} {check}: {why}"))),
        Err(near) => {
            let failure = Failure::input(format!("{option} {check}: no rule covers a check of this name"));
            Err(match near {
                Some(near) => failure.hint(did_you_mean(&near)),
                None => failure.hint("`node-preflight list --covers` shows all checks"),
            })
        }
    }
}

/// Refuses rules that `--only` names where they don't apply and are of another profile: that they don't fail says nothing.
pub(super) fn refuse_idle(
    rules: &RuleSet,
    plan: &Plan,
    arguments: &RulesArguments,
    findings: &[Finding],
) -> Result<(), Failure> {
    for word in &arguments.only {
        let Some(rule) = rules.rules.iter().find(|rule| rule.names().any(|name| name == word)) else {
            continue;
        };
        let of = |name: &&str| plan.selected.iter().any(|selected| selected == name);
        let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.value.as_str()).collect();
        let finding = findings.iter().find(|finding| finding.rule == rule.id.value);
        let Some(why) = finding.and_then(idle) else { continue };
        if profiles.is_empty() || profiles.iter().any(of) {
            continue;
        }
        let selected = plan.profiles.join(", ");
        let failure = Failure::input(format!("--only {word}: in profile {selected} this rule {why}"));
        return Err(failure.hint(format!("it is a rule of --profile {}", profiles.join(" or --profile "))));
    }
    Ok(())
}

/// Why a rule applies at no moment; none if it was judged at one.
fn idle(finding: &Finding) -> Option<&str> {
    let judgements = Moment::ALL.iter().filter_map(|moment| finding.at(*moment));
    let mut why = None;
    for judgement in judgements {
        match &judgement.verdict {
            Verdict::Skip(reason) if !judgement.blocked => why = why.or(Some(reason.as_str())),
            _ => return None,
        }
    }
    why
}

/// The profiles that the arguments name, or that of what the user will give kubeadm, or the default.
pub(super) fn profiles(arguments: &RulesArguments, of_kubeadm: Option<&str>) -> Vec<String> {
    match arguments.profile.as_slice() {
        [] => vec![of_kubeadm.unwrap_or(DEFAULT_PROFILE).to_owned()],
        profiles => profiles.to_vec(),
    }
}

pub(super) fn colors() -> bool {
    terminal::colors(io::stderr().is_terminal())
}
