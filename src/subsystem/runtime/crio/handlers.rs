//! CRI-O's runtime handlers: `[crio.runtime.runtimes.NAME]`. A later table of a name replaces the earlier one, and the
//! one that is compiled in, as a whole.

use std::collections::BTreeMap;

use super::{Crio, defaults};
use crate::component::crio::Since;
use crate::component::crio::handlers::{self, Fields};
use crate::component::crio::storage_driver::is_size;
use crate::fact::{Origin, State};
use crate::parse::document::Content;
use crate::subsystem::Subsystems;

/// One runtime handler.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub(super) name: String,
    /// Where its table is; none if it is compiled in.
    pub(super) place: Option<Origin>,
    fields: Fields,
}

/// What a default runtime gives to handlers that inherit from it (`ValidateRuntimes`).
const INHERITED: [&str; 4] = ["runtime_config_path", "runtime_path", "runtime_root", "runtime_type"];

impl Handler {
    /// The text of a field; empty if nothing sets it.
    pub(super) fn text(&self, field: &str) -> &str {
        handlers::text(&self.fields, field)
    }

    /// `oci` unless the table says otherwise.
    pub(super) fn kind(&self) -> &str {
        handlers::type_of(&self.fields)
    }

    /// Whether it takes its program from the default runtime.
    pub(super) fn inherits(&self) -> bool {
        handlers::is_on(&self.fields, "inherit_default_runtime")
    }

    /// Why CRI-O refuses it, whose program is there, and since when (`RuntimeHandler.Validate`).
    pub(super) fn wrong(&self, path: &str) -> Vec<(String, Since)> {
        let mut found = handlers::wrong(&self.fields);
        let name = path.rsplit('/').next().unwrap_or(path);
        if self.kind() == "vm" && !handlers::is_shim(name) {
            let what = format!("{path} is not named containerd-shim-NAME-v2");
            found.push((what, handlers::SHIM_NAMES_SINCE));
        }
        found
    }

    /// Where it comes from, for a reader.
    pub(super) fn origin(&self) -> Origin {
        self.place.clone().unwrap_or_else(|| Origin::file("CRI-O").says("compiled in"))
    }
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
    let mut fields = Fields::new();
    // Up to 1.23 it stood in conmon_cgroup.
    if minor.is_none_or(|minor| minor >= 24) {
        fields.insert("monitor_cgroup".to_owned(), State::from("system.slice"));
    }
    handlers.insert(own.to_owned(), Handler { name: own.to_owned(), place: None, fields });
    for (file, document) in &crio.files.documents {
        for (name, node) in document.entries_at("crio.runtime.runtimes") {
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
    let flags = crio.line.flag("runtimes");
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
pub(super) fn flagged(text: &str) -> Option<(String, Fields)> {
    let parts: Vec<&str> = text.split(':').collect();
    if !(3..=7).contains(&parts.len()) || parts.get(6).is_some_and(|memory| !is_size(memory)) {
        return None;
    }
    let names = ["runtime_path", "runtime_root", "runtime_type", "", "runtime_config_path"];
    let fields = names.iter().zip(&parts[1..]).filter(|(name, _)| !name.is_empty());
    let fields = fields.map(|(name, value)| ((*name).to_owned(), State::from(*value)));
    Some((parts[0].to_owned(), fields.collect()))
}
