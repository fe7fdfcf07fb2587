//! Where images with short names come from, and whether CRI-O can read it (containers-registries.conf(5)). Other than
//! the policy, these files stop CRI-O when it starts.

use crate::fact::{Answer, Origin, State, Value};
use crate::host::{Files, HostError, Read};
use crate::parse::document::{Content, Node};
use crate::parse::toml_document;
use crate::subsystem::Subsystems;

/// If root has a file of its own, the system's are not read.
const OWN: &str = "/root/.config/containers/registries.conf";
const SYSTEM: &str = "/etc/containers/registries.conf";
/// Its `*.conf` files count, in the order of their names; directories in it don't.
const DROPINS: &str = "/etc/containers/registries.conf.d";

/// The table of the old format.
const V1: &str = "registries";
/// Keys of the new one.
const V2: &[&str] = &[
    "additional-layer-store-auth-helper",
    "aliases",
    "credential-helpers",
    "registry",
    "short-name-mode",
    "unqualified-search-registries",
];

/// What the files say of registries.
#[derive(Clone, Debug, PartialEq)]
pub struct Registries {
    /// Those that are searched for a short name.
    pub search: Vec<Value>,
    /// What stops CRI-O when it starts.
    pub mistakes: Vec<String>,
}

/// The registries; absent if there is no file.
pub fn registries(subsystems: &Subsystems<'_>) -> Answer<Registries> {
    let files = subsystems.host().files();
    let paths = match paths(files) {
        Ok(paths) => paths,
        Err(error) => return Answer::unknown(error),
    };
    let mut search: Option<(Origin, Vec<Value>)> = None;
    let mut mistakes: Vec<(Origin, String)> = Vec::new();
    let mut read = Vec::new();
    for (path, is_drop_in) in paths {
        let bytes = match files.read_document(&path) {
            Read::There(bytes) => bytes,
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Answer::unknown(error),
        };
        read.push(path.clone());
        match toml_document::parse(&bytes) {
            Ok(document) => {
                judge(&path, &document, is_drop_in, &mut mistakes);
                search = of(&path, &document, is_drop_in).or(search);
            }
            Err(error) => {
                mistakes.push((Origin::at(&path, error.line), format!("toml: {error}")));
            }
        }
    }
    if read.is_empty() {
        return Answer::absent();
    }
    let (origin, search) = search.map_or((None, Vec::new()), |(origin, list)| (Some(origin), list));
    let lines = mistakes.iter().map(|(place, what)| format!("{}: {what}", place.path)).collect();
    let found = Registries { search, mistakes: lines };
    let places: Vec<Origin> = mistakes.iter().map(|(place, _)| place.clone()).chain(origin).collect();
    let places = if places.is_empty() { read.iter().map(Origin::file).collect() } else { places };
    Answer::known(found).because_all(places)
}

/// The files that count, the last one most, and whether each is a drop-in.
fn paths(files: &Files) -> Result<Vec<(String, bool)>, HostError> {
    match files.lstat(OWN) {
        Read::There(_) => return Ok(vec![(OWN.to_owned(), false)]),
        Read::Missing(_) => {}
        Read::Hidden(error) => return Err(error),
    }
    let mut paths = vec![(SYSTEM.to_owned(), false)];
    match files.list(DROPINS) {
        Read::There(names) => {
            let names = names.iter().filter_map(|name| name.to_str());
            let names = names.filter(|name| name.strip_suffix(".conf").is_some());
            paths.extend(names.map(|name| (format!("{DROPINS}/{name}"), true)));
        }
        Read::Missing(_) => {}
        Read::Hidden(error) => return Err(error),
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

fn judge(path: &str, document: &Node, is_drop_in: bool, mistakes: &mut Vec<(Origin, String)>) {
    let place = |node: &Node| Origin::at(path, node.line);
    let old = document.at(V1);
    let new = V2.iter().any(|key| document.at(key).is_some());
    match old {
        Some(node) if is_drop_in => {
            mistakes.push((place(node), "the old format, which only registries.conf itself may have".into()));
        }
        Some(node) if new => mistakes.push((place(node), "the old and the new format are mixed".into())),
        _ => {}
    }
    let Some(Node { content: Content::List(registries), .. }) = document.at("registry") else { return };
    for registry in registries {
        let text = |key: &str| match registry.at(key).map(Node::state) {
            Some(State::Known(Value::Text(text))) => text,
            _ => String::new(),
        };
        let (prefix, location) = (text("prefix"), text("location"));
        if location.is_empty() && !prefix.starts_with("*.") {
            let what =
                if prefix.is_empty() { "a [[registry]] with neither prefix nor location" } else { &prefix };
            mistakes
                .push((place(registry), format!("{what}: location is unset, and the prefix has no `*.`")));
        }
    }
}
