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
mod boot_cases;
mod budget;
mod cli;
mod cluster;
mod contact;
mod containerd;
mod containerd_recorded;
mod cri;
mod crio_failures;
mod crio_recorded;
mod distributions;
mod docs;
mod drop_in;
#[path = "../../src/parse/elf/sample.rs"]
mod elf_sample;
mod engine;
mod fixtures;
mod frozen;
mod hosts;
mod join;
mod joined;
mod kubeadm_recorded;
mod open_once;
mod output;
mod parity;
mod partial_tree;
mod peers;
mod probe;
mod question_order;
mod ready;
mod recordings;
mod rule;
mod rules;
mod tree;
mod unreadable;
mod waivers;

pub use node_preflight::parse::elf::Layout;
