//! Paths: where certificates and etcd's data will be, and the files that must be there.

use super::node::KINDS;
use super::{Finding, Kubeadm, Text, Topic};
use crate::fact::{Fact, Moment, State, Value};
use crate::host::HostPath;
use crate::subsystem::{Subsystems, volatile};

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

/// Files and directories that the configuration names and the host lacks.
pub(super) fn missing(kubeadm: &Kubeadm, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let mut named: Vec<Text<'_>> = Vec::new();
    named.extend(CERTIFICATES.iter().filter_map(|field| kubeadm.text(CLUSTER, field)));
    for kind in KINDS {
        named.extend(kubeadm.text(kind, "patches.directory"));
    }
    named.extend(
        kubeadm
            .text("JoinConfiguration", "discovery.file.kubeConfigPath")
            .filter(|path| !path.text.starts_with("https://")),
    );
    named.extend(kubeadm.text("KubeletConfiguration", "resolvConf"));
    let mut missing = Vec::new();
    for path in named.into_iter().filter(|path| path.text.starts_with('/')) {
        match is_there(subsystems, &HostPath::new(path.text), moment) {
            Ok(true) => {}
            Ok(false) => missing.push(path),
            Err(reason) => return Fact::unknown(reason).because(kubeadm.origin(path.line)),
        }
    }
    let paths = Value::list(missing.iter().map(|path| path.text));
    Fact::new(State::from(paths)).because_all(missing.iter().map(|path| kubeadm.origin(path.line)))
}

fn is_there(subsystems: &Subsystems<'_>, path: &HostPath, moment: Moment) -> Result<bool, String> {
    let disk = subsystems.host().files();
    let end = volatile::real(disk, path);
    let files = match (volatile::is_below_memory(&end), moment, subsystems.host().running()) {
        (false, ..) => disk,
        (true, Moment::Now, Some(running)) => running.files(),
        // A service makes it anew, or nothing does.
        (true, ..) => return Ok(true),
    };
    match files.stat(&end) {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}
