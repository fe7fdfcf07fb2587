//! Programs of a node, and their versions, without starting them: which file a unit or a bare name starts, what the
//! package says that owns the file, and what the file says of itself.

mod binary;
mod known;
mod kubernetes;
mod owner;

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::fact::{Confidence, Fact, Origin, State, Value, Version, printable};
use crate::host::{Files, Kind, Read};
use crate::parse::systemd::DEFAULT_PATH;
use crate::parse::unit;
use crate::subsystem::Subsystems;
use binary::Told;
use owner::Untold;

/// Where distributions with a read-only `/usr`, such as Flatcar, keep programs; asked last.
const ADDED: &str = "/opt/bin";

/// Programs and their versions, each looked at once a run.
#[derive(Debug, Default)]
pub struct Programs {
    by_name: RefCell<BTreeMap<String, Fact>>,
}

/// The file that a name starts.
struct Found {
    path: String,
    /// What said so, if it was a unit.
    because: Option<Origin>,
    /// What a reader should know.
    notes: Vec<String>,
    /// Candidates that were passed over.
    passed: Vec<Origin>,
}

impl Programs {
    /// `{path, version, known, source}` of a program, by bare name or absolute path. Files don't change at boot, so the
    /// answer holds for both moments.
    pub fn program(&self, subsystems: &Subsystems<'_>, name: &str) -> Fact {
        if let Some(known) = self.by_name.borrow().get(name) {
            return known.clone();
        }
        let fact = find(subsystems, name).map_or_else(|fact| fact, |found| describe(subsystems, found));
        self.by_name.borrow_mut().insert(name.to_owned(), fact.clone());
        fact
    }

