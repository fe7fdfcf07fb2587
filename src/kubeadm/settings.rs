//! The variables of rules that the configuration sets. What kubeadm refuses sets nothing: a finding tells it.

use ipnet::IpNet;
use std::net::IpAddr;

use super::{Kubeadm, Text, syntax};
use crate::component::kubeadm::form;
use crate::fact::Origin;
use crate::parse::document::Content;
use crate::parse::go_address;

const CLUSTER: &str = "ClusterConfiguration";
/// Both kinds that may say where this node's API server listens.
const LOCAL: [(&str, &str); 2] =
    [("InitConfiguration", "localAPIEndpoint"), ("JoinConfiguration", "controlPlane.localAPIEndpoint")];

/// Which command of kubeadm will read the file, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `kubeadm init`
    Init,
    /// `kubeadm join`
    Join,
    /// `kubeadm upgrade`
    Upgrade,
}

impl Target {
    /// The command, behind `kubeadm`.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Target::Init => "init",
            Target::Join => "join",
            Target::Upgrade => "upgrade",
        }
    }

    /// The profile of this command.
    #[must_use]
    pub fn profile(self) -> &'static str {
        match self {
            Target::Init => "kubeadm-init",
            Target::Join => "kubeadm-join",
            Target::Upgrade => "kubeadm-upgrade",
        }
    }
}

