//! Rules, probes, selection and variables to a plan: every name is resolved, or every mistake is reported.

mod fixes;
mod items;
mod kind;
mod literal;
mod operator;
mod select;
mod skew;
mod spelling;
mod subject;
mod term;
mod variables;

use std::collections::BTreeMap;

use foldhash::{HashMap, HashSet};

use super::plan::{Condition, Plan, PlannedRule, Questions, SetVariable};
use crate::fact::{Moment, did_you_mean};
use crate::probe::{Key, PROBES, Probe};
use crate::rule::{Broken, Code, Diagnostic, Expression, Place, Rule, RuleSet, diagnostic, suggestion};
pub use operator::{OPERATORS, Operand, Operator};
pub use select::Selection;
use variables::Settings;
pub use variables::VariableOverride;

/// Resolves the selected rules with the variables that the user sets as (name, value).
///
/// Rules of given files are checked even if they are not selected. A rule that a selected one needs is part
/// of the plan as well, so that its failure is known as the root cause, unless it is skipped by name.
///
/// # Errors
/// All mistakes, sorted by place; those of the command line come first.
pub fn compile(
    rules: &RuleSet,
    selection: &Selection,
    variables: &[(String, String)],
) -> Result<Plan, Vec<Diagnostic>> {
    compile_with(PROBES, rules, selection, &[], variables)
}

/// As [`compile`], with values of variables from a file, which win against profiles and lose against the user's.
///
/// # Errors
/// As [`compile`].
pub fn compile_given(
    rules: &RuleSet,
    selection: &Selection,
    given: &[VariableOverride],
    variables: &[(String, String)],
) -> Result<Plan, Vec<Diagnostic>> {
    compile_with(PROBES, rules, selection, given, variables)
}

/// As [`compile`], with other probes than the program's own.
///
/// # Errors
/// As [`compile`].
pub fn compile_with(
    probes: &[&'static Probe],
    rules: &RuleSet,
    selection: &Selection,
    given: &[VariableOverride],
    variables: &[(String, String)],
) -> Result<Plan, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let profiles = select::profiles(rules, selection, &mut mistakes);
    let settings = variables::settle(rules, &profiles, given, variables, &mut mistakes);
    let ids = by_name(rules);
    let selected = select::rules(rules, &profiles, selection, &ids, &mut mistakes);
    mistakes.extend(select::circles(rules, &ids));
    check_profiles(rules, &mut mistakes);
    let probes: Probes =
        probes.iter().flat_map(|probe| [(probe.name, *probe), (probe.word(), *probe)]).collect();
    let profile_names = rules.profiles.iter().map(|profile| profile.name.value.as_str());
    let names = Names { profiles: profile_names.collect(), ids };
    let mut questions = Questions::default();
    let mut question = |probe, key| questions.place(probe, key);
    let mut planned = Compiler::new(rules, &probes, &settings, &mut question);
    let mut ignore = |_, _| 0;
    let mut unselected = Compiler::new(rules, &probes, &settings, &mut ignore);
    // Where a rule of the set comes to stand in the plan.
    let mut places: Vec<Option<usize>> = vec![None; rules.rules.len()];
    let mut plan = Vec::with_capacity(selected.iter().filter(|is_selected| **is_selected).count());
    for (index, rule) in rules.rules.iter().enumerate() {
        if selected[index] {
            if let Some(rule) = planned.rule(rule, &names) {
                places[index] = Some(plan.len());
                plan.push(rule);
            }
        } else if !rules.files[rule.id.place.file()].built_in {
            unselected.rule(rule, &names);
        }
    }
    mistakes.extend(planned.mistakes.drain(..).chain(unselected.mistakes));
    if !mistakes.is_empty() {
        diagnostic::sort(&mut mistakes);
        return Err(mistakes);
    }
    link_needs(rules, &names, &places, &mut plan);
    let used = planned.used.iter().map(|name| ((*name).to_owned(), settings[name].value.clone()));
    let mut hints = planned.hints;
    hints.append(&mut unselected.hints);
    diagnostic::sort(&mut hints);
    Ok(Plan {
        profiles: selection.profiles.clone(),
        selected: profiles.iter().map(|profile| profile.name.value.to_string()).collect(),
        variables: used.collect(),
        set: set(&settings),
        rules: plan,
        questions,
        hints,
    })
}

