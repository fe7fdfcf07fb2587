//! `unit-file:UNIT`: the file that describes a unit, and the package's one that it hides.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{Files, HostError, HostPath, Kind, Read};
use crate::parse::systemd::{ETC_UNITS, UNITS_AT_BOOT};
use crate::parse::unit;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::full_name;

const HIDES: Attribute = Attribute::new(
    "hides",
    Shape::Text,
    "The unit file of a package that this one hides and that says something else; absent if it hides none.",
);
const OTHER_PROGRAM: Attribute = Attribute::new(
    "other-program",
    Shape::Bool,
    "Whether it starts another program than the one that it hides; absent if it hides none.",
);
const PATH: Attribute = Attribute::new("path", Shape::Text, "Where it is.");

pub(super) static PROBE: Probe = Probe {
    name: "unit-file",
    summary: "The file that describes a unit, and whether it hides one of a package.",
    details: "Both moments from files, in the order of systemd's directories. A file in /etc hides one of the same name below /usr as a \
              whole; a drop-in doesn't, nor a link to it. Absent if no file describes the unit.",
    key: KeySyntax::Required(&KeyKind { noun: "unit", canonical }),
    answer: Shape::Record(&[HIDES, OTHER_PROGRAM, PATH]),
    moments: BOTH,
    examples: &["kubelet"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['/', ' ', '#']) {
        return Err("it is not the name of a unit".into());
    }
    Ok(full_name(text))
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let Some(merged) = subsystems.units().merged_with_gaps(subsystems, key.as_str()) else {
        return Fact::absent().note(format!("no file describes {}", key.as_str()));
    };
    // What can't be read may be a file that comes first.
    if let Some(gap) = merged.gaps.first() {
        return Fact::unknown(gap.reason.clone());
    }
    let Some(path) = &merged.fragment else { return Fact::absent() };
    let hidden = match hidden(subsystems.host().files(), path) {
        Ok(hidden) => hidden,
        Err(error) => return Fact::unknown(error),
    };
    let place = Origin::file(path);
    let (hides, other, place) = match hidden {
        None => (State::Absent, State::Absent, place),
        Some((file, is_other)) => {
            let says = format!("hides {file}");
            (State::from(file), State::from(is_other), place.says(says))
        }
    };
    Fact::new(Value::record([HIDES.is(hides), OTHER_PROGRAM.is(other), PATH.is(path.as_str())]))
        .because(place)
}

/// The package's file that a file in /etc hides, and whether it starts another program.
fn hidden(files: &Files, path: &str) -> Result<Option<(String, bool)>, HostError> {
    let is_own = path.starts_with("/etc/");
    // A link leads to a file that counts by itself.
    if !is_own || files.lstat(path).found()?.is_none_or(|metadata| metadata.kind != Kind::File) {
        return Ok(None);
    }
    let Some(own) = files.read(path).found()? else { return Ok(None) };
    let name = path.rsplit('/').next().unwrap_or_default();
    // What comes after the directory of the administrator is the packages'.
    for directory in UNITS_AT_BOOT.iter().skip_while(|directory| **directory != ETC_UNITS).skip(1) {
        let place = HostPath::new(directory).join(name);
        match files.read(&place) {
            Read::There(theirs) if theirs == own => return Ok(None),
            Read::There(theirs) => {
                let is_other = program(&own) != program(&theirs);
                return Ok(Some((place.to_string(), is_other)));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The program of the last `ExecStart=`.
fn program(unit: &[u8]) -> Option<String> {
    let starts =
        |assignment: &unit::Assignment| assignment.key == "ExecStart" && !assignment.value.is_empty();
    let last = unit::parse(unit).into_iter().rfind(starts)?;
    unit::commands(&last.value).pop().map(|command| command.program)
}
