//! `extraArgs` of the control plane's programs: flags and admission plugins that they don't have.

use super::{Finding, Kubeadm, Topic};
use crate::component::control_plane;

const CLUSTER: &str = "ClusterConfiguration";

/// The fields, and whose flags they hold.
const PROGRAMS: [(&str, &str); 4] = [
    ("apiServer.extraArgs", "kube-apiserver"),
    ("controllerManager.extraArgs", "kube-controller-manager"),
    ("scheduler.extraArgs", "kube-scheduler"),
    ("etcd.local.extraArgs", "etcd"),
];

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let minor = kubeadm.kubernetes_minor();
    for (field, program) in PROGRAMS {
        let minor = if program == "etcd" { None } else { minor };
        for argument in kubeadm.arguments(CLUSTER, field) {
            let mistake = control_plane::flag_mistake(program, argument.name, argument.value, minor);
            findings.extend(
                mistake.map(|what| Finding::new(Topic::Warnings, argument.line, format!("{field}: {what}"))),
            );
        }
    }
}
