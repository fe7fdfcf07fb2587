//! Reads the built-in rules when the program is built: a mistake in them is one of the build, and no run has to
//! parse TOML that never changes.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "the rooms are used here in part")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this is no part of the program")]

#[path = "src/fact/mod.rs"]
mod fact;
#[path = "src/rule/mod.rs"]
mod rule;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rule::{RuleSet, SourceFile, diagnostic};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let rules = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("rules");
    for path in ["rules", "src/fact", "src/rule"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let mut paths =
        fs::read_dir(rules)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.retain(|path| path.extension().is_some_and(|suffix| suffix == "toml"));
    paths.sort();
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
    fs::write(out.join("rules.postcard"), postcard::to_allocvec(&set)?)?;
    Ok(())
}
