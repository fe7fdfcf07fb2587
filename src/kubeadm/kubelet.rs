//! What the configuration says about the kubelet that kubeadm will start: its document, its flags, its version.

use super::Kubeadm;
use crate::parse::document::{Content, Node};

/// A flag that a program will be started with.
pub(crate) struct Argument<'k> {
    /// Without dashes.
    pub name: &'k str,
    pub value: &'k str,
    /// Its line in the file.
    pub line: u32,
}

impl Kubeadm {
    /// The `KubeletConfiguration` that kubeadm writes into the kubelet's file.
    pub(crate) fn kubelet_configuration(&self) -> Option<&Node> {
        Some(&self.document("KubeletConfiguration")?.root)
    }

    /// `kubeletExtraArgs` of the node that is set up here: a map in v1beta3, a list in v1beta4.
    pub(crate) fn kubelet_arguments(&self) -> Vec<Argument<'_>> {
        let kinds = ["InitConfiguration", "JoinConfiguration"];
        kinds.iter().flat_map(|kind| self.arguments(kind, "nodeRegistration.kubeletExtraArgs")).collect()
    }

    /// The flags in a field of `extraArgs`: a map in v1beta3, a list in v1beta4.
    pub(super) fn arguments(&self, kind: &str, field: &str) -> Vec<Argument<'_>> {
        let Some(document) = self.document(kind) else { return Vec::new() };
        let pairs: Vec<(&str, &Node)> = match document.root.at(field).map(|node| &node.content) {
            Some(Content::Table(table)) => table.iter().map(|(name, node)| (name.as_str(), node)).collect(),
            Some(Content::List(items)) => items.iter().filter_map(pair).collect(),
            _ => return Vec::new(),
        };
        let arguments = pairs.into_iter().filter_map(|(name, node)| match &node.content {
            Content::Text(value) => Some(Argument { name, value, line: node.line.unwrap_or(document.line) }),
            _ => None,
        });
        arguments.collect()
    }

    /// The minor version of Kubernetes 1.x that it asks for.
    pub(crate) fn kubernetes_minor(&self) -> Option<u64> {
        let version = self.document("ClusterConfiguration")?.root.at("kubernetesVersion")?;
        let Content::Text(text) = &version.content else { return None };
        let digits = text.trim_start_matches('v').strip_prefix("1.")?.split('.').next()?;
        // A number of a text; nothing of a host is read.
        digits.parse().ok()
    }
}

fn pair(item: &Node) -> Option<(&str, &Node)> {
    match &item.at("name")?.content {
        Content::Text(name) => Some((name, item.at("value")?)),
        _ => None,
    }
}
