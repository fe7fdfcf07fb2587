//! Keys of rules that ask for a field of a configuration: which kinds and fields there are.

use crate::component::kubeadm::document_table::{KINDS, OWN};
use crate::component::kubeadm::field_table::{self, Type};
use crate::component::kubelet::fields;

/// The kinds, or the fields, that there are where a key is none of them: for "did you mean".
pub(crate) fn unknown_key(key: &str) -> Option<Vec<String>> {
    let (kind, field) = key.split_once('.').unwrap_or((key, ""));
    let in_kind = |names: Vec<String>| names.iter().map(|name| format!("{kind}.{name}")).collect();
    match KINDS.iter().find(|(_, known)| *known == kind) {
        None => Some(KINDS.iter().map(|(_, kind)| (*kind).to_owned()).collect()),
        Some(_) if field.is_empty() => None,
        Some((_, "KubeletConfiguration")) => fields::unknown(field).map(in_kind),
        // Its parts have changed more often than the table here tells.
        Some((group, _)) if *group != OWN => {
            unknown_field(kind, field.split('.').next().unwrap_or_default()).map(in_kind)
        }
        Some(_) => unknown_field(kind, field).map(in_kind),
    }
}

/// The fields of the part in which a dotted field of a kind is none of them.
fn unknown_field(kind: &str, field: &str) -> Option<Vec<String>> {
    let (mut path, mut known, mut rest) = (String::new(), field_table::of(kind)?, field);
    loop {
        let (name, below) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
        let Some((_, kind, _)) = known.iter().find(|(known, ..)| *known == name) else {
            return Some(known.iter().map(|(known, ..)| format!("{path}{known}{below}")).collect());
        };
        let Type::Table(part) = kind else { return None };
        known = field_table::of(part)?;
        rest = below.strip_prefix('.')?;
        path = format!("{path}{name}.");
    }
}
