//! Alternatives: which program a generic name leads to. The links decide; the administrative file only says
//! whether a package upgrade may change them.

use crate::fact::{Answer, Knowledge, Moment, Origin, Reason};
use crate::host::{Files, HostError, HostErrorKind, HostPath, Read};
use crate::parse::{alternatives, lines};
use crate::subsystem::Subsystems;

/// The tools that write packet filter rules; each is a group of its own.
pub const FILTER_TOOLS: [&str; 4] = ["iptables", "ip6tables", "arptables", "ebtables"];
/// Longer chains of links don't occur; the kernel gives up at 40.
const MOST_HOPS: usize = 40;

/// Who writes packet filter rules, and how: through the old interface of the kernel or through nftables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `ip_tables` and its kin.
    Legacy,
    /// `nf_tables`.
    Nft,
}

impl Backend {
    /// The word that facts use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Legacy => "legacy",
            Backend::Nft => "nft",
        }
    }
}

/// What an alternative is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The end of the links.
    pub target: HostPath,
    /// Whether the system chose it, and a package upgrade may choose another; absent without a group.
    pub is_automatic: Knowledge<bool>,
    /// Packet filter tools only.
    pub backend: Knowledge<Backend>,
}

/// The packet filter tools of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterTools {
    /// That of the first tool found.
    pub backend: Backend,
    /// Whether the others have it, too.
    pub consistent: Knowledge<bool>,
    /// Now only: tables of legacy rules that are loaded.
    pub legacy_tables: Knowledge<Vec<String>>,
}

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
pub fn follow(files: &Files, name: &str) -> Result<Option<Leads>, Reason> {
    let mut broken = None;
    for directory in ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/etc/alternatives"] {
        let path = HostPath::new(format!("{directory}/{name}"));
        if files.lstat(&path).found()?.is_none() {
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

fn chain(files: &Files, start: HostPath) -> Result<Leads, Reason> {
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
            Read::Hidden(error) => return Err(error.into()),
        }
    }
    let start = &hops[0];
    Err(format!("{start}: too many levels of symbolic links").into())
}

/// By the name of the program: `xtables-nft-multi`, `iptables-legacy`. Programs without
/// either in their name are the old ones, from before there was a choice.
#[must_use]
pub fn backend(program: &str) -> Option<Backend> {
    let known = |stem: &str| FILTER_TOOLS.contains(&stem) || stem == "xtables";
    let stem = program.split_once('-').map_or(program, |(stem, _)| stem);
    match program {
        _ if !known(stem) => None,
        _ if program.contains("-nft") => Some(Backend::Nft),
        _ => Some(Backend::Legacy),
    }
}

/// The backend of the program at the end; none for one that isn't there or is no packet filter tool.
///
/// # Errors
/// Says that it is a script, which may run any of them.
fn backend_of(files: &Files, leads: &Leads) -> Result<Option<Backend>, Reason> {
    let Some(end) = leads.hops.last().filter(|_| leads.exists) else { return Ok(None) };
    let script = files.read_script(end);
    match backend(&end.file_name().to_string_lossy()) {
        Some(backend) => match script {
            Read::There(Some(_)) => Err(format!("{end} is a script, and what it runs is not known").into()),
            Read::Hidden(error) => Err(error.into()),
            Read::There(None) | Read::Missing(_) => Ok(Some(backend)),
        },
        None => Ok(None),
    }
}

