//! Reads the built-in rules, and what other tools check, when the program is built: a mistake in
//! them is one of the build, and no run has to parse TOML that never changes.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "the rooms are used here in part")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this is no part of the program")]

#[path = "src/fact/mod.rs"]
mod fact;
#[path = "src/builtin/index.rs"]
mod index;
#[path = "src/rule/mod.rs"]
mod rule;

use std::error::Error;
use std::fmt::Write as _;
use std::num::TryFromIntError;
use std::path::{Path, PathBuf};
use std::{env, fs};

use index::Index;
use rule::other_tools::OtherTools;
use rule::{Profile, Rule, RuleSet, SourceFile, diagnostic};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for path in ["rules", "peers", "src/fact", "src/rule", "src/builtin"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let paths = toml_files(&root.join("rules"))?;
    let mut sources = Vec::new();
    let mut files = String::from("const FILES: &[(&str, &str)] = &[\n");
    for path in &paths {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a rule file without a name")?;
        sources.push(SourceFile::built_in(name, fs::read_to_string(path)?));
        let path = path.to_str().ok_or("a checkout whose path is not UTF-8")?;
        writeln!(files, "    ({name:?}, include_str!({path:?})),")?;
    }
    files.push_str("];\n");
    fs::write(out.join("files.rs"), files)?;
    let set: RuleSet = rule::load(sources)
        .map_err(|broken| diagnostic::render(&broken.rules.files, &broken.mistakes, false))?;
    let (mut rules, mut ends) = (Vec::new(), Vec::new());
    for rule in &set.rules {
        rules.extend(postcard::to_allocvec(rule)?);
        ends.push(u32::try_from(rules.len())?);
    }
    fs::write(out.join("rules.postcard"), rules)?;
    let selected: Vec<Vec<u16>> =
        set.profiles.iter().map(|profile| selected(&set, profile)).collect::<Result<_, _>>()?;
    let index = Index { variables: set.variables, profiles: set.profiles, selected, ends };
    fs::write(out.join("index.postcard"), postcard::to_allocvec(&index)?)?;
    let mut peers = OtherTools::default();
    for path in toml_files(&root.join("peers"))? {
        peers.read(&fs::read_to_string(&path)?).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    }
    fs::write(out.join("peers.postcard"), postcard::to_allocvec(&peers)?)?;
    Ok(())
}

/// The TOML files of a directory, sorted.
fn toml_files(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.retain(|path| path.extension().is_some_and(|suffix| suffix == "toml"));
    paths.sort();
    Ok(paths)
}

/// The rules that a profile selects, with those that they need.
fn selected(set: &RuleSet, profile: &Profile) -> Result<Vec<u16>, TryFromIntError> {
    let mut names = vec![profile.name.value.as_str()];
    let mut next = 0;
    while let Some(name) = names.get(next).copied() {
        let includes = set.profiles.iter().filter(|one| one.name.value == name).flat_map(|one| &one.includes);
        let new = includes.map(|name| name.value.as_str()).filter(|name| !names.contains(name));
        names.extend(new.collect::<Vec<_>>());
        next += 1;
    }
    let of_profile = |rule: &Rule| {
        rule.profiles.is_empty() || rule.profiles.iter().any(|name| names.contains(&name.value.as_str()))
    };
    let mut places: Vec<usize> =
        (0..set.rules.len()).filter(|place| of_profile(&set.rules[*place])).collect();
    next = 0;
    while let Some(place) = places.get(next).copied() {
        for need in &set.rules[place].needs {
            let needed = set.rules.iter().position(|rule| rule.id.value == need.value);
            places.extend(needed.filter(|needed| !places.contains(needed)));
        }
        next += 1;
    }
    places.sort_unstable();
    places.into_iter().map(u16::try_from).collect()
}
