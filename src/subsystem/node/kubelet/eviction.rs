//! The thresholds at which the kubelet evicts pods: with the first that a file sets, all others of the built-in ones are gone.

use super::layers::Effective;
use super::{Kubelet, State, Subsystems};
use crate::component::kubelet::default_table::THRESHOLDS;
use crate::fact::{Confidence, Fact, Knowledge, Moment, Origin, Value};
use crate::host::HostPath;
use crate::parse::document::Content;
use crate::subsystem::boot::mounts;

/// Where the kubelet keeps what counts as `nodefs`.
const NODE: &str = "/var/lib/kubelet";

/// Those signals for which no threshold is in force, neither hard nor soft. Where images are on the file system of the node,
/// its signals are enough.
pub(super) fn unset(kubelet: &Kubelet, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    if let Some((origin, wrong)) = kubelet.config.errors.first() {
        return Fact::unknown(format!("the kubelet will not start: {origin}: {wrong}"));
    }
    let (hard, soft) = match (thresholds(kubelet, "evictionHard"), thresholds(kubelet, "evictionSoft")) {
        (Ok(hard), Ok(soft)) => (hard, soft),
        (Err(reason), _) | (_, Err(reason)) => return Fact::unknown(reason),
    };
    let merges = kubelet.merged("mergeDefaultEvictionSettings").state == State::from(true);
    let built_in_count = hard.is_none() || merges;
    let mut found = Vec::new();
    let is_built_in = |(_, _, since): &&(&str, &str, u64)| kubelet.minor.is_none_or(|minor| minor >= *since);
    for (signal, ..) in THRESHOLDS.iter().filter(is_built_in) {
        let by = |thresholds: &Option<Thresholds>| {
            thresholds
                .as_ref()
                .and_then(|(names, _)| names.iter().find(|(name, _)| name == *signal))
                .map(|(_, on)| *on)
        };
        // A threshold of 0 or 100% is none (`ParseThresholdConfig`).
        let is_set = by(&hard).unwrap_or(built_in_count);
        if !is_set && by(&soft) != Some(true) {
            let place = hard.as_ref().map(|(_, place)| place.clone()).unwrap_or_default();
            found.push((place, (*signal).to_owned()));
        }
    }
    let mut note = None;
    if found.iter().any(is_of_images) {
        match images_apart(subsystems, moment) {
            // Which version it is tells whether that one counts.
            Ok(true) if kubelet.minor.is_none() && found.iter().all(|(_, signal)| is_later(signal)) => {
                if let Some(unread) = &kubelet.unread {
                    return Fact::unknown(unread.as_str());
                }
            }
            Ok(true) => {}
            Ok(false) => {
                found.retain(|signal| !is_of_images(signal));
                note = Some("images are on the file system of the node");
            }
            Err(reason) => {
                found.retain(|signal| !is_of_images(signal));
                if found.is_empty() {
                    return Fact::unknown(reason);
                }
            }
        }
    }
    let fact = Fact::findings(found).at_most(Confidence::High);
    let fact = note.into_iter().fold(fact, Fact::note);
    let later = THRESHOLDS.iter().find(|(_, _, since)| kubelet.minor.is_none_or(|minor| minor < *since));
    if let (true, Some((signal, _, since))) = (built_in_count, later) {
        return fact.note(format!("{signal} has a built-in threshold from 1.{since} on"));
    }
    fact
}

/// Whether a signal has a built-in threshold in later versions only.
fn is_later(signal: &str) -> bool {
    THRESHOLDS.iter().any(|(name, _, since)| *name == signal && *since > 0)
}

fn is_of_images((_, signal): &(Origin, String)) -> bool {
    signal.starts_with("imagefs.")
}

/// Whether CRI-O's images have a file system of their own.
fn images_apart(subsystems: &Subsystems<'_>, moment: Moment) -> Result<bool, String> {
    let root = match subsystems.crio().at_boot(subsystems, "root").state {
        State::Known(Value::Text(root)) if root.starts_with('/') => root,
        State::Unknown(reason) => return Err(reason.to_string()),
        _ => return Err("where images are is not known: CRI-O is not installed".into()),
    };
    let point = |path: &str| match mounts::mount(subsystems, &HostPath::new(path), moment).state {
        Knowledge::Known(found) => Ok(found.point),
        Knowledge::Unknown(reason) => Err(reason.to_string()),
        Knowledge::Absent => Err(format!("which file system {path} is on is not known")),
    };
    Ok(point(&root)? != point(NODE)?)
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
