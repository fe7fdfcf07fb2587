//! What the kubelet accepts: the fields of a `KubeletConfiguration`, and its flags.

pub(crate) mod field_table;
pub(crate) mod fields;
pub(crate) mod flag_table;
