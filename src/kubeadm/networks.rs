//! `networking`: what kubeadm refuses, and what it warns about.

use ipnet::IpNet;
use std::net::IpAddr;

use super::{Finding, Kubeadm, Text, Topic};
use crate::parse::go_address;

const CLUSTER: &str = "ClusterConfiguration";
const KUBELET: &str = "KubeletConfiguration";
/// The API server keeps a bit for each address of the service network, of which there may be 2^20.
const SERVICE_BITS: u8 = 20;
/// kubeadm wants so many addresses in a network.
const LEAST_ADDRESSES_BITS: u8 = 4;
/// The controller manager divides the pod network into at most 2^16 networks of nodes.
const NODE_BITS: i64 = 16;
/// What kubeadm takes if `serviceSubnet` is not set.
pub(super) const DEFAULT_SERVICES: &str = "10.96.0.0/12";

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let services = kubeadm.text(CLUSTER, "networking.serviceSubnet");
    let pods = kubeadm.text(CLUSTER, "networking.podSubnet");
    let mut say = |topic, line, text: String| findings.push(Finding::new(topic, line, text));
    let mut refuse = |line, text| say(Topic::NetworkErrors, line, text);
    let service_networks = services.and_then(|text| networks("serviceSubnet", text, &mut refuse));
    let pod_networks = pods.and_then(|text| networks("podSubnet", text, &mut refuse));
    for (text, network) in each(services, service_networks.as_ref()) {
        let bits = network.max_prefix_len() - network.prefix_len();
        if bits > SERVICE_BITS {
            let least = network.max_prefix_len() - SERVICE_BITS;
            refuse(text.line, format!("serviceSubnet {network} is too large: /{least} is the largest"));
        }
    }
    let allocates = kubeadm
        .flag(CLUSTER, "controllerManager.extraArgs", "allocate-node-cidrs")
        .is_none_or(|value| value.text != "false");
    for (text, network) in each(pods, pod_networks.as_ref()).into_iter().filter(|_| allocates) {
        pod_size(kubeadm, text, network, pod_networks.as_ref().map_or(0, Vec::len), &mut refuse);
    }
    let default: Vec<IpNet> = DEFAULT_SERVICES.parse().into_iter().collect();
    let effective = match services {
        Some(_) => service_networks,
        None => Some(default),
    };
    if let (Some(line), Some(pods), Some(services)) =
        (pods.or(services).map(|text| text.line), &pod_networks, &effective)
    {
        let shared = pods.iter().any(|pod| services.iter().any(|service| family(pod) == family(service)));
        if !shared {
            let (pod, service) = (join(pods), join(services));
            // kubeadm takes them; pods and services never meet.
            let text = format!("podSubnet {pod} and serviceSubnet {service} are of different families");
            say(Topic::Warnings, line, text);
        }
    }
    kubelet(kubeadm, effective.as_deref(), &mut |line, text| say(Topic::Warnings, line, text));
    own_address(kubeadm, effective.as_deref(), &mut |line, text| say(Topic::EndpointErrors, line, text));
}

/// The API server exits if its own address is of another family than the first of its services.
fn own_address(kubeadm: &Kubeadm, services: Option<&[IpNet]>, refuse: &mut dyn FnMut(u32, String)) {
    let first =
        services.and_then(|networks| networks.first()).filter(|_| kubeadm.document(CLUSTER).is_some());
    let written = kubeadm.text("InitConfiguration", "localAPIEndpoint.advertiseAddress");
    let (Some(network), Some(text)) = (first, written) else { return };
    let address = go_address::address(text.text).filter(|address| !address.is_unspecified());
    if let Some(address) = address.filter(|address| address.is_ipv4() != family(network)) {
        let what = format!("advertiseAddress {address} and the first serviceSubnet {network}");
        refuse(text.line, format!("{what} are of different families"));
    }
}

/// The kubelet's configuration beside it: kubeadm warns if the kubelet will send pods to another name server.
fn kubelet(kubeadm: &Kubeadm, services: Option<&[IpNet]>, warn: &mut dyn FnMut(u32, String)) {
    let tenth = services.and_then(|networks| networks.first()).and_then(tenth);
    if let Some(tenth) = tenth {
        for server in kubeadm.texts(KUBELET, "clusterDNS") {
            // 169.254.0.0/16 and fe80::/10 are node-local caches.
            let local = match server.text.parse::<IpAddr>() {
                Ok(IpAddr::V4(address)) => address.is_link_local(),
                Ok(IpAddr::V6(address)) => address.is_unicast_link_local(),
                Err(_) => {
                    warn(server.line, format!("clusterDNS `{}` is not an address", server.text));
                    continue;
                }
            };
            let second = services.and_then(|networks| networks.get(1)).and_then(self::tenth);
            let is = |wanted: Option<IpAddr>| server.text.parse().ok() == wanted;
            if !local && !is(Some(tenth)) && (second.is_none() || !is(second)) {
                warn(server.line, format!("clusterDNS {}: the DNS service will be at {tenth}", server.text));
            }
        }
    }
    let domain = kubeadm.text(CLUSTER, "networking.dnsDomain").map_or("cluster.local", |domain| domain.text);
    if let Some(ours) = kubeadm.text(KUBELET, "clusterDomain").filter(|ours| ours.text != domain)
        && kubeadm.document(CLUSTER).is_some()
    {
        warn(ours.line, format!("clusterDomain {}: the dnsDomain of the cluster is {domain}", ours.text));
    }
}

