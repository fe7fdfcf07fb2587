//! The invariants of ARCHITECTURE.md as tests: which room may use which, how long a file may be, what a file
//! may not be called, and what code may not do.

#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which rooms a room may use besides itself. `cli` and `main` may use all; nothing uses them.
const ARROWS: &[(&str, &[&str])] = &[
    ("fact", &[]),
    ("parse", &["fact"]),
    ("pki", &["parse", "fact"]),
    ("host", &["parse", "fact"]),
    ("component", &["parse", "fact"]),
    ("kubeadm", &["component", "pki", "parse", "fact"]),
    ("subsystem", &["kubeadm", "component", "host", "pki", "parse", "fact"]),
    ("probe", &["subsystem", "kubeadm", "host", "pki", "parse", "fact"]),
    ("rule", &["fact"]),
    ("builtin", &["rule"]),
    ("engine", &["rule", "probe", "subsystem", "host", "fact"]),
    ("report", &["engine", "rule", "fact"]),
];

/// Which wings of `subsystem` a wing may use besides itself, from the lowest floor to the highest.
const WINGS: &[(&str, &[&str])] = &[
    ("distribution", &[]),
    ("loader", &[]),
    ("systemd", &["loader", "distribution"]),
    ("boot", &["systemd", "loader"]),
    ("runtime", &["boot", "systemd", "distribution"]),
    ("node", &["runtime", "boot", "systemd", "distribution"]),
    ("kernel", &["node", "boot", "systemd", "loader", "distribution"]),
    ("storage", &["kernel", "boot", "systemd", "loader"]),
    ("network", &["kernel", "boot", "systemd", "loader", "distribution"]),
];

/// Arrows between wings that go back, and are to be turned round.
const ARROWS_BACK_LEFT: &[&str] = &[];

/// Parts that use each other, and shall not.
const CIRCLES_LEFT: &[(&str, &str)] = &[];

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

/// Wing and part.
type Part = (String, String);

/// The accessors of `Subsystems`, by name, with the part whose merged state each gives.
fn accessors() -> BTreeMap<String, Part> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("src/subsystem/mod.rs")).unwrap();
    let accessor = |line: &str| {
        let (name, answer) = line.split_once("fn ")?.1.split_once("(&self) -> &")?;
        let mut path = answer.split("::");
        let (wing, part, _) = (path.next()?, path.next()?, path.next()?);
        Some((name.to_owned(), (wing.to_owned(), part.to_owned())))
    };
    let accessors: BTreeMap<_, _> = text.lines().filter_map(accessor).collect();
    assert!(accessors.len() > 10, "{accessors:?}");
    accessors
}

/// That a part uses another, at a place.
type Use = (Part, Part, String);

/// The parts of the system that a part uses by path or by an accessor.
fn uses_of_parts() -> Vec<Use> {
    let accessors = accessors();
    let mut uses = Vec::new();
    for source in sources("src/subsystem") {
        let Some((wing, part)) = part_of(&source) else { continue };
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let mut used: Vec<Part> = Vec::new();
            for rest in code.split("crate::subsystem::").skip(1) {
                let mut path = rest.split("::").map(first_word);
                if let (Some(wing), Some(part)) = (path.next(), path.next())
                    && !part.is_empty()
                {
                    used.push((wing.to_owned(), part.to_owned()));
                }
            }
            for call in code.split("subsystems.").skip(1) {
                used.extend(accessors.get(first_word(call)).cloned());
            }
            let from = (wing.to_owned(), part.to_owned());
            let place = format!("{}:{}", source.path.display(), number + 1);
            uses.extend(
                used.into_iter().filter(|to| *to != from).map(|to| (from.clone(), to, place.clone())),
            );
        }
    }
    uses
}

#[test]
fn wings_use_only_the_wings_below_them() {
    let mut wrong = Vec::new();
    for ((wing, part), (used, other), place) in uses_of_parts() {
        let Some((_, allowed)) = WINGS.iter().find(|(name, _)| *name == wing) else {
            wrong.push(format!("{place}: {wing} has no arrows in WINGS"));
            continue;
        };
        let is_wing = WINGS.iter().any(|(name, _)| *name == used);
        if is_wing && used != wing && !allowed.contains(&used.as_str()) {
            wrong.push(format!("{place}: {wing}/{part} uses {used}/{other}"));
        }
    }
    wrong.retain(|wrong| !ARROWS_BACK_LEFT.iter().any(|left| wrong.ends_with(left)));
    assert!(wrong.is_empty(), "arrows that go back:\n{}", wrong.join("\n"));
}

