//! External etcd: its endpoints, and the files to reach it with.

use super::{Finding, Kubeadm, Topic};
use crate::parse::go_url;

const CLUSTER: &str = "ClusterConfiguration";
/// The files of an external etcd.
pub(super) const CERTIFICATES: [&str; 3] =
    ["etcd.external.caFile", "etcd.external.certFile", "etcd.external.keyFile"];

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let Some(line) = kubeadm.line(CLUSTER, "etcd.external") else { return };
    let mut refuse = |line, text| findings.push(Finding::new(Topic::EtcdErrors, line, text));
    if kubeadm.line(CLUSTER, "etcd.local").is_some() {
        return refuse(line, "etcd is both local and external".into());
    }
    let endpoints = kubeadm.texts(CLUSTER, "etcd.external.endpoints");
    if endpoints.is_empty() {
        refuse(line, "etcd.external has no endpoints".into());
    }
    let [authority, certificate, key] = CERTIFICATES.map(|field| kubeadm.text(CLUSTER, field).is_some());
    if certificate != key {
        refuse(line, "etcd.external has one of certFile and keyFile: it takes both or none".into());
    } else if certificate && !authority {
        refuse(line, "etcd.external has certFile and keyFile, but no caFile".into());
    }
    let secured = authority || certificate || key;
    for endpoint in endpoints {
        let wrong = match go_url::scheme(endpoint.text) {
            Err(_) if !endpoint.text.contains("://") => "has no https:// in front",
            Err(wrong) => wrong,
            Ok(scheme) if scheme.is_empty() => "has no https:// in front",
            Ok(scheme) if secured && scheme != "https" => "is not https, but etcd.external has certificates",
            // Of any other scheme is a host whose port follows: the API server exits with it.
            Ok(scheme) if !["http", "https"].contains(&scheme.as_str()) => "has no https:// in front",
            Ok(_) => continue,
        };
        refuse(endpoint.line, format!("the endpoint `{}` of etcd.external {wrong}", endpoint.text));
    }
}