/// The address of the DNS service: the tenth of the service network (kubeadm's `GetDNSIP`).
fn tenth(network: &IpNet) -> Option<IpAddr> {
    match network.network() {
        IpAddr::V4(address) => {
            address.to_bits().checked_add(10).map(|bits| std::net::Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(address) => {
            address.to_bits().checked_add(10).map(|bits| std::net::Ipv6Addr::from_bits(bits).into())
        }
    }
}

/// One network, or two of different families, written with a comma and without blanks.
fn networks(field: &str, text: Text<'_>, refuse: &mut dyn FnMut(u32, String)) -> Option<Vec<IpNet>> {
    let mut networks: Vec<IpNet> = Vec::new();
    for part in text.text.split(',') {
        let Some(network) = go_address::network(part) else {
            let blank = if part.trim() == part { "" } else { "; write no blanks" };
            refuse(text.line, format!("{field} `{part}` is not a network such as 10.244.0.0/16{blank}"));
            return None;
        };
        networks.push(network);
    }
    let dual = matches!(&networks[..], [a, b] if family(a) != family(b));
    if networks.len() > 1 && !dual {
        let text_ = "takes one network, or an IPv4 and an IPv6 network with a comma between";
        refuse(text.line, format!("{field} {text_}"));
        return None;
    }
    for network in &networks {
        if network.max_prefix_len() - network.prefix_len() < LEAST_ADDRESSES_BITS {
            refuse(text.line, format!("{field} {network} is too small: kubeadm wants at least 10 addresses"));
        }
    }
    Some(networks)
}

fn pod_size(
    kubeadm: &Kubeadm,
    text: Text<'_>,
    network: IpNet,
    count: usize,
    refuse: &mut dyn FnMut(u32, String),
) {
    let flag = |name: &str| kubeadm.flag(CLUSTER, "controllerManager.extraArgs", name);
    let (name, default) = match network {
        IpNet::V4(_) => ("node-cidr-mask-size-ipv4", 24),
        IpNet::V6(_) => ("node-cidr-mask-size-ipv6", 64),
    };
    let mask = i64::from(network.prefix_len());
    if count == 1 {
        plain_mask(&flag, network, refuse);
    }
    let node = match flag(name).filter(|flag| !flag.text.is_empty()) {
        Some(flag) => match flag.text.parse::<i64>() {
            Ok(mask) => mask,
            Err(_) => return refuse(flag.line, format!("{name} `{}` is no number", flag.text)),
        },
        None => default,
    };
    if mask > node {
        refuse(
            text.line,
            format!("podSubnet {network} is smaller than the /{node} that every node gets of it"),
        );
    } else if node - mask > NODE_BITS {
        let what = format!("podSubnet {network} is too large for a /{node} per node");
        refuse(text.line, format!("{what}: at most {NODE_BITS} bits may lie between them"));
    }
}

/// kubeadm doesn't read the flag without a family; the controller manager does, and exits.
fn plain_mask<'k>(
    flag: &impl Fn(&str) -> Option<Text<'k>>,
    network: IpNet,
    refuse: &mut dyn FnMut(u32, String),
) {
    let Some(plain) = flag("node-cidr-mask-size") else { return };
    let mask = i64::from(network.prefix_len());
    let wrong = match plain.text.parse::<i64>() {
        Err(_) => "is no number".to_owned(),
        Ok(node) if node < mask => format!("is a larger network than podSubnet {network}"),
        Ok(node) if node - mask > NODE_BITS => {
            format!("leaves more than {NODE_BITS} bits of podSubnet {network}")
        }
        Ok(_) => return,
    };
    let what = format!("node-cidr-mask-size `{}` {wrong}: the controller manager exits", plain.text);
    refuse(plain.line, what);
}

fn each<'t>(text: Option<Text<'t>>, networks: Option<&Vec<IpNet>>) -> Vec<(Text<'t>, IpNet)> {
    let networks = networks.into_iter().flatten();
    text.map_or_else(Vec::new, |text| networks.map(|network| (text, *network)).collect())
}

pub(super) fn family(network: &IpNet) -> bool {
    matches!(network, IpNet::V4(_))
}

fn join(networks: &[IpNet]) -> String {
    networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
