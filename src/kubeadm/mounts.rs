//! Files of the host that the API server is told to read, and that its pod doesn't see.

use super::etcd::CERTIFICATES;
use super::{Finding, Kubeadm, Topic};
use crate::component::kubeadm::mount_table::{FILES, MOUNTED};
use crate::parse::document::{Content, Node};

const CLUSTER: &str = "ClusterConfiguration";

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let mounted = mounted(kubeadm);
    for name in FILES {
        let Some(path) = kubeadm.flag(CLUSTER, "apiServer.extraArgs", name) else { continue };
        if path.text.starts_with('/') && !mounted.iter().any(|mount| is_below(path.text, mount)) {
            let text = format!(
                "apiServer.extraArgs `{name}`: {} is in no volume of the API server's pod, which exits without it",
                path.text
            );
            findings.push(Finding::new(Topic::Warnings, path.line, text));
        }
    }
}

/// The paths that are mounted into the pod of the API server.
fn mounted(kubeadm: &Kubeadm) -> Vec<&str> {
    let mut mounted = MOUNTED.to_vec();
    mounted.extend(kubeadm.text(CLUSTER, "certificatesDir").map(|directory| directory.text));
    let files = CERTIFICATES.iter().filter_map(|field| kubeadm.text(CLUSTER, field));
    mounted.extend(files.filter_map(|file| file.text.rsplit_once('/').map(|(directory, _)| directory)));
    let volumes = kubeadm.document(CLUSTER).and_then(|document| document.root.at("apiServer.extraVolumes"));
    if let Some(Node { content: Content::List(volumes), .. }) = volumes {
        for volume in volumes {
            if let Some(Node { content: Content::Text(path), .. }) = volume.at("mountPath") {
                mounted.push(path);
            }
        }
    }
    mounted
}

/// Whether a path is another one, or in the directory of this name.
fn is_below(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