    /// What could not be read of a program or its package and may tell the version.
    pub fn unread(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<String> {
        let known = match self.program(subsystems, name).state {
            State::Known(Value::Record(mut attributes)) => attributes.remove("known"),
            state => Some(state),
        };
        match known {
            Some(State::Unknown(reason)) => Some(reason.to_string()),
            _ => None,
        }
    }

    /// The version of a program, if it is known.
    pub fn version(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<String> {
        let State::Known(Value::Record(mut attributes)) = self.program(subsystems, name).state else {
            return None;
        };
        match attributes.remove("version") {
            Some(State::Known(Value::Text(version))) => Some(version),
            _ => None,
        }
    }
}

/// What the unit `NAME.service` starts, if that is a program of that name; else the first in the directories. If
/// there is none, that is the answer.
fn find(subsystems: &Subsystems<'_>, name: &str) -> Result<Found, Fact> {
    let files = subsystems.host().files();
    let mut found = Found { path: name.to_owned(), because: None, notes: Vec::new(), passed: Vec::new() };
    if name.starts_with('/') {
        return if is_program(files, &mut found)? { Ok(found) } else { Err(none(found)) };
    }
    if let Some((origin, program)) = started(subsystems, name)? {
        let place = printable(&program).into_owned();
        if program.rsplit('/').next() == Some(name) {
            found.path = program;
            if is_program(files, &mut found)? {
                found.because = Some(origin.says(format!("starts {place}")));
                return Ok(found);
            }
            found.notes.push(format!("{name}.service starts {place}, which is not there"));
        } else {
            found.notes.push(format!("{name}.service starts {place}; what that starts is not known"));
        }
    }
    for directory in DEFAULT_PATH.into_iter().chain([ADDED]) {
        found.path = format!("{directory}/{name}");
        if is_program(files, &mut found)? {
            return Ok(found);
        }
    }
    Err(none(found))
}

/// The program that the unit `NAME.service` names with its path.
fn started(subsystems: &Subsystems<'_>, name: &str) -> Result<Option<(Origin, String)>, Fact> {
    let Some(merged) = subsystems.units().said(subsystems, &format!("{name}.service")) else {
        return Ok(None);
    };
    if let Some(gap) = merged.gaps.first() {
        return Err(Fact::unknown(gap.reason.clone()));
    }
    let Some(setting) = merged.list("Service", "ExecStart").pop() else { return Ok(None) };
    let command = unit::commands(&setting.value).pop().filter(|command| command.program.starts_with('/'));
    Ok(command.map(|command| (setting.origin(), command.program)))
}

fn none(found: Found) -> Fact {
    let mut fact = Fact::absent();
    fact.overruled = found.passed;
    fact.notes = found.notes;
    fact
}

fn is_program(files: &Files, found: &mut Found) -> Result<bool, Fact> {
    match files.stat(&found.path) {
        Read::There(metadata) if metadata.kind == Kind::File && metadata.mode & 0o111 != 0 => {
            return Ok(true);
        }
        Read::There(_) => found.passed.push(Origin::file(&found.path).says("is no executable file")),
        Read::Missing(_) => {}
        Read::Hidden(error) => return Err(Fact::unknown(error.to_string())),
    }
    Ok(false)
}

/// The program wins over its package: a file that was copied over is what runs.
fn describe(subsystems: &Subsystems<'_>, found: Found) -> Fact {
    let files = subsystems.host().files();
    let real = files.real_path(&found.path);
    let name = found.path.rsplit('/').next().unwrap_or_default();
    let program = known::program(name);
    let packaged = owner::packaged(subsystems, &real, name, program);
    let told = binary::told(files, &real, program);
    let confidence = if found.notes.is_empty() { Confidence::Certain } else { Confidence::High };

    let mut notes = found.notes;
    let mut because: Vec<Origin> = Vec::new();
    let mut known = State::from(true);
    let (version, source, sure) = match (&told, &packaged) {
        (Told::Version { version, origin, assumes }, packaged) => {
            because.push(origin.clone());
            let mut sure = if assumes.is_empty() { Confidence::Certain } else { Confidence::High };
            if let Ok(package) = packaged {
                let same = Version::parse(&package.version) == Version::parse(version);
                if same {
                    sure = Confidence::Certain;
                } else {
                    let owns = if package.listed { "that owns the file " } else { "" };
                    notes.push(format!(
                        "the package {} {owns}has version {}: the file was replaced",
                        package.name, package.version
                    ));
                }
                because.extend(package.origin.clone());
            }
            if sure != Confidence::Certain {
                notes.push((*assumes).to_owned());
            }
            (State::from(version.as_str()), State::from("binary"), sure)
        }
        (Told::Nothing(reason) | Told::Unread(reason), Ok(package)) => {
            because.extend(package.origin.clone());
            let (how, sure) = if package.listed {
                ("which owns the file", Confidence::High)
            } else {
                ("which is named so; no list says whose the file is", Confidence::Heuristic)
            };
            notes.push(format!("as the package {} says, {how}; the file itself {reason}", package.name));
            (State::from(package.version.as_str()), State::from("package"), sure)
        }
        (Told::Nothing(reason) | Told::Unread(reason), Err(wrong)) => {
            let reason = format!("{} {reason}; {}", printable(&found.path), wrong.reason());
            let is_unread = matches!(told, Told::Unread(_)) || matches!(wrong, Untold::Unread(_));
            known = if is_unread { State::unknown(reason.clone()) } else { State::from(false) };
            notes.push(reason.clone());
            (State::unknown(reason.clone()), State::unknown(reason), Confidence::Certain)
        }
    };
    because.extend(found.because);
    if !because.iter().any(|origin| origin.path == found.path) {
        because.push(Origin::file(&found.path));
    }
    let value = Value::record([
        ("known", known),
        ("path", State::from(found.path.as_str())),
        ("source", source),
        ("version", version),
    ]);
    let mut fact = Fact::new(State::Known(value)).at_most(confidence.min(sure)).because_all(because);
    fact.overruled = found.passed;
    fact.notes = notes;
    fact
}
