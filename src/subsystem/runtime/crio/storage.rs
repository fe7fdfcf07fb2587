//! storage.conf of the containers libraries, which CRI-O takes where its own files say nothing
//! (containers-storage.conf(5)).

use super::{Candidate, Crio, host_checks, programs};
use crate::component::crio::storage_driver::{self, Need};
use crate::component::crio::{Refusal, Since, storage_conf};
use crate::component::go_decoder::{self, Format, Mistyped};
use crate::fact::{Confidence, Fact, Knowledge, Moment, Origin, State, Value};
use crate::host::{HostPath, Kind, Read};
use crate::parse::document::{Content, Node, SyntaxError};
use crate::parse::toml_document;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::mounts::{self, MountedAt};

/// Keys whose empty value in a file of CRI-O means that of storage.conf.
pub(super) const KEYS: [&str; 3] = ["root", "runroot", "storage_driver"];

/// The administrator's file replaces the vendor's; they are not merged.
const FILES: [&str; 2] = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"];

/// The variable that names another storage.conf; an empty one names none.
const CONFIGURATION: &str = "CONTAINERS_STORAGE_CONF";

/// Options in place of those of storage.conf, separated by commas; without such a file it isn't read.
const OPTIONS: &str = "STORAGE_OPTS";

/// Where storage.conf may be; a variable of the unit may name another file.
fn places<'s>(subsystems: &'s Subsystems<'_>) -> Vec<&'s str> {
    match subsystems.crio().launch.environment.get(CONFIGURATION) {
        Some((_, path)) => vec![path],
        None => FILES.to_vec(),
    }
}

