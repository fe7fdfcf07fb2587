//! What else has to be there for the CRI to load: its snapshotter, and files that its tables name.

use std::rc::Rc;

use super::config::Config;
use crate::component::containerd::IMAGES;
use crate::component::containerd::values::{BUILT_IN, NO_CRI};
use crate::fact::{Origin, State, Value};
use crate::host::{Files, Read};
use crate::parse::document::Node;
use crate::subsystem::systemd::exec_context::absolute;

/// Built in, but loaded only on what they were made for.
const SOMETIMES: [&str; 5] = ["blockfile", "btrfs", "devmapper", "erofs", "zfs"];

/// What is missing, and the first file that can't be read.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) missing: Vec<(Origin, String)>,
    pub(super) doubt: Option<String>,
}

/// Looks for all of it.
pub(super) fn needs(config: &Config, files: &Files) -> Needs {
    let mut needs = Needs::default();
    needs.missing.extend(snapshotter(config));
    for (path, table) in config.counted_tables() {
        for (name, handler) in table.entries_at("containerd.runtimes") {
            let Some((line, spec)) = file_at(handler, "base_runtime_spec") else { continue };
            needs.specification(files, Origin::at(path, line), name, spec);
        }
    }
    for (path, table) in config.server_tables() {
        if !table.is_true_at("enable_tls_streaming") {
            continue;
        }
        for key in ["tls_cert_file", "tls_key_file"] {
            let Some((line, file)) = file_at(table, &format!("x509_key_pair_streaming.{key}")) else {
                continue;
            };
            needs.file(files, Origin::at(path, line), key, file);
        }
    }
    needs
}

impl Needs {
    /// The specification that a runtime's containers begin with, in JSON.
    fn specification(&mut self, files: &Files, place: Origin, name: &str, path: &str) {
        let key = format!("base_runtime_spec of the runtime {name}");
        let Some(bytes) = self.file(files, place.clone(), &key, path) else { return };
        let is_object = matches!(
            serde_json::from_slice(&bytes),
            Ok::<serde_json::Value, _>(serde_json::Value::Object(_))
        );
        if !is_object {
            self.missing.push((place, format!("{key} is {path}, which is no JSON object: {NO_CRI}")));
        }
    }

    fn file(&mut self, files: &Files, place: Origin, key: &str, path: &str) -> Option<Rc<[u8]>> {
        // containerd.service is started in /.
        let path = absolute(path);
        match files.read_document(&path) {
            Read::There(bytes) => Some(bytes),
            Read::Missing(_) => {
                let what = format!("{key} is {path}, which isn't there: {NO_CRI}");
                self.missing.push((place, what));
                None
            }
            Read::Hidden(error) => {
                self.doubt.get_or_insert(error.to_string());
                None
            }
        }
    }
}

/// The snapshotter that nobody has, or that is switched off.
fn snapshotter(config: &Config) -> Option<(Origin, String)> {
    let named = config.documents.iter().rev().find_map(|(path, document)| {
        let (table, node) = config.read_tables(document).find_map(|(name, table)| {
            let node = match name {
                IMAGES => table.at("snapshotter"),
                // 1.x finds it one table too high, too; 2.0 and later pass over it.
                _ if config.is_before_2() => {
                    table.at("containerd.snapshotter").or_else(|| table.at("snapshotter"))
                }
                _ => None,
            };
            Some((name, node?))
        })?;
        match node.state() {
            // Before 2.0 nothing is as good as the default.
            State::Known(Value::Text(name)) if !name.is_empty() || table == IMAGES => {
                Some((Origin::at(path, node.line), name))
            }
            _ => None,
        }
    });
    let (place, name) = named.unwrap_or_else(|| (Origin::default(), "overlayfs".to_owned()));
    if let Some(place) = config.disables(&format!("io.containerd.snapshotter.v1.{name}")) {
        return Some((place, format!("the snapshotter {name} is disabled: {NO_CRI}")));
    }
    let is_built_in = BUILT_IN.contains(&name.as_str()) || SOMETIMES.contains(&name.as_str());
    let is_proxy = config
        .documents
        .iter()
        .any(|(_, document)| document.at("proxy_plugins").is_some_and(|plugins| plugins.at(&name).is_some()));
    (!is_built_in && !is_proxy).then(|| {
        let what =
            format!("the snapshotter \"{name}\" is neither built in nor one of proxy_plugins: {NO_CRI}");
        (place, what)
    })
}

/// The path at a key, and its line; an empty one names no file.
fn file_at<'n>(node: &'n Node, key: &str) -> Option<(Option<u32>, &'n str)> {
    node.text_at(key).filter(|(_, path)| !path.is_empty())
}
