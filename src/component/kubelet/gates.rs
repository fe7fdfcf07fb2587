//! Feature gates that the kubelet doesn't know, that are locked, or that others need (component-base/featuregate). It exits
//! for each.

use std::collections::BTreeMap;

use super::gate_needs::{NEEDS, OFF};
use super::gate_table::{Choice, GATES, KNOWN_UP_TO, REMOVED};
use super::later_gates;
use super::view::{Judgement, View};
use crate::parse::document::{Content, Node};

/// Gates of all stages.
const GROUPS: [&str; 2] = ["AllAlpha", "AllBeta"];

pub(super) fn look(view: View<'_>, found: &mut Judgement) {
    let Some(Content::Table(gates)) = view.at("featureGates") else { return };
    for (name, node) in gates {
        let Content::Bool(value) = node.content else { continue };
        let field = format!("featureGates.{name}");
        match known(name, view.minor) {
            Known::Yes => {}
            Known::No(why) => {
                found.fault(field, format!("featureGates has `{name}`, {why}"));
                continue;
            }
            Known::Undecided => {
                let minor =
                    view.minor.map_or_else(|| "this version".to_owned(), |minor| format!("1.{minor}"));
                let text =
                    format!("it isn't known whether the kubelet of {minor} has the feature gate {name}");
                found.undecided(field, text);
                continue;
            }
        }
        locked(view, name, value, found);
    }
    // Older versions have other dependencies, and all gates of a group may be on.
    if view.minor == Some(KNOWN_UP_TO) && !GROUPS.iter().any(|group| gates.contains_key(*group)) {
        needed(gates, found);
    }
}

fn locked(view: View<'_>, name: &str, value: bool, found: &mut Judgement) {
    if let Some((locked, since)) = lock(name)
        && value != locked
        && view.since(since)
    {
        let text =
            format!("featureGates.{name} is {value}, must be {locked}: it is locked from 1.{since} on");
        found.fault(format!("featureGates.{name}"), text);
    }
}

/// The only value of a gate, and since when it has no other.
fn lock(name: &str) -> Option<(bool, u64)> {
    match GATES.iter().find(|(gate, ..)| *gate == name)?.2 {
        Choice::Locked { value, since } => Some((value, since)),
        Choice::Free => {
            let (_, value) = later_gates::LOCKED.iter().find(|(gate, _)| *gate == name)?;
            Some((*value, later_gates::OF_MINOR))
        }
    }
}

/// The last minor version that knew a gate which is gone.
fn last(name: &str) -> Option<u64> {
    let removed = REMOVED.iter().find(|(gate, _)| *gate == name).map(|(_, last)| *last);
    removed.or_else(|| later_gates::GONE.contains(&name).then_some(later_gates::OF_MINOR - 1))
}

/// Why a component of a minor version exits for a gate, as far as that is certain: the gate is gone or locked. (Components of
/// the control plane know gates of their own, so that an unknown name says nothing.)
pub(crate) fn refusal(name: &str, value: bool, minor: u64) -> Option<String> {
    if let Some(last) = last(name).filter(|last| minor > *last) {
        return Some(format!("{name} is gone: 1.{last} was the last version that knew it"));
    }
    let (locked, since) = lock(name).filter(|(locked, since)| minor >= *since && value != *locked)?;
    Some(format!("{name} is {value}, must be {locked}: it is locked from 1.{since} on"))
}

/// Whether a gate can have no other value in a minor version: one that goes in a later one.
pub(crate) fn is_settled(name: &str, minor: u64) -> bool {
    lock(name).is_some_and(|(_, since)| minor >= since)
}

/// Gates that are on while one that they need is off.
fn needed(gates: &BTreeMap<String, Node>, found: &mut Judgement) {
    let set = |name: &str| match gates.get(name).map(|node| &node.content) {
        Some(Content::Bool(value)) => Some(*value),
        _ => None,
    };
    let is_on = |name: &str| set(name).unwrap_or(!OFF.contains(&name));
    for (needed, dependents) in dependents() {
        if is_on(needed) {
            continue;
        }
        let on: Vec<&str> = dependents.into_iter().filter(|name| is_on(name)).collect();
        if set(needed) == Some(false) && !on.is_empty() {
            let verb = if on.len() == 1 { "is on and needs" } else { "are on and need" };
            let text = format!("featureGates.{needed} is false, while {} {verb} it", on.join(" and "));
            found.fault(format!("featureGates.{needed}"), text);
            continue;
        }
        for name in on {
            let text = format!("featureGates.{name} is true and needs {needed}, which is off by default");
            found.fault(format!("featureGates.{name}"), text);
        }
    }
}

/// The gates that others need, each with those others.
fn dependents() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut dependents: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, needed) in NEEDS {
        for needed in *needed {
            dependents.entry(*needed).or_default().push(*name);
        }
    }
    dependents
}

enum Known {
    Yes,
    /// Why not, as it follows the name.
    No(String),
    Undecided,
}

fn known(name: &str, minor: Option<u64>) -> Known {
    if GROUPS.contains(&name) {
        return Known::Yes;
    }
    let row = GATES.iter().find(|(gate, ..)| *gate == name);
    match (row, last(name), minor) {
        (Some((_, since, _)), _, Some(minor)) if minor < *since => {
            Known::No(format!("which the kubelet knows from 1.{since} on"))
        }
        (_, Some(last), Some(minor)) if minor > last => {
            Known::No(format!("which is gone: 1.{last} was the last kubelet that knew it"))
        }
        // Whether a later version still has it is not known here; most stay for years.
        (Some(_), ..) | (_, Some(_), Some(_)) => Known::Yes,
        (None, None, Some(KNOWN_UP_TO)) => {
            Known::No(format!("which the kubelet doesn't know{}", meant(name)))
        }
        (None, None, _) => match meant(name) {
            near if near.is_empty() => Known::Undecided,
            near => Known::No(format!("which the kubelet doesn't know{near}")),
        },
        (None, Some(_), None) => Known::Undecided,
    }
}

