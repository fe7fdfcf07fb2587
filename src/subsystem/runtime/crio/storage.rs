//! storage.conf of the containers libraries, which CRI-O takes where its own files say nothing
//! (containers-storage.conf(5)).

use super::Candidate;
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::host::Read;
use crate::parse::document::{Content, Node, SyntaxError};
use crate::parse::toml_document;
use crate::subsystem::Subsystems;

/// Keys whose empty value in a file of CRI-O means that of storage.conf.
pub(super) const KEYS: [&str; 3] = ["root", "runroot", "storage_driver"];

/// The administrator's file replaces the vendor's; they are not merged.
const FILES: [&str; 2] = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"];

/// Where storage.conf may be; a variable of the unit may name another file.
fn places<'s>(subsystems: &'s Subsystems<'_>) -> Vec<&'s str> {
    match subsystems.crio().launch.environment.get("CONTAINERS_STORAGE_CONF") {
        Some((_, path)) if !path.is_empty() => vec![path],
        _ => FILES.to_vec(),
    }
}

/// The storage.conf that counts, and where it is.
///
/// # Errors
/// Why it is not known which one that is, or what it says.
fn document<'s>(subsystems: &'s Subsystems<'_>) -> Result<Option<Document<'s>>, String> {
    let files = subsystems.host().files();
    for path in places(subsystems) {
        match files.read_document(path) {
            Read::There(bytes) => return Ok(Some((path, toml_document::parse(&bytes)))),
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    Ok(None)
}

type Document<'s> = (&'s str, Result<Node, SyntaxError>);

/// Why CRI-O stops at storage.conf.
pub(super) fn broken(subsystems: &Subsystems<'_>) -> Result<Option<(Origin, String)>, String> {
    Ok(match document(subsystems)? {
        Some((path, Err(error))) => Some((Origin::at(path, error.line), format!("toml: {error}"))),
        _ => None,
    })
}

/// Keys of `[storage]` (containers-storage.conf(5)); those of its options belong to the drivers, and are many.
const STORAGE: [&str; 8] = [
    "driver",
    "driver_priority",
    "graphroot",
    "imagestore",
    "options",
    "rootless_storage_path",
    "runroot",
    "transient_store",
];

/// Keys of storage.conf that the library passes over with a line in the log.
pub(super) fn unknown(subsystems: &Subsystems<'_>) -> Result<Vec<(Origin, String)>, String> {
    let Some((path, Ok(Node { content: Content::Table(tables), .. }))) = document(subsystems)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (name, node) in &tables {
        match &node.content {
            Content::Table(table) if name == "storage" => {
                let strange = table.iter().filter(|(key, _)| !STORAGE.contains(&key.as_str()));
                found.extend(strange.map(|(key, node)| {
                    (Origin::at(path, node.line), format!("storage.{key}: {path} has no such key"))
                }));
            }
            _ => found.push((Origin::at(path, node.line), format!("{name}: outside of [storage] in {path}"))),
        }
    }
    Ok(found)
}

/// The program that mounts in place of the kernel's overlay, if storage.conf names one.
pub(super) fn mount_program(subsystems: &Subsystems<'_>) -> Result<Option<(Origin, String)>, String> {
    let Some((path, Ok(document))) = document(subsystems)? else { return Ok(None) };
    let node = ["storage.options.overlay.mount_program", "storage.options.mount_program"]
        .iter()
        .find_map(|key| document.at(key));
    Ok(node.and_then(|node| match node.state() {
        State::Known(Value::Text(program)) if !program.is_empty() => {
            Some((Origin::at(path, node.line), program))
        }
        _ => None,
    }))
}

/// The value of one of [`KEYS`] that CRI-O's own files don't set.
pub(super) fn compiled_in(subsystems: &Subsystems<'_>, key: &str) -> Fact {
    let (theirs, default) = match key {
        "root" => ("storage.graphroot", "/var/lib/containers/storage"),
        "runroot" => ("storage.runroot", "/run/containers/storage"),
        _ => ("storage.driver", "overlay"),
    };
    if let ("storage_driver", Some((origin, driver))) =
        (key, subsystems.crio().launch.environment.get("STORAGE_DRIVER"))
        && !driver.is_empty()
    {
        return Fact::new(driver.as_str()).because(origin.clone());
    }
    match document(subsystems) {
        Ok(None) => {}
        Ok(Some((path, Ok(document)))) => {
            if let Some(node) = document.at(theirs).filter(|node| node.state() != State::from("")) {
                let says = Some(format!("{theirs} is set"));
                let place = Origin { line: node.line, says, ..Origin::file(path) };
                return Fact::new(node.state()).because(place);
            }
        }
        Ok(Some((path, Err(error)))) => {
            return Fact::unknown(format!("CRI-O will not start: {path}: toml: {error}"));
        }
        Err(reason) => return Fact::unknown(reason),
    }
    let note = if key == "storage_driver" {
        "no file names a driver; CRI-O takes overlay where the kernel and the file system allow it"
    } else {
        "compiled in; no file sets it"
    };
    Fact::new(State::from(default)).at_most(Confidence::High).note(note)
}

/// The values of `storage_option`, which add up over files; what is said twice counts at its last place.
pub(super) fn options(subsystems: &Subsystems<'_>, candidates: Vec<Candidate>) -> Fact {
    let mut all: Vec<Value> = Vec::new();
    let mut fact = Fact::new(State::Absent);
    for (origin, state) in candidates {
        let State::Known(Value::List(items)) = state else {
            return Fact::unknown(format!("CRI-O will not start: {origin}: storage_option is no list"));
        };
        for item in items {
            all.retain(|known| *known != item);
            all.push(item);
        }
        fact = fact.because(origin);
    }
    let files = subsystems.host().files();
    if files.any_is_there(places(subsystems)).unwrap_or(true) {
        fact = fact.at_most(Confidence::High).note("options of storage.conf are not among them");
    }
    fact.state = State::Known(Value::List(all));
    fact
}
