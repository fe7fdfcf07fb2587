//! What a rule file should have besides being right: texts for its readers, and no dead declarations.

use std::collections::HashSet;

use super::{
    Code, ConditionTable, Diagnostic, Entry, Expression, Rule, RuleSet, Severity, Spanned, TomlValue,
    diagnostic, placeholder, suggestion,
};
use placeholder::Part;

/// Everything that readers of the given files would miss. Built-in files are not looked at, unless they are
/// the only ones.
#[must_use]
pub fn lint(rules: &RuleSet) -> Vec<Diagnostic> {
    let only_built_in = rules.files.iter().all(|file| file.built_in);
    let is_looked_at = |file: usize| only_built_in || !rules.files[file].built_in;
    let mut found = Vec::new();
    for rule in rules.rules.iter().filter(|rule| is_looked_at(rule.id.place.file())) {
        texts(rule, &mut found);
        style(rule, &mut found);
        placeholders(rule, &mut found);
    }
    dead_names(rules, &is_looked_at, &mut found);
    diagnostic::sort(&mut found);
    found
}

fn texts(rule: &Rule, found: &mut Vec<Diagnostic>) {
    let id = &rule.id.value;
    let mut missing = |key: &str, help: &str| {
        let message = format!("rule `{id}` has no `{key}`");
        found.push(Diagnostic::at(&rule.id.place, Code::MissingText, message).help(Some(help.to_owned())));
    };
    if rule.prose.title.is_empty() {
        missing("title", "say in a sentence what must hold");
    }
    if rule.prose.why.is_empty() {
        missing("why", "say what happens to a node where it doesn't hold");
    }
    if rule.prose.fix == super::Fix::default() && rule.severity != Severity::Info {
        missing("fix", "say how to mend the host: fix.text = \"..\"");
    }
}

fn style(rule: &Rule, found: &mut Vec<Diagnostic>) {
    let id = &rule.id.value;
    if let Some(word) = id.split('-').next().filter(|word| ["check", "no", "not", "is"].contains(word)) {
        let message = format!("the id `{id}` starts with `{word}`");
        let help = "name what must hold, noun first: `swap-off`, `ipv4-forwarding`".to_owned();
        found.push(Diagnostic::at(&rule.id.place, Code::Style, message).help(help));
    }
    if rule.prose.title.ends_with('.') {
        let message = format!("the title of rule `{id}` ends with a full stop");
        found.push(Diagnostic::at(&rule.id.place, Code::Style, message));
    }
    for covers in &rule.prose.covers {
        let fits =
            covers.split_once(':').is_some_and(|(tool, check)| !tool.is_empty() && !check.trim().is_empty());
        if !fits {
            let message = format!("rule `{id}` covers `{covers}`, which is not written `tool:check`");
            found.push(Diagnostic::at(&rule.id.place, Code::BadCovers, message));
        }
    }
}

/// What stands in the braces of fixes, and what nobody uses of `with`.
fn placeholders(rule: &Rule, found: &mut Vec<Diagnostic>) {
    let own = (&rule.prose.fix, &rule.id.place);
    let fixes = std::iter::once(own).chain(rule.fixes.cases.iter().map(|case| (&case.fix, &case.place)));
    let with: Vec<&str> = rule.fixes.with.iter().map(|(name, _)| name.value.as_str()).collect();
    let known = || placeholder::BUILT_IN.into_iter().chain(with.iter().copied());
    let mut used = HashSet::new();
    for (fix, place) in fixes {
        for part in placeholder::parts(fix.text.as_deref().unwrap_or_default()) {
            let Part::Hole { name, fallback } = part else { continue };
            used.insert(name);
            if !known().any(|known| known == name) {
                let message = format!(
                    "a fix of rule `{}` has the placeholder `{{{name}}}`, which stands for nothing",
                    rule.id.value
                );
                let help = suggestion::help(name, known());
                found.push(Diagnostic::at(place, Code::Placeholder, message).help(help));
            } else if fallback.is_none() {
                let message = format!(
                    "a fix of rule `{}` doesn't say what stands for `{{{name}}}` if nothing is known",
                    rule.id.value
                );
                let help = format!("write `{{{name}|the words that stand there then}}`");
                found.push(Diagnostic::at(place, Code::Placeholder, message).help(Some(help)));
            }
        }
    }
    for (name, _) in rule.fixes.with.iter().filter(|(name, _)| !used.contains(name.value.as_str())) {
        let message = format!("no fix of rule `{}` uses the placeholder `{}`", rule.id.value, name.value);
        found.push(Diagnostic::at(&name.place, Code::Placeholder, message));
    }
}

fn dead_names(rules: &RuleSet, is_looked_at: &dyn Fn(usize) -> bool, found: &mut Vec<Diagnostic>) {
    let mut used = HashSet::new();
    let mut selected: HashSet<&str> = HashSet::new();
    let mut all_profiles = false;
    for rule in &rules.rules {
        let of_fixes = rule.fixes.cases.iter().map(|case| case.when.as_ref());
        for expression in [Some(&rule.check), rule.when.as_ref()].into_iter().chain(of_fixes).flatten() {
            variables_of(expression, &mut used);
        }
        variables_in(&rule.fixes.with, &mut used);
        all_profiles |= rule.profiles.is_empty();
        selected.extend(rule.profiles.iter().map(|name| name.value.as_str()));
    }
    for variable in &rules.variables {
        let Spanned { value: name, place } = &variable.name;
        if is_looked_at(place.file()) && !used.contains(name.as_str()) {
            found.push(Diagnostic::at(
                place,
                Code::UnusedVariable,
                format!("no rule uses the variable `{name}`"),
            ));
        }
    }
    for profile in &rules.profiles {
        let Spanned { value: name, place } = &profile.name;
        let reached = all_profiles || selected.contains(name.as_str()) || !profile.includes.is_empty();
        if is_looked_at(place.file()) && !reached {
            let message = format!("no rule belongs to the profile `{name}`");
            found.push(Diagnostic::at(place, Code::UnreachableProfile, message));
        }
    }
}

fn variables_of<'r>(expression: &'r Expression, used: &mut HashSet<&'r str>) {
    match expression {
        Expression::All(parts, _) | Expression::Any(parts, _) => {
            for part in parts {
                variables_of(part, used);
            }
        }
        Expression::Not(inner, _) => variables_of(inner, used),
        Expression::Table(ConditionTable { entries, .. }) => variables_in(entries, used),
    }
}

fn variables_in<'r>(entries: &'r [Entry], used: &mut HashSet<&'r str>) {
    for (key, value) in entries {
        match &value.value {
            TomlValue::Text(name) if key.value == "var" => {
                used.insert(name);
            }
            TomlValue::Table(inner) => variables_in(inner, used),
            TomlValue::List(items) => {
                for item in items {
                    if let TomlValue::Table(inner) = &item.value {
                        variables_in(inner, used);
                    }
                }
            }
            TomlValue::Bool(_) | TomlValue::Integer(_) | TomlValue::Text(_) => {}
        }
    }
}