/// The rules by their names, old ones too.
fn by_name(rules: &RuleSet) -> HashMap<&str, usize> {
    let mut ids = HashMap::default();
    for (index, rule) in rules.rules.iter().enumerate() {
        ids.extend(rule.names().map(|name| (name.as_str(), index)));
    }
    ids
}

/// Fills in the places of the rules that each rule needs.
fn link_needs(rules: &RuleSet, names: &Names<'_>, places: &[Option<usize>], plan: &mut [PlannedRule]) {
    for (rule, place) in rules.rules.iter().zip(places) {
        let needs = rule.needs.iter().filter_map(|need| places[*names.ids.get(need.value.as_str())?]);
        if let Some(place) = place {
            plan[*place].needs = needs.collect();
        }
    }
}

/// The variables that somebody has set.
fn set(settings: &Settings<'_>) -> BTreeMap<String, SetVariable> {
    let set = settings.iter().filter(|(_, setting)| !setting.is_default);
    set.filter_map(|(name, setting)| {
        let (value, origin) = (setting.value.clone()?, setting.origin.clone());
        Some(((*name).to_owned(), SetVariable { value, origin }))
    })
    .collect()
}

/// All mistakes of rules that have some already, those of resolving names included.
#[must_use]
pub fn mistakes(broken: &Broken) -> Vec<Diagnostic> {
    mistakes_with(PROBES, broken)
}

/// As [`mistakes`], with other probes than the program's own.
#[must_use]
pub fn mistakes_with(probes: &[&'static Probe], broken: &Broken) -> Vec<Diagnostic> {
    let mut all = broken.mistakes.clone();
    // What follows from a syntax error is not the writer's next mistake.
    let unreadable: HashSet<usize> = all
        .iter()
        .filter(|diagnostic| diagnostic.code == Code::Syntax)
        .filter_map(|diagnostic| Some(diagnostic.labels.first()?.place.file()))
        .collect();
    // A name that is declared behind a syntax error is not known.
    let is_consequence = |diagnostic: &Diagnostic| {
        let names = [Code::UnknownRule, Code::UnknownVariable, Code::UnknownProfile];
        let unread = |file| unreadable.contains(&file);
        diagnostic.labels.first().is_none_or(|label| unread(label.place.file()))
            || (!unreadable.is_empty() && names.contains(&diagnostic.code))
    };
    if let Err(more) = compile_with(probes, &broken.rules, &Selection::everything(), &[], &[]) {
        all.extend(more.into_iter().filter(|diagnostic| !is_consequence(diagnostic)));
    }
    diagnostic::sort(&mut all);
    all
}

fn check_profiles(rules: &RuleSet, mistakes: &mut Vec<Diagnostic>) {
    let names = || rules.profiles.iter().map(|profile| profile.name.value.as_str());
    let known: HashSet<&str> = names().collect();
    for include in rules.profiles.iter().flat_map(|profile| &profile.includes) {
        if !known.contains(include.value.as_str()) {
            let message = format!("there is no profile `{}`", include.value);
            let help = suggestion::help(&include.value, names());
            mistakes.push(Diagnostic::at(&include.place, Code::UnknownProfile, message).help(help));
        }
    }
}

/// Probes by name.
type Probes = HashMap<&'static str, &'static Probe>;

/// The names that rules may use of each other.
struct Names<'r> {
    profiles: HashSet<&'r str>,
    ids: HashMap<&'r str, usize>,
}

/// Resolves conditions one by one, and collects the questions they ask and the mistakes they have.
struct Compiler<'r> {
    rules: &'r RuleSet,
    probes: &'r Probes,
    settings: &'r Settings<'r>,
    /// Adds a question, and tells where it stands.
    question: &'r mut dyn FnMut(&'static Probe, Key) -> usize,
    used: HashSet<&'r str>,
    /// Moments that narrow those at which the rule being resolved can be judged, and where it asks what answers at no
    /// others.
    moments: Vec<(&'r Place, &'static [Moment])>,
    mistakes: Vec<Diagnostic>,
    /// What means something else than it may seem, or could be written better: for `lint`.
    hints: Vec<Diagnostic>,
}

