//! The tests of `src/probe/NAME.rs`, under the same names.

mod hostname;
mod machine_id;
mod service;
mod systemd;
