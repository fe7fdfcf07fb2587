//! `kubernetes-repository:VERSION`: whether a package repository of a minor version of Kubernetes is configured.

use super::upgraded_kubelet::{VERSION, minor};
use super::{Attribute, BOTH, Key, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::distribution::package_repositories;

const CONFIGURED: Attribute = Attribute::new(
    "configured",
    Shape::List(&Shape::Text),
    "The minor versions whose repositories are configured and switched on.",
);
const SERVES: Attribute = Attribute::new("serves", Shape::Bool, "Whether one of them is of this version.")
    .phrase("served by a configured repository");

pub(super) static PROBE: Probe = Probe {
    name: "kubernetes-repository",
    summary: "Which minor versions of Kubernetes the configured package repositories serve.",
    details: "The key is a version, of which the minor version counts: `1.37`. Kubernetes' packages have one repository a minor version \
              (`pkgs.k8s.io/core:/stable:/v1.37/`), also on mirrors. Read are /etc/apt/sources.list, sources.list.d, \
              /etc/yum.repos.d, /etc/dnf/repos.d and /etc/zypp/repos.d; what is commented out or switched off doesn't count. Both moments alike. Absent \
              without such a repository, unknown if a file can't be read.",
    key: VERSION,
    answer: Shape::Record(&[CONFIGURED, SERVES]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let wanted = minor(key);
    package_repositories::of_kubernetes(subsystems).map(|mut found| {
        found.sort_by_key(|repository| repository.minor);
        let serves = found.iter().any(|repository| repository.minor == wanted);
        let minors = found.iter().map(|repository| format!("1.{}", repository.minor));
        Value::record([CONFIGURED.is(Value::list(minors)), SERVES.is(serves)])
    })
}
