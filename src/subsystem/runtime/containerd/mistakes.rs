//! What stops containerd when it starts, or keeps its CRI from loading. Where the installed release isn't known, that is certain
//! which every release minds.

use super::config::{Config, File};
use crate::component::containerd::{too_new, version};
use crate::fact::{Knowledge, Origin, Version};

/// One of each kind: 2.2.2 took back a check of 2.2.0.
const RELEASES: [&str; 7] = ["1.6.0", "1.7.0", "2.0.0", "2.1.0", "2.2.0", "2.2.2", "2.3.0"];

type Mistake = (Origin, String);

/// The mistakes and their places; `unread` says why the release isn't known.
pub(super) fn mistakes(
    file: &File<'_>,
    config: &Config,
    unread: Option<String>,
) -> (Knowledge<Vec<String>>, Vec<Origin>) {
    let (certain, possible) = if config.release.is_some() {
        (config.mistakes.clone(), None)
    } else {
        // Where nothing hides a release, it is one that reads the file's version.
        let newest = config.documents.iter().map(|(_, document)| version(document)).max();
        let is_possible = |release: &Version| {
            unread.is_some() || newest.is_none_or(|newest| too_new(newest, release).is_none())
        };
        of_releases(file, is_possible)
    };
    let places = certain.iter().chain(&possible).map(|(place, _)| place.clone()).collect();
    let doubt = possible.map(|(place, what)| {
        unread.unwrap_or_else(|| format!("{place}: {what}; whether it does, containerd's version would tell"))
    });
    let known = match doubt.or_else(|| config.doubt.clone()) {
        Some(reason) if certain.is_empty() => Knowledge::unknown(reason),
        _ => {
            Knowledge::Known(certain.iter().map(|(place, what)| format!("{}: {what}", place.path)).collect())
        }
    };
    (known, places)
}

/// What every release minds, and the first mistake that only some do.
fn of_releases(file: &File<'_>, is_possible: impl Fn(&Version) -> bool) -> (Vec<Mistake>, Option<Mistake>) {
    let releases = RELEASES.iter().filter_map(|release| Version::parse(release)).filter(is_possible);
    // Which files are read doesn't depend on the release: one that couldn't be has been told of.
    let loaded = releases.filter_map(|release| file.load(Some(&release)).ok());
    let all: Vec<Vec<Mistake>> = loaded.map(|config| config.mistakes).collect();
    let Some((first, others)) = all.split_first() else { return (Vec::new(), None) };
    if all.iter().any(Vec::is_empty) {
        return (Vec::new(), all.into_iter().flatten().next());
    }
    let common: Vec<Mistake> =
        first.iter().filter(|one| others.iter().all(|mistakes| mistakes.contains(one))).cloned().collect();
    // Each minds something else.
    if common.is_empty() { (first.clone(), None) } else { (common, None) }
}
