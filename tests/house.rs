//! The invariants of ARCHITECTURE.md as tests: which room may use which, how long a file may be, what a file
//! may not be called, and what code may not do.

#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// Which rooms a room may use besides itself. `cli` and `main` may use all; nothing uses them.
const ARROWS: &[(&str, &[&str])] = &[
    ("fact", &[]),
    ("host", &["fact"]),
    ("format", &["fact"]),
    ("subsystem", &["host", "format", "fact"]),
    ("probe", &["subsystem", "host", "format", "fact"]),
    ("rule", &["fact"]),
    ("builtin", &["rule"]),
    ("engine", &["rule", "probe", "subsystem", "host", "fact"]),
    ("report", &["engine", "rule", "fact"]),
];

/// A file that passes this asks for a second room.
const LONGEST: usize = 400;

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

/// The rooms that a line names: `crate::probe::x`, `crate::{fact::Fact, host::Host}`.
fn named_rooms(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let mut rooms = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => rooms.push(first_word(rest)),
            Some(list) => rooms.extend(list.split(',').map(|item| first_word(item.trim()))),
        }
    }
    rooms
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[test]
fn rooms_use_only_the_rooms_before_them() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        let Some((room, allowed)) = ARROWS.iter().find(|(room, _)| *room == source.room()) else { continue };
        for (number, line) in source.text.lines().enumerate() {
            for used in named_rooms(line) {
                let is_room = used == "cli" || ARROWS.iter().any(|(name, _)| *name == used);
                if is_room && used != *room && !allowed.contains(&used) {
                    wrong.push(format!("{}:{}: {room} uses {used}", source.path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that go back:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_arrows() {
    for source in sources("src") {
        let known = ["main", "lib", "cli"].contains(&source.room());
        let has_arrows = ARROWS.iter().any(|(room, _)| *room == source.room());
        assert!(known || has_arrows, "{} is in a room without arrows", source.path.display());
    }
}

#[test]
fn the_arrow_test_sees_what_it_should() {
    assert_eq!(named_rooms("use crate::probe::Probe;"), ["probe"]);
    assert_eq!(named_rooms("use crate::{fact::Fact, host};"), ["fact", "host"]);
    assert_eq!(named_rooms("let x = crate::host::Kind::File; // crate::cli"), ["host"]);
}

#[test]
fn no_file_is_longer_than_a_reader_likes() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let longest = if source.path == Path::new("src/main.rs") { 60 } else { LONGEST };
        let length = source.text.lines().count();
        if length > longest {
            wrong.push(format!("{}: {length} lines, at most {longest}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "files that ask for a second room:\n{}", wrong.join("\n"));
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
