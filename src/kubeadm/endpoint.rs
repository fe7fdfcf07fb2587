//! Where the API server will be: `controlPlaneEndpoint`, `localAPIEndpoint`, `kubernetesVersion`, `imageRepository`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::networks::DEFAULT_SERVICES;
use super::{Finding, Kubeadm, Topic, syntax};
use crate::parse::document::Content;

const CLUSTER: &str = "ClusterConfiguration";
/// Both kinds that may say where this node's API server listens.
pub(super) const LOCAL: [(&str, &str); 2] =
    [("InitConfiguration", "localAPIEndpoint"), ("JoinConfiguration", "controlPlane.localAPIEndpoint")];

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let mut refuse = |line, text| findings.push(Finding { topic: Topic::EndpointErrors, line, text });
    if let Some(endpoint) = kubeadm.text(CLUSTER, "controlPlaneEndpoint")
        && let Err(wrong) = syntax::host_port(endpoint.text)
    {
        refuse(endpoint.line, format!("controlPlaneEndpoint `{}` {wrong}", endpoint.text));
    }
    for (kind, field) in LOCAL {
        if let Some(address) = kubeadm.text(kind, &format!("{field}.advertiseAddress")) {
            match address.text.parse::<IpAddr>() {
                Err(_) => {
                    let text = format!("advertiseAddress `{}` is not an IP address", address.text);
                    refuse(address.line, text);
                }
                Ok(ip) if ip.is_multicast() => {
                    refuse(address.line, format!("advertiseAddress {ip} is a multicast address"));
                }
                Ok(ip) => check_family(kubeadm, kind, ip, address.line, &mut refuse),
            }
        }
        let port = kubeadm.document(kind).and_then(|document| document.root.at(&format!("{field}.bindPort")));
        if let Some(node) = port
            && let Content::Integer(port) = node.content
            && !(1..=65535).contains(&port)
        {
            refuse(node.line.unwrap_or(0), format!("bindPort {port} is no port: 1 to 65535"));
        }
    }
    if let Some(version) = kubeadm.text(CLUSTER, "kubernetesVersion") {
        let text = version.text;
        let label =
            ["stable", "latest", "ci/", "k8s-", "release/"].iter().any(|label| text.starts_with(label));
        if !label && !syntax::is_version(text) {
            let what = format!("kubernetesVersion `{text}` is neither a whole version such as v1.34.2");
            refuse(version.line, format!("{what} nor a label such as stable-1.34"));
        }
    }
    for field in ["imageRepository", "dns.imageRepository", "etcd.local.imageRepository"] {
        if let Some(repository) = kubeadm.text(CLUSTER, field)
            && let Some(wrong) = repository_mistake(repository.text)
        {
            refuse(repository.line, format!("{field} `{}` {wrong}", repository.text));
        }
    }
}

/// The API server exits if its own address is of another family than the first of its services.
fn check_family(kubeadm: &Kubeadm, kind: &str, ip: IpAddr, line: u32, refuse: &mut dyn FnMut(u32, String)) {
    if kind != "InitConfiguration" || kubeadm.document(CLUSTER).is_none() || ip.is_unspecified() {
        return;
    }
    let services =
        kubeadm.text(CLUSTER, "networking.serviceSubnet").map_or(DEFAULT_SERVICES, |text| text.text);
    let first = services.split(',').next().unwrap_or_default();
    if let Ok(network) = first.parse::<IpNet>()
        && super::networks::family(&network) != ip.is_ipv4()
    {
        let text =
            format!("advertiseAddress {ip} and the first serviceSubnet {network} are of different families");
        refuse(line, text);
    }
}

/// What is wrong with the place that images come from.
fn repository_mistake(text: &str) -> Option<&'static str> {
    if text.contains("://") {
        return Some("has a scheme; write host/path alone");
    }
    if text.ends_with('/') {
        return Some("ends with `/`");
    }
    let (host, path) = text.split_once('/').unwrap_or((text, ""));
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Some("has capital letters in its path");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:[]".contains(c);
    let path_ok = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
    (host.is_empty() || !host.chars().all(plain) || !path_ok).then_some("is not of the form host/path")
}
