//! `env:PATH#NAME`: a variable in an environment file.

use super::setting::{PATH_AND_KEY, no_key, open};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::parse::env_file;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "env",
    summary: "A variable in an environment file.",
    details: "The key is `PATH#NAME`. The file is read as systemd reads `EnvironmentFile=` (systemd.exec(5)): the last \
              assignment counts, lines with `export` don't.",
    key: KeySyntax::Required(&PATH_AND_KEY),
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let (path, name, content) = match open(subsystems, key, moment) {
        Ok(opened) => opened,
        Err(fact) => return fact,
    };
    match env_file::parse(&content).into_iter().rfind(|found| found.name == name) {
        Some(found) => Fact::new(State::from(found.value)).because(Origin::line(path, found.line)),
        None => no_key(path, name),
    }
}
