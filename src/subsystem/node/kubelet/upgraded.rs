//! The kubelet of another minor version, with the configuration and flags that this node has: what will stop it that doesn't
//! stop the one that is installed.

use super::removed::unknown;
use super::{Kubelet, values};
use crate::component::kubelet::gates;
use crate::fact::{Answer, Knowledge, Origin, OriginKind, Reason};
use crate::parse::document::Content;
use crate::subsystem::Subsystems;

/// From this minor version on the kubelet refuses hosts with cgroup v1 unless it is told otherwise (`failCgroupV1`).
const FAILS_ON_CGROUP_V1: u64 = 35;

/// A flag that kubeadm wrote, and the one version whose `kubeadm upgrade` removes it from the file (k/k#133778, k/k#135807).
const CLEANED_UP: (&str, u64, &str) = ("pod-infra-container-image", 35, "/var/lib/kubelet/kubeadm-flags.env");

/// What another kubelet makes of this node's configuration.
#[derive(Clone, Debug)]
pub struct Upgraded {
    /// Flags that it doesn't know.
    pub removed_flags: Knowledge<Vec<(Origin, String)>>,
    /// Values with which it exits.
    pub value_errors: Knowledge<Vec<(Origin, String)>>,
    /// Feature gates whose value is fixed, and which later versions don't know.
    pub settled_gates: Vec<(Origin, String)>,
    /// Whether it refuses a host with cgroup v1.
    pub fails_on_cgroup_v1: Knowledge<bool>,
}

impl Kubelet {
    /// What a kubelet of another minor version makes of this configuration; absent if none is installed.
    pub fn upgraded(&self, subsystems: &Subsystems<'_>, target: u64) -> Answer<Upgraded> {
        if let Some(answer) = self.unreadable() {
            return match answer.state {
                Knowledge::Unknown(reason) => Answer::unknown(reason),
                Knowledge::Absent | Knowledge::Known(_) => Answer::absent(),
            };
        }
        if let Some((origin, wrong)) = self.config.errors.first() {
            return Answer::unknown(format!("the kubelet will not start: {origin}: {wrong}"));
        }
        let other = self.with_words(subsystems, &self.launch.words, Some(target));
        Answer::known(Upgraded {
            removed_flags: self.unless_unread(self.removed_flags(&other)),
            value_errors: self.value_errors(&other),
            settled_gates: settled(&other, target),
            fails_on_cgroup_v1: other.fails_on_cgroup_v1(target),
        })
    }

    /// Flags that the other one doesn't know and this one does.
    fn removed_flags(&self, other: &Kubelet) -> Vec<(Origin, String)> {
        let known: Vec<&str> =
            unknown(&self.line, self.minor).into_iter().map(|flag| flag.name.as_str()).collect();
        let (cleaned, by, file) = CLEANED_UP;
        let is_cleaned =
            |name: &str, origin: &Origin| name == cleaned && other.minor == Some(by) && origin.path == file;
        unknown(&other.line, other.minor)
            .into_iter()
            .filter(|flag| !known.contains(&flag.name.as_str()) && !is_cleaned(&flag.name, &flag.origin))
            .map(|flag| (flag.origin.clone(), format!("--{}", flag.name)))
            .collect()
    }

    /// Values that the other one refuses and this one doesn't.
    fn value_errors(&self, other: &Kubelet) -> Knowledge<Vec<(Origin, String)>> {
        let present = values::found(self).errors;
        let values::Found { mut errors, undecided } = values::found(other);
        errors.retain(|error| !present.contains(error));
        match undecided {
            Some((_, reason)) if errors.is_empty() => Knowledge::Unknown(Reason::from(reason)),
            _ => self.unless_unread(errors),
        }
    }

    /// What the other one refuses. Without the installed version it isn't known whether that one does as well.
    fn unless_unread(&self, found: Vec<(Origin, String)>) -> Knowledge<Vec<(Origin, String)>> {
        match &self.unread {
            Some(unread) if self.minor.is_none() && !found.is_empty() => Knowledge::unknown(unread.as_str()),
            _ => Knowledge::Known(found),
        }
    }

    fn fails_on_cgroup_v1(&self, target: u64) -> Knowledge<bool> {
        let set = super::Effective::of("failCgroupV1", &self.config.documents, &self.line.settings());
        match (set.unknown, set.value.map(|node| node.content)) {
            (Some(reason), _) => Knowledge::unknown(reason),
            (None, Some(Content::Bool(fails))) => Knowledge::Known(fails),
            _ => Knowledge::Known(target >= FAILS_ON_CGROUP_V1),
        }
    }
}

/// Feature gates that are set and can have no other value.
fn settled(kubelet: &Kubelet, target: u64) -> Vec<(Origin, String)> {
    let set = super::Effective::of("featureGates", &kubelet.config.documents, &kubelet.line.settings());
    let place = set.because.first().cloned().unwrap_or_else(|| Origin::named(OriginKind::Program, "kubelet"));
    let Some(Content::Table(gates)) = set.value.map(|node| node.content) else { return Vec::new() };
    let is_settled = |name: &str, value: bool| {
        gates::is_settled(name, target) && gates::refusal(name, value, target).is_none()
    };
    let found = gates.iter().filter_map(|(name, node)| match node.content {
        Content::Bool(value) if is_settled(name, value) => {
            Some((Origin { line: node.line.or(place.line), ..place.clone() }, name.clone()))
        }
        _ => None,
    });
    found.collect()
}
