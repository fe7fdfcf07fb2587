//! The configuration that the user gives kubeadm (`--config FILE`), as kubeadm will read it: its documents, what is
//! wrong with them, and the variables that they set. It is no file of the host.
//!
//! What kubeadm accepts is in `component/kubeadm`; here is what the user gives.

mod command;
mod control_plane;
mod discovery;
mod documents;
mod etcd;
mod fields;
mod file;
mod files;
mod findings;
mod flags;
mod keys;
mod kubelet;
mod mounts;
mod networks;
mod settings;
mod shell_words;
pub mod syntax;
mod typography;
mod upgrade;
mod values;

use crate::component::kubeadm::since::Refusing;
use crate::component::kubeadm::value_table::Topic;
use crate::fact::{Fact, KeyWord, Origin, State, Value};
use crate::parse::document::{Content, Node};

pub use file::File;
pub use findings::Installed;
pub(crate) use keys::unknown_key;
pub use settings::{Setting, Target};

/// Both kinds that register a node.
const KINDS_OF_NODES: [&str; 2] = ["InitConfiguration", "JoinConfiguration"];

/// A configuration that could be read.
#[derive(Clone, Debug)]
pub struct Kubeadm {
    /// `--kubeadm-config kubeadm.yaml`: as places of it are named.
    source: String,
    documents: Vec<Document>,
    findings: Vec<Finding>,
    /// The command that will read it, if that is known.
    target: Option<Target>,
    /// What kubeadm warns about when it reads the file.
    pub remarks: Vec<ConfigWarning>,
}

/// One document of the file.
#[derive(Clone, Debug)]
struct Document {
    kind: &'static str,
    /// Of `kind`, counted from 1; 0 in a command.
    line: u32,
    root: Node,
}

/// A mistake in the file, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigWarning {
    /// The line, counted from 1.
    pub line: u32,
    /// The word of the line that is meant; the whole line if it is empty or not found.
    pub word: String,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The findings about its text, sorted by word, and what each list holds.
const TOPICS: &[(KeyWord, Topic)] = &[
    (
        KeyWord::new(
            "discovery-errors",
            "discoveryErrors",
            "Tokens, hashes of the CA, certificate keys and the endpoint of a JoinConfiguration.",
        ),
        Topic::DiscoveryErrors,
    ),
    (
        KeyWord::new(
            "endpoint-errors",
            "endpointErrors",
            "controlPlaneEndpoint, advertiseAddress, bindPort, kubernetesVersion, image repositories, certSANs.",
        ),
        Topic::EndpointErrors,
    ),
    (
        KeyWord::new("etcd-errors", "etcdErrors", "External etcd, and paths that are not absolute."),
        Topic::EtcdErrors,
    ),
    (
        KeyWord::new(
            "network-errors",
            "networkErrors",
            "Pod and service networks and dnsDomain: their form, size and families.",
        ),
        Topic::NetworkErrors,
    ),
    (
        KeyWord::new("node-errors", "nodeErrors", "The name of the node, criSocket, imagePullPolicy."),
        Topic::NodeErrors,
    ),
    (
        KeyWord::new("unknown-fields", "unknownFields", "Fields that kubeadm ignores with a warning."),
        Topic::UnknownFields,
    ),
    (
        KeyWord::new(
            "upgrade-errors",
            "upgrade-errors",
            "Versions, phases, patches, pull policies and ignored checks of an UpgradeConfiguration with which `kubeadm upgrade` exits.",
        ),
        Topic::UpgradeErrors,
    ),
    (
        KeyWord::new(
            "value-errors",
            "valueErrors",
            "Values of another type than their field, feature gates, algorithms and flags without a name, with which kubeadm exits.",
        ),
        Topic::ValueErrors,
    ),
    (
        KeyWord::new(
            "warnings",
            "warnings",
            "What kubeadm takes with a warning: clusterDNS and clusterDomain of the kubelet that don't fit the cluster's \
             networks, criSocket without unix://, files that the API server's pod doesn't see; and what only some versions of kubeadm refuse.",
        ),
        Topic::Warnings,
    ),
];

