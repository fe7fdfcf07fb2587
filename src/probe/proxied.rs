//! `proxied:TARGET`: which programs of the node send requests for a target to a proxy.

use super::key::KeyKind;
use super::proxy::found;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Network, Origin, Reason, State, Value};
use crate::parse::no_proxy::Covered;
use crate::subsystem::Subsystems;

const CONTAINERD: Attribute =
    Attribute::new("containerd", Shape::Bool, "Whether containerd does.").phrase("proxied by containerd");
const CRIO: Attribute = Attribute::new("crio", Shape::Bool, "Whether CRI-O does.").phrase("proxied by CRI-O");
const KUBELET: Attribute =
    Attribute::new("kubelet", Shape::Bool, "Whether the kubelet does.").phrase("proxied by the kubelet");
const LOGIN: Attribute =
    Attribute::new("login", Shape::Bool, "Whether what is started from a login does, as kubeadm is.")
        .phrase("proxied for logins");

pub(super) static PROBE: Probe = Probe {
    name: "proxied",
    summary: "Which programs send requests for an address, a network or a name to a proxy.",
    details: "The key is an address, networks by commas, a name, or with a leading dot all names of a domain. A network is sent \
              to the proxy unless all of it is in NO_PROXY. The settings are those of the probe `proxy`. A program without \
              proxies, or that is not there, sends nothing to one. Entries with a port hold for this port only: then it is \
              unknown. No packet is sent.",
    key: KeySyntax::Required(&KeyKind { noun: "target", canonical }),
    answer: Shape::Record(&[CONTAINERD, CRIO, KUBELET, LOGIN]),
    moments: BOTH,
    examples: &["10.96.0.0/12", "registry.k8s.io"],
    ask,
};

const PROGRAMS: [(Attribute, &str); 4] = [
    (LOGIN, "login"),
    (KUBELET, "kubelet.service"),
    (CRIO, "crio.service"),
    (CONTAINERD, "containerd.service"),
];

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    if moment == Moment::Now && subsystems.host().running().is_none() {
        return Fact::unknown(Reason::not_running());
    }
    let mut because: Vec<Origin> = Vec::new();
    let record = PROGRAMS.map(|(attribute, name)| {
        let state = match found(subsystems, name) {
            Err(reason) => State::unknown(reason),
            Ok(Some(proxies)) if proxies.any() => {
                let covered = key.as_str().split(',').map(|target| proxies.no_proxy.covers(target));
                let covered = covered.reduce(|a, b| if a == Covered::Yes { b } else { a });
                let place = proxies.exceptions.or(proxies.https).or(proxies.http);
                because.extend(place.map(|(origin, _)| origin).filter(|origin| !because.contains(origin)));
                match covered.unwrap_or(Covered::No) {
                    Covered::Yes => State::from(false),
                    Covered::No => State::from(true),
                    Covered::Perhaps => State::unknown("NO_PROXY has entries with a port"),
                }
            }
            Ok(_) => State::from(false),
        };
        attribute.is(state)
    });
    Fact::new(Value::record(record)).because_all(because)
}

/// Networks without blanks, as a list prints them `[a, b]`; names without their port.
fn canonical(text: &str) -> Result<String, String> {
    let text = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .filter(|_| !text.contains("]:"))
        .unwrap_or(text);
    let targets: Vec<String> = text.split(',').map(|target| target.trim().to_lowercase()).collect();
    let port = |target: &str| match target.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            host.trim_matches(['[', ']']).to_owned()
        }
        _ => target.to_owned(),
    };
    let clean = |target: String| if target.parse::<Network>().is_ok() { target } else { port(&target) };
    let targets: Vec<String> = targets.into_iter().map(clean).collect();
    let is_wrong = |target: &&String| {
        let odd = target.is_empty() || target.contains(|c: char| c.is_whitespace() || c == '/');
        odd && target.parse::<Network>().is_err()
    };
    match targets.iter().find(is_wrong) {
        Some(wrong) => Err(format!("`{wrong}` is no address, network or name")),
        None => Ok(targets.join(",")),
    }
}
