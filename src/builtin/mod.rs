//! The rules that are part of the program, so that the binary works alone on a bare host. `build.rs` reads them: a
//! mistake in them is one of the build, and no run has to parse TOML that never changes.

mod index;

use index::Index;

use crate::rule::other_tools::OtherTools;
use crate::rule::{self, Rule, RuleSet, SourceFile};

/// The index in the form of the crate `postcard`, and behind each other its rules in the same form.
const INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/index.postcard"));
const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));
const OTHER_TOOLS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/peers.postcard"));

// FILES: the name and text of every file of `rules/`, sorted by name.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The built-in rule files, in the order of loading.
#[must_use]
pub fn sources() -> Vec<SourceFile> {
    FILES.iter().map(|(name, text)| SourceFile::built_in(name, *text)).collect()
}

/// The built-in rules with their places, read from their files as rules of a user are: for whoever has to report a mistake.
///
/// # Panics
/// Never: the build of this very program read them.
#[expect(clippy::expect_used, reason = "as above; a test reads them")]
#[must_use]
pub fn written() -> RuleSet {
    rule::load(sources()).expect("rules without a mistake")
}

/// The built-in rules, without their places.
#[must_use]
pub fn rules() -> RuleSet {
    let index = index();
    let all: Vec<usize> = (0..index.ends.len()).collect();
    read(index, &all)
}

/// The built-in rules of some profiles, and those that they need, without their places; all if one of the profiles isn't built in. What isn't
/// selected is not read.
#[must_use]
pub fn rules_of(profiles: &[String]) -> RuleSet {
    let index = index();
    let mut is_wanted = vec![false; index.ends.len()];
    for name in profiles {
        match index.profiles.iter().position(|profile| profile.name.value == *name) {
            Some(place) => index.selected[place].iter().for_each(|rule| is_wanted[usize::from(*rule)] = true),
            None => is_wanted.fill(true),
        }
    }
    let wanted: Vec<usize> = (0..is_wanted.len()).filter(|rule| is_wanted[*rule]).collect();
    read(index, &wanted)
}

/// What other tools check. It is unpacked only by those who ask.
///
/// # Panics
/// Never: the bytes were made by the build of this very program.
#[expect(clippy::expect_used, reason = "as above; a test reads them")]
#[must_use]
pub fn other_tools() -> OtherTools {
    postcard::from_bytes(OTHER_TOOLS).expect("the other tools as they were written")
}

#[expect(
    clippy::expect_used,
    reason = "the bytes were made by the build of this very program; a test reads them"
)]
fn index() -> Index {
    postcard::from_bytes(INDEX).expect("the index as it was written")
}

#[expect(
    clippy::expect_used,
    reason = "the bytes were made by the build of this very program; a test reads them"
)]
fn read(index: Index, wanted: &[usize]) -> RuleSet {
    let Index { variables, profiles, ends, .. } = index;
    let start = |place: usize| place.checked_sub(1).map_or(0, |before| ends[before]) as usize;
    let rule = |place: &usize| -> Rule {
        let bytes = &RULES[start(*place)..ends[*place] as usize];
        postcard::from_bytes(bytes).expect("a rule as it was written")
    };
    RuleSet { files: sources(), rules: wanted.iter().map(rule).collect(), variables, profiles }
}
