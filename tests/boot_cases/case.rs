//! The cases of this directory: what a tree of files leads to after a boot.
//!
//! `tests/suite/boot_cases.rs` judges them on small trees; `tests/real/boot/` boots those that name a distribution.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What a case asks, and what it expects: `sysctl:vm.swappiness`, `service:x.service.active`.
pub(crate) type Expectations = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// A root of a distribution, what is changed in it, and what it leads to after a boot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Unique.
    pub(crate) id: String,
    /// `debian12` and `debian13` can be booted; `generic` is an empty root.
    pub(crate) base: String,
    /// What it is about, in a few words.
    pub(crate) says: String,
    /// Added to the kernel command line.
    #[serde(default)]
    pub(crate) cmdline: Option<String>,
    #[serde(default)]
    pub(crate) file: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) link: BTreeMap<String, String>,
    /// Executable files.
    #[serde(default)]
    pub(crate) program: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) remove: Vec<String>,
    #[serde(default)]
    pub(crate) expect: Expectations,
    /// Why a tree of files can't answer this case.
    #[serde(default)]
    pub(crate) except: Option<String>,
    /// Why this case is not booted, and where its expectation comes from instead.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// How the disk of the root is laid out: `gpt` has a swap partition beside the root, `gpt-no-auto` one that says
    /// that it is not to be used by itself. No tree of files can tell.
    #[serde(default)]
    pub(crate) disk: Option<String>,
    /// Whether it would disturb other cases in the same boot in a way that can't be seen from its files.
    #[serde(default)]
    pub(crate) alone: bool,
}

/// All cases, by file and place.
pub(crate) fn all() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boot_cases");
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "toml"))
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        file.case
    };
    files.into_iter().flat_map(read).collect()
}

/// `service:x.service.active` asks for an attribute of a record; the last word counts only if the probe's
/// answer has such an attribute.
pub(crate) fn split_attribute(question: &str) -> (&str, Option<&str>) {
    const ATTRIBUTES: [&str; 8] =
        ["active", "enabled", "mode", "backend", "target", "held", "version", "kind"];
    match question.rsplit_once('.') {
        Some((rest, name)) if ATTRIBUTES.contains(&name) && !question.starts_with("sysctl:") => {
            (rest, Some(name))
        }
        _ => (question, None),
    }
}
