//! Alternatives: which program a generic name leads to. The links decide; the administrative file only says
//! whether a package upgrade may change them.

use super::Subsystems;
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::format::alternatives;
use crate::host::{Files, HostPath, Trouble};

/// The tools that write packet filter rules; each is a group of its own.
pub const FILTER_TOOLS: [&str; 4] = ["iptables", "ip6tables", "arptables", "ebtables"];
/// Longer chains of links don't occur; the kernel gives up at 40.
const MOST_HOPS: usize = 40;

/// What a generic name leads to.
pub struct Leads {
    /// The links on the way, and the end.
    pub hops: Vec<HostPath>,
    /// Whether the end is there.
    pub exists: bool,
}

/// Follows a command's name through all links.
///
/// # Errors
/// Why that can't be known.
pub fn follow(files: &Files, name: &str) -> Result<Option<Leads>, String> {
    for directory in ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/etc/alternatives"] {
        let mut path = HostPath::new(format!("{directory}/{name}"));
        match files.lstat(&path) {
            Ok(_) => {}
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.to_string()),
        }
        let mut hops = vec![path.clone()];
        for _ in 0..MOST_HOPS {
            match files.read_link(&path) {
                Ok(target) => {
                    path = path.link_target(target);
                    hops.push(path.clone());
                }
                Err(error) if matches!(error.trouble, Trouble::NotAFile(_)) => {
                    return Ok(Some(Leads { hops, exists: true }));
                }
                Err(error) if error.is_not_found() => return Ok(Some(Leads { hops, exists: false })),
                Err(error) => return Err(error.to_string()),
            }
        }
        return Err(format!("{directory}/{name}: too many levels of symbolic links"));
    }
    Ok(None)
}

/// `legacy` or `nft`, by the name of the program: `xtables-nft-multi`, `iptables-legacy`. Programs without
/// either in their name are the old ones, from before there was a choice.
#[must_use]
pub fn backend(program: &str) -> Option<&'static str> {
    let known = |stem: &str| FILTER_TOOLS.contains(&stem) || stem == "xtables";
    let stem = program.split('-').next().unwrap_or_default();
    match program {
        _ if !known(stem) => None,
        _ if program.contains("-nft") => Some("nft"),
        _ => Some("legacy"),
    }
}

/// The answer for `alternative:NAME`.
pub fn alternative(subsystems: &Subsystems<'_>, name: &str) -> Fact {
    let files = subsystems.host().files();
    let leads = match follow(files, name) {
        Ok(Some(leads)) => leads,
        Ok(None) => return Fact::absent(),
        Err(reason) => return Fact::unknown(reason),
    };
    let Some(target) = leads.hops.last() else { return Fact::absent() };
    let program = target.file_name().to_string_lossy().into_owned();
    let state = administrative(files, name);
    let (mode, note) = match &state {
        Ok(Some((path, found))) => (
            State::from(if found.auto { "auto" } else { "manual" }),
            overruled_by_hand(found, &leads).then(|| {
                format!(
                    "{path} says auto, and the link was changed by hand: a package upgrade may change it back"
                )
            }),
        ),
        Ok(None) => (State::Absent, None),
        Err(reason) => (State::unknown(reason.clone()), None),
    };
    let is_filter = FILTER_TOOLS.contains(&name);
    let backend = match backend(&program).filter(|_| is_filter) {
        Some(backend) if leads.exists => State::from(backend),
        _ => State::Absent,
    };
    let record =
        Value::record([("target", State::from(target.to_string())), ("mode", mode), ("backend", backend)]);
    let links = leads.hops.iter().zip(leads.hops.iter().skip(1));
    let mut fact = Fact::new(State::from(record))
        .because_all(links.map(|(link, target)| Origin::file(link).says(format!("leads to {target}"))));
    if fact.because.is_empty() {
        fact.because.push(Origin::file(target));
    }
    // The last link is the one that was chosen.
    fact.because.reverse();
    if !leads.exists {
        fact.notes.push(format!("broken: {target} isn't there"));
    }
    fact.notes.extend(note);
    fact
}

/// The administrative file of a group, if there is one.
fn administrative(files: &Files, name: &str) -> Result<Option<(String, alternatives::Alternatives)>, String> {
    for directory in ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"] {
        let path = format!("{directory}/{name}");
        match files.read(&path) {
            Ok(bytes) => {
                let parsed = alternatives::parse(&bytes);
                return parsed
                    .map(|parsed| Some((path.clone(), parsed)))
                    .ok_or(format!("{path} makes no sense"));
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(None)
}

fn overruled_by_hand(found: &alternatives::Alternatives, leads: &Leads) -> bool {
    let best = found.best();
    found.auto && best.is_some_and(|best| !leads.hops.iter().any(|hop| *hop == HostPath::new(best)))
}

/// The answer for `iptables`: which backend the host's tools use, and whether they agree.
pub fn filter(subsystems: &Subsystems<'_>) -> Fact {
    let files = subsystems.host().files();
    let mut found: Vec<(&str, &str, Origin)> = Vec::new();
    let mut unclear = None;
    for tool in FILTER_TOOLS {
        match follow(files, tool) {
            Ok(Some(leads)) if leads.exists => {
                let end = leads.hops.last().map(|path| path.file_name().to_string_lossy().into_owned());
                match end.as_deref().and_then(backend) {
                    Some(backend) => {
                        let at = leads.hops.iter().rev().nth(1).or(leads.hops.last());
                        let origin = at.map_or_else(|| Origin::file(tool), Origin::file);
                        found.push((tool, backend, origin.says(format!("{tool} is {backend}"))));
                    }
                    None => {
                        unclear = Some(format!("{tool} leads to a program that this version doesn't know"));
                    }
                }
            }
            Ok(_) => {}
            Err(reason) => unclear = Some(reason),
        }
    }
    let Some((_, first, _)) = found.first() else {
        return unclear.map_or_else(Fact::absent, Fact::unknown);
    };
    let differ = found.iter().any(|(_, backend, _)| backend != first);
    let consistent = match unclear {
        Some(reason) if !differ => State::unknown(reason),
        _ => State::from(!differ),
    };
    // The odd ones out are what a reader must see.
    let odd = |(_, backend, _): &&(&str, &str, Origin)| backend != first;
    let mut origins: Vec<Origin> = found.iter().filter(odd).map(|(.., origin)| origin.clone()).collect();
    origins.extend(found.iter().filter(|entry| !odd(entry)).map(|(.., origin)| origin.clone()));
    let record = Value::record([("backend", State::from(*first)), ("consistent", consistent)]);
    Fact::new(State::from(record)).because_all(origins).at_most(Confidence::Certain)
}
