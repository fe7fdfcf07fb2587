//! `ini:PATH#KEY`: a value in an ini file.

use super::setting::{PATH_AND_KEY, no_key, open};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::parse::ini;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "ini",
    summary: "A value in an ini file.",
    details: "The key is `PATH#section.key`, or `PATH#key` for what stands before the first section. The last assignment \
              counts. Absent if the file or the key is missing.",
    key: KeySyntax::Required(&PATH_AND_KEY),
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let (path, key, content) = match open(subsystems, key, moment) {
        Ok(opened) => opened,
        Err(fact) => return fact,
    };
    let file = ini::parse(&content);
    // Sections and keys may both have dots; every way to split is tried, the bare key first.
    let splits = key.match_indices('.').map(|(at, _)| (&key[..at], &key[at + 1..]));
    let splits = std::iter::once(("", key)).chain(splits);
    match splits.into_iter().find_map(|(section, key)| file.last(section, key)) {
        Some(entry) => Fact::new(State::from(entry.value.as_str())).because(Origin::line(path, entry.line)),
        None => match file.mistakes.first() {
            Some(line) => no_key(path, key).note(format!("line {line} is no assignment")),
            None => no_key(path, key),
        },
    }
}
