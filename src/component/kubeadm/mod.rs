//! What kubeadm accepts in the configuration that it is given: fields and their types, forms of values, feature gates,
//! documents, each with the versions that refuse it and where upstream decides so.

pub(crate) mod document_table;
pub mod endpoint;
pub(crate) mod field_table;
pub mod form;
pub(crate) mod gate_table;
pub(crate) mod mount_table;
pub(crate) mod proxy_table;
pub(crate) mod since;
pub(crate) mod value_table;