/// Where the configuration is from.
const SOURCE: KeyWord = KeyWord::new(
    "kubeadm-config",
    "kubeadm-config",
    "The option that gives the configuration, and its file.",
);
const API_VERSION: KeyWord = KeyWord::new(
    "api-version",
    "apiVersion",
    "The newest version of kubeadm's own documents, such as `v1beta4`.",
);

/// What is known of the configuration besides its fields, one text each.
pub(crate) const PROPERTIES: &[KeyWord] = &[API_VERSION, SOURCE];

/// The findings about the text of a configuration.
pub(crate) fn findings() -> impl Iterator<Item = &'static KeyWord> {
    TOPICS.iter().map(|(word, _)| word)
}

#[derive(Clone, Debug)]
struct Finding {
    topic: Topic,
    line: u32,
    text: String,
    /// The versions of kubeadm that refuse it.
    refusing: Refusing,
}

impl Finding {
    /// Of which every version of kubeadm makes the same.
    fn new(topic: Topic, line: u32, text: String) -> Self {
        Finding { topic, line, text, refusing: Refusing::ALWAYS }
    }
}

/// A text of a document, and its line.
#[derive(Clone, Copy)]
pub(crate) struct Text<'d> {
    pub(crate) text: &'d str,
    pub(crate) line: u32,
}

impl Kubeadm {
    /// Reads the text of a file, and judges all documents in it.
    ///
    /// # Errors
    /// Why kubeadm would not know what is meant: no YAML, a document without `kind`, a version that it no longer reads.
    pub fn read(path: &str, text: &str) -> Result<Self, Vec<ConfigWarning>> {
        File::read(path, text)?.judge(None)
    }

    /// With what its documents say wrongly.
    fn of(
        source: String,
        documents: Vec<Document>,
        found: Vec<Finding>,
        remarks: Vec<ConfigWarning>,
    ) -> Self {
        let mut kubeadm = Kubeadm { source, documents, findings: found, target: None, remarks };
        let mut findings = Vec::new();
        values::check(&kubeadm, &mut findings);
        networks::check(&kubeadm, &mut findings);
        discovery::check(&kubeadm, &mut findings);
        etcd::check(&kubeadm, &mut findings);
        mounts::check(&kubeadm, &mut findings);
        control_plane::check(&kubeadm, &mut findings);
        upgrade::check(&kubeadm, &mut findings);
        kubeadm.findings.append(&mut findings);
        kubeadm.findings.sort_by_key(|finding| finding.line);
        kubeadm
    }

    /// The property of a word; absent if it is no word of one.
    #[must_use]
    pub fn property(&self, word: &str) -> Fact {
        match word {
            word if word == SOURCE.word => {
                Fact::new(State::from(self.source.as_str())).because(self.origin(0))
            }
            word if word == API_VERSION.word => self.api_version(),
            _ => Fact::absent(),
        }
    }

    /// The answer for a key: a kind with a dotted field of it, or a word that was asked like one before it had a probe.
    #[must_use]
    pub fn value(&self, key: &str, installed: &Installed) -> Fact {
        if let Some(word) = PROPERTIES.iter().find(|word| word.old == key) {
            return self.property(word.word);
        }
        if let Some(found) =
            findings().find(|word| word.old == key).and_then(|word| self.finding(word.word, installed))
        {
            return found;
        }
        let (kind, field) = key.split_once('.').unwrap_or((key, ""));
        let Some(document) = self.document(kind) else { return Fact::absent() };
        match document.root.at(field) {
            // A token is a secret: it is in no answer.
            Some(node) if is_secret(field) && node.content != Content::Null => {
                Fact::new(State::from("(not shown)")).because(self.origin(node.line.unwrap_or(document.line)))
            }
            Some(node) => {
                let line = node.line.unwrap_or(document.line);
                let state = without_secrets(node).state();
                let origin = match &state {
                    State::Known(Value::Text(text)) => self.origin(line).sets(field, text),
                    _ => self.origin(line),
                };
                Fact::new(state).because(origin)
            }
            None => Fact::absent().because(self.origin(document.line)),
        }
    }

