//! `list`: the rules of a profile, or what other tools' checks they stand for.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;

use super::error::Failure;
use super::listing::Listing;
use super::{ListArguments, parity, rules, terminal};
use crate::engine::plan::PlannedRule;
use crate::rule::{Datum, Rule, RuleSet, Spanned, Text, Variable, VariableKind};

pub(super) fn run(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let rules = rules::load(&arguments.rules.rules)?;
    let plan = rules::compile(&rules, &arguments.rules, &arguments.rules.profile, &[])?;
    let written: BTreeMap<&str, &Rule> =
        rules.rules.iter().map(|rule| (rule.id.value.as_str(), rule)).collect();
    let chosen: Vec<(&PlannedRule, &Rule)> =
        plan.rules.iter().filter_map(|planned| Some((planned, *written.get(planned.id.as_str())?))).collect();
    let mut out = Vec::new();
    match (arguments.format.as_str(), arguments.covers) {
        (format, true) => {
            let of: Vec<&Rule> = chosen.iter().map(|(_, rule)| *rule).collect();
            let all = chosen.len() == rules.rules.len();
            parity::write(format, &of, all, &mut out)?;
        }
        ("json", _) => write_json(&rules, &chosen, &mut out)?,
        _ => write_rules(&rules, &chosen, &mut out)?,
    }
    terminal::write(None, &out)?;
    Ok(ExitCode::SUCCESS)
}

fn write_rules(rules: &RuleSet, chosen: &[(&PlannedRule, &Rule)], out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut shown = Listing::new(&["RULE", "SEVERITY", "MOMENTS", "PROFILES", "TITLE"]);
    for (planned, rule) in chosen {
        let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.value.as_str()).collect();
        let severity = planned.severity.name().to_owned();
        let title = title(planned).to_owned();
        shown.row([planned.id.to_string(), severity, moments(planned), profiles.join(" "), title]);
    }
    shown.write(out)?;
    writeln!(out, "\n {} rules; `node-preflight explain RULE` tells all about one\n", chosen.len())?;
    let mut profiles = Listing::new(&["PROFILE", "DESCRIPTION"]);
    for profile in &rules.profiles {
        profiles.row([profile.name.value.to_string(), profile.description.to_string()]);
    }
    profiles.write(out)?;
    writeln!(out)?;
    let mut variables = Listing::new(&["VARIABLE", "DESCRIPTION"]);
    for variable in &rules.variables {
        variables.row([variable.name.value.to_string(), describe(variable)]);
    }
    variables.write(out)
}

/// What a variable says, the values that it takes, and the one that it has if nobody sets it.
fn describe(variable: &Variable) -> String {
    let values = match &variable.kind {
        VariableKind::Word(words) => format!(" One of {}.", words.join(", ")),
        _ => String::new(),
    };
    let default = variable.default.as_ref().map(|default| shown(&default.value));
    let default =
        default.filter(|text| !text.is_empty()).map_or(String::new(), |text| format!(" [default: {text}]"));
    format!("{}{values}{default}", variable.description)
}

fn shown(datum: &Datum) -> String {
    match datum {
        Datum::Bool(flag) => flag.to_string(),
        Datum::Integer(number) => number.to_string(),
        Datum::Text(text) => text.to_string(),
        Datum::List(items) => items.iter().map(|item| shown(&item.value)).collect::<Vec<_>>().join(", "),
        Datum::Table(_) => String::new(),
    }
}

fn title(rule: &PlannedRule) -> &str {
    rule.prose.title_or(&rule.id)
}

/// `now`, `boot` or both.
pub(super) fn moments(rule: &PlannedRule) -> String {
    rule.moments.iter().map(|moment| moment.name()).collect::<Vec<_>>().join(" ")
}

/// `node-preflight/rules/v1`: within v1, fields are only ever added.
#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    rules: Vec<RuleV1<'r>>,
    profiles: Vec<ProfileV1<'r>>,
    variables: Vec<VariableV1<'r>>,
}

#[derive(Serialize)]
struct ProfileV1<'r> {
    name: &'r str,
    description: &'r str,
    /// Profiles whose rules it also selects.
    includes: Vec<String>,
}

#[derive(Serialize)]
struct VariableV1<'r> {
    name: &'r str,
    description: &'r str,
    /// Those that it takes, if they are few.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'r [Text]>,
    /// In words; absent if the variable is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

#[derive(Serialize)]
struct RuleV1<'r> {
    id: &'r str,
    title: &'r str,
    severity: &'static str,
    profiles: Vec<&'r str>,
    moments: Vec<&'static str>,
    tags: &'r [Text],
    covers: &'r [Text],
    why: &'r str,
    refs: &'r [Text],
}

/// Of a run with `--profile` the rules are fewer; profiles and variables are always all.
fn write_json(rules: &RuleSet, chosen: &[(&PlannedRule, &Rule)], out: &mut Vec<u8>) -> std::io::Result<()> {
    let names = |words: &'_ [_]| words.iter().map(|word: &Spanned<Text>| word.value.to_string()).collect();
    let profiles = rules.profiles.iter().map(|profile| ProfileV1 {
        name: &profile.name.value,
        description: &profile.description,
        includes: names(&profile.includes),
    });
    let variables = rules.variables.iter().map(|variable| VariableV1 {
        name: &variable.name.value,
        description: &variable.description,
        values: match &variable.kind {
            VariableKind::Word(words) => Some(words),
            _ => None,
        },
        default: variable.default.as_ref().map(|default| shown(&default.value)),
    });
    let (profiles, variables) = (profiles.collect(), variables.collect());
    let rules = chosen.iter().map(|(planned, rule)| RuleV1 {
        id: &planned.id,
        title: title(planned),
        severity: planned.severity.name(),
        profiles: rule.profiles.iter().map(|profile| profile.value.as_str()).collect(),
        moments: planned.moments.iter().map(|moment| moment.name()).collect(),
        tags: &rule.tags,
        covers: &rule.prose.covers,
        why: &planned.prose.why,
        refs: &planned.prose.refs,
    });
    let document =
        Document { schema: "node-preflight/rules/v1", rules: rules.collect(), profiles, variables };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
