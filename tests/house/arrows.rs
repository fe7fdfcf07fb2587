//! Which room, wing and part may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{first_word, part_of, sources};

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
pub(super) const WINGS: &[(&str, &[&str])] = &[
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

/// What is left when all that lead nowhere are taken away, again and again, leads in circles.
fn keep_circles(arrows: &mut BTreeMap<String, BTreeSet<String>>) {
    loop {
        let before = arrows.len();
        let left: BTreeSet<String> = arrows.keys().cloned().collect();
        arrows.retain(|_, used| used.iter().any(|used| left.contains(used)));
        if arrows.len() == before {
            break;
        }
    }
}

/// A part that is merged when it is first asked for must not be asked for by what it asks: its cell would be entered
/// twice.
#[test]
fn no_part_is_asked_for_by_what_it_asks() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((_, part), (_, used), _) in uses_of_parts() {
        arrows.entry(part).or_default().insert(used);
    }
    keep_circles(&mut arrows);
    for (part, used) in &mut arrows {
        used.retain(|used| !CIRCLES_LEFT.contains(&(part.as_str(), used.as_str())));
    }
    keep_circles(&mut arrows);
    assert!(arrows.is_empty(), "parts that use each other: {arrows:?}");
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
