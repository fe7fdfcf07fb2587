//! The tests of `src/probe/NAME.rs`, under the same names.

mod binary;
mod crio;
mod hostname;
mod kubelet;
mod package;
mod toml;