impl<'r> Compiler<'r> {
    fn new(
        rules: &'r RuleSet,
        probes: &'r Probes,
        settings: &'r Settings<'r>,
        question: &'r mut dyn FnMut(&'static Probe, Key) -> usize,
    ) -> Self {
        Compiler {
            rules,
            probes,
            settings,
            question,
            used: HashSet::default(),
            moments: Vec::new(),
            mistakes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// The rule with its names resolved; its needs are filled in when all rules are known.
    fn rule(&mut self, rule: &'r Rule, names: &Names<'r>) -> Option<PlannedRule> {
        let before = self.mistakes.len();
        self.moments.clear();
        self.check_names(rule, names);
        let check = self.condition(&rule.check);
        let when = rule.when.as_ref().map(|when| self.condition(when));
        let moments = self.moments_of(rule);
        let fixes = self.fixes(&rule.fixes);
        if self.mistakes.len() > before {
            return None;
        }
        let when = match when {
            Some(when) => Some(when?),
            None => None,
        };
        Some(PlannedRule {
            id: rule.id.value.clone(),
            severity: rule.severity,
            tags: rule.tags.clone(),
            prose: rule.prose.clone(),
            moments,
            when,
            check: check?,
            needs: Vec::new(),
            fixes,
        })
    }

    /// Notes that the rule asks what can be answered at these moments.
    fn ask(&mut self, place: &'r Place, moments: &'static [Moment]) {
        if moments.len() < Moment::ALL.len() {
            self.moments.push((place, moments));
        }
    }

    fn check_names(&mut self, rule: &Rule, names: &Names<'_>) {
        for profile in &rule.profiles {
            if !names.profiles.contains(profile.value.as_str()) {
                let message = format!("there is no profile `{}`", profile.value);
                let help = suggestion::help(&profile.value, names.profiles.iter().copied());
                self.mistakes.push(Diagnostic::at(&profile.place, Code::UnknownProfile, message).help(help));
            }
        }
        for need in &rule.needs {
            if let Some(needed) = names.ids.get(need.value.as_str()) {
                let rules = self.rules;
                self.spelling(&need.place, &need.value, &rules.rules[*needed].id.value);
            } else {
                let message = format!("there is no rule `{}`", need.value);
                let ids = self.rules.rules.iter().map(|rule| rule.id.value.as_str());
                let near = suggestion::nearest(&need.value, ids);
                let help = near.map(did_you_mean);
                self.mistakes.push(Diagnostic::at(&need.place, Code::UnknownRule, message).help(help));
            }
        }
    }

    fn condition(&mut self, expression: &'r Expression) -> Option<Condition> {
        match expression {
            Expression::Table(term) => self.term(term),
            Expression::Not(inner, _) => Some(Condition::Not(Box::new(self.condition(inner)?))),
            Expression::All(parts, _) => self.conditions(parts).map(Condition::All),
            Expression::Any(parts, _) => self.conditions(parts).map(Condition::Any),
        }
    }

    /// All of them are looked at, so that all mistakes are found.
    fn conditions(&mut self, parts: &'r [Expression]) -> Option<Vec<Condition>> {
        let mut conditions = Vec::with_capacity(parts.len());
        for part in parts {
            conditions.extend(self.condition(part));
        }
        (conditions.len() == parts.len()).then_some(conditions)
    }

    /// The moments that everything asked so far can be answered at, narrowed.
    fn answered(&self, is_wanted: impl Fn(&Moment) -> bool) -> &'static [Moment] {
        let answered = |moment: &Moment| self.moments.iter().all(|(_, moments)| moments.contains(moment));
        match Moment::ALL.each_ref().map(|moment| is_wanted(moment) && answered(moment)) {
            [true, true] => &Moment::ALL,
            [true, false] => &[Moment::Now],
            [false, true] => &[Moment::NextBoot],
            [false, false] => &[],
        }
    }

    /// The moments that all probes of the rule can answer, narrowed by the rule.
    fn moments_of(&mut self, rule: &Rule) -> &'static [Moment] {
        let narrowed = |moment: &Moment| rule.moments.as_ref().is_none_or(|moments| moments.contains(moment));
        let moments = self.answered(narrowed);
        if moments.is_empty() {
            let message = format!("rule `{}` can be judged at no moment", rule.id.value);
            let mut diagnostic = Diagnostic::at(&rule.id.place, Code::NoMoment, message);
            for (place, answered) in &self.moments {
                let words: Vec<&str> = answered.iter().map(|moment| moment.name()).collect();
                diagnostic = diagnostic.label(place, format!("answers {} only", words.join(", ")));
            }
            if let Some(moments) = &rule.moments {
                let words: Vec<&str> = moments.iter().map(|moment| moment.name()).collect();
                diagnostic =
                    diagnostic.help(format!("the rule says moments = [\"{}\"]", words.join("\", \"")));
            }
            self.mistakes.push(diagnostic);
        }
        moments
    }
}
