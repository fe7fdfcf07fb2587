//! The documents of the file: which are kubeadm's, which it hands on, which it ignores, and which it refuses.

use super::{ConfigWarning, Document};
use crate::fact::{did_you_mean, nearest};
use crate::parse::document::{Content, Node};
use crate::parse::yaml;

/// More documents than any configuration has.
const MAX_DOCUMENTS: usize = 64;

/// Kinds that are looked into, with their groups.
const KINDS: &[(&str, &str)] = &[
    ("kubeadm.k8s.io", "InitConfiguration"),
    ("kubeadm.k8s.io", "ClusterConfiguration"),
    ("kubeadm.k8s.io", "JoinConfiguration"),
    ("kubelet.config.k8s.io", "KubeletConfiguration"),
    ("kubeproxy.config.k8s.io", "KubeProxyConfiguration"),
];
/// Kinds of other commands of kubeadm.
const OTHERS: &[&str] = &["ClusterStatus", "ResetConfiguration", "UpgradeConfiguration"];
/// Versions that kubeadm no longer reads, each with the last one that does (kubeadm's
/// `oldKnownAPIVersions` names the version to migrate with; v1beta1 went in 1.22, v1beta2 in 1.27).
const OLD: &[(&str, &str)] = &[
    ("v1alpha1", "1.11"),
    ("v1alpha2", "1.12"),
    ("v1alpha3", "1.14"),
    ("v1beta1", "1.21"),
    ("v1beta2", "1.26"),
];

/// The documents that are looked into, each with its version, and what kubeadm warns about.
#[derive(Default)]
pub(super) struct Found {
    pub documents: Vec<(Document, String)>,
    pub remarks: Vec<ConfigWarning>,
}

/// Cuts and reads the file.
pub(super) fn read(text: &str) -> Result<Found, Vec<ConfigWarning>> {
    let mut found = Found::default();
    let mut mistakes = Vec::new();
    let cut = yaml::documents(text);
    if cut.len() > MAX_DOCUMENTS {
        return Err(vec![remark(1, "", format!("the file has more than {MAX_DOCUMENTS} documents"))]);
    }
    for (before, part) in cut {
        let is_empty = part.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
        if !is_empty {
            match document(part, before, &mut found) {
                Ok(()) => {}
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    if found.documents.is_empty() {
        let names = KINDS.iter().map(|(_, kind)| *kind).collect::<Vec<_>>().join(", ");
        let mut mistake =
            remark(1, "", "the file holds no configuration for `kubeadm init` or `kubeadm join`".into());
        mistake.help = Some(format!("a document has apiVersion and kind; kinds are {names}"));
        return Err(vec![mistake]);
    }
    Ok(found)
}

fn document(part: &str, before: u32, found: &mut Found) -> Result<(), ConfigWarning> {
    let first = before + 1;
    let root = yaml::parse_document(part, before).map_err(|error| {
        let message = error.message.lines().next().unwrap_or_default().to_owned();
        remark(error.line.unwrap_or(first), "", format!("this is not YAML: {message}"))
    })?;
    if let Some(twice) = yaml::duplicate_key(part, before) {
        let mut mistake =
            remark(twice.line.unwrap_or(first), "", "this key is written twice in one table".into());
        mistake.help = Some("kubeadm warns, and takes the last one".into());
        found.remarks.push(mistake);
    }
    let (Some((api, api_line)), Some((kind, line))) = (word(&root, "apiVersion"), word(&root, "kind")) else {
        let mut mistake = remark(first, "", "the document that begins here lacks apiVersion or kind".into());
        mistake.help =
            Some("for example `apiVersion: kubeadm.k8s.io/v1beta4` and `kind: InitConfiguration`".into());
        return Err(mistake);
    };
    let (group, version) = api.split_once('/').unwrap_or(("", &api));
    if group == "kubeadm.k8s.io" {
        check_version(version, &api, api_line)?;
    }
    let Some((_, known)) = KINDS.iter().find(|(known, name)| *known == group && *name == kind) else {
        if group != "kubeadm.k8s.io" || !OTHERS.contains(&kind.as_str()) {
            let message = format!("kubeadm ignores this document: there is no kind `{kind}` in {api}");
            let help = near(group, &kind);
            found.remarks.push(ConfigWarning { line, word: kind, message, help });
        }
        return Ok(());
    };
    if let Some((earlier, _)) = found.documents.iter().find(|(document, _)| document.kind == *known) {
        let message = format!("a second {known}; the first one is on line {}", earlier.line);
        return Err(ConfigWarning {
            line,
            word: kind,
            message,
            help: Some("kubeadm refuses a kind given twice".into()),
        });
    }
    found.documents.push((Document { kind: known, line, root }, version.to_owned()));
    Ok(())
}

fn check_version(version: &str, api: &str, line: u32) -> Result<(), ConfigWarning> {
    if ["v1beta3", "v1beta4"].contains(&version) {
        return Ok(());
    }
    let last = OLD.iter().find(|(old, _)| *old == version).map(|(_, last)| *last);
    let (message, help) = match last {
        Some(last) => (
            format!("kubeadm reads {api} no longer: {last} was the last version that did"),
            "with a kubeadm that reads both: `kubeadm config migrate --old-config FILE --new-config FILE`",
        ),
        None => (
            format!("there is no version {api} of kubeadm's configuration that this program knows"),
            "kubeadm 1.31 and later read v1beta4, 1.22 and later v1beta3",
        ),
    };
    Err(ConfigWarning { line, word: version.to_owned(), message, help: Some(help.to_owned()) })
}

/// The kind that a misspelt one stands for, or the group that has this kind.
fn near(group: &str, kind: &str) -> Option<String> {
    if let Some((right, _)) = KINDS.iter().find(|(_, name)| *name == kind) {
        return Some(format!("{kind} is of the group {right}, this is `{group}`"));
    }
    if let Some((_, name)) = KINDS.iter().find(|(_, name)| kind.len() > 2 && name.starts_with(kind)) {
        return Some(did_you_mean(name));
    }
    nearest(kind, KINDS.iter().map(|(_, name)| *name), |_| 4).map(did_you_mean)
}

fn word(root: &Node, key: &str) -> Option<(String, u32)> {
    let node = root.at(key)?;
    match &node.content {
        Content::Text(text) if !text.is_empty() => Some((text.clone(), node.line.unwrap_or(1))),
        _ => None,
    }
}

fn remark(line: u32, word: &str, message: String) -> ConfigWarning {
    ConfigWarning { line, word: word.to_owned(), message, help: None }
}
