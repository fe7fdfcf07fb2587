//! `upgraded-control-plane:VERSION`: what programs of another version make of the manifests of this node's control plane.

use super::upgraded_kubelet::{VERSION, beyond, is_beyond, listed, minor};
use super::{Attribute, BOTH, Key, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::node::upgraded_control_plane;

const ETCD_VERSION: Attribute = Attribute::new(
    "etcd-version",
    Shape::Version,
    "The version of etcd in its manifest, by the tag of its image; absent without one.",
);
const REFUSED: Attribute = Attribute::new(
    "refused",
    Shape::List(&Shape::Text),
    "Flags, admission plug-ins and feature gates in the manifests with which programs of that version exit.",
);

pub(super) static PROBE: Probe = Probe {
    name: "upgraded-control-plane",
    summary: "What the control plane of another version makes of the manifests that this node has.",
    details: "The key is a version, of which the minor version counts: `1.37`. Looked at are the manifests of kube-apiserver, \
              kube-controller-manager, kube-scheduler and etcd in the kubelet's `staticPodPath`. `kubeadm upgrade` writes them \
              again, with the `extraArgs` of the cluster's configuration. Known are flags and feature gates that were removed or locked \
              up to 1.37. Both moments alike. Absent without a control plane, unknown if a manifest can't be read.",
    key: VERSION,
    answer: Shape::Record(&[ETCD_VERSION, REFUSED]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let target = minor(key);
    let mut places = Vec::new();
    let fact = upgraded_control_plane::of(subsystems, moment, target).map(|plane| {
        let mut decides = Vec::new();
        let refused = listed(&REFUSED, plane.refused, &mut decides);
        let etcd = plane.etcd_version.map(|(version, place)| {
            decides.push(place.decides(ETCD_VERSION.name));
            version
        });
        if decides.iter().all(|place| place.decides != Some(REFUSED.name)) {
            decides.extend(plane.manifests.into_iter().map(|place| place.decides(REFUSED.name)));
        }
        places = decides;
        Value::record([ETCD_VERSION.is(etcd.map_or(State::Absent, State::from)), REFUSED.is(refused)])
    });
    let fact = fact.because_all(places);
    if is_beyond(target) { fact.at_most(Confidence::High).note(beyond()) } else { fact }
}
