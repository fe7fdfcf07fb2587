//! `yaml:PATH#KEY`: a value in a YAML file.

use super::setting::{PATH_AND_KEY, from_document, open};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::parse::yaml;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "yaml",
    summary: "A value in a YAML file.",
    details: "The key is `PATH#dotted.key`; a number picks from a sequence. Absent if the file or the key is missing, \
              unknown if the file can't be read or is no YAML.",
    key: KeySyntax::Required(&PATH_AND_KEY),
    answer: Shape::Any,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    open(subsystems, key, moment)
        .map_or_else(|fact| fact, |(path, key, content)| from_document(path, key, yaml::parse(&content)))
}
