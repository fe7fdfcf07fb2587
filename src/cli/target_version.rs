//! The version that the rules of an upgrade are for: `kubernetes-target`, by the host where nobody sets it.

use crate::engine::VariableOverride;
use crate::engine::plan::Plan;
use crate::subsystem::Subsystems;
use crate::subsystem::node::next_version;

const TARGET: &str = "kubernetes-target";

/// The value of the variable for a host; none where it is set or no rule uses it.
pub(super) fn variable(plan: &Plan, subsystems: &Subsystems<'_>) -> Option<VariableOverride> {
    // A variable that a rule uses is among the plan's, with or without a value.
    if !matches!(plan.variables.get(TARGET), Some(None)) {
        return None;
    }
    let found = next_version::of_host(subsystems)?;
    let value = format!("1.{}", found.minor);
    Some(VariableOverride { name: TARGET.to_owned(), value, origin: found.because })
}
