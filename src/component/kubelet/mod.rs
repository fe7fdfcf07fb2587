//! What the kubelet accepts: the fields of a `KubeletConfiguration`, their values, its feature gates, and its flags.

pub(crate) mod default_table;
pub(crate) mod field_table;
pub(crate) mod fields;
pub(crate) mod flag_forms;
pub(crate) mod flag_table;
pub(crate) mod known_flags;
pub(crate) mod node_flags;
pub(crate) mod texts;
pub(crate) mod view;
pub(crate) mod zeros;

mod combinations;
mod gate_needs;
mod gate_table;
pub(crate) mod gates;
mod later_gates;
mod policies;
mod resources;
mod values;

#[cfg(test)]
mod tests;

use view::{Judgement, View};

/// The values with which the kubelet exits, of a configuration that could be decoded: as it is after files, drop-ins and
/// flags were merged.
pub(crate) fn judge(view: View<'_>) -> Judgement {
    let mut found = Judgement::default();
    for look in [values::look, combinations::look, resources::look, policies::look, gates::look, texts::look]
    {
        look(view, &mut found);
    }
    found
}
