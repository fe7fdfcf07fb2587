//! Flags without a field: what the kubelet registers its node with (cmd/kubelet/app/options, `pkg/kubelet/apis/well_known_labels.go`).

use std::net::IpAddr;

use crate::parse::label;

/// Labels below kubernetes.io and k8s.io that a kubelet sets on its own node.
const LABELS: [&str; 12] = [
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "node.kubernetes.io/windows-build",
];
/// Groups in which every label is allowed, theirs below them, too.
const GROUPS: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];

/// What is wrong with the labels of `--node-labels`.
pub(crate) fn labels(value: &str) -> Vec<String> {
    value.split(',').filter(|pair| !pair.is_empty()).filter_map(label_fault).collect()
}

fn label_fault(pair: &str) -> Option<String> {
    // What follows a second `=` belongs to the value.
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (name, value) = (name.trim(), value.trim());
    if !label::is_qualified_name(name) {
        return Some(format!("`{name}` is no name of a label"));
    }
    if !label::is_value(value) {
        return Some(format!("`{value}` is no value of the label {name}"));
    }
    (!is_allowed(name)).then(|| {
        format!("the kubelet must not set {name}=: of kubernetes.io and k8s.io only some labels are allowed")
    })
}

fn is_allowed(name: &str) -> bool {
    let Some((group, _)) = name.split_once('/') else { return true };
    let is_of = |domain: &str| group == domain || group.ends_with(&format!(".{domain}"));
    let reserved = is_of("kubernetes.io") || is_of("k8s.io");
    !reserved || LABELS.contains(&name) || GROUPS.iter().any(|domain| is_of(domain))
}

/// What is wrong with `--node-ip`: two addresses of one family, three, or two beside an old cloud provider. What is no address
/// is only ignored.
pub(crate) fn addresses(value: &str, cloud_provider: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = value.split(',').collect();
    if parts.len() == 1 {
        return None;
    }
    let addresses: Vec<IpAddr> = parts.iter().filter_map(|part| part.trim().parse().ok()).collect();
    let is_pair = match addresses.as_slice() {
        [one, other] => one.is_ipv4() != other.is_ipv4(),
        [_] | [] => true,
        _ => false,
    };
    if !is_pair || parts.len() > 2 {
        return Some(format!("--node-ip={value} must be one address, or one of IPv4 and one of IPv6"));
    }
    if let Some(any) = addresses.iter().find(|address| address.is_unspecified() && addresses.len() == 2) {
        return Some(format!("--node-ip={value} can't have {any} beside another address"));
    }
    cloud_provider.filter(|provider| !["", "external"].contains(provider)).map(|provider| {
        format!("--node-ip={value} with two addresses can't be set together with --cloud-provider={provider}")
    })
}

/// What is wrong with `--cloud-provider`: those that were built in are gone (since 1.31).
pub(crate) fn cloud_provider(value: &str) -> Option<String> {
    (!["", "external"].contains(&value)).then(|| {
        format!(
            "--cloud-provider={value} is gone, must be external (with a cloud controller manager) or empty"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_kubernetes_are_reserved_but_for_some() {
        for (pair, is_right) in [
            ("a=b", true),
            ("a", true),
            ("a=b=c", false),
            ("kubernetes.io/hostname=x", true),
            ("kubernetes.io/role=x", false),
            ("node-role.kubernetes.io/worker=", false),
            ("node.kubernetes.io/pool=x", true),
            ("x.node.kubernetes.io/pool=x", true),
            ("example.k8s.io/pool=x", false),
            ("example.com/pool=x", true),
            ("topology.kubernetes.io/zone=x", true),
            ("a b=c", false),
        ] {
            assert_eq!(labels(pair).is_empty(), is_right, "{pair}");
        }
        assert_eq!(labels("a=b,kubernetes.io/role=x,c d=e").len(), 2);
    }

    #[test]
    fn addresses_come_alone_or_in_pairs_of_families() {
        for (value, provider, is_right) in [
            ("10.0.0.1", None, true),
            ("10.0.0.1,fd00::1", None, true),
            ("10.0.0.1,fd00::1", Some("external"), true),
            ("10.0.0.1,fd00::1", Some("aws"), false),
            ("10.0.0.1,10.0.0.2", None, false),
            ("10.0.0.1,::", None, false),
            ("::", None, true),
            ("10.0.0.1,10.0.0.2,fd00::1", None, false),
            ("nonsense", None, true),
        ] {
            assert_eq!(addresses(value, provider).is_none(), is_right, "{value}");
        }
    }
}
