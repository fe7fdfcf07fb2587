//! The tests of `src/probe/NAME.rs`, under the same names.

mod filesystem;
mod hostname;
mod kernel_config;
mod module;
mod modules_load;
mod sysctl;
