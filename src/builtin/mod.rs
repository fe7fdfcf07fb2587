//! The rules that are part of the program, so that the binary works alone on a bare host. `build.rs` reads them: a
//! mistake in them is one of the build, and no run has to parse TOML that never changes.

mod catalogue;

use catalogue::Catalogue;

use crate::rule::peer::Peers;
use crate::rule::{self, Rule, RuleSet, SourceFile};

/// The catalogue in the form of the crate `postcard`, and behind each other its rules in the same form.
const CATALOGUE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalogue.postcard"));
const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));
const PEERS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/peers.postcard"));

// FILES: the name and text of every file of `rules/`, sorted by name.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The built-in rule files, in the order of the catalogue.
#[must_use]
pub fn sources() -> Vec<SourceFile> {
    FILES.iter().map(|(name, text)| SourceFile::built_in(name, *text)).collect()
}

/// The built-in rules, read from their files as rules of a user are: slower than [`rules`], with their places.
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
    selected(catalogue(), u64::MAX)
}

/// The built-in rules of some profiles, and those that they need, without their places; all if one of the profiles
/// isn't built in. What isn't selected is not even unpacked.
#[must_use]
pub fn rules_of(profiles: &[String]) -> RuleSet {
    let catalogue = catalogue();
    let wanted = |name: &String| {
        let known = catalogue.set.profiles.iter().zip(&catalogue.includes);
        known.into_iter().find(|(profile, _)| profile.name.value == *name).map(|(_, includes)| *includes)
    };
    let wanted: Option<Vec<u64>> = profiles.iter().map(wanted).collect();
    let wanted = wanted.map_or(u64::MAX, |wanted| wanted.iter().fold(0, |all, one| all | one));
    selected(catalogue, wanted)
}

/// What other tools check. It is unpacked only by those who ask.
///
/// # Panics
/// Never: the bytes were made by the build of this very program.
#[expect(clippy::expect_used, reason = "as above; a test reads them")]
#[must_use]
pub fn peers() -> Peers {
    postcard::from_bytes(PEERS).expect("the peers as they were written")
}

#[expect(
    clippy::expect_used,
    reason = "the bytes were made by the build of this very program; a test reads them"
)]
fn catalogue() -> Catalogue {
    postcard::from_bytes(CATALOGUE).expect("the catalogue as it was written")
}

#[expect(
    clippy::expect_used,
    reason = "the bytes were made by the build of this very program; a test reads them"
)]
fn selected(catalogue: Catalogue, profiles: u64) -> RuleSet {
    let is_selected = |(of, _): &&(u64, u32)| of & profiles != 0;
    let mut rules: Vec<Rule> = Vec::with_capacity(catalogue.rules.iter().filter(is_selected).count());
    let starts = std::iter::once(0).chain(catalogue.rules.iter().map(|(_, end)| *end));
    let selected = catalogue.rules.iter().zip(starts).filter(|(rule, _)| is_selected(rule));
    rules.extend(selected.map(|((_, end), start)| -> Rule {
        postcard::from_bytes(&RULES[start as usize..*end as usize]).expect("a rule as it was written")
    }));
    RuleSet { files: sources(), rules, ..catalogue.set }
}
