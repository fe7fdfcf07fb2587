//! Programs of a node, and their versions, without starting them: which file a unit or a bare name starts, what the
//! package says that owns the file, and what the file says of itself.

mod binary;
mod known;
mod kubernetes;
mod owner;

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason, Version, printable};
use crate::host::{Files, Kind, Read};
use crate::parse::systemd::DEFAULT_PATH;
use crate::parse::unit;
use crate::subsystem::Subsystems;
use binary::OwnVersion;
use owner::{Package, Untold};

/// Where distributions with a read-only `/usr`, such as Flatcar, keep programs; asked last.
const ADDED: &str = "/opt/bin";

/// Programs and their versions, each looked at once a run.
#[derive(Debug, Default)]
pub struct Programs {
    by_name: RefCell<BTreeMap<String, Answer<Program>>>,
}

/// A program that a node starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: String,
    /// Its version, and what told it.
    pub version: Result<(String, Source), Unversioned>,
}

/// What told the version of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The file itself.
    Binary,
    /// The package that owns the file.
    Package,
}

/// Why the version of a program is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unversioned {
    /// Something that may tell it could not be read.
    Unread(Reason),
    /// Nothing tells it.
    Untold(Reason),
}

impl Source {
    /// The word in facts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Source::Binary => "binary",
            Source::Package => "package",
        }
    }
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
    /// A program, by bare name or absolute path. Files don't change at boot, so the answer holds for both moments.
    pub fn program(&self, subsystems: &Subsystems<'_>, name: &str) -> Answer<Program> {
        if let Some(known) = self.by_name.borrow().get(name) {
            return known.clone();
        }
        let fact = find(subsystems, name).map_or_else(|answer| *answer, |found| describe(subsystems, found));
        self.by_name.borrow_mut().insert(name.to_owned(), fact.clone());
        fact
    }

    /// What could not be read of a program or its package and may tell the version.
    pub fn unread(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<String> {
        match self.program(subsystems, name).state {
            Knowledge::Unknown(reason)
            | Knowledge::Known(Program { version: Err(Unversioned::Unread(reason)), .. }) => {
                Some(reason.to_string())
            }
            Knowledge::Known(_) | Knowledge::Absent => None,
        }
    }

    /// The version of a program, if it is known.
    pub fn version(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<String> {
        match self.program(subsystems, name).state {
            Knowledge::Known(Program { version: Ok((version, _)), .. }) => Some(version),
            _ => None,
        }
    }
}

/// What the unit `NAME.service` starts, if that is a program of that name; else the first in the directories. If
/// there is none, that is the answer.
fn find(subsystems: &Subsystems<'_>, name: &str) -> Result<Found, Box<Answer<Program>>> {
    let files = subsystems.host().files();
    let mut found = Found { path: name.to_owned(), because: None, notes: Vec::new(), passed: Vec::new() };
    if name.starts_with('/') {
        return if is_program(files, &mut found)? { Ok(found) } else { Err(Box::new(none(found))) };
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
    Err(Box::new(none(found)))
}

/// The program that the unit `NAME.service` names with its path.
fn started(
    subsystems: &Subsystems<'_>,
    name: &str,
) -> Result<Option<(Origin, String)>, Box<Answer<Program>>> {
    let Some(merged) = subsystems.units().merged_with_gaps(subsystems, &format!("{name}.service")) else {
        return Ok(None);
    };
    if let Some(gap) = merged.gaps.first() {
        return Err(Box::new(Answer::unknown(gap.reason.clone())));
    }
    let Some(setting) = merged.list("Service", "ExecStart").pop() else { return Ok(None) };
    let command = unit::commands(&setting.value).pop().filter(|command| command.program.starts_with('/'));
    Ok(command.map(|command| (setting.origin(), command.program)))
}

fn none(found: Found) -> Answer<Program> {
    let mut fact = Answer::absent();
    fact.overruled = found.passed;
    fact.notes = found.notes;
    fact
}

fn is_program(files: &Files, found: &mut Found) -> Result<bool, Box<Answer<Program>>> {
    match files.stat(&found.path) {
        Read::There(metadata) if metadata.kind == Kind::File && metadata.mode & 0o111 != 0 => {
            return Ok(true);
        }
        Read::There(_) => found.passed.push(Origin::file(&found.path).says("is no executable file")),
        Read::Missing(_) => {}
        Read::Hidden(error) => return Err(Box::new(Answer::unknown(error))),
    }
    Ok(false)
}

fn describe(subsystems: &Subsystems<'_>, found: Found) -> Answer<Program> {
    let files = subsystems.host().files();
    let real = files.real_path(&found.path);
    let name = found.path.rsplit('/').next().unwrap_or_default();
    let known = known::program(name);
    let packaged = owner::packaged(subsystems, &real, name, known);
    let versioned = match (binary::own_version(files, &real, known), packaged) {
        (OwnVersion::Version { version, origin, assumes }, packaged) => {
            // The program tells its version itself; the package would only agree or not.
            by_file(version, origin, assumes, packaged.ok())
        }
        (OwnVersion::Nothing(reason) | OwnVersion::Unread(reason), Ok(package)) => {
            by_package(&reason, package)
        }
        (OwnVersion::Nothing(reason), Err(wrong)) => by_nothing(&found.path, &reason, &wrong, false),
        (OwnVersion::Unread(reason), Err(wrong)) => by_nothing(&found.path, &reason, &wrong, true),
    };
    let confidence = if found.notes.is_empty() { Confidence::Certain } else { Confidence::High };
    let mut because = versioned.because;
    because.extend(found.because);
    if !because.iter().any(|origin| origin.path == found.path) {
        because.push(Origin::file(&found.path));
    }
    let program = Program { path: found.path, version: versioned.version };
    let mut fact = Answer::known(program).at_most(confidence.min(versioned.confidence)).because_all(because);
    fact.overruled = found.passed;
    fact.notes = found.notes;
    fact.notes.extend(versioned.notes);
    fact
}

/// The version of a program, and what is known of it.
struct Versioned {
    version: Result<(String, Source), Unversioned>,
    because: Vec<Origin>,
    confidence: Confidence,
    notes: Vec<String>,
}

/// The file wins over its package: one that was copied over is what runs.
fn by_file(version: String, origin: Origin, assumes: &str, package: Option<Package>) -> Versioned {
    let mut because = vec![origin];
    let mut notes = Vec::new();
    let mut confidence = if assumes.is_empty() { Confidence::Certain } else { Confidence::High };
    if let Some(package) = package {
        if Version::parse(&package.version) == Version::parse(&version) {
            confidence = Confidence::Certain;
        } else {
            let owns = if package.listed { "that owns the file " } else { "" };
            notes.push(format!(
                "the package {} {owns}has version {}: the file was replaced",
                package.name, package.version
            ));
        }
        because.extend(package.origin);
    }
    if confidence != Confidence::Certain {
        notes.push(assumes.to_owned());
    }
    Versioned { version: Ok((version, Source::Binary)), because, confidence, notes }
}

fn by_package(reason: &str, package: Package) -> Versioned {
    let (how, confidence) = if package.listed {
        ("which owns the file", Confidence::High)
    } else {
        ("which is named so; no list says whose the file is", Confidence::Heuristic)
    };
    let note = format!("as the package {} says, {how}; the file itself {reason}", package.name);
    Versioned {
        version: Ok((package.version, Source::Package)),
        because: package.origin,
        confidence,
        notes: vec![note],
    }
}

fn by_nothing(path: &str, reason: &str, wrong: &Untold, is_unread: bool) -> Versioned {
    let reason = format!("{} {reason}; {}", printable(path), wrong.reason());
    let why = if is_unread || matches!(wrong, Untold::Unread(_)) {
        Unversioned::Unread
    } else {
        Unversioned::Untold
    };
    Versioned {
        version: Err(why(reason.clone().into())),
        because: Vec::new(),
        confidence: Confidence::Certain,
        notes: vec![reason],
    }
}
