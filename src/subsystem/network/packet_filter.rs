//! Packet filters that a service loads at boot, before Kubernetes: what they refuse that nodes and pods need.

use std::rc::Rc;

use crate::fact::{Answer, Confidence, Knowledge, Moment, Origin, Reason, ReasonCode, printable};
use crate::host::{Files, Read};
use crate::parse::nft_conf::Ruleset;
use crate::parse::{glob, iptables_save, nft_conf};
use crate::subsystem::systemd::units::Starts;
use crate::subsystem::{Subsystems, drop_in};

/// No honest file includes more.
const MAX_INCLUDED: usize = 64;
/// What stands before a chain that sees no packet of IPv4.
const OF_IPV6: &str = "IPv6: ";

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
    let mut found: Vec<Refused> = Vec::new();
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
            Form::Iptables => Ok(iptables(path, &bytes, ports)),
            Form::Nftables => nftables(files, path, bytes, ports),
        };
        if matches!(&refused, Ok(refused) if refused.is_empty()) {
            continue;
        }
        match loads(subsystems, unit, moment) {
            Ok(true) => match refused {
                Ok(refused) => {
                    is_ipv6_only &= refused.iter().all(|(_, what)| what.starts_with(OF_IPV6));
                    let told = |(place, what): Refused| {
                        let what = format!("{what} ({place}, {unit})");
                        (place, what)
                    };
                    found.extend(refused.into_iter().map(told));
                }
                Err(reason) => {
                    doubt.get_or_insert(reason);
                }
            },
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

/// What a file refuses: the place, and in words.
type Refused = (Origin, String);

fn iptables(path: &str, bytes: &[u8], ports: &[u16]) -> Vec<Refused> {
    let Some(table) = iptables_save::filter_table(bytes) else { return Vec::new() };
    let of_ipv6 = if path.contains('6') { OF_IPV6 } else { "" };
    let mut found = Vec::new();
    let place = |line| Origin::line(path, line);
    if let Some(forward) = table.refusal("FORWARD").filter(|forward| !forward.lets_new()) {
        found.push((place(forward.line), format!("{of_ipv6}FORWARD refuses all new connections")));
    }
    if let Some(input) = table.refusal("INPUT") {
        let shut = shut(ports, |port| input.lets_port(port));
        found.extend(shut.map(|shut| (place(input.line), format!("{of_ipv6}INPUT {shut}"))));
    }
    found
}

/// What is said of ports that aren't open; none if all are.
fn shut(ports: &[u16], is_open: impl Fn(u16) -> bool) -> Option<String> {
    let shut: Vec<String> = ports.iter().filter(|port| !is_open(**port)).map(ToString::to_string).collect();
    (!shut.is_empty()).then(|| format!("refuses TCP port {}", shut.join(" and ")))
}

fn nftables(files: &Files, path: &str, bytes: Rc<[u8]>, ports: &[u16]) -> Result<Vec<Refused>, Reason> {
    let mut ruleset = Ruleset::default();
    let mut wrong = None;
    let mut left = MAX_INCLUDED;
    ruleset.read(&(path.to_owned(), bytes), &mut |pattern| match included(files, pattern) {
        Ok(found) if found.len() <= left => {
            left -= found.len();
            found
        }
        Ok(_) => {
            let why = format!("{path} includes more than {MAX_INCLUDED} files, not read");
            wrong.get_or_insert(Reason::new(ReasonCode::TooLarge, why));
            Vec::new()
        }
        Err(why) => {
            wrong.get_or_insert(why);
            Vec::new()
        }
    });
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    if !ruleset.is_whole() {
        let why = format!("{path} has more chains or statements than are read");
        return Err(Reason::new(ReasonCode::TooLarge, why));
    }
    let refused = |chain: nft_conf::Refusing<'_>| {
        let what = if chain.hook() == "forward" {
            (!chain.lets_new()).then(|| "refuses all new connections".to_owned())
        } else {
            shut(ports, |port| chain.may_let_port(port))
        };
        let of_ipv6 = if chain.is_ipv6() { OF_IPV6 } else { "" };
        let place = Origin::line(&chain.place.path, chain.place.line);
        Some((place, format!("{of_ipv6}the chain of hook {} {}", chain.hook(), what?)))
    };
    Ok(ruleset.refusing().filter_map(refused).collect())
}

/// The files of an `include`; of a pattern those that are there.
fn included(files: &Files, pattern: &str) -> Result<Vec<nft_conf::File>, Reason> {
    // What is written without a slash in front lies below /etc.
    let path = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/{pattern}") };
    let (directory, last) = path.rsplit_once('/').unwrap_or(("", &path));
    if glob::is_glob(directory) || pattern.starts_with('.') {
        let why = format!("which files `include \"{}\"` means can't be told", printable(pattern));
        return Err(Reason::new(ReasonCode::NotUnderstood, why));
    }
    let paths = if glob::is_glob(last) {
        let names = drop_in::list(files, directory).found()?;
        let names = names.iter().flat_map(|names| names.iter()).filter_map(|name| name.to_str());
        names.filter(|name| glob::covers_name(last, name)).map(|name| format!("{directory}/{name}")).collect()
    } else {
        vec![path.clone()]
    };
    let mut found = Vec::new();
    for path in paths {
        match files.read(&path) {
            Read::There(bytes) => found.push((path, bytes)),
            Read::Missing(path) => {
                let why = format!("{} is included and not there: nft loads nothing", printable(&path));
                return Err(Reason::new(ReasonCode::Undecided, why));
            }
            Read::Hidden(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