/// A part that is merged when it is first asked for must not be asked for by what it asks: its cell would be entered
/// twice.
#[test]
fn no_part_is_asked_for_by_what_it_asks() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((_, part), (_, used), _) in uses_of_parts() {
        arrows.entry(part).or_default().insert(used);
    }
    // What is left when all that lead nowhere are taken away, again and again, leads in circles.
    loop {
        let before = arrows.len();
        let left: BTreeSet<String> = arrows.keys().cloned().collect();
        arrows.retain(|_, used| used.iter().any(|used| left.contains(used)));
        if arrows.len() == before {
            break;
        }
    }
    for (part, used) in &mut arrows {
        used.retain(|used| !CIRCLES_LEFT.contains(&(part.as_str(), used.as_str())));
    }
    loop {
        let before = arrows.len();
        let left: BTreeSet<String> = arrows.keys().cloned().collect();
        arrows.retain(|_, used| used.iter().any(|used| left.contains(used)));
        if arrows.len() == before {
            break;
        }
    }
    assert!(arrows.is_empty(), "parts that use each other: {arrows:?}");
}

/// The largest wing holds at most a fifth of the lines of the program.
#[test]
fn no_wing_is_a_house_of_its_own() {
    let lines = |sources: &[&Source]| sources.iter().map(|source| source.text.lines().count()).sum::<usize>();
    let all = sources("src");
    let total = lines(&all.iter().collect::<Vec<_>>());
    for (wing, _) in WINGS {
        let own: Vec<&Source> =
            all.iter().filter(|source| part_of(source).is_some_and(|(name, _)| name == *wing)).collect();
        assert!(!own.is_empty(), "the wing {wing} is empty");
        let share = lines(&own) * 100 / total;
        assert!(share <= 20, "the wing {wing} holds {share} % of the lines");
    }
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

/// Facts of systemd, of the boot and of the language of this program that have one home: the text, and the file of it. Who
/// needs the fact asks there. Tests may spell it out.
const HOMES: &[(&str, &str)] = &[
    ("\"/etc/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/usr/lib/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/usr/local/lib/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/run/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/usr/local/sbin\", \"/usr/local/bin\", ", "src/parse/systemd.rs"),
    ("\"yes\" | \"y\"", "src/parse/systemd.rs"),
    ("\"/etc\", \"/usr/local/lib\"", "src/parse/systemd.rs"),
    ("\"systemd/system.conf", "src/subsystem/systemd/system_conf.rs"),
    ("\"systemd/system-preset\"", "src/subsystem/systemd/units/presets.rs"),
    ("\"/etc/os-release\"", "src/subsystem/distribution/os_release.rs"),
    ("lstat(\"/lib\")", "src/host/merged_usr.rs"),
    ("fn one_covers(", "src/parse/glob.rs"),
];

/// Directories of configuration that `conf_paths` puts together: no file spells one out.
const PUT_TOGETHER: &[&str] = &[
    "/usr/lib/sysctl.d\"",
    "/usr/lib/modules-load.d\"",
    "/usr/lib/modprobe.d\"",
    "/usr/lib/tmpfiles.d\"",
    "/usr/lib/udev/rules.d\"",
    "/usr/lib/systemd/network\"",
    "/usr/lib/systemd/system-preset\"",
    "/usr/lib/systemd/system-generators\"",
    "/usr/lib/systemd/system.conf",
];

#[test]
fn each_fact_of_systemd_has_one_home() {
    let code = |source: &Source| source.text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
    let all: Vec<(String, String)> = sources("src")
        .iter()
        .filter(|source| !source.path.ends_with("tests.rs"))
        .map(|source| (source.path.display().to_string(), code(source)))
        .collect();
    let spelt = |text: &str| -> Vec<&str> {
        all.iter().filter(|(_, code)| code.contains(text)).map(|(path, _)| path.as_str()).collect()
    };
    let mut wrong = Vec::new();
    for (text, home) in HOMES {
        let found = spelt(text);
        if found != [*home] {
            wrong.push(format!("{text} belongs into {home}, and is in {found:?}"));
        }
    }
    for text in PUT_TOGETHER {
        let found = spelt(text);
        if !found.is_empty() {
            wrong.push(format!("{text} is spelt out in {found:?}: ask conf_paths"));
        }
    }
    assert!(wrong.is_empty(), "facts with a second home:\n{}", wrong.join("\n"));
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
