//! `nodeRegistration`: the name of the node and the socket of its runtime.

use super::{Finding, Kubeadm, Topic, syntax};

/// Both kinds that register a node.
pub(super) const KINDS: [&str; 2] = ["InitConfiguration", "JoinConfiguration"];

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let mut say = |topic, line, text| findings.push(Finding { topic, line, text });
    for kind in KINDS {
        if let Some(name) = kubeadm.text(kind, "nodeRegistration.name") {
            // kubeadm itself makes capital letters small, and cuts blanks off.
            if !syntax::is_subdomain(&name.text.trim().to_lowercase()) {
                let form = "letters, digits, `-` and `.`, at most 253";
                say(Topic::NodeErrors, name.line, format!("name `{}` is not a DNS name: {form}", name.text));
            }
        }
        if let Some(socket) = kubeadm.text(kind, "nodeRegistration.criSocket") {
            let what = format!("criSocket `{}`", socket.text);
            match socket_mistake(socket.text) {
                Some(wrong) => say(Topic::NodeErrors, socket.line, format!("{what} {wrong}")),
                None if socket.text.starts_with('/') => {
                    say(Topic::Warnings, socket.line, format!("{what} lacks unix:// in front"));
                }
                None => {}
            }
        }
        if let Some(policy) = kubeadm.text(kind, "nodeRegistration.imagePullPolicy")
            && !["Always", "IfNotPresent", "Never"].contains(&policy.text)
        {
            let known = "Always, IfNotPresent or Never";
            say(
                Topic::NodeErrors,
                policy.line,
                format!("imagePullPolicy `{}` is none of {known}", policy.text),
            );
        }
    }
}

/// What is wrong with the socket of a runtime.
pub(super) fn socket_mistake(text: &str) -> Option<String> {
    match text.split_once("://") {
        Some(("unix", path)) if path.starts_with('/') => None,
        Some(("unix", _)) => Some("is not absolute: it takes three slashes, unix:///".into()),
        Some((scheme, _)) => Some(format!("has the scheme {scheme}; only unix is taken")),
        None if text.starts_with('/') => None,
        None => Some("is not a path with unix:// in front".into()),
    }
}
