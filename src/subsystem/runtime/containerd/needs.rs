//! What else has to be there for the CRI to load: its snapshotter, and files that its tables name.

use super::config::Config;
use crate::component::containerd::IMAGES;
use crate::component::containerd::values::BUILT_IN;
use crate::fact::{Origin, State, Value};
use crate::host::{Files, Read};
use crate::parse::document::{Content, Node};

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
        let Some(Node { content: Content::Table(handlers), .. }) = table.at("containerd.runtimes") else {
            continue;
        };
        for (name, handler) in handlers {
            let Some((line, spec)) = text(handler, "base_runtime_spec") else { continue };
            needs.specification(files, Origin::at(path, line), name, &spec);
        }
    }
    for (path, table) in config.server_tables() {
        let is_on = table.at("enable_tls_streaming").map(|node| &node.content) == Some(&Content::Bool(true));
        for key in ["tls_cert_file", "tls_key_file"] {
            let named = text(table, &format!("x509_key_pair_streaming.{key}")).filter(|_| is_on);
            let Some((line, file)) = named else { continue };
            needs.file(files, Origin::at(path, line), key, &file);
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
            self.missing.push((
                place,
                format!("{key} is {path}, which is no JSON object: the CRI plugin doesn't load"),
            ));
        }
    }

    fn file(&mut self, files: &Files, place: Origin, key: &str, path: &str) -> Option<Vec<u8>> {
        // containerd.service is started in /.
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        match files.read_document(&path) {
            Read::There(bytes) => Some(bytes.to_vec()),
            Read::Missing(_) => {
                let what = format!("{key} is {path}, which isn't there: the CRI plugin doesn't load");
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
            let key = match name {
                IMAGES => "snapshotter",
                // 2.0 and later pass over it.
                _ if !config.is_before_2() => return None,
                _ => "containerd.snapshotter",
            };
            // 1.x finds it one table too high, too.
            let node = table.at(key).or_else(|| table.at("snapshotter").filter(|_| name != IMAGES))?;
            Some((name, node))
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
        return Some((place, format!("the snapshotter {name} is disabled: the CRI plugin doesn't load")));
    }
    let is_built_in = BUILT_IN.contains(&name.as_str()) || SOMETIMES.contains(&name.as_str());
    let is_proxy = config
        .documents
        .iter()
        .any(|(_, document)| document.at("proxy_plugins").is_some_and(|plugins| plugins.at(&name).is_some()));
    (!is_built_in && !is_proxy).then(|| {
        let what = format!(
            "the snapshotter \"{name}\" is neither built in nor one of proxy_plugins: the CRI plugin doesn't load"
        );
        (place, what)
    })
}

fn text(node: &Node, key: &str) -> Option<(Option<u32>, String)> {
    let node = node.at(key)?;
    match &node.content {
        Content::Text(text) if !text.is_empty() => Some((node.line, text.clone())),
        _ => None,
    }
}
