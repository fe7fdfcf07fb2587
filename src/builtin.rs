//! The rules that are part of the program, so that the binary works alone on a bare host. `build.rs` reads them: a
//! mistake in them is one of the build, and no run has to parse TOML that never changes.

use crate::rule::{RuleSet, SourceFile};

/// The set in the form of the crate `postcard`, without its files.
const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

// FILES: the name and text of every file of `rules/`, sorted by name.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The built-in rule files, in the order of the catalogue.
#[must_use]
pub fn sources() -> Vec<SourceFile> {
    FILES.iter().map(|(name, text)| SourceFile::built_in(name, *text)).collect()
}

/// The built-in rules.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "the bytes were made by the build of this very program")]
pub fn rules() -> RuleSet {
    #[expect(clippy::expect_used, reason = "as above; a test reads them")]
    let rules: RuleSet = postcard::from_bytes(RULES).expect("rules as they were written");
    RuleSet { files: sources(), ..rules }
}