/// The gate that a misspelt name stands for.
fn meant(name: &str) -> String {
    const MAX_DISTANCE: usize = 2;
    let lower = name.to_lowercase();
    let near = |known: &str| crate::fact::distance(&lower, &known.to_lowercase());
    // Names of another length are further away.
    let known = GATES.iter().filter(|(known, ..)| known.len().abs_diff(name.len()) <= MAX_DISTANCE);
    let best = known.map(|(known, ..)| (near(known), *known)).min();
    match best {
        Some((distance, known)) if distance <= MAX_DISTANCE => format!(" (did you mean {known}?)"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::yaml;

    fn outcome(text: &str, minor: u64) -> (usize, usize) {
        let root = yaml::parse(format!("featureGates: {{{text}}}\n").as_bytes()).unwrap();
        let mut found = Judgement::default();
        look(View { root: &root, minor: Some(minor), unread: &[] }, &mut found);
        (found.faults.len(), found.undecided.len())
    }

    #[test]
    fn the_tables_are_sorted_and_share_no_gate() {
        assert!(GATES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(REMOVED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(REMOVED.iter().all(|(gone, _)| GATES.iter().all(|(gate, ..)| gate != gone)));
        assert!(NEEDS.windows(2).all(|pair| pair[0].0 < pair[1].0) && OFF.is_sorted());
        let is_known = |name: &&str| GATES.iter().any(|(gate, ..)| gate == name);
        assert!(NEEDS.iter().all(|(name, needed)| is_known(name) && needed.iter().all(is_known)));
        assert!(OFF.iter().all(is_known));
        assert!(later_gates::GONE.is_sorted() && later_gates::GONE.iter().all(is_known));
        assert!(later_gates::LOCKED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(later_gates::LOCKED.iter().all(|(name, _)| is_known(name) && last(name).is_none()));
    }

    #[test]
    fn what_is_gone_or_locked_is_refused_and_what_is_unknown_is_not() {
        for (name, value, minor, said) in [
            ("SizeMemoryBackedVolumes", true, 35, Some("1.34 was the last")),
            ("SizeMemoryBackedVolumes", true, 34, None),
            ("BtreeWatchCache", false, 36, Some("locked from 1.33")),
            ("BtreeWatchCache", true, 36, None),
            ("BtreeWatchCache", true, 37, Some("1.36 was the last")),
            ("NodeDeclaredFeatures", false, 37, Some("locked from 1.37")),
            ("OneOfItsOwn", true, 37, None),
        ] {
            let found = refusal(name, value, minor);
            match said {
                Some(said) => {
                    assert!(found.as_ref().is_some_and(|text| text.contains(said)), "{name}: {found:?}");
                }
                None => assert_eq!(found, None, "{name} 1.{minor}"),
            }
        }
        assert!(is_settled("BtreeWatchCache", 33) && !is_settled("BtreeWatchCache", 32));
    }

    #[test]
    fn gates_are_known_by_version() {
        for (text, minor, expected) in [
            ("NodeSwap: true", 36, (0, 0)),
            ("NodeSwap: false", 36, (1, 0)),
            ("NodeSwap: false", 33, (0, 0)),
            ("nodeswap: true", 36, (1, 0)),
            ("nodeswap: true", 33, (1, 0)),
            ("Nonsense: true", 36, (1, 0)),
            ("Nonsense: true", 34, (0, 1)),
            ("IPv6DualStack: true", 34, (1, 0)),
            ("KubeletCredentialProviders: true", 28, (0, 0)),
            ("KubeletCredentialProviders: true", 29, (1, 0)),
            ("SeccompDefault: true", 29, (0, 0)),
            ("SeccompDefault: true", 31, (1, 0)),
            ("MemoryManager: true", 34, (0, 0)),
            ("MemoryManager: true", 36, (1, 0)),
            ("PodsAPI: true", 35, (1, 0)),
            ("AllAlpha: true", 30, (0, 0)),
            ("GracefulNodeShutdown: false", 36, (1, 0)),
            ("SidecarContainers: true", 36, (0, 0)),
            ("SidecarContainers: true", 37, (1, 0)),
            ("HostnameOverride: false", 36, (0, 0)),
            ("HostnameOverride: false", 37, (1, 0)),
            ("HostnameOverride: true", 37, (0, 0)),
            ("WorkloadAwarePreemption: true, GenericWorkload: true", 36, (1, 0)),
            ("WorkloadAwarePreemption: true, GangScheduling: true, GenericWorkload: true", 36, (0, 0)),
            ("NodeDeclaredFeatures: false", 36, (1, 0)),
            ("StorageVersionAPI: true, APIServerIdentity: false", 36, (1, 0)),
            ("UserNamespacesHostNetworkSupport: true", 36, (0, 0)),
            (
                "GracefulNodeShutdown: false, GracefulNodeShutdownBasedOnPodPriority: false, \
                 WindowsGracefulNodeShutdown: false",
                36,
                (0, 0),
            ),
        ] {
            assert_eq!(outcome(text, minor), expected, "{text} 1.{minor}");
        }
    }
}
