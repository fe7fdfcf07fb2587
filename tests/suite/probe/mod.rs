//! The tests of `src/probe/NAME.rs`, under the same names.

mod binary;
mod hostname;
mod package;
mod toml;
