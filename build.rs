//! Reads the built-in rules, and the catalogue of what other tools check, when the program is built: a mistake in
//! them is one of the build, and no run has to parse TOML that never changes.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "the rooms are used here in part")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this is no part of the program")]

#[path = "src/builtin/catalogue.rs"]
mod catalogue;
#[path = "src/fact/mod.rs"]
mod fact;
#[path = "src/rule/mod.rs"]
mod rule;

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use catalogue::Catalogue;
use rule::peer::Peers;
use rule::{Profile, RuleSet, SourceFile, diagnostic};

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
    let catalogue = catalogue_of(&set, &ends)?;
    fs::write(out.join("catalogue.postcard"), postcard::to_allocvec(&catalogue)?)?;
    let mut peers = Peers::default();
    for path in toml_files(&root.join("peers"))? {
        peers.read(&fs::read_to_string(&path)?).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    }
    fs::write(out.join("peers.postcard"), postcard::to_allocvec(&peers)?)?;
    link();
    Ok(())
}

/// Takes the unwinder, which only prints backtraces, from GCC's static library: it lies beside the shared one, which
/// every program of Rust asks for, and which costs a fortieth of a run to find, map and start. Without it all works as
/// well, so it is left alone wherever a linker might not find it: for other machines, and by other linkers.
fn link() {
    const LIBRARY: &str = "libgcc_eh.a";
    const NEW: &[u8] = b"_dl_find_object";
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_wanted = is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && env::var_os("HOST") == env::var_os("TARGET")
        && env::var_os("RUSTC_LINKER").is_none();
    // One that asks glibc 2.35 for `_dl_find_object` would keep the program from starting on Red Hat's 9, with 2.34.
    let is_modest = |library: &Vec<u8>| !library.windows(NEW.len()).any(|part| part == NEW);
    let libraries = || gcc_directories().into_iter().filter_map(|place| fs::read(place.join(LIBRARY)).ok());
    if is_wanted && libraries().next().is_some() && libraries().all(|library| is_modest(&library)) {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Where GCC has its own libraries, by machine and version: `/usr/lib/gcc/x86_64-linux-gnu/12`.
fn gcc_directories() -> Vec<PathBuf> {
    let below = |directory: PathBuf| {
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
    };
    let roots = ["/usr/lib/gcc", "/usr/lib64/gcc"].map(PathBuf::from);
    roots.into_iter().flat_map(below).flat_map(below).collect()
}

/// The TOML files of a directory, sorted.
fn toml_files(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.retain(|path| path.extension().is_some_and(|suffix| suffix == "toml"));
    paths.sort();
    Ok(paths)
}

/// The catalogue of a set whose rules end at these places.
///
/// # Errors
/// If there are more profiles than bits.
fn catalogue_of(set: &RuleSet, ends: &[u32]) -> Result<Catalogue, String> {
    let places: HashMap<&str, usize> = set
        .profiles
        .iter()
        .enumerate()
        .map(|(place, profile)| (profile.name.value.as_str(), place))
        .collect();
    if places.len() >= 64 {
        return Err("more profiles than a catalogue has bits for".into());
    }
    let bit = |name: &str| places.get(name).map_or(0, |place| 1 << place);
    let own = |profile: &Profile| bit(&profile.name.value);
    let mut includes: Vec<u64> = set.profiles.iter().map(own).collect();
    let mut selected: Vec<u64> = Vec::new();
    for rule in &set.rules {
        let names = rule.profiles.iter().map(|name| bit(&name.value));
        selected.push(if rule.profiles.is_empty() { u64::MAX } else { names.fold(0, |all, one| all | one) });
    }
    let rules: HashMap<&str, usize> =
        set.rules.iter().enumerate().map(|(place, rule)| (rule.id.value.as_str(), place)).collect();
    loop {
        let before = (includes.clone(), selected.clone());
        for (place, profile) in set.profiles.iter().enumerate() {
            for name in &profile.includes {
                includes[place] |= places.get(name.value.as_str()).map_or(0, |other| includes[*other]);
            }
        }
        for (place, rule) in set.rules.iter().enumerate() {
            for need in rule.needs.iter().filter_map(|need| rules.get(need.value.as_str())) {
                selected[*need] |= selected[place];
            }
        }
        if before == (includes.clone(), selected.clone()) {
            break;
        }
    }
    let set =
        RuleSet { variables: set.variables.clone(), profiles: set.profiles.clone(), ..RuleSet::default() };
    Ok(Catalogue { set, includes, rules: selected.into_iter().zip(ends.iter().copied()).collect() })
}