    /// The newest version of kubeadm's own documents.
    fn api_version(&self) -> Fact {
        let versions = self.documents.iter().filter_map(|document| {
            let node = document.root.at("apiVersion")?;
            match &node.content {
                Content::Text(text) => Some((text.strip_prefix("kubeadm.k8s.io/")?, node.line)),
                _ => None,
            }
        });
        match versions.max() {
            Some((version, line)) => Fact::new(State::from(version)).because(self.origin(line.unwrap_or(1))),
            None => Fact::absent(),
        }
    }

    /// A place of it; a command has no lines, which is line 0.
    pub(crate) fn origin(&self, line: u32) -> Origin {
        Origin::given(&self.source, (line > 0).then_some(line))
    }

    fn document(&self, kind: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.kind == kind)
    }

    /// The text at a dotted field; empty is unset.
    fn text<'d>(&'d self, kind: &str, field: &str) -> Option<Text<'d>> {
        let document = self.document(kind)?;
        let node = document.root.at(field)?;
        match &node.content {
            Content::Text(text) if !text.is_empty() => {
                Some(Text { text, line: node.line.unwrap_or(document.line) })
            }
            _ => None,
        }
    }

    /// The texts of a list at a dotted field.
    fn texts<'d>(&'d self, kind: &str, field: &str) -> Vec<Text<'d>> {
        let Some(document) = self.document(kind) else { return Vec::new() };
        let Some(Node { content: Content::List(items), .. }) = document.root.at(field) else {
            return Vec::new();
        };
        let text = |item: &'d Node| match &item.content {
            Content::Text(text) => Some(Text { text, line: item.line.unwrap_or(document.line) }),
            _ => None,
        };
        items.iter().filter_map(text).collect()
    }

    /// The line of a field, if it is there.
    fn line(&self, kind: &str, field: &str) -> Option<u32> {
        let document = self.document(kind)?;
        let node = document.root.at(field).filter(|node| node.content != Content::Null)?;
        Some(node.line.unwrap_or(document.line))
    }

    /// The last value of a flag among `extraArgs`, which are a map in v1beta3 and a list in v1beta4.
    fn flag<'d>(&'d self, kind: &str, field: &str, flag: &str) -> Option<Text<'d>> {
        let document = self.document(kind)?;
        let text = |node: &'d Node| match &node.content {
            Content::Text(text) => Some(Text { text, line: node.line.unwrap_or(document.line) }),
            _ => None,
        };
        match &document.root.at(field)?.content {
            Content::Table(table) => table.get(flag).and_then(text),
            Content::List(items) => {
                let named = |item: &&Node| {
                    item.at("name").is_some_and(|name| name.content == Content::Text(flag.to_owned()))
                };
                items.iter().rev().find(named)?.at("value").and_then(text)
            }
            _ => None,
        }
    }
}

/// Whether a field holds what nobody but kubeadm may know.
fn is_secret(field: &str) -> bool {
    syntax::names_secret(field.rsplit('.').next().unwrap_or_default())
}

fn without_secrets(node: &Node) -> Node {
    let content = match &node.content {
        Content::Table(table) => {
            let clean = |(name, value): (&String, &Node)| {
                let hidden = || Node { line: value.line, content: Content::Text("(not shown)".into()) };
                (name.clone(), if is_secret(name) { hidden() } else { without_secrets(value) })
            };
            Content::Table(table.iter().map(clean).collect())
        }
        Content::List(items) => Content::List(items.iter().map(without_secrets).collect()),
        // Under a name that nobody expects there may be a token all the same.
        Content::Text(text) => Content::Text(syntax::without_tokens(text)),
        other => other.clone(),
    };
    Node { line: node.line, content }
}

#[cfg(test)]
mod tests;
