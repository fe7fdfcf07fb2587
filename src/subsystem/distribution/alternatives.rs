//! Alternatives: which program a generic name leads to. The links decide; the administrative file only says
//! whether a package upgrade may change them.

use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{Files, HostError, HostErrorKind, HostPath, Read};
use crate::parse::{alternatives, lines};
use crate::subsystem::Subsystems;

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

/// Follows a command's name through all links. As a shell does, a name whose end is missing is passed over
/// if a later directory has one that works.
///
/// # Errors
/// Why that can't be known.
pub fn follow(files: &Files, name: &str) -> Result<Option<Leads>, String> {
    let mut broken = None;
    for directory in ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/etc/alternatives"] {
        let path = HostPath::new(format!("{directory}/{name}"));
        if files.lstat(&path).found().map_err(|error| error.to_string())?.is_none() {
            continue;
        }
        let leads = chain(files, path)?;
        if leads.exists {
            return Ok(Some(leads));
        }
        broken = broken.or(Some(leads));
    }
    Ok(broken)
}

fn chain(files: &Files, start: HostPath) -> Result<Leads, String> {
    let mut hops = vec![start.clone()];
    let mut path = start;
    while hops.len() <= MOST_HOPS {
        match files.read_link(&path) {
            Read::There(target) => {
                path = path.link_target(target);
                hops.push(path.clone());
            }
            Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => {
                return Ok(Leads { hops, exists: true });
            }
            Read::Missing(_) => return Ok(Leads { hops, exists: false }),
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    let start = &hops[0];
    Err(format!("{start}: too many levels of symbolic links"))
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

/// The backend of the program at the end; none for one that isn't there or is no packet filter tool.
///
/// # Errors
/// Says that it is a script, which may run any of them.
fn backend_of(files: &Files, leads: &Leads) -> Result<Option<&'static str>, String> {
    let Some(end) = leads.hops.last().filter(|_| leads.exists) else { return Ok(None) };
    let script = files.read_script(end);
    match backend(&end.file_name().to_string_lossy()) {
        Some(backend) => match script {
            Read::There(Some(_)) => Err(format!("{end} is a script, and what it runs is not known")),
            Read::Hidden(error) => Err(error.to_string()),
            Read::There(None) | Read::Missing(_) => Ok(Some(backend)),
        },
        None => Ok(None),
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
    let backend = match backend_of(files, &leads) {
        _ if !FILTER_TOOLS.contains(&name) => State::Absent,
        Ok(backend) => backend.map_or(State::Absent, State::from),
        Err(reason) => State::unknown(reason),
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
        let Some(bytes) = files.read(&path).found().map_err(|error| error.to_string())? else { continue };
        let parsed = alternatives::parse(&bytes);
        return parsed.map(|parsed| Some((path.clone(), parsed))).ok_or(format!("{path} makes no sense"));
    }
    Ok(None)
}

fn overruled_by_hand(found: &alternatives::Alternatives, leads: &Leads) -> bool {
    let best = found.best();
    found.auto && best.is_some_and(|best| !leads.hops.iter().any(|hop| *hop == HostPath::new(best)))
}

/// The answer for `iptables`: which backend the host's tools use, and whether they agree.
pub fn filter(subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let files = subsystems.host().files();
    let mut found: Vec<(&'static str, Origin)> = Vec::new();
    let mut unclear = None;
    for tool in FILTER_TOOLS {
        match follow(files, tool) {
            Ok(Some(leads)) if leads.exists => match backend_of(files, &leads) {
                Ok(Some(backend)) => {
                    // The link that leads to the end is the one that was chosen.
                    let at = leads.hops.iter().rev().nth(1).or(leads.hops.last());
                    let origin = at.map_or_else(|| Origin::file(tool), Origin::file);
                    found.push((backend, origin.says(format!("{tool} is {backend}"))));
                }
                Ok(None) => {
                    unclear = Some(format!("{tool} leads to a program that this version doesn't know"));
                }
                Err(reason) => unclear = Some(reason),
            },
            Ok(_) => {}
            Err(reason) => unclear = Some(reason),
        }
    }
    let Some(first) = found.first().map(|(backend, _)| *backend) else {
        return unclear.map_or_else(Fact::absent, Fact::unknown);
    };
    let differ = found.iter().any(|(backend, _)| *backend != first);
    let consistent = match unclear {
        Some(reason) if !differ => State::unknown(reason),
        _ => State::from(!differ),
    };
    // The odd ones out are what a reader must see.
    found.sort_by_key(|(backend, _)| *backend == first);
    let tables = match subsystems.host().running() {
        Some(running) if moment == Moment::Now => legacy_tables(running.files()),
        _ => State::Absent,
    };
    let mixed = first == "nft" && matches!(&tables, State::Known(Value::List(names)) if !names.is_empty());
    let record = Value::record([
        ("backend", State::from(first)),
        ("consistent", consistent),
        ("legacy_tables", tables),
    ]);
    let mut fact = Fact::new(State::from(record)).because_all(found.into_iter().map(|(_, origin)| origin));
    if mixed {
        fact.notes.push("legacy tables are loaded beside nft's: rules of both are in force until they are flushed or the next boot".into());
    }
    fact
}

/// Tables of legacy rules that are loaded, `filter` and `ip6 filter`: something used the legacy tools, or a
/// program that brings its own.
fn legacy_tables(files: &Files) -> State {
    let mut tables = Vec::new();
    for (family, list) in
        [("", "ip_tables_names"), ("ip6 ", "ip6_tables_names"), ("arp ", "arp_tables_names")]
    {
        match files.read(format!("/proc/net/{list}")) {
            Read::There(bytes) => {
                let names = lines(&bytes).filter(|(_, name)| !name.is_empty());
                tables.extend(names.map(|(_, name)| format!("{family}{name}")));
            }
            // Without the module there is no list.
            Read::Missing(_) => {}
            Read::Hidden(error) => return State::unknown(error),
        }
    }
    State::from(Value::list(tables))
}
