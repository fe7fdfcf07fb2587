//! Feature gates that the kubelet doesn't know, that are locked, or that others need (component-base/featuregate). It exits
//! for each.

use std::collections::BTreeMap;

use super::gate_table::{Choice, GATES, KNOWN_UP_TO, REMOVED};
use super::view::{Judgement, View};
use crate::parse::document::{Content, Node};

/// Gates of all stages.
const GROUPS: [&str; 2] = ["AllAlpha", "AllBeta"];

/// A value that the kubelet of 1.36 refuses, and the gates that need the other value: it is taken once they are set, too.
/// (Each was given to the real kubelet alone; where none is named, it isn't known what would let it pass.)
const NEEDED: &[(&str, bool, &[&str])] = &[
    ("APIServerIdentity", false, &["UnknownVersionInteroperabilityProxy"]),
    ("AtomicFIFO", false, &["UnlockWhileProcessingFIFO"]),
    ("ClusterTrustBundleProjection", true, &["ClusterTrustBundle"]),
    ("ContainerRestartRules", false, &["RestartAllContainersOnContainerExits"]),
    ("DRAResourceClaimDeviceStatus", false, &["DRAResourceClaimGranularStatusAuthorization"]),
    ("DRAWorkloadResourceClaims", true, &["GenericWorkload"]),
    ("GangScheduling", true, &["GenericWorkload"]),
    (
        "GracefulNodeShutdown",
        false,
        &["GracefulNodeShutdownBasedOnPodPriority", "WindowsGracefulNodeShutdown"],
    ),
    ("MatchLabelKeysInPodTopologySpread", false, &["MatchLabelKeysInPodTopologySpreadSelectorMerge"]),
    ("NodeDeclaredFeatures", false, &[]),
    ("PodLevelResources", false, &["InPlacePodLevelResourcesVerticalScaling"]),
    ("ResourceHealthStatus", false, &["ResourceHealthStatusMessage"]),
    ("TopologyAwareWorkloadScheduling", true, &["GenericWorkload"]),
    ("WorkloadAwarePreemption", true, &["GenericWorkload"]),
    ("WorkloadWithJob", true, &["GenericWorkload"]),
];

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
        if view.minor == Some(KNOWN_UP_TO) {
            needed(gates, name, value, found);
        }
    }
}

fn locked(view: View<'_>, name: &str, value: bool, found: &mut Judgement) {
    let row = GATES.iter().find(|(gate, ..)| *gate == name);
    if let Some((_, _, Choice::Locked { value: locked, since })) = row
        && value != *locked
        && view.since(*since)
    {
        let text =
            format!("featureGates.{name} is {value}, must be {locked}: it is locked from 1.{since} on");
        found.fault(format!("featureGates.{name}"), text);
    }
}

fn needed(gates: &BTreeMap<String, Node>, name: &str, value: bool, found: &mut Judgement) {
    let row = NEEDED.iter().find(|(gate, refused, _)| *gate == name && *refused == value);
    let Some((_, _, others)) = row.filter(|_| !GROUPS.iter().any(|group| gates.contains_key(*group))) else {
        return;
    };
    let is_set = |other: &&str| gates.get(*other).is_some_and(|node| node.content == Content::Bool(value));
    // Where it isn't known who needs it, any other gate may be the one that lets it pass.
    let passes = if others.is_empty() { gates.len() > 1 } else { others.iter().all(is_set) };
    if !passes {
        let whom = if others.is_empty() { "other gates".to_owned() } else { others.join(" and ") };
        let text =
            format!("featureGates.{name} is {value}, which is refused while {whom} depend on the opposite");
        found.fault(format!("featureGates.{name}"), text);
    }
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
    let gone = REMOVED.iter().find(|(gate, _)| *gate == name);
    match (row, gone, minor) {
        (Some((_, since, _)), _, Some(minor)) if minor < *since => {
            Known::No(format!("which the kubelet knows from 1.{since} on"))
        }
        // Whether a later version still has it is not known here; most stay for years.
        (Some(_), ..) => Known::Yes,
        (_, Some((_, last)), Some(minor)) if minor > *last => {
            Known::No(format!("which is gone: 1.{last} was the last kubelet that knew it"))
        }
        (_, Some(_), Some(_)) => Known::Yes,
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
        assert!(NEEDED.iter().all(|(needed, ..)| GATES.iter().any(|(gate, ..)| gate == needed)));
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
