//! Tables `[crio.runtime.workloads.NAME]` that CRI-O refuses (`pkg/config/workloads.go`).

use super::{Since, annotations, values};
use crate::fact::{State, Value};
use crate::parse::document::Node;

/// Below this, in microseconds, the kernel takes no period.
const LEAST_PERIOD: i64 = 1000;

/// What is wrong with the table of a workload, and since when CRI-O minds it.
pub(crate) fn wrong(table: &Node) -> Vec<(String, Since)> {
    let state = |key: &str| table.at(key).map(Node::state);
    let text = |key: &str| match state(key) {
        Some(State::Known(Value::Text(text))) => text,
        _ => String::new(),
    };
    let number = |key: &str| match state(key) {
        Some(State::Known(Value::Integer(number))) => number,
        _ => 0,
    };
    let mut found = Vec::new();
    if text("activation_annotation").is_empty() {
        found.push((
            "it has no activation_annotation; CRI-O wants the annotation that selects its pods".into(),
            Since::Minor(21),
        ));
    }
    if let Some(State::Known(Value::List(names))) = state("allowed_annotations") {
        let names = names.iter().filter_map(Value::as_text);
        found.extend(annotations::wrong("allowed_annotations", names).map(|what| (what, Since::Minor(21))));
    }
    let cpuset = text("resources.cpuset");
    if !values::is_cpu_list(&cpuset) {
        let what = format!(
            "resources.cpuset is \"{cpuset}\"; CRI-O accepts a list of CPUs without spaces, such as \"0-1,3\""
        );
        found.push((what, Since::Minor(30)));
    }
    let (quota, shares, period) =
        (number("resources.cpuquota"), number("resources.cpushares"), number("resources.cpuperiod"));
    if quota != 0 && quota < shares {
        let what = format!(
            "resources.cpuquota is {quota}; CRI-O accepts 0, or no less than cpushares, which is {shares}"
        );
        found.push((what, Since::Minor(30)));
    }
    if (1..LEAST_PERIOD).contains(&period) {
        let what = format!("resources.cpuperiod is {period}; CRI-O accepts 0, or {LEAST_PERIOD} and more");
        found.push((what, Since::Minor(30)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::wrong;
    use crate::parse::toml_document;

    #[test]
    fn each_row_refuses_and_takes() {
        for (text, wanted) in [
            ("activation_annotation=\"a/b\"", 0),
            ("", 1),
            ("activation_annotation=\"\"", 1),
            ("activation_annotation=\"a\"\nallowed_annotations=[\"nonsense\"]", 1),
            ("activation_annotation=\"a\"\nresources={cpuset=\"nope\"}", 1),
            ("activation_annotation=\"a\"\nresources={cpuset=\"0-1\"}", 0),
            ("activation_annotation=\"a\"\nresources={cpuquota=5,cpushares=10}", 1),
            ("activation_annotation=\"a\"\nresources={cpushares=10}", 0),
            ("activation_annotation=\"a\"\nresources={cpuquota=-1}", 1),
            ("activation_annotation=\"a\"\nresources={cpuperiod=999}", 1),
            ("activation_annotation=\"a\"\nresources={cpuperiod=1000}", 0),
        ] {
            assert_eq!(wrong(&toml_document::parse(text.as_bytes()).unwrap()).len(), wanted, "{text}");
        }
    }
}
