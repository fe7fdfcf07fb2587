//! `list`: the rules of a profile, or what other tools' checks they stand for.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::coverage::Coverage;
use super::error::Failure;
use super::load::Request;
use super::output::Outputs;
use super::table::NameTable;
use super::{ListArguments, load};
use crate::engine::plan::{Plan, PlannedRule};
use crate::report::render::{Format, Page, Style, write_document};
use crate::rule::{Rule, RuleSet, Spanned, Text, TomlValue, Variable, VariableKind};

pub(super) fn run(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let outputs = Outputs::of(&arguments.format, None)?;
    let rules = load::rules(&arguments.rules.rules)?;
    let plan = Request::of(&rules, &arguments.rules, &arguments.rules.profile, Vec::new())?.compile()?;
    outputs.write(&Catalogue { rules, plan, covers: arguments.covers }, true)?;
    Ok(ExitCode::SUCCESS)
}

/// What is listed.
pub(super) struct Catalogue {
    rules: RuleSet,
    /// The rules that the arguments select.
    plan: Plan,
    /// Whether what other tools check is listed instead.
    covers: bool,
}

/// The formats of a list.
pub(super) static FORMATS: &[Format<Catalogue>] = &[
    Format { name: "table", summary: "Tables for people.", complete: true, render: write_text },
    Format { name: "json", summary: "One JSON document, schema v1.", complete: true, render: write_json },
];

impl Catalogue {
    /// The selected rules, as they are planned and as they were written.
    fn chosen(&self) -> Vec<(&PlannedRule, &Rule)> {
        let written: BTreeMap<&str, &Rule> =
            self.rules.rules.iter().map(|rule| (rule.id.value.as_str(), rule)).collect();
        let rules = self.plan.rules.iter();
        rules.filter_map(|planned| Some((planned, *written.get(planned.id.as_str())?))).collect()
    }

    /// The rules that are written, of which other tools' checks are looked for.
    fn written(&self) -> (Vec<Rule>, bool) {
        let rules: Vec<Rule> = self.chosen().into_iter().map(|(_, rule)| rule.clone()).collect();
        let all = rules.len() == self.rules.rules.len();
        (rules, all)
    }
}

fn write_text(catalogue: &Catalogue, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    if catalogue.covers {
        let (rules, all) = catalogue.written();
        return Coverage::of(&rules, all).write_table(&mut page);
    }
    let chosen = catalogue.chosen();
    let mut shown = NameTable::new(&["RULE", "SEVERITY", "MOMENTS", "PROFILES", "TITLE"]);
    for (planned, rule) in &chosen {
        let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.value.as_str()).collect();
        let severity = planned.severity.name().to_owned();
        let title = title(planned).to_owned();
        shown.row([planned.id.to_string(), severity, moments(planned), profiles.join(" "), title]);
    }
    shown.write(&mut page)?;
    let count = chosen.len();
    let noun = if count == 1 { "rule" } else { "rules" };
    page.line("")?;
    page.paragraph(&format!("{count} {noun}; `node-preflight explain RULE` explains one"), " ")?;
    page.line("")?;
    let mut profiles = NameTable::new(&["PROFILE", "DESCRIPTION"]);
    for profile in &catalogue.rules.profiles {
        profiles.row([profile.name.value.to_string(), profile.description.to_string()]);
    }
    profiles.write(&mut page)?;
    page.line("")?;
    let mut variables = NameTable::new(&["VARIABLE", "DESCRIPTION"]);
    for variable in &catalogue.rules.variables {
        variables.row([variable.name.value.to_string(), describe(variable)]);
    }
    variables.write(&mut page)
}

/// What a variable says, the values that it takes, and the one that it has if nobody sets it.
fn describe(variable: &Variable) -> String {
    let values = match &variable.kind {
        VariableKind::Word(words) => format!(" One of {}.", words.join(", ")),
        _ => String::new(),
    };
    let default = variable.default.as_ref().map(|default| rendered(&default.value));
    let default =
        default.filter(|text| !text.is_empty()).map_or(String::new(), |text| format!(" [default: {text}]"));
    format!("{}{values}{default}", variable.description)
}

fn rendered(datum: &TomlValue) -> String {
    match datum {
        TomlValue::Bool(flag) => flag.to_string(),
        TomlValue::Integer(number) => number.to_string(),
        TomlValue::Text(text) => text.to_string(),
        TomlValue::List(items) => {
            items.iter().map(|item| rendered(&item.value)).collect::<Vec<_>>().join(", ")
        }
        TomlValue::Table(_) => String::new(),
    }
}

fn title(rule: &PlannedRule) -> &str {
    rule.prose.title_or(&rule.id)
}

/// `now`, `boot` or both.
fn moments(rule: &PlannedRule) -> String {
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
fn write_json(catalogue: &Catalogue, _style: Style, out: &mut dyn Write) -> io::Result<()> {
    if catalogue.covers {
        let (rules, all) = catalogue.written();
        return Coverage::of(&rules, all).write_json(out);
    }
    let Catalogue { rules, .. } = catalogue;
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
        default: variable.default.as_ref().map(|default| rendered(&default.value)),
    });
    let (profiles, variables) = (profiles.collect(), variables.collect());
    let chosen = catalogue.chosen();
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
    write_document(&document, out)
}
