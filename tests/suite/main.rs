//! One test binary, so that there is one link.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::disallowed_methods,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used
)]

mod bad_input;
mod base;
mod cli;
mod cluster;
mod containerd;
mod copied;
mod cri;
mod crio_failures;
mod denied;
mod docs;
mod drop_in;
#[path = "../../src/parse/elf/sample.rs"]
mod elf_sample;
mod engine;
mod fixtures;
mod hosts;
mod join;
mod joined;
mod opened;
mod order;
mod parity;
mod peers;
mod practice;
mod probe;
mod rule;
mod rules;
mod tree;
mod waivers;

pub use node_preflight::parse::elf::Layout;
