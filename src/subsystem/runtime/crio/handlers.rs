//! CRI-O's runtime handlers: `[crio.runtime.runtimes.NAME]`. A later table of a name replaces the earlier one, and the
//! one that is compiled in, as a whole.

use std::collections::BTreeMap;

use super::{Crio, defaults};
use crate::fact::{Origin, State, Value};
use crate::parse::document::{Content, Node};
use crate::subsystem::Subsystems;

/// One runtime handler.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub(super) name: String,
    /// Where its table is; none if it is compiled in.
    pub(super) place: Option<Origin>,
    fields: BTreeMap<String, State>,
}

/// What a default runtime gives to handlers that inherit from it (`ValidateRuntimes`).
const INHERITED: [&str; 4] = ["runtime_config_path", "runtime_path", "runtime_root", "runtime_type"];

impl Handler {
    /// The text of a field; empty if nothing sets it.
    pub(super) fn text(&self, field: &str) -> &str {
        match self.fields.get(field) {
            Some(State::Known(Value::Text(text))) => text,
            _ => "",
        }
    }

    /// `oci` unless the table says otherwise.
    pub(super) fn kind(&self) -> &str {
        Some(self.text("runtime_type")).filter(|kind| !kind.is_empty()).unwrap_or("oci")
    }

    /// Whether it takes its program from the default runtime.
    pub(super) fn inherits(&self) -> bool {
        self.is_on("inherit_default_runtime")
    }

    fn is_on(&self, field: &str) -> bool {
        self.fields.get(field) == Some(&State::from(true))
    }

    /// Why CRI-O refuses it, whose program is there (`RuntimeHandler.Validate`).
    pub(super) fn refused(&self, path: &str) -> Option<String> {
        let kind = self.kind();
        if !["oci", "pod", "vm"].contains(&kind) {
            return Some(format!("invalid runtime_type {kind}"));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        if kind == "vm" && !is_shim(name) {
            return Some(format!("{path} is not named containerd-shim-NAME-v2"));
        }
        if kind != "vm" && !self.text("runtime_config_path").is_empty() {
            return Some("runtime_config_path is for runtime_type vm".into());
        }
        if kind != "oci" && self.is_on("no_sync_log") {
            return Some("no_sync_log is for runtime_type oci".into());
        }
        (kind != "pod" && self.is_on("stream_websockets"))
            .then(|| "stream_websockets is for runtime_type pod".into())
    }

    /// Where it comes from, for a reader.
    pub(super) fn origin(&self) -> Origin {
        self.place.clone().unwrap_or_else(|| Origin::file("CRI-O").says("compiled in"))
    }
}

/// `containerd-shim-([a-zA-Z\-\+])+-v2`, anywhere in the name.
fn is_shim(name: &str) -> bool {
    let inner = name.split_once("containerd-shim-").and_then(|(_, rest)| rest.split_once("-v2"));
    let is_of_name = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '+';
    inner.is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_of_name))
}

/// Gives handlers with `inherit_default_runtime` what the default one has.
pub(super) fn inherit(handlers: &mut [Handler], default: &str) {
    let Some(from) = handlers.iter().find(|handler| handler.name == default).cloned() else { return };
    for handler in handlers.iter_mut().filter(|handler| handler.inherits()) {
        for field in INHERITED {
            match from.fields.get(field) {
                Some(state) => handler.fields.insert(field.to_owned(), state.clone()),
                None => handler.fields.remove(field),
            };
        }
    }
}

/// All handlers, by name: tables of the files, and the one that is compiled in.
pub(super) fn all(crio: &Crio, subsystems: &Subsystems<'_>) -> Vec<Handler> {
    let minor = crio.minor(subsystems);
    let mut handlers: BTreeMap<String, Handler> = BTreeMap::new();
    let own = defaults::handler(minor);
    let mut fields = BTreeMap::new();
    // Up to 1.23 it stood in conmon_cgroup.
    if minor.is_none_or(|minor| minor >= 24) {
        fields.insert("monitor_cgroup".to_owned(), State::from("system.slice"));
    }
    handlers.insert(own.to_owned(), Handler { name: own.to_owned(), place: None, fields });
    for (file, document) in &crio.files.documents {
        let Some(Node { content: Content::Table(tables), .. }) = document.at("crio.runtime.runtimes") else {
            continue;
        };
        for (name, node) in tables {
            let Content::Table(table) = &node.content else { continue };
            let fields = table.iter().map(|(field, node)| (field.clone(), node.state())).collect();
            let place = Some(Origin::at(file, node.line));
            handlers.insert(name.clone(), Handler { name: name.clone(), place, fields });
        }
    }
    for (origin, text) in of_flags(crio) {
        if let Some((name, fields)) = flagged(&text) {
            handlers.insert(name.clone(), Handler { name, place: Some(origin), fields });
        }
    }
    handlers.into_values().collect()
}

/// What `--runtimes`, or else its variable, says: handlers that take the place of those of the files.
pub(super) fn of_flags(crio: &Crio) -> Vec<(Origin, String)> {
    let flags = crio.launch.flag("runtimes");
    let given = if flags.is_empty() {
        crio.launch.environment.get("CONTAINER_RUNTIMES").cloned().into_iter().collect()
    } else {
        flags
    };
    let items = |(origin, text): &(Origin, String)| -> Vec<(Origin, String)> {
        text.split(',').map(|item| (origin.clone(), item.to_owned())).collect()
    };
    given.iter().flat_map(items).collect()
}

/// `NAME:PATH:ROOT`, then perhaps its type, whether privileged containers go without the host's devices, the path of its
/// configuration and the least memory of containers (`internal/criocli/criocli.go`); none for anything else, at which CRI-O
/// stops.
pub(super) fn flagged(text: &str) -> Option<(String, BTreeMap<String, State>)> {
    let parts: Vec<&str> = text.split(':').collect();
    if !(3..=7).contains(&parts.len()) {
        return None;
    }
    let names = ["runtime_path", "runtime_root", "runtime_type"];
    let fields = names.iter().zip(&parts[1..]).map(|(name, value)| ((*name).to_owned(), State::from(*value)));
    Some((parts[0].to_owned(), fields.collect()))
}
