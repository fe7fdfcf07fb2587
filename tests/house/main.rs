//! The invariants of ARCHITECTURE.md as tests: which room may use which, how long a file may be, what a file
//! may not be called, and what code may not do.

#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

mod arrows;
mod homes;
mod sizes;
mod swallows;

use std::path::{Path, PathBuf};

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// `src/probe/mod.rs` and `src/probe.rs` are in the room `probe`.
    fn room(&self) -> &str {
        let name = self.path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
        name.strip_suffix(".rs").unwrap_or(name)
    }
}

fn sources(directory: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = walkdir::WalkDir::new(root.join(directory)).sort_by_file_name();
    let sources: Vec<Source> = files
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|suffix| suffix == "rs"))
        .map(|entry| Source {
            path: entry.path().strip_prefix(root).unwrap().to_owned(),
            text: std::fs::read_to_string(entry.path()).unwrap(),
        })
        .collect();
    assert!(!sources.is_empty(), "{directory} has no sources");
    sources
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// A part of the system is a file or folder in a wing: `subsystem/kernel/sysctl/`.
fn part_of(source: &Source) -> Option<(&str, &str)> {
    let mut names = source.path.components().skip(1).map(|name| name.as_os_str().to_str().unwrap());
    if names.next() != Some("subsystem") {
        return None;
    }
    let (wing, part) = (names.next()?, names.next()?);
    let part = part.strip_suffix(".rs").unwrap_or(part);
    (part != "mod").then_some((wing, part))
}

#[test]
fn files_are_named_by_what_they_hold() {
    for source in sources("src").into_iter().chain(sources("tests")) {
        let name = source.path.file_stem().unwrap().to_str().unwrap();
        for word in ["util", "common", "helper", "misc", "manager"] {
            assert!(!name.contains(word), "{} has a name that says nothing", source.path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources("src") {
        let first = source.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{} doesn't say what it is for", source.path.display());
    }
}

/// The lint `disallowed_methods` refuses these, too; what it can't see is an exception granted elsewhere.
#[test]
fn only_the_rooms_that_open_things_may_be_excepted() {
    for source in sources("src") {
        let excepted = source.text.contains("clippy::disallowed_");
        let path = source.path.to_str().unwrap();
        let may = path.starts_with("src/host/") || path.starts_with("src/cli/");
        assert!(!excepted || may, "{path} excepts itself from a promise to users");
    }
    let starts: Vec<_> = sources("src").into_iter().filter(|s| s.text.contains("process::Command")).collect();
    assert!(starts.is_empty(), "{} starts a process", starts[0].path.display());
}

/// A machine may be busy: tests count work or order, and what may take long has a deadline, which isn't asserted on.
#[test]
fn nothing_but_deadlines_and_the_duration_of_a_run_looks_at_a_clock() {
    // Assembled here, so that this file doesn't name what it looks for.
    let clocks = ["Instant::now", "elapsed"].map(|call| format!("{call}()"));
    let may = ["src/cli/check.rs", "src/host/deadline.rs"];
    for source in sources("src").into_iter().chain(sources("tests")) {
        let path = source.path.to_str().unwrap();
        let looks = clocks.iter().any(|call| source.text.contains(call.as_str()));
        assert!(!looks || may.contains(&path), "{path} measures time");
    }
}

#[test]
fn every_probe_has_a_test_of_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for source in sources("src/probe") {
        let name = source.path.file_name().unwrap().to_str().unwrap();
        if source.text.contains("static PROBE: Probe") {
            let test = root.join("tests/suite/probe").join(name);
            assert!(test.exists(), "{} has no test {}", source.path.display(), test.display());
        }
    }
}

/// Parts answer with types of their own; a probe makes records of them, whose attributes it declares.
#[test]
fn only_probes_make_records() {
    let is_part = |source: &Source| ["kubeadm", "pki", "host", "subsystem"].contains(&source.room());
    let makes =
        |source: &Source| ["Value::record(", "Value::Record("].iter().any(|call| source.text.contains(call));
    let all = sources("src");
    let found = all.iter().filter(|source| is_part(source) && makes(source));
    let found: Vec<&str> = found.map(|source| source.path.to_str().unwrap()).collect();
    assert_eq!(found, [] as [&str; 0]);
}

/// Text is made harmless where it leaves the program, so that no writer of a format or a command has to remember it.
#[test]
fn text_is_escaped_in_few_places() {
    let places = ["src/cli/table.rs", "src/cli/terminal.rs", "src/report/render/page.rs"];
    let escapes =
        |source: &Source| source.text.contains("printable(") || source.text.contains("escape_unicode");
    let all = sources("src");
    let shown = all.iter().filter(|source| ["cli", "report", "engine"].contains(&source.room()));
    let found: Vec<_> = shown.filter(|source| escapes(source)).map(|source| source.path.to_str()).collect();
    assert_eq!(found, places.map(Some));
}