/// The answer for `alternative:NAME`.
pub fn alternative(subsystems: &Subsystems<'_>, name: &str) -> Answer<Alternative> {
    let files = subsystems.host().files();
    let leads = match follow(files, name) {
        Ok(Some(leads)) => leads,
        Ok(None) => return Answer::absent(),
        Err(reason) => return Answer::unknown(reason),
    };
    let Some(target) = leads.hops.last() else { return Answer::absent() };
    let state = administrative(files, name);
    let (is_automatic, note) = match &state {
        Ok(Some((path, found))) => (
            Knowledge::Known(found.auto),
            overruled_by_hand(found, &leads).then(|| {
                format!(
                    "{path} says auto, and the link was changed by hand: a package upgrade may change it back"
                )
            }),
        ),
        Ok(None) => (Knowledge::Absent, None),
        Err(reason) => (Knowledge::unknown(reason.clone()), None),
    };
    let backend = match backend_of(files, &leads) {
        _ if !FILTER_TOOLS.contains(&name) => Knowledge::Absent,
        Ok(backend) => backend.map_or(Knowledge::Absent, Knowledge::Known),
        Err(reason) => Knowledge::unknown(reason),
    };
    let links = leads.hops.iter().zip(leads.hops.iter().skip(1));
    let mut answer = Answer::known(Alternative { target: target.clone(), is_automatic, backend })
        .because_all(links.map(|(link, target)| Origin::file(link).says(format!("leads to {target}"))));
    if answer.because.is_empty() {
        answer.because.push(Origin::file(target));
    }
    // The last link is the one that was chosen.
    answer.because.reverse();
    if !leads.exists {
        answer.notes.push(format!("broken: {target} isn't there"));
    }
    answer.notes.extend(note);
    answer
}

/// The administrative file of a group, if there is one.
fn administrative(files: &Files, name: &str) -> Result<Option<(String, alternatives::Alternatives)>, Reason> {
    for directory in ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"] {
        let path = format!("{directory}/{name}");
        let Some(bytes) = files.read(&path).found()? else { continue };
        let parsed = alternatives::parse(&bytes);
        return parsed
            .map(|parsed| Some((path.clone(), parsed)))
            .ok_or_else(|| format!("{path} makes no sense").into());
    }
    Ok(None)
}

fn overruled_by_hand(found: &alternatives::Alternatives, leads: &Leads) -> bool {
    let best = found.best();
    found.auto && best.is_some_and(|best| !leads.hops.iter().any(|hop| *hop == HostPath::new(best)))
}

/// The answer for `iptables`: which backend the host's tools use, and whether they agree.
pub fn filter(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<FilterTools> {
    let files = subsystems.host().files();
    let mut found: Vec<(Backend, Origin)> = Vec::new();
    let mut unclear: Option<Reason> = None;
    for tool in FILTER_TOOLS {
        match follow(files, tool) {
            Ok(Some(leads)) if leads.exists => match backend_of(files, &leads) {
                Ok(Some(backend)) => {
                    // The link that leads to the end is the one that was chosen.
                    let at = leads.hops.iter().rev().nth(1).or(leads.hops.last());
                    let origin = at.map_or_else(|| Origin::file(tool), Origin::file);
                    found.push((backend, origin.says(format!("{tool} is {}", backend.name()))));
                }
                Ok(None) => {
                    let why = format!("{tool} leads to a program that this version doesn't know");
                    unclear = Some(why.into());
                }
                Err(reason) => unclear = Some(reason),
            },
            Ok(_) => {}
            Err(reason) => unclear = Some(reason),
        }
    }
    let Some(first) = found.first().map(|(backend, _)| *backend) else {
        return unclear.map_or_else(Answer::absent, Answer::unknown);
    };
    let differ = found.iter().any(|(backend, _)| *backend != first);
    let consistent = match unclear {
        Some(reason) if !differ => Knowledge::unknown(reason),
        _ => Knowledge::Known(!differ),
    };
    // The odd ones out are what a reader must see.
    found.sort_by_key(|(backend, _)| *backend == first);
    let tables = match subsystems.host().running() {
        Some(running) if moment == Moment::Now => legacy_tables(running.files()),
        _ => Knowledge::Absent,
    };
    let mixed = first == Backend::Nft && matches!(&tables, Knowledge::Known(names) if !names.is_empty());
    let tools = FilterTools { backend: first, consistent, legacy_tables: tables };
    let mut answer = Answer::known(tools).because_all(found.into_iter().map(|(_, origin)| origin));
    if mixed {
        answer.notes.push("legacy tables are loaded beside nft's: rules of both are in force until they are flushed or the next boot".into());
    }
    answer
}

/// Tables of legacy rules that are loaded, `filter` and `ip6 filter`: something used the legacy tools, or a
/// program that brings its own.
fn legacy_tables(files: &Files) -> Knowledge<Vec<String>> {
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
            Read::Hidden(error) => return Knowledge::unknown(error),
        }
    }
    Knowledge::Known(tables)
}
