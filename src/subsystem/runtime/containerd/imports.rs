//! The files that a file imports.

use crate::fact::{State, Value};
use crate::host::{Files, Read};
use crate::parse::document::Node;
use crate::parse::glob::covers_name;

/// No honest file imports more.
pub(super) const MAX_FILES: usize = 200;

/// The files that a file imports, patterns resolved; a relative one is beside it.
pub(super) fn imports(files: &Files, path: &str, document: &Node) -> Result<Vec<String>, String> {
    let Some(State::Known(Value::List(items))) = document.at("imports").map(Node::state) else {
        return Ok(Vec::new());
    };
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let too_many = || Err(format!("{path}: more than {MAX_FILES} files are imported"));
    let mut found: Vec<String> = Vec::new();
    // Each pattern is held against each name of its directory.
    if items.len() > MAX_FILES {
        return too_many();
    }
    for item in items.iter().filter_map(Value::as_text) {
        if found.len() > MAX_FILES {
            return too_many();
        }
        let whole = if item.starts_with('/') { item.to_owned() } else { format!("{parent}/{item}") };
        let (directory, name) = whole.rsplit_once('/').unwrap_or(("", &whole));
        if directory.contains('*') {
            return Err(format!("{path}: imports {item}: patterns of directories are not followed"));
        }
        if !name.contains('*') {
            found.push(whole);
            continue;
        }
        // Seen with 1.6: there such a pattern is relative to where containerd was started.
        if !item.starts_with('/') {
            return Err(format!("{path}: imports {item}: relative to what depends on containerd's version"));
        }
        match files.list(directory) {
            Read::There(names) => {
                let names = names.iter().filter_map(|name| name.to_str()).filter(|n| covers_name(name, n));
                let left = MAX_FILES + 1 - found.len();
                found.extend(names.take(left).map(|name| format!("{directory}/{name}")));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    Ok(found)
}
