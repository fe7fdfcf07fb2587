//! The container runtime that the rules are for: `cri-unit` and `cri-socket` follow each other, and the host where
//! nobody sets either.

use crate::engine::VariableOverride;
use crate::engine::plan::{Plan, SetVariable};
use crate::fact::{Origin, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::node::container_runtime::{self, ContainerRuntime};

const UNIT: &str = "cri-unit";
const SOCKET: &str = "cri-socket";

/// The values that these variables get for a host, beside those that somebody has set; none where they have them already.
pub(super) fn variables(plan: &Plan, subsystems: &Subsystems<'_>) -> Vec<VariableOverride> {
    if ![UNIT, SOCKET].iter().any(|name| plan.variables.contains_key(*name)) {
        return Vec::new();
    }
    let unit = text(plan, UNIT).map(|(text, origin)| (ContainerRuntime::of_unit(text), origin));
    let socket = text(plan, SOCKET).map(|(text, origin)| (ContainerRuntime::of_socket(text), origin));
    let chosen = match (unit, socket) {
        (Some(_), Some(_)) | (Some((None, _)), None) => None,
        (Some((Some(runtime), origin)), None) | (None, Some((Some(runtime), origin))) => {
            Some((runtime, origin.cloned()))
        }
        // A socket that is nobody's: its runtime is the host's.
        (None, Some((None, _)) | None) => {
            container_runtime::of_host(subsystems).map(|found| (found.runtime, Some(found.because)))
        }
    };
    let Some((runtime, origin)) = chosen else { return Vec::new() };
    let names = [(UNIT, runtime.unit), (SOCKET, runtime.socket)];
    let open = names.into_iter().filter(|(name, value)| {
        let is_so = matches!(plan.variables.get(*name), Some(Some(Value::Text(is))) if is == value);
        !plan.set.contains_key(*name) && !is_so
    });
    open.map(|(name, value)| VariableOverride {
        name: name.to_owned(),
        value: value.to_owned(),
        origin: origin.clone().unwrap_or_else(|| Origin::given("--set", None)),
    })
    .collect()
}

fn text<'p>(plan: &'p Plan, name: &str) -> Option<(&'p str, Option<&'p Origin>)> {
    match plan.set.get(name) {
        Some(SetVariable { value: Value::Text(text), origin }) => Some((text, origin.as_ref())),
        _ => None,
    }
}
