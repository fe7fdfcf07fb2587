//! What a run costs beside its floor, a loop that only reads the same files: `cargo bench`.
//!
//! Ratios are what to look at: absolute times depend on the machine. Each figure is the fastest of many rounds.

#![allow(missing_docs, clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use node_preflight::builtin;
use node_preflight::engine::plan::Plan;
use node_preflight::engine::{self, Detail, Facts, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;

const ROUNDS: u32 = 200;

fn main() {
    println!("{:<44} {:>10}", "fastest of 200 rounds", "µs");
    report("rules: load the built-in ones", || drop(builtin::rules()));
    let plan = plan();
    report("rules: load and compile the profile node", || drop(self::plan()));
    for (name, host) in hosts() {
        let floor = report(&format!("{name}: only read the same files"), floor(&plan, &host));
        let judging = report(&format!("{name}: judge"), || judge(&plan, &host()));
        println!("{:<44} {:>9.2}×", format!("{name}: judging beside its floor"), ratio(judging, floor));
    }
}

type Open = Box<dyn Fn() -> Host>;

/// This machine, and every recording.
fn hosts() -> Vec<(String, Open)> {
    let mut hosts: Vec<(String, Open)> = vec![("live".into(), Box::new(|| Host::live().unwrap()))];
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        hosts.push((name, Box::new(move || Host::recording(&path).unwrap())));
    }
    hosts
}

fn plan() -> Plan {
    let rules = builtin::rules();
    let selection = Selection { profiles: vec!["node".into()], ..Selection::everything() };
    engine::compile(&rules, &selection, &[]).unwrap_or_else(|_| panic!("the profile node doesn't compile"))
}

/// In the detail that the table of a default run needs.
fn judge(plan: &Plan, host: &Host) {
    let subsystems = Subsystems::of(host);
    let facts = Facts::new(&subsystems, plan);
    black_box(engine::judge_with(plan, &facts, &Moment::ALL, Detail::FailuresOnly));
}

/// Reads what a run reads, and does nothing with it.
fn floor(plan: &Plan, open: &Open) -> impl Fn() {
    let host = open();
    judge(plan, &host);
    let root = match host.source() {
        node_preflight::host::Source::Recording(path) => PathBuf::from(path),
        _ => PathBuf::new(),
    };
    let below = |part: &str, path: &Path| {
        let relative = path.strip_prefix("/").unwrap();
        if root.as_os_str().is_empty() { path.to_owned() } else { root.join(part).join(relative) }
    };
    let mut paths: Vec<PathBuf> =
        host.files().opened().iter().map(|path| below("root", path.as_path())).collect();
    if !root.as_os_str().is_empty() {
        let live = host.running().map(|running| running.files().opened()).unwrap_or_default();
        paths.extend(live.iter().map(|path| below("live", path.as_path())));
    }
    move || {
        for path in &paths {
            match std::fs::read(path) {
                Ok(bytes) => drop(black_box(bytes)),
                Err(_) => drop(black_box(std::fs::read_dir(path).map(Iterator::count))),
            }
        }
    }
}

fn report(name: &str, run: impl Fn()) -> Duration {
    let fastest = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    println!("{name:<44} {:>10.0}", fastest.as_secs_f64() * 1e6);
    fastest
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
