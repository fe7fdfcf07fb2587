//! The thresholds at which the kubelet evicts pods: with the first that a file sets, all others of the built-in ones are gone.

use super::layers::Effective;
use super::{Kubelet, State};
use crate::fact::{Confidence, Fact, Origin, Value};
use crate::format::document::Content;

/// The signals with a built-in threshold (`DefaultEvictionHard` in `pkg/kubelet/eviction/defaults_linux.go`).
const BUILT_IN: [&str; 5] =
    ["imagefs.available", "imagefs.inodesFree", "memory.available", "nodefs.available", "nodefs.inodesFree"];
/// It has one from 1.30 on (kubernetes/kubernetes#121834); before, nobody took it away either.
const LATER: (&str, u64) = ("imagefs.inodesFree", 30);

/// Those signals for which no threshold is in force, neither hard nor soft.
pub(super) fn unset(kubelet: &Kubelet) -> Fact {
    if let Some((origin, wrong)) = kubelet.config.errors.first() {
        return Fact::unknown(format!("the kubelet will not start: {origin}: {wrong}"));
    }
    let (hard, soft) = match (thresholds(kubelet, "evictionHard"), thresholds(kubelet, "evictionSoft")) {
        (Ok(hard), Ok(soft)) => (hard, soft),
        (Err(reason), _) | (_, Err(reason)) => return Fact::unknown(reason),
    };
    let merges = kubelet.merged("mergeDefaultEvictionSettings").state == State::from(true);
    let built_in_count = hard.is_none() || merges || kubelet.lays_thresholds_over_defaults();
    let mut found = Vec::new();
    for signal in BUILT_IN {
        let by = |thresholds: &Option<Thresholds>| {
            thresholds
                .as_ref()
                .and_then(|(names, _)| names.iter().find(|(name, _)| name == signal))
                .map(|(_, on)| *on)
        };
        // A threshold of 0 or 100% is none (`ParseThresholdConfig`).
        let is_set = by(&hard).unwrap_or(built_in_count);
        if !is_set && by(&soft) != Some(true) {
            let place = hard.as_ref().map(|(_, place)| place.clone()).unwrap_or_default();
            found.push((place, signal.to_owned()));
        }
    }
    let fact = Fact::findings(found).at_most(Confidence::High);
    if built_in_count && kubelet.minor.is_none_or(|minor| minor < LATER.1) {
        return fact.note(format!("{} has a built-in threshold from 1.{} on", LATER.0, LATER.1));
    }
    fact
}

/// Signals, whether a threshold counts, and the place that set one.
type Thresholds = (Vec<(String, bool)>, Origin);

fn thresholds(kubelet: &Kubelet, key: &str) -> Result<Option<Thresholds>, String> {
    let effective = Effective::of(key, &kubelet.config.documents, &kubelet.line.settings());
    if let Some(reason) = effective.unknown {
        return Err(reason);
    }
    let Some(Content::Table(table)) = effective.value.map(|node| node.content) else { return Ok(None) };
    let names = table.iter().map(|(name, node)| {
        let is_none = matches!(node.state(), State::Known(Value::Text(text)) if ["0%", "100%"].contains(&text.as_str()));
        (name.clone(), !is_none)
    });
    Ok(Some((names.collect(), effective.because.into_iter().next().unwrap_or_default())))
}
