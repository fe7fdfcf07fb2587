//! `ini:`, `env:`, `toml:`, `yaml:`, each with `PATH#KEY`: a value in a configuration file.

use std::rc::Rc;

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::host::{Files, HostPath, Read};
use crate::parse::document::{Node, SyntaxError};
use crate::parse::{env_file, ini, toml_document, yaml};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::{self, Unavailable};

static PATH_AND_KEY: KeyKind = KeyKind { noun: "path and key (PATH#KEY)", canonical };

pub(super) static ENV: Probe = Probe {
    name: "env",
    summary: "A variable in an environment file.",
    details: "The key is `PATH#NAME`. The file is read as systemd reads `EnvironmentFile=` (systemd.exec(5)): the last \
              assignment counts, lines with `export` don't.",
    key: KeySyntax::Required(&PATH_AND_KEY),
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask: |subsystems, key, moment| look(subsystems, key, moment, TEXT, in_env),
};

pub(super) static INI: Probe = Probe {
    name: "ini",
    summary: "A value in an ini file.",
    details: "The key is `PATH#section.key`, or `PATH#key` for what stands before the first section. The last assignment \
              counts. Absent if the file or the key is missing.",
    ask: |subsystems, key, moment| look(subsystems, key, moment, TEXT, in_ini),
    ..ENV
};

pub(super) static TOML: Probe = Probe {
    name: "toml",
    summary: "A value in a TOML file.",
    details: "The key is `PATH#dotted.key`; a number picks from a sequence. Absent if the file or the key is missing, \
              unknown if the file can't be read or is no TOML.",
    answer: Shape::Any,
    ask: |subsystems, key, moment| look(subsystems, key, moment, DOCUMENT, in_toml),
    ..ENV
};

pub(super) static YAML: Probe = Probe {
    name: "yaml",
    summary: "A value in a YAML file.",
    details: "The key is `PATH#dotted.key`; a number picks from a sequence. Absent if the file or the key is missing, \
              unknown if the file can't be read or is no YAML.",
    answer: Shape::Any,
    ask: |subsystems, key, moment| look(subsystems, key, moment, DOCUMENT, in_yaml),
    ..ENV
};

fn canonical(text: &str) -> Result<String, String> {
    match text.split_once('#') {
        Some((path, key)) if path.starts_with('/') && !key.is_empty() => Ok(text.to_owned()),
        _ => Err("it is not an absolute path and a key, as in /etc/x.conf#key".into()),
    }
}

/// How the bytes of a file are read.
type Open = fn(&Files, &HostPath) -> Read<Rc<[u8]>>;
const TEXT: Open = |files, path| files.read(path);
const DOCUMENT: Open = |files, path| files.read_document(path);

/// Reads the file and looks the key up in it.
fn look(
    subsystems: &Subsystems<'_>,
    key: &Key,
    moment: Moment,
    open: Open,
    read: fn(path: &str, key: &str, content: &[u8]) -> Fact,
) -> Fact {
    let (path, key) = key.as_str().split_once('#').unwrap_or((key.as_str(), ""));
    let disk = subsystems.host().files();
    let real = ephemeral::real(disk, &HostPath::new(path));
    let files = match ephemeral::files(subsystems, &real, moment) {
        Ok(files) => files,
        Err(Unavailable::Lost(why)) => return Fact::absent().because(Origin::file(path)).note(why),
        // A file of an image is the same while nothing runs.
        Err(Unavailable::Unknown(_)) if moment == Moment::Now && !ephemeral::is_below_memory(&real) => disk,
        Err(unavailable) => return Fact::unknown(unavailable.why()),
    };
    // Links of the disk that lead to what is running are not in the tree of what is running.
    let place = if ephemeral::is_below_memory(&real) { real } else { HostPath::new(path) };
    match open(files, &place) {
        Read::There(content) => read(path, key, &content),
        Read::Missing(_) => Fact::absent().because(Origin::file(path)).note("the file is not there"),
        Read::Hidden(error) => Fact::unknown(error),
    }
}

/// The file is there and the key isn't.
fn no_key(path: &str, key: &str) -> Fact {
    Fact::absent().because(Origin::file(path)).note(format!("the file has no {key}"))
}

/// What a line sets.
fn set(path: &str, line: u32, key: &str, value: &str) -> Fact {
    Fact::new(State::from(value)).because(Origin::line(path, line).sets(key, value))
}

fn in_env(path: &str, name: &str, content: &[u8]) -> Fact {
    match env_file::parse(content).into_iter().rfind(|found| found.name == name) {
        Some(found) => set(path, found.line, name, &found.value),
        None => no_key(path, name),
    }
}

fn in_ini(path: &str, key: &str, content: &[u8]) -> Fact {
    let file = ini::parse(content);
    // Sections and keys may both have dots; every way to split is tried, the bare key first.
    let splits = key.match_indices('.').map(|(at, _)| (&key[..at], &key[at + 1..]));
    let mut splits = std::iter::once(("", key)).chain(splits);
    match splits.find_map(|(section, key)| file.last(section, key)) {
        Some(entry) => set(path, entry.line, key, &entry.value),
        None => match file.mistakes.first() {
            Some(line) => no_key(path, key).note(format!("line {line} is no assignment")),
            None => no_key(path, key),
        },
    }
}

fn in_toml(path: &str, key: &str, content: &[u8]) -> Fact {
    in_document(path, key, toml_document::parse(content))
}

fn in_yaml(path: &str, key: &str, content: &[u8]) -> Fact {
    in_document(path, key, yaml::parse(content))
}

/// The answer from a document.
fn in_document(path: &str, key: &str, document: Result<Node, SyntaxError>) -> Fact {
    match document {
        Err(error) => Fact::unknown(format!("{path}: {error}")),
        Ok(document) => match document.at(key) {
            Some(node) => Fact::new(node.state()).because(Origin::at(path, node.line)),
            None => no_key(path, key),
        },
    }
}
