//! What this program predicts of random file trees, against what the system's own tools make of them.
//!
//! `cargo test --test differential` as root runs all; further words name the oracles to run. `SEED=7` takes
//! other trees, `TREES=2000` more of them for each oracle. A tree on which the two disagree is shrunk and
//! shown with the seed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

mod alternatives;
mod drop_in;
mod enabled;
mod fstab;
mod graph;
mod jail;
mod layout;
mod modprobe;
mod packages;
mod presets;
mod run;
mod sysctl;
mod transaction;
mod units;

use std::process::{Command, ExitCode};

use run::{Oracle, Run};

static ORACLES: &[&Oracle] = &[
    &sysctl::ORACLE,
    &graph::ORACLE,
    &enabled::ORACLE,
    &presets::ORACLE,
    &modprobe::ORACLE,
    &drop_in::ORACLE,
    &fstab::ORACLE,
    &packages::ORACLE,
    &alternatives::ORACLE,
];

fn main() -> ExitCode {
    let mut arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    const INSIDE: &str = "in-a-mount-namespace";
    // What is mounted for an oracle is gone when this process is.
    if arguments.last().is_none_or(|last| last != INSIDE) {
        arguments.push(INSIDE.into());
        let this = std::env::current_exe().unwrap();
        let unshare = ["--mount", "--propagation", "private", "--"];
        let status = Command::new("unshare").args(unshare).arg(this).args(arguments).status();
        return match status {
            Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
            Err(error) => {
                println!("skip  differential: unshare: {error}");
                ExitCode::SUCCESS
            }
        };
    }
    arguments.pop();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let seed = number("SEED").unwrap_or(1);
    let mut failed = false;
    for oracle in ORACLES {
        if !arguments.is_empty() && !arguments.iter().any(|word| word == oracle.name) {
            continue;
        }
        let mut run = Run::new(oracle, seed, number("TREES").unwrap_or(oracle.trees));
        failed |= !run.report();
    }
    ExitCode::from(u8::from(failed))
}
