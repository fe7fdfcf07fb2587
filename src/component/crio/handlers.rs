//! Fields of `[crio.runtime.runtimes.NAME]` that CRI-O refuses (`RuntimeHandler.Validate`). In a handler that isn't the default one
//! it is only the handler that is refused.

use std::collections::BTreeMap;

use super::{Since, annotations};
use crate::fact::{State, Value};

/// The fields of a handler.
pub(crate) type Fields = BTreeMap<String, State>;

/// A check of one field.
struct Row {
    wrong: fn(&Fields) -> Option<String>,
    since: Since,
}

/// In the order in which CRI-O looks.
const ROWS: &[Row] = &[
    Row { wrong: kind, since: Since::Always },
    Row { wrong: config_path, since: Since::Minor(22) },
    Row { wrong: allowed_annotations, since: Since::Minor(21) },
    Row { wrong: no_sync_log, since: Since::Minor(31) },
    Row { wrong: stream_websockets, since: Since::Minor(34) },
    Row { wrong: exec_cpu_affinity, since: Since::Minor(34) },
];

/// What is wrong with the fields of a handler, and since when CRI-O minds it.
pub(crate) fn wrong(fields: &Fields) -> Vec<(String, Since)> {
    ROWS.iter().filter_map(|row| Some(((row.wrong)(fields)?, row.since))).collect()
}

/// The text of a field; empty if nothing sets it.
pub(crate) fn text<'f>(fields: &'f Fields, field: &str) -> &'f str {
    match fields.get(field) {
        Some(State::Known(Value::Text(text))) => text,
        _ => "",
    }
}

/// Whether a field is true.
pub(crate) fn is_on(fields: &Fields, field: &str) -> bool {
    fields.get(field) == Some(&State::from(true))
}

/// `oci` unless the table says otherwise.
pub(crate) fn type_of(fields: &Fields) -> &str {
    Some(text(fields, "runtime_type")).filter(|kind| !kind.is_empty()).unwrap_or("oci")
}

/// Since when the program of a handler of type vm must be called `containerd-shim-NAME-v2`.
pub(crate) const SHIM_NAMES_SINCE: Since = Since::Minor(21);

/// Since when a handler's own seccomp profile must be there and be one.
pub(crate) const SECCOMP_PROFILE_SINCE: Since = Since::Minor(34);

/// `containerd-shim-([a-zA-Z\-\+])+-v2`, anywhere in the name.
pub(crate) fn is_shim(name: &str) -> bool {
    let inner = name.split_once("containerd-shim-").and_then(|(_, rest)| rest.split_once("-v2"));
    let is_of_name = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '+';
    inner.is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_of_name))
}

fn kind(fields: &Fields) -> Option<String> {
    let kind = type_of(fields);
    (!["oci", "pod", "vm"].contains(&kind))
        .then(|| format!("runtime_type is \"{kind}\"; CRI-O accepts oci, vm or pod"))
}

fn config_path(fields: &Fields) -> Option<String> {
    let path = text(fields, "runtime_config_path");
    (!path.is_empty() && type_of(fields) != "vm").then(|| {
        format!("runtime_config_path is \"{path}\"; CRI-O accepts it with runtime_type = \"vm\" only")
    })
}

fn allowed_annotations(fields: &Fields) -> Option<String> {
    let Some(State::Known(Value::List(names))) = fields.get("allowed_annotations") else { return None };
    annotations::wrong("allowed_annotations", names.iter().filter_map(Value::as_text))
}

fn no_sync_log(fields: &Fields) -> Option<String> {
    let wrong = is_on(fields, "no_sync_log") && type_of(fields) != "oci";
    wrong.then(|| "no_sync_log is true; CRI-O accepts it with runtime_type = \"oci\" only".into())
}

fn stream_websockets(fields: &Fields) -> Option<String> {
    let wrong = is_on(fields, "stream_websockets") && type_of(fields) != "pod";
    wrong.then(|| "stream_websockets is true; CRI-O accepts it with runtime_type = \"pod\" only".into())
}

fn exec_cpu_affinity(fields: &Fields) -> Option<String> {
    let word = text(fields, "exec_cpu_affinity");
    (!["", "first"].contains(&word))
        .then(|| format!("exec_cpu_affinity is \"{word}\"; CRI-O accepts \"first\", or nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, State)]) -> Fields {
        pairs.iter().map(|(name, state)| ((*name).to_owned(), state.clone())).collect()
    }

    #[test]
    fn each_row_refuses_and_takes() {
        let list = |name: &str| State::Known(Value::list([name]));
        for (pairs, wanted) in [
            (vec![], 0),
            (vec![("runtime_type", State::from("OCI"))], 1),
            (vec![("runtime_type", State::from("vm")), ("runtime_config_path", State::from("/x"))], 0),
            (vec![("runtime_config_path", State::from("/x"))], 1),
            (vec![("allowed_annotations", list("nonsense"))], 1),
            (vec![("allowed_annotations", list("io.kubernetes.cri-o.Devices"))], 0),
            (vec![("no_sync_log", State::from(true))], 0),
            (vec![("no_sync_log", State::from(true)), ("runtime_type", State::from("pod"))], 1),
            (vec![("stream_websockets", State::from(true))], 1),
            (vec![("stream_websockets", State::from(true)), ("runtime_type", State::from("pod"))], 0),
            (vec![("exec_cpu_affinity", State::from("first"))], 0),
            (vec![("exec_cpu_affinity", State::from("nope"))], 1),
        ] {
            assert_eq!(wrong(&fields(&pairs)).len(), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn shims_have_a_name_between() {
        for good in ["containerd-shim-kata-v2", "x-containerd-shim-a+b-v2"] {
            assert!(is_shim(good), "{good}");
        }
        for bad in [
            "crun",
            "containerd-shim--v2x"[..16].to_owned().as_str(),
            "containerd-shim-kata2-v2",
            "containerd-shim-v2",
        ] {
            assert!(!is_shim(bad), "{bad}");
        }
    }
}
