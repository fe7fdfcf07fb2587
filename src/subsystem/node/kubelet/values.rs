//! Values with which the kubelet exits though it could read them: of files, drop-ins and flags together.

use std::collections::{BTreeMap, BTreeSet};

use super::Kubelet;
use super::flags::Setting;
use super::layers::Effective;
use crate::component::kubelet::view::View;
use crate::component::kubelet::{self, flag_forms, node_flags};
use crate::fact::{Fact, Origin};
use crate::parse::document::{Content, Node};

/// What is wrong with the values, each with the place that sets it.
pub(super) struct Found {
    pub errors: Vec<(Origin, String)>,
    /// The first that can't be decided, and why.
    pub undecided: Option<(Origin, String)>,
}

pub(super) fn errors(kubelet: &Kubelet) -> Fact {
    match found(kubelet) {
        Found { errors, undecided: Some((place, reason)) } if errors.is_empty() => {
            Fact::unknown(reason).because(place)
        }
        Found { errors, .. } => Fact::findings(errors),
    }
}

pub(super) fn found(kubelet: &Kubelet) -> Found {
    let settings = kubelet.line.settings();
    let root = merged(kubelet, &settings);
    let is_unread = |setting: &&Setting<'_>| setting.value.is_err();
    let unread: Vec<&str> = settings.iter().filter(is_unread).map(|setting| setting.field).collect();
    let view = View { root: &root, minor: kubelet.minor, unread: &unread };
    let judgement = kubelet::judge(view);
    let mut known = BTreeMap::new();
    let mut placed = |field: &str| -> Origin {
        let found = || place(kubelet, &settings, field);
        known.entry(field.to_owned()).or_insert_with(found).clone()
    };
    let mut found: Vec<(Origin, String)> =
        judgement.faults.into_iter().map(|fault| (placed(&fault.field), fault.text)).collect();
    found.extend(of_flags(kubelet, view));
    let undecided = judgement.undecided.into_iter().next();
    Found { errors: found, undecided: undecided.map(|fault| (placed(&fault.field), fault.text)) }
}

/// The whole configuration: each field at the top as files and flags come to it.
fn merged(kubelet: &Kubelet, settings: &[Setting<'_>]) -> Node {
    let documents = &kubelet.config.documents;
    let of_files = documents.iter().filter_map(|document| match &document.node.content {
        Content::Table(table) => Some(table.keys().map(String::as_str)),
        _ => None,
    });
    let of_flags = settings.iter().map(|setting| setting.field.split('.').next().unwrap_or(setting.field));
    let fields: BTreeSet<&str> = of_files.flatten().chain(of_flags).collect();
    let value = |field: &str| Some((field.to_owned(), Effective::of(field, documents, settings).value?));
    Node::unplaced(Content::Table(fields.into_iter().filter_map(value).collect()))
}

/// The place that sets a field, else one that sets the table it is in.
fn place(kubelet: &Kubelet, settings: &[Setting<'_>], field: &str) -> Origin {
    let of = |field: &str| {
        let effective = Effective::of(field, &kubelet.config.documents, settings);
        effective.because.into_iter().next()
    };
    let ancestors = field.match_indices('.').map(|(at, _)| &field[..at]).rev();
    std::iter::once(field).chain(ancestors).find_map(of).unwrap_or_default()
}

/// Flags without a field.
fn of_flags(kubelet: &Kubelet, view: View<'_>) -> Vec<(Origin, String)> {
    let line = &kubelet.line;
    let mut found = Vec::new();
    for flag in line.all("node-labels") {
        let texts = node_flags::labels(&flag.value).into_iter();
        found.extend(texts.map(|text| (flag.origin.clone(), format!("--node-labels: {text}"))));
    }
    for flag in &line.flags {
        let mistake = flag_forms::mistake(&flag.name, &flag.value, view);
        found.extend(mistake.map(|mistake| (flag.origin.clone(), mistake)));
    }
    if let Some(flag) = line.last("exit-on-lock-contention").filter(|flag| flag.value != "false")
        && line.last("lock-file").is_none()
    {
        found.push((flag.origin.clone(), "--exit-on-lock-contention needs --lock-file".to_owned()));
    }
    let provider = line.last("cloud-provider");
    if let Some(flag) = line.last("node-ip") {
        let text = node_flags::addresses(&flag.value, provider.map(|flag| flag.value.as_str()));
        found.extend(text.map(|text| (flag.origin.clone(), text)));
    }
    // The last providers that were built in went with 1.31.
    if let Some(flag) = provider.filter(|_| kubelet.minor.is_some_and(|minor| minor >= 31)) {
        found.extend(node_flags::cloud_provider(&flag.value).map(|text| (flag.origin.clone(), text)));
    }
    found
}