/// The storage.conf that counts, and where it is.
///
/// # Errors
/// Why it is not known which one that is, or what it says.
fn document<'s>(subsystems: &'s Subsystems<'_>) -> Result<Option<Document<'s>>, String> {
    let files = subsystems.host().files();
    for path in places(subsystems).into_iter().filter(|path| !path.is_empty()) {
        match files.read_document(path) {
            Read::There(bytes) => {
                let decoded = toml_document::parse(&bytes)
                    .map(|node| go_decoder::decode(node, "", storage_conf::schema, Format::Toml));
                return Ok(Some((path, decoded)));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    Ok(None)
}

type Document<'s> = (&'s str, Result<(Node, Vec<Mistyped>), SyntaxError>);

/// An option of a driver, with its place and the key that gives it.
type Given = (Origin, &'static str, String);

/// Adds what CRI-O refuses of storage.conf, and of the options that its driver gets.
///
/// # Errors
/// What could not be looked at.
pub(super) fn refusals(
    crio: &Crio,
    subsystems: &Subsystems<'_>,
    found: &mut Vec<Refusal>,
) -> Result<(), String> {
    let mut options = of_file(crio, subsystems, found)?;
    found.extend(several_drivers(crio, subsystems)?);
    let (own, is_flag) = crio.own_storage_options();
    if is_flag {
        // It takes the place of all.
        options.clear();
    }
    options.extend(own.into_iter().map(|(place, text)| (place, "storage_option", text)));
    let driver = crio.text(subsystems, "storage_driver").unwrap_or_default();
    found.extend(root_of_overlay(crio, subsystems, &driver));
    found.extend(unusable_driver(crio, subsystems, &driver)?);
    found.extend(broken_tables(crio, subsystems, &driver)?);
    for (place, key, option) in options {
        let wrong = match storage_driver::look(&driver, &option) {
            // What storage.conf names is told with the other programs.
            Ok(Need::Path { is_directory: false, .. }) if key.ends_with("mount_program") => None,
            Ok(need) => unmet(crio, subsystems, &need)?,
            Err(accepts) => Some(format!("\"{option}\"; {accepts}")),
        };
        found.extend(wrong.map(|wrong| Refusal::new(place, format!("{key} has {wrong}"), Since::Always)));
    }
    Ok(())
}

/// A root that overlay can't have: its directories are options of a mount, between colons and commas.
fn root_of_overlay(crio: &Crio, subsystems: &Subsystems<'_>, driver: &str) -> Option<Refusal> {
    let root = crio.effective(subsystems, "root");
    let State::Known(Value::Text(path)) = &root.state else { return None };
    let wrong = driver == "overlay" && path.contains([':', ',']);
    let what = || format!("root is \"{path}\"; the driver overlay accepts paths without colons and commas");
    let place = root.because.into_iter().next();
    wrong.then(|| Refusal::new(place.unwrap_or_else(|| Origin::file(path)), what(), Since::Always))
}

/// A driver that lacks its program or its file system.
fn unusable_driver(
    crio: &Crio,
    subsystems: &Subsystems<'_>,
    driver: &str,
) -> Result<Option<Refusal>, String> {
    let root = crio.text(subsystems, "root").unwrap_or_default();
    let wrong = match driver {
        "zfs" if !programs::is_in_path(crio, subsystems, "zfs")? => {
            "the program zfs isn't in PATH; CRI-O accepts this driver where it is".to_owned()
        }
        "btrfs" => match file_system(subsystems, &root) {
            Some(kind) if kind != driver => {
                format!("{root} is on {kind}; CRI-O accepts this driver on btrfs only")
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let place = crio.effective(subsystems, "storage_driver").because.into_iter().next();
    let what = format!("storage_driver is \"{driver}\", and {wrong}");
    Ok(Some(Refusal::new(place.unwrap_or_default(), what, Since::Always)))
}

/// The type of the file system that a directory is on after the next boot, as far as it is known.
fn file_system(subsystems: &Subsystems<'_>, directory: &str) -> Option<String> {
    match mounts::mount(subsystems, &HostPath::new(directory), Moment::NextBoot).state {
        Knowledge::Known(MountedAt { kind: Knowledge::Known(kind), .. }) => Some(kind),
        _ => None,
    }
}

/// The tables of containers and images, which a host that lost its power leaves cut off or full of zeros. Only their first and
/// last bytes are looked at: they may be large.
fn broken_tables(crio: &Crio, subsystems: &Subsystems<'_>, driver: &str) -> Result<Option<Refusal>, String> {
    const ENDS: usize = 16;
    let root = crio.text(subsystems, "root").unwrap_or_default();
    for name in ["containers", "images"] {
        let path = format!("{root}/{driver}-{name}/{name}.json");
        let table = match subsystems.host().files().range_reader(&path) {
            Read::There(table) => table,
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Err(error.to_string()),
        };
        let read = |offset| table.read(offset, ENDS).map_err(|error| error.to_string());
        let (first, last) = (read(0)?, read(table.size().saturating_sub(ENDS as u64))?);
        let (first, last) = (first.trim_ascii_start(), last.trim_ascii_end());
        let is_whole = first.is_empty()
            || (first.starts_with(b"[") && last.ends_with(b"]"))
            || (first == b"null" && last == b"null");
        if !is_whole {
            let what = "the table is cut off or overwritten; CRI-O accepts a list in JSON, or an empty file";
            return Ok(Some(Refusal::new(Origin::file(path), what, Since::Always)));
        }
    }
    Ok(None)
}

/// Adds what is wrong with storage.conf itself; gives the options that the driver gets from it, or from the variable that
/// takes their place.
///
/// # Errors
/// What could not be looked at.
fn of_file(crio: &Crio, subsystems: &Subsystems<'_>, found: &mut Vec<Refusal>) -> Result<Vec<Given>, String> {
    let Some((path, decoded)) = document(subsystems)? else {
        if let Some((place, path)) = crio.launch.environment.get(CONFIGURATION) {
            let what = format!("{CONFIGURATION} is \"{path}\", which isn't there; CRI-O accepts a file");
            found.push(Refusal::new(place.clone(), what, Since::Minor(24)));
        }
        return Ok(Vec::new());
    };
    let (node, mistyped) = match decoded {
        Ok(decoded) => decoded,
        Err(error) => {
            found.push(Refusal::new(Origin::at(path, error.line), format!("toml: {error}"), Since::Always));
            return Ok(Vec::new());
        }
    };
    let mistyped = mistyped.into_iter().map(|one| (one.line, one.what, Since::Always));
    let stores = storage_conf::wrong(&node).map(|(line, what)| (line, what, storage_conf::IMAGE_STORE_SINCE));
    let wrong = mistyped.chain(stores);
    found.extend(wrong.map(|(line, what, since)| Refusal::new(Origin::at(path, line), what, since)));
    roots(crio, subsystems, path, &node, found)?;
    if let Some((place, given)) = crio.launch.environment.get(OPTIONS) {
        let items = given.split(',').filter(|_| !given.is_empty());
        return Ok(items.map(|item| (place.clone(), OPTIONS, item.to_owned())).collect());
    }
    let given = storage_conf::driver_options(&node).into_iter();
    Ok(given.map(|option| (Origin::at(path, option.line), option.key, option.text)).collect())
}

/// Drivers whose data lies below a root, where nothing names the one to use: CRI-O takes none of several.
fn several_drivers(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Option<Refusal>, String> {
    let named =
        |key: &str, document: &Node| document.at(key).is_some_and(|node| node.state() != State::from(""));
    let in_file = match document(subsystems)? {
        Some((_, Ok((node, _)))) => named("storage.driver", &node) || named("storage.driver_priority", &node),
        Some((_, Err(_))) => true,
        None => false,
    };
    let is_set = |variable| crio.launch.environment.get(variable).is_some_and(|(_, text)| !text.is_empty());
    let own = super::invalid_values::set(crio, subsystems, "storage_driver");
    let is_own = own.is_some_and(|(_, driver)| driver.as_text() != Some(""));
    let Some(root) =
        crio.text(subsystems, "root").filter(|_| !in_file && !is_own && !is_set("STORAGE_DRIVER"))
    else {
        return Ok(None);
    };
    let mut there = Vec::new();
    for driver in ["overlay", "btrfs", "vfs", "zfs"] {
        match subsystems.host().files().stat(format!("{root}/{driver}")) {
            Read::There(_) => there.push(driver),
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    // vfs alone or beside one that isn't there is used as it is.
    let wrong = there.len() > 1;
    let what = || {
        let all = there.join(", ");
        format!(
            "{root} has data of the drivers {all}, and no file names one; CRI-O wants storage_driver then"
        )
    };
    Ok(wrong.then(|| Refusal::new(Origin::file(&root), what(), Since::Always)))
}

/// Directories of storage.conf that something is in the way of, unless CRI-O's own files name others.
fn roots(
    crio: &Crio,
    subsystems: &Subsystems<'_>,
    path: &str,
    document: &Node,
    found: &mut Vec<Refusal>,
) -> Result<(), String> {
    for (key, own) in [("storage.graphroot", "root"), ("storage.runroot", "runroot")] {
        let Some(node) = document.at(key) else { continue };
        let State::Known(Value::Text(directory)) = node.state() else { continue };
        if directory.is_empty() || super::invalid_values::set(crio, subsystems, own).is_some() {
            continue;
        }
        let files = subsystems.host().files();
        if let Some(file) = host_checks::in_the_way(files, &directory).map_err(|error| error.to_string())? {
            let what = format!(
                "{key} is \"{directory}\", and {file} is no directory; CRI-O accepts a directory, or one that it can make"
            );
            found.push(Refusal::new(Origin::at(path, node.line), what, Since::Always));
        }
    }
    Ok(())
}

/// What an option asks and the host has not.
fn unmet(crio: &Crio, subsystems: &Subsystems<'_>, need: &Need) -> Result<Option<String>, String> {
    match need {
        Need::Nothing => Ok(None),
        Need::Quota(option) => {
            let root = crio.text(subsystems, "root").unwrap_or_default();
            // Whether xfs was mounted with quotas only the running kernel knows of the root.
            Ok(file_system(subsystems, &root).filter(|kind| kind != "xfs").map(|kind| {
                format!("\"{option}\", and {root} is on {kind}; CRI-O accepts sizes and inodes on xfs only")
            }))
        }
        Need::Program(name) => Ok((!programs::is_in_path(crio, subsystems, name)?).then(|| {
            format!(
                "an option that needs {name}, which isn't in PATH; CRI-O accepts it where that is installed"
            )
        })),
        Need::Path { paths, is_directory } => missing(subsystems, paths, *is_directory),
    }
}

/// The first path that isn't there, or is no directory.
fn missing(
    subsystems: &Subsystems<'_>,
    paths: &[String],
    is_directory: bool,
) -> Result<Option<String>, String> {
    for path in paths {
        match subsystems.host().files().stat(path) {
            Read::There(found) if is_directory && found.kind != Kind::Directory => {
                return Ok(Some(format!("{path}, which is no directory; CRI-O accepts directories")));
            }
            Read::There(_) => {}
            Read::Missing(_) => {
                let accepts = if is_directory { "directories that are" } else { "a program that is" };
                return Ok(Some(format!("{path}, which isn't there; CRI-O accepts {accepts} there")));
            }
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    Ok(None)
}

/// Keys of storage.conf that the library passes over with a line in the log.
pub(super) fn unknown(subsystems: &Subsystems<'_>) -> Result<Vec<(Origin, String)>, String> {
    let Some((path, Ok((Node { content: Content::Table(tables), .. }, _)))) = document(subsystems)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (name, node) in &tables {
        match &node.content {
            Content::Table(table) if name == "storage" => {
                let strange = table.iter().filter(|(key, _)| !storage_conf::is_known(key));
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
    let Some((path, Ok((document, _)))) = document(subsystems)? else { return Ok(None) };
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
        // Without a file the library doesn't look at the variable.
        && !matches!(document(subsystems), Ok(None))
    {
        return Fact::new(driver.as_str()).because(origin.clone());
    }
    match document(subsystems) {
        Ok(None) => {}
        Ok(Some((path, Ok((document, _))))) => {
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