/// A variable with its value as it would be typed, and the place that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// The value, as `--set NAME=VALUE` takes it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Kubeadm {
    /// The variables. Without a target, a file for both commands doesn't say what the node will be.
    #[must_use]
    pub fn settings(&self, target: Option<Target>) -> Vec<Setting> {
        let mut list = Vec::new();
        let mut set = |name, value: String, line| {
            list.push(Setting { name, value, origin: self.origin(line) });
        };
        let init = self.document("InitConfiguration").or_else(|| self.document(CLUSTER));
        let join = self.document("JoinConfiguration");
        let target = target.or(match (init, join) {
            (Some(_), None) => Some(Target::Init),
            (None, Some(_)) => Some(Target::Join),
            _ => None,
        });
        match (target, init, join) {
            (Some(Target::Init), Some(init), _) => set("role", "control-plane".into(), init.line),
            (Some(Target::Join), _, Some(join)) => match self.line(join.kind, "controlPlane") {
                Some(line) => set("role", "control-plane".into(), line),
                None => set("role", "worker".into(), join.line),
            },
            _ => {}
        }
        for (name, field) in
            [("pod-cidr", "networking.podSubnet"), ("service-cidr", "networking.serviceSubnet")]
        {
            if let Some(text) = self.text(CLUSTER, field).filter(|text| networks(text.text).is_some()) {
                set(name, text.text.to_owned(), text.line);
            }
        }
        let both = ["networking.podSubnet", "networking.serviceSubnet"];
        let subnets: Vec<Text<'_>> = both.iter().filter_map(|field| self.text(CLUSTER, field)).collect();
        let six = |text: &&Text<'_>| {
            networks(text.text).is_some_and(|list| list.iter().any(|n| matches!(n, IpNet::V6(_))))
        };
        if let Some(text) = subnets.iter().find(six).or(subnets.first()) {
            set("ipv6", six(&text).to_string(), text.line);
        }
        for (name, text) in self.texts_of(target) {
            set(name, text.text.to_owned(), text.line);
        }
        if let Some(version) = self.target_version(target) {
            set("kubernetes-target", version.text.to_owned(), version.line);
        }
        if let Some((port, line)) = self.bind_port(target) {
            set("bind-port", port.to_string(), line);
        }
        if let Some(line) = self.line(CLUSTER, "etcd.external") {
            set("etcd", "external".into(), line);
        } else if let Some(line) = self.line(CLUSTER, "etcd.local") {
            set("etcd", "local".into(), line);
        }
        list
    }

    /// Variables whose value is a text of one field.
    fn texts_of(&self, target: Option<Target>) -> Vec<(&'static str, Text<'_>)> {
        let mut list: Vec<(&'static str, Text<'_>)> = Vec::new();
        let (kind, local) = local(target);
        if let Some(socket) = self.text(kind, "nodeRegistration.criSocket") {
            let path = socket.text.strip_prefix("unix:").unwrap_or(socket.text);
            let path = path.strip_prefix("//").unwrap_or(path);
            if is_path(path) {
                list.push(("cri-socket", Text { text: path, line: socket.line }));
            }
        }
        let name = self.text(kind, "nodeRegistration.name");
        list.extend(name.filter(|name| syntax::is_subdomain(name.text)).map(|name| ("node-name", name)));
        let address = self.text(kind, &format!("{local}.advertiseAddress"));
        let usable = |text: &Text<'_>| text.text.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified());
        list.extend(address.filter(usable).map(|address| ("advertise-address", address)));
        let version = self.text(CLUSTER, "kubernetesVersion");
        list.extend(version.filter(|v| form::is_version(v.text)).map(|v| ("kubernetes-version", v)));
        let endpoint = match target {
            Some(Target::Join) => self
                .text(kind, "discovery.bootstrapToken.apiServerEndpoint")
                .filter(|endpoint| syntax::join_endpoint(endpoint.text).is_ok()),
            _ => self
                .text(CLUSTER, "controlPlaneEndpoint")
                .filter(|endpoint| syntax::host_port(endpoint.text).is_ok()),
        };
        list.extend(endpoint.map(|endpoint| ("endpoint", endpoint)));
        for (name, field) in [("etcd-dir", "etcd.local.dataDir"), ("certificates-dir", "certificatesDir")] {
            let path = self.text(CLUSTER, field).filter(|path| is_path(path.text));
            list.extend(path.map(|path| (name, path)));
        }
        let skipped = self
            .texts(kind, "skipPhases")
            .into_iter()
            .find(|phase| ["addon", "addon/kube-proxy"].contains(&phase.text));
        let disabled = self.document(CLUSTER).and_then(|document| document.root.at("proxy.disabled"));
        let disabled = disabled.filter(|node| node.content == Content::Bool(true)).and_then(|node| node.line);
        if let Some(line) = skipped.map(|phase| phase.line).or(disabled) {
            list.push(("proxy-mode", Text { text: "none", line }));
            return list;
        }
        let mode = self.text("KubeProxyConfiguration", "mode");
        let known = |mode: &Text<'_>| ["iptables", "ipvs", "nftables"].contains(&mode.text);
        list.extend(mode.filter(known).map(|mode| ("proxy-mode", mode)));
        list
    }

    /// The version to upgrade to, if the file names one.
    fn target_version(&self, target: Option<Target>) -> Option<Text<'_>> {
        if target.is_some_and(|target| target != Target::Upgrade) {
            return None;
        }
        let fields = ["apply.kubernetesVersion", "plan.kubernetesVersion"];
        let named = fields.iter().find_map(|field| self.text("UpgradeConfiguration", field));
        named.filter(|version| form::is_version(version.text))
    }

    fn bind_port(&self, target: Option<Target>) -> Option<(i64, u32)> {
        let (kind, field) = local(target);
        let document = self.document(kind)?;
        let node = document.root.at(&format!("{field}.bindPort"))?;
        match node.content {
            Content::Integer(port) if (1..=65535).contains(&port) => {
                Some((port, node.line.unwrap_or(document.line)))
            }
            _ => None,
        }
    }
}

/// The kind that registers this node, and its field of the local API server.
fn local(target: Option<Target>) -> (&'static str, &'static str) {
    match target {
        Some(Target::Join) => LOCAL[1],
        _ => LOCAL[0],
    }
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    text.split(',').map(go_address::network).collect()
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.chars().any(char::is_control) && !text.split('/').any(|part| part == "..")
}
