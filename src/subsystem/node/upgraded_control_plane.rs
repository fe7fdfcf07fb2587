//! The manifests of a node's control plane beside programs of another minor version: flags, admission plug-ins and feature
//! gates that these refuse. `kubeadm upgrade` writes the manifests again, and `extraArgs` of the cluster's configuration with them.

use super::manifest::Manifest;
use super::static_pods::{Holds, MAX_ARGUMENTS, held};
use crate::component::control_plane;
use crate::component::kubelet::gates;
use crate::fact::{Answer, Moment, Origin, Version};
use crate::parse::go_bool;
use crate::subsystem::Subsystems;

/// Programs of Kubernetes whose feature gates are those of one release.
const OF_KUBERNETES: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// What another version makes of the manifests.
#[derive(Clone, Debug)]
pub struct UpgradedControlPlane {
    /// What its programs refuse, with the places.
    pub refused: Vec<(Origin, String)>,
    /// The version of etcd, by the tag of its image, and its manifest; none if it has none or another tag.
    pub etcd_version: Option<(String, Origin)>,
    /// The manifests that were looked at.
    pub manifests: Vec<Origin>,
}

/// What programs of a minor version make of the control plane's manifests; absent without a control plane.
pub fn of(subsystems: &Subsystems<'_>, moment: Moment, target: u64) -> Answer<UpgradedControlPlane> {
    let Holds { pods, broken, .. } = match held(subsystems, moment) {
        Ok((_, _, holds)) => holds,
        Err(answer) => return *answer,
    };
    let of_plane =
        |manifest: &&Manifest| manifest.name == "etcd" || OF_KUBERNETES.contains(&manifest.name.as_str());
    let plane: Vec<&Manifest> = pods.iter().filter(of_plane).collect();
    if let Some((path, wrong)) = broken.first() {
        return Answer::unknown(wrong.as_str()).because(Origin::file(path));
    }
    if plane.is_empty() {
        return Answer::absent().note("the kubelet's static pods have no control plane");
    }
    let refused = plane.iter().flat_map(|manifest| refused(manifest, target)).collect();
    let etcd_version = plane.iter().find(|manifest| manifest.name == "etcd").and_then(|manifest| {
        let tag = manifest.tag()?;
        let version = tag.strip_prefix('v').unwrap_or(tag);
        Version::parse(version).is_some().then(|| (version.to_owned(), Origin::file(&manifest.path)))
    });
    let manifests = plane.iter().map(|manifest| Origin::file(&manifest.path)).collect();
    Answer::known(UpgradedControlPlane { refused, etcd_version, manifests })
}

/// What the programs of another version refuse and those of the present one take; what both refuse is a finding of its own.
fn refused(manifest: &Manifest, target: u64) -> Vec<(Origin, String)> {
    let program = manifest.name.as_str();
    let now = manifest.minor();
    let is_new = |refusal: &dyn Fn(u64) -> Option<String>| {
        refusal(target).filter(|_| now.is_none_or(|minor| refusal(minor).is_none()))
    };
    let mut found = Vec::new();
    let mut words = manifest.arguments.iter().take(MAX_ARGUMENTS).peekable();
    while let Some((line, word)) = words.next() {
        let Some(flag) = word.strip_prefix("--") else { continue };
        // A value of its own follows, unless that is the next flag.
        let next = words.peek().map_or("", |(_, next)| next.as_str());
        let next = if next.starts_with('-') { "" } else { next };
        let (name, value) = flag.split_once('=').unwrap_or((flag, next));
        let place = || Origin::at(&manifest.path, *line);
        let gone = is_new(&|minor| control_plane::refusal(program, name, value, minor));
        found.extend(gone.map(|text| (place(), text)));
        if name != "feature-gates" || !OF_KUBERNETES.contains(&program) {
            continue;
        }
        for (gate, value) in value.split(',').filter_map(|pair| pair.split_once('=')) {
            // A value that is none is the program's own business: it doesn't run today either.
            let Some(value) = go_bool::parse(value.trim()) else { continue };
            let gate = gate.trim();
            let gate = gate.strip_prefix("kube:").unwrap_or(gate);
            let gone = is_new(&|minor| gates::refusal(gate, value, minor));
            found.extend(gone.map(|text| (place(), format!("{program}: {text}"))));
        }
    }
    found
}
