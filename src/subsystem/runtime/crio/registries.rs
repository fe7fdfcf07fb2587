//! Where images with short names come from, and whether CRI-O can read it (containers-registries.conf(5)). Other than
//! the policy, these files stop CRI-O when it starts.

use super::Crio;
use super::invalid_values::last;
use crate::component::crio::{Since, Standing, registries_conf};
use crate::fact::{Answer, Origin, State, Value};
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::document::Node;
use crate::parse::toml_document;
use crate::subsystem::Subsystems;

/// If root has a file of its own, the system's are not read.
const OWN: &str = "/root/.config/containers/registries.conf";
const SYSTEM: &str = "/etc/containers/registries.conf";
/// Their `*.conf` files count, in the order of their names; directories in them don't.
const OWN_DROPINS: &str = "/root/.config/containers/registries.conf.d";
const DROPINS: &str = "/etc/containers/registries.conf.d";

/// What the files say of registries.
#[derive(Clone, Debug, PartialEq)]
pub struct Registries {
    /// Those that are searched for a short name.
    pub search: Vec<Value>,
    /// What stops CRI-O when it starts.
    pub mistakes: Vec<String>,
}

/// What was read of all files.
#[derive(Debug, Default)]
struct Looked {
    read: Vec<String>,
    search: Option<(Origin, Vec<Value>)>,
    refused: Vec<(Origin, String)>,
    /// Why it isn't known whether CRI-O refuses something.
    unknown: Option<String>,
}

/// The registries; absent if there is no file.
pub fn registries(subsystems: &Subsystems<'_>) -> Answer<Registries> {
    let looked = match look(subsystems.crio(), subsystems) {
        Ok(looked) => looked,
        Err(error) => return Answer::unknown(error),
    };
    if let Some(reason) = looked.unknown.filter(|_| looked.refused.is_empty()) {
        return Answer::unknown(reason);
    }
    if looked.read.is_empty() && looked.refused.is_empty() {
        return Answer::absent();
    }
    let (origin, search) = looked.search.map_or((None, Vec::new()), |(origin, list)| (Some(origin), list));
    let lines = looked.refused.iter().map(|(place, what)| format!("{}: {what}", place.path)).collect();
    let found = Registries { search, mistakes: lines };
    let places: Vec<Origin> = looked.refused.iter().map(|(place, _)| place.clone()).chain(origin).collect();
    let places = if places.is_empty() { looked.read.iter().map(Origin::file).collect() } else { places };
    Answer::known(found).because_all(places)
}

fn look(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Looked, HostError> {
    let files = subsystems.host().files();
    let mut looked = Looked::default();
    let named = |flag, variable| last(crio, flag, variable).filter(|(_, path)| !path.is_empty());
    let main = named("registries-conf", "CONTAINER_REGISTRIES_CONF");
    let directory = named("registries-conf-dir", "CONTAINER_REGISTRIES_CONF_DIR");
    let minor = crio.minor(subsystems);
    for (path, is_drop_in) in paths(files, main.as_ref(), directory.as_ref())? {
        let mut refuse = |place: Origin, what: String, since: Since| match since.standing(minor) {
            Standing::Refuses => looked.refused.push((place, what)),
            Standing::Perhaps | Standing::Unknown => {
                let why =
                    format!("{place}: {what}; whether CRI-O minds depends on its version, which isn't known");
                looked.unknown.get_or_insert(why);
            }
            Standing::Takes => {}
        };
        let bytes = match files.read_document(&path) {
            Read::There(bytes) => bytes,
            Read::Missing(_) => {
                if let Some((place, _)) = main.as_ref().filter(|_| !is_drop_in) {
                    refuse(place.clone(), format!("{path} isn't there"), Since::Always);
                }
                continue;
            }
            Read::Hidden(HostError { kind: HostErrorKind::NotAFile(Kind::Directory), .. }) => {
                refuse(Origin::file(&path), "a directory, where CRI-O reads a file".into(), Since::Always);
                continue;
            }
            Read::Hidden(error) => return Err(error),
        };
        looked.read.push(path.clone());
        match toml_document::parse(&bytes) {
            Ok(document) => {
                let (document, mistakes) = registries_conf::read(document, is_drop_in);
                for one in mistakes {
                    refuse(Origin::at(&path, one.line), one.what, one.since);
                }
                looked.search = of(&path, &document, is_drop_in).or(looked.search);
            }
            Err(error) => refuse(Origin::at(&path, error.line), format!("toml: {error}"), Since::Always),
        }
    }
    Ok(looked)
}

/// The files that count, the last one most, and whether each is a drop-in. Flags may name another file and directory.
fn paths(
    files: &Files,
    main: Option<&(Origin, String)>,
    directory: Option<&(Origin, String)>,
) -> Result<Vec<(String, bool)>, HostError> {
    let own = match files.stat(OWN) {
        Read::There(_) => true,
        Read::Missing(_) => false,
        Read::Hidden(error) => return Err(error),
    };
    let (main, system) = match main {
        Some((_, path)) => (path.as_str(), true),
        None if own => (OWN, false),
        None => (SYSTEM, true),
    };
    let mut paths = vec![(main.to_owned(), false)];
    let directories = match directory {
        Some((_, path)) => vec![path.as_str()],
        None if system => vec![DROPINS, OWN_DROPINS],
        None => vec![OWN_DROPINS],
    };
    for directory in directories {
        let directory = directory.trim_end_matches('/');
        // A link to a directory is not followed.
        if let Read::There(found) = files.lstat(directory)
            && found.kind != Kind::Directory
        {
            continue;
        }
        match files.list(directory) {
            Read::There(names) => {
                let names = names.iter().filter_map(|name| name.to_str());
                for name in names.filter(|name| name.strip_suffix(".conf").is_some()) {
                    let path = format!("{directory}/{name}");
                    match files.lstat(&path) {
                        Read::There(found) if found.kind == Kind::Directory => {}
                        Read::There(_) | Read::Missing(_) => paths.push((path, true)),
                        Read::Hidden(error) => return Err(error),
                    }
                }
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error),
        }
    }
    Ok(paths)
}

/// The list for short names that a file sets.
fn of(path: &str, document: &Node, is_drop_in: bool) -> Option<(Origin, Vec<Value>)> {
    let old = || document.at("registries.search.registries").filter(|_| !is_drop_in);
    let node = document.at("unqualified-search-registries").or_else(old)?;
    let State::Known(Value::List(list)) = node.state() else { return None };
    Some((Origin::at(path, node.line).says("lists registries for short names"), list))
}
