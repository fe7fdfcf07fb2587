//! Files to rules: replaces built-in definitions by given ones, and collects every mistake.

use std::collections::HashMap;

use toml::de::DeTable;

use super::table::Reader;
use super::{Code, Diagnostic, Place, Rule, RuleSet, SourceFile, Spanned, Text, diagnostic, syntax};

/// What is left of rules that have mistakes, so that the other mistakes can be found as well.
#[derive(Debug)]
pub struct Broken {
    /// What could be read; it must not be judged.
    pub rules: RuleSet,
    /// The mistakes, sorted by place.
    pub mistakes: Vec<Diagnostic>,
}

/// Reads rule files. A rule, profile or variable of a given file replaces the built-in one of the same name.
///
/// # Errors
/// All mistakes of all files; `engine::mistakes` adds those that are seen only when names are resolved.
pub fn load(files: Vec<SourceFile>) -> Result<RuleSet, Box<Broken>> {
    extend(RuleSet::default(), files)
}

/// Adds rule files to a set, as [`load`] would if it had read the files of the set before.
///
/// # Errors
/// As [`load`].
pub fn extend(mut set: RuleSet, more: Vec<SourceFile>) -> Result<RuleSet, Box<Broken>> {
    let mut mistakes = Vec::new();
    let mut seen = Seen::of(&set);
    let known = set.files.len();
    let mut files = std::mem::take(&mut set.files);
    files.extend(more);
    for (index, file) in files.iter().enumerate().skip(known) {
        let mut reader = Reader { file: index, mistakes: Vec::new() };
        let (document, wrong) = DeTable::parse_recoverable(&file.text);
        read(&mut reader, &document, &mut set, &mut seen, &files);
        if wrong.is_empty() {
            mistakes.append(&mut reader.mistakes);
        }
        // What follows from a syntax error is not the writer's next mistake.
        mistakes.extend(wrong.iter().map(|error| {
            let place = reader.place(error.span().unwrap_or(0..0));
            Diagnostic::at(&place, Code::Syntax, error.message().replace('\n', "; "))
        }));
    }
    set.files = files;
    if mistakes.is_empty() {
        return Ok(set);
    }
    diagnostic::sort(&mut mistakes);
    Err(Box::new(Broken { rules: set, mistakes }))
}

/// Where each name was defined first, and its index in the set.
#[derive(Default)]
struct Seen {
    rules: HashMap<Text, usize>,
    variables: HashMap<Text, usize>,
    profiles: HashMap<Text, usize>,
}

impl Seen {
    fn of(set: &RuleSet) -> Self {
        fn index<T>(all: &[T], name: fn(&T) -> &Spanned<Text>) -> HashMap<Text, usize> {
            all.iter().enumerate().map(|(index, one)| (name(one).value.clone(), index)).collect()
        }
        Seen {
            rules: names(&set.rules),
            variables: index(&set.variables, |variable| &variable.name),
            profiles: index(&set.profiles, |profile| &profile.name),
        }
    }
}

fn read(
    reader: &mut Reader,
    document: &toml::Spanned<DeTable<'_>>,
    set: &mut RuleSet,
    seen: &mut Seen,
    files: &[SourceFile],
) {
    let table = document.get_ref();
    reader.check_keys(table, syntax::FILE, "a rule file");
    let topic = files.get(reader.file).map_or("", SourceFile::topic);
    if let Some(value) = table.get("rule") {
        match value.get_ref().as_array() {
            Some(items) => {
                for item in items {
                    if let Some(rule) = syntax::rule(reader, item, topic) {
                        define_rule(reader, files, &mut seen.rules, &mut set.rules, rule);
                    }
                }
            }
            None => reader.wrong_type(value, "`rule`", "a list of tables: [[rule]]"),
        }
    }
    for (name, value) in named(reader, table, "vars") {
        if let Some(variable) = syntax::variable(reader, name, value) {
            define(reader, files, &mut seen.variables, &mut set.variables, variable, |v| &v.name, "variable");
        }
    }
    for (name, value) in named(reader, table, "profiles") {
        if let Some(profile) = syntax::profile(reader, name, value) {
            define(reader, files, &mut seen.profiles, &mut set.profiles, profile, |p| &p.name, "profile");
        }
    }
}

/// The tables of `[vars]` or `[profiles]`, in the order of writing.
fn named<'a, 'i>(
    reader: &mut Reader,
    table: &'a DeTable<'i>,
    key: &str,
) -> Vec<(Spanned<Text>, &'a super::table::Value<'i>)> {
    let Some(value) = table.get(key) else { return Vec::new() };
    let Some(table) = reader.table(value, &format!("`{key}`")) else { return Vec::new() };
    let mut tables: Vec<_> = table
        .iter()
        .map(|(name, value)| {
            let place = reader.place(name.span());
            (Spanned { value: name.get_ref().clone().into_owned().into(), place }, value)
        })
        .collect();
    tables.sort_by_key(|(name, _)| name.place.span().start);
    tables
}

/// What rules are called, and where they stand.
fn names(rules: &[Rule]) -> HashMap<Text, usize> {
    let of_rule =
        |(index, rule): (usize, &Rule)| rule.names().map(|name| (name.clone(), index)).collect::<Vec<_>>();
    rules.iter().enumerate().flat_map(of_rule).collect()
}

/// Adds a rule, or puts it in the place of the built-in one of its id or alias, whose names it then has, too.
fn define_rule(
    reader: &mut Reader,
    files: &[SourceFile],
    seen: &mut HashMap<Text, usize>,
    all: &mut Vec<Rule>,
    mut rule: Rule,
) {
    let replaced = seen.get(&rule.id.value).map(|index| &all[*index]);
    if let Some(replaced) = replaced.filter(|replaced| files[replaced.id.place.file()].built_in) {
        let own: Vec<Text> = rule.names().cloned().collect();
        let others = std::iter::once(&replaced.id).chain(&replaced.aliases);
        rule.aliases.extend(others.filter(|name| !own.contains(&name.value)).cloned());
    }
    let (id, aliases) = (rule.id.value.clone(), rule.aliases.clone());
    define(reader, files, seen, all, rule, |rule| &rule.id, "rule");
    let Some(index) = seen.get(&id).copied() else { return };
    for alias in aliases {
        match seen.get(&alias.value).copied() {
            Some(other) if other != index => {
                let message = format!("`{}` is the id of another rule", alias.value);
                let mistake = Diagnostic::at(&alias.place, Code::Duplicate, message);
                reader.mistakes.push(mistake.label(&all[other].id.place, "defined here"));
            }
            _ => {
                seen.insert(alias.value, index);
            }
        }
    }
}

/// Adds a definition, or puts it in the place of the built-in one.
fn define<T>(
    reader: &mut Reader,
    files: &[SourceFile],
    seen: &mut HashMap<Text, usize>,
    all: &mut Vec<T>,
    new: T,
    name: fn(&T) -> &Spanned<Text>,
    what: &str,
) {
    let Spanned { value, place } = name(&new);
    let Some(index) = seen.get(value).copied() else {
        seen.insert(value.clone(), all.len());
        all.push(new);
        return;
    };
    let first: &Place = &name(&all[index]).place;
    if files[first.file()].built_in && !files[place.file()].built_in {
        all[index] = new;
        return;
    }
    let mistake = Diagnostic::at(place, Code::Duplicate, format!("the {what} `{value}` is defined twice"))
        .label(first, "first defined here");
    reader.mistakes.push(mistake);
}
