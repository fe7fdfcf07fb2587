//! The kubelet as kubeadm will start it from the configuration that the user gives: judged as the one of the host is.

use super::config::{Config, Document, Source};
use super::flags::CommandLine;
use super::{Kubelet, removed, values};
use crate::component::kubelet::zeros;
use crate::fact::{Fact, Origin};
use crate::kubeadm::Kubeadm;
use crate::subsystem::Subsystems;

/// Why that kubelet will exit: values of its `KubeletConfiguration`, and of `kubeletExtraArgs`. (Values of a wrong type are
/// kubeadm's own errors.)
pub fn errors(kubeadm: &Kubeadm, subsystems: &Subsystems<'_>) -> Fact {
    // The kubelet that is installed will read it, whatever version the cluster is to have.
    let minor = subsystems.kubelet().minor.or_else(|| kubeadm.kubernetes_minor());
    let mut config = Config::default();
    if let Some(root) = kubeadm.kubelet_configuration() {
        let mut node = root.clone();
        zeros::settle(&mut node, false);
        config.documents.push(Document { from: Source::Given(kubeadm.origin(0)), node });
    }
    let word = |name: &str, value: &str, line: u32| (kubeadm.origin(line), format!("--{name}={value}"));
    let arguments = kubeadm.kubelet_arguments();
    let words: Vec<(Origin, String)> =
        arguments.iter().map(|argument| word(argument.name, argument.value, argument.line)).collect();
    let kubelet =
        Kubelet { installed: true, line: CommandLine::parse(&words), minor, config, ..Kubelet::default() };
    let found = values::found(&kubelet);
    let mut errors = found.errors;
    errors.extend(kubelet.line.refused());
    for flag in removed::unknown(&kubelet.line, minor) {
        errors.push((flag.origin.clone(), format!("the kubelet has no flag --{}", flag.name)));
    }
    // What a misspelt field leaves out is reported as that field, and mended with it.
    let misspelt: Vec<&str> = kubeadm.misspelt_parts();
    errors.retain(|(_, text)| !misspelt.iter().any(|field| text.starts_with(field)));
    match found.undecided {
        Some((place, reason)) if errors.is_empty() => Fact::unknown(reason).because(place),
        _ => Fact::findings(errors),
    }
}
