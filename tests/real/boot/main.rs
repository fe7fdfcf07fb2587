//! The boot laboratory: real boots judge what this program says of the next boot.
//!
//! Every case of `tests/boot_cases/` that names a distribution is laid over a root of it, and the program predicts
//! from that directory. The directory becomes a disk, QEMU boots it, and inside both the program and a shell
//! script tell what has become of it. All must agree, with each other and with what the case expects.
//!
//! `tests/real/50-boot.sh` starts it; by hand: `cargo test --test boot -- [--core] [--again] [--only ID]... [--list]`.
#![expect(clippy::disallowed_methods, reason = "the laboratory makes files and starts programs")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a laboratory that can't work stops")]

mod answer;
mod article;
#[path = "../../boot_cases/case.rs"]
mod case;
mod group;
mod lab;
mod machine;
mod root;

use std::process::ExitCode;

use lab::Lab;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut core, mut list, mut again, mut only) = (false, false, false, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--core" => core = true,
            "--list" => list = true,
            "--again" => again = true,
            "--only" => only.extend(arguments.next()),
            other => {
                eprintln!("what is {other}? known are --core, --again, --list and --only ID");
                return ExitCode::from(2);
            }
        }
    }
    if only == ["article"] {
        return if article::is_true(&Lab::open(again)) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let cases: Vec<_> = case::all()
        .into_iter()
        .filter(|case| case.base.starts_with("debian") && case.source.is_none() && case.except.is_none())
        .filter(|case| only.is_empty() || only.contains(&case.id))
        .collect();
    if cases.is_empty() {
        eprintln!("no such case");
        return ExitCode::from(2);
    }
    let groups = group::of(&cases);
    let groups = if core { group::core(groups) } else { groups };
    if list {
        for group in &groups {
            let ids: Vec<_> = group.cases.iter().map(|case| case.id.as_str()).collect();
            println!("{} [{}]: {}", group.base, group.cmdline, ids.join(" "));
        }
        return ExitCode::SUCCESS;
    }
    let lab = Lab::open(again);
    let article = only.is_empty() && !article::is_true(&lab);
    match lab.run(&groups) {
        0 if !article => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
