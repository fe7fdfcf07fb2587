//! Paths: where certificates and etcd's data will be, and the files that must be there.

use super::node::KINDS;
use super::{Finding, Kubeadm, Text, Topic};

const CLUSTER: &str = "ClusterConfiguration";
const CERTIFICATES: [&str; 3] = ["etcd.external.caFile", "etcd.external.certFile", "etcd.external.keyFile"];

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let mut refuse = |line, text| findings.push(Finding { topic: Topic::EtcdErrors, line, text });
    let absolute = [
        (CLUSTER, "certificatesDir"),
        (CLUSTER, "etcd.local.dataDir"),
        (CLUSTER, CERTIFICATES[0]),
        (CLUSTER, CERTIFICATES[1]),
        (CLUSTER, CERTIFICATES[2]),
        ("JoinConfiguration", "caCertPath"),
    ];
    for (kind, field) in absolute {
        if let Some(path) = kubeadm.text(kind, field)
            && !path.text.starts_with('/')
        {
            refuse(path.line, format!("{field} `{}` is not an absolute path", path.text));
        }
    }
    let Some(line) = kubeadm.line(CLUSTER, "etcd.external") else { return };
    if kubeadm.line(CLUSTER, "etcd.local").is_some() {
        refuse(line, "etcd is both local and external".into());
    }
    let endpoints = kubeadm.texts(CLUSTER, "etcd.external.endpoints");
    if endpoints.is_empty() {
        refuse(line, "etcd.external has no endpoints".into());
    }
    let [_, certificate, key] = CERTIFICATES.map(|field| kubeadm.text(CLUSTER, field).is_some());
    if certificate != key {
        refuse(line, "etcd.external has one of certFile and keyFile: it takes both or none".into());
    }
    for endpoint in endpoints {
        let rest = endpoint.text.strip_prefix("https://");
        let plain = endpoint.text.strip_prefix("http://").filter(|_| !certificate);
        match rest.or(plain) {
            Some(host) if super::syntax::host_port(host.trim_end_matches('/')).is_ok() => {}
            Some(_) => refuse(endpoint.line, format!("the endpoint `{}` of etcd is no URL", endpoint.text)),
            None if endpoint.text.starts_with("http://") => {
                let what = format!("the endpoint `{}` of etcd is http, but has a certFile", endpoint.text);
                refuse(endpoint.line, what);
            }
            None => {
                refuse(endpoint.line, format!("the endpoint `{}` of etcd has no https://", endpoint.text));
            }
        }
    }
}

impl Kubeadm {
    /// The files and directories of the host that it names.
    pub(crate) fn files(&self) -> Vec<Text<'_>> {
        let mut named: Vec<Text<'_>> = Vec::new();
        named.extend(CERTIFICATES.iter().filter_map(|field| self.text(CLUSTER, field)));
        for kind in KINDS {
            named.extend(self.text(kind, "patches.directory"));
        }
        named.extend(
            self.text("JoinConfiguration", "discovery.file.kubeConfigPath")
                .filter(|path| !path.text.starts_with("https://")),
        );
        named.extend(self.text("KubeletConfiguration", "resolvConf"));
        named
    }
}
