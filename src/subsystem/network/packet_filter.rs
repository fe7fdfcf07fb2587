//! Packet filters that a service loads at boot, before Kubernetes: what they refuse that nodes and pods need.

use crate::fact::{Answer, Confidence, Knowledge, Moment, Origin, Reason};
use crate::host::Read;
use crate::parse::{iptables_save, nft_conf};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

/// How a file is written.
#[derive(Clone, Copy)]
enum Form {
    Iptables,
    Nftables,
}

/// Services that load rules, and the files that they load.
const LOADERS: [(&str, &str, Form); 8] = [
    ("netfilter-persistent.service", "/etc/iptables/rules.v4", Form::Iptables),
    ("netfilter-persistent.service", "/etc/iptables/rules.v6", Form::Iptables),
    ("iptables.service", "/etc/sysconfig/iptables", Form::Iptables),
    ("iptables.service", "/etc/iptables/iptables.rules", Form::Iptables),
    ("ip6tables.service", "/etc/sysconfig/ip6tables", Form::Iptables),
    ("ip6tables.service", "/etc/iptables/ip6tables.rules", Form::Iptables),
    ("nftables.service", "/etc/nftables.conf", Form::Nftables),
    ("nftables.service", "/etc/sysconfig/nftables.conf", Form::Nftables),
];

/// What is refused of it that a node needs: forwarded packets, and connections to these ports.
pub fn refused(subsystems: &Subsystems<'_>, ports: &[u16], moment: Moment) -> Answer<Vec<String>> {
    let files = subsystems.host().files();
    let mut found: Vec<(Origin, String)> = Vec::new();
    let mut doubt: Option<Reason> = None;
    let mut is_ipv6_only = true;
    for (unit, path, form) in LOADERS {
        let bytes = match files.read(path) {
            Read::There(bytes) => bytes,
            Read::Missing(_) => continue,
            Read::Hidden(error) => {
                if !matches!(loads(subsystems, unit, moment), Ok(false)) {
                    doubt.get_or_insert(error.into());
                }
                continue;
            }
        };
        let refused = match form {
            Form::Iptables => iptables(&bytes, ports),
            Form::Nftables => nftables(&bytes, ports),
        };
        if refused.is_empty() {
            continue;
        }
        match loads(subsystems, unit, moment) {
            Ok(true) => {
                is_ipv6_only &= path.contains('6');
                let told = |(line, what): (u32, String)| {
                    (Origin::line(path, line), format!("{what} ({path}:{line}, {unit})"))
                };
                found.extend(refused.into_iter().map(told));
            }
            Ok(false) => {}
            Err(reason) => {
                doubt.get_or_insert(reason);
            }
        }
    }
    match doubt {
        Some(reason) if found.is_empty() => Answer::unknown(reason),
        _ => {
            let (places, told): (Vec<Origin>, Vec<String>) = found.into_iter().unzip();
            let answer = Answer::known(told).because_all(places).at_most(Confidence::High);
            if is_ipv6_only {
                answer
            } else {
                answer.note("rules of kube-proxy and the pod network may come before these")
            }
        }
    }
}

/// Whether a service has loaded its rules, or will.
fn loads(subsystems: &Subsystems<'_>, unit: &str, moment: Moment) -> Result<bool, Reason> {
    match moment {
        Moment::NextBoot => match subsystems.units().starts(subsystems, unit) {
            Starts::Yes(_) => Ok(true),
            Starts::No(_) => Ok(false),
            Starts::Unknown(reason) => Err(reason.into()),
        },
        Moment::Now => match subsystems.units().service(subsystems, unit, moment).state {
            Knowledge::Known(state) => match state.active {
                Knowledge::Known(active) => Ok(active == "active"),
                Knowledge::Absent => Ok(false),
                Knowledge::Unknown(reason) => Err(reason),
            },
            Knowledge::Absent => Ok(false),
            Knowledge::Unknown(reason) => Err(reason),
        },
    }
}

fn iptables(bytes: &[u8], ports: &[u16]) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    // The line that refuses the rest, and the rules before it.
    let refusal = |chain: &iptables_save::Chain| {
        let at = chain.rules.iter().position(iptables_save::Rule::refuses_all);
        let line = at.map(|at| chain.rules[at].line).or(chain.drops_by_policy)?;
        Some((line, chain.rules[..at.unwrap_or(chain.rules.len())].to_vec()))
    };
    if let Some((line, before)) = iptables_save::filter_chain(bytes, "FORWARD").as_ref().and_then(refusal)
        && !before.iter().any(iptables_save::Rule::accepts_new)
    {
        found.push((line, "FORWARD refuses all new connections".to_owned()));
    }
    if let Some((line, before)) = iptables_save::filter_chain(bytes, "INPUT").as_ref().and_then(refusal) {
        let shut: Vec<String> = ports
            .iter()
            .filter(|port| !before.iter().any(|rule| rule.accepts_port(**port) || is_elsewhere(rule)))
            .map(ToString::to_string)
            .collect();
        if !shut.is_empty() {
            found.push((line, format!("INPUT refuses TCP port {}", shut.join(" and "))));
        }
    }
    found
}

/// A rule that leads to another chain may let anything through.
fn is_elsewhere(rule: &iptables_save::Rule) -> bool {
    !["ACCEPT", "DROP", "REJECT", "LOG", "RETURN", ""].contains(&rule.target.as_str())
}

fn nftables(bytes: &[u8], ports: &[u16]) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for chain in nft_conf::refusing(bytes) {
        if chain.hook == "forward" {
            if !chain.accepts_new() {
                found.push((chain.line, "the chain of hook forward refuses all new connections".to_owned()));
            }
            continue;
        }
        let shut: Vec<String> =
            ports.iter().filter(|port| !chain.may_accept_port(**port)).map(ToString::to_string).collect();
        if !shut.is_empty() {
            found.push((
                chain.line,
                format!("the chain of hook input refuses TCP port {}", shut.join(" and ")),
            ));
        }
    }
    found
}
