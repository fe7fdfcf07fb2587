//! node-preflight judges a Linux host that is about to become a Kubernetes node: now, and after a reboot.
//!
//! The rooms, in the order in which data flows (see ARCHITECTURE.md).

/// The words that all rooms share.
pub mod fact;

/// Where facts come from; nothing else reads a host.
pub mod host;

/// One pure parser a file format.
pub mod parse;

/// Certificates, and whom they make trusted.
pub mod pki;

/// What Kubernetes' components accept in their files and flags.
pub mod component;

/// What the user gives kubeadm, as text: its configuration file, or a command to join.
pub mod kubeadm;

/// One part of the system a file: which files count, and what they add up to.
pub mod subsystem;

/// One question a file.
pub mod probe;

/// The TOML language of rules, as text.
pub mod rule;

/// The rules that are part of the program.
pub mod builtin;

/// Judging: plan and facts to findings.
pub mod engine;

/// All findings, the summary, and what they mean to a script; and the output formats.
pub mod report;

/// The command line: glue between the rooms.
pub mod cli;
