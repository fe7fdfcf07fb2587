//! systemd's own configuration, `system.conf`, and what a unit gets from it (systemd-system.conf(5)).

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::fact::Origin;
use crate::parse::systemd::DEFAULT_PATH;
use crate::parse::unit;
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::systemd::exec_context::ExecContext;
use crate::subsystem::{Subsystems, Unreadable};

/// The assignments of the section `[Manager]` in the order in which they apply.
fn settings(subsystems: &Subsystems<'_>) -> Result<Vec<(Origin, unit::Assignment)>, Unreadable> {
    assignments(subsystems, "systemd/system.conf", "Manager")
}

/// The assignments of a section of one of systemd's own files with drop-ins, in the order in which they apply.
fn assignments(
    subsystems: &Subsystems<'_>,
    name: &str,
    section: &str,
) -> Result<Vec<(Origin, unit::Assignment)>, Unreadable> {
    let files = subsystems.host().files();
    let merged = drop_in::standard_file(files, name);
    if let Some(gap) = merged.gaps.into_iter().next() {
        return Err(gap);
    }
    let mut settings = Vec::new();
    for file in merged.files {
        match drop_in::read(files, &file.path) {
            Content::Bytes(bytes) => settings.extend(
                unit::parse(&bytes)
                    .into_iter()
                    .filter(|assignment| &*assignment.section == section)
                    .map(|assignment| (file.line(assignment.line), assignment)),
            ),
            Content::Masked | Content::Broken(_) => {}
            Content::Unread(gap) => return Err(gap),
        }
    }
    Ok(settings)
}

/// What `DefaultEnvironment=` gives every unit: by name the place and the value.
///
/// # Errors
/// Why that can't be known.
pub fn environment(subsystems: &Subsystems<'_>) -> Result<Environment, String> {
    let settings = settings(subsystems).map_err(|gap| gap.reason)?;
    let mut environment = Environment::new();
    for (origin, assignment) in settings.into_iter().filter(|(_, a)| a.key == "DefaultEnvironment") {
        if assignment.value.is_empty() {
            environment.clear();
        }
        for word in unit::words(&assignment.value) {
            if let Some((name, value)) = word.split_once('=') {
                environment.insert(name.to_owned(), (origin.clone(), value.to_owned()));
            }
        }
    }
    Ok(environment)
}

/// Variables with the places that set them.
pub type Environment = BTreeMap<String, (Origin, String)>;

/// The value of a key of `[Manager]` that counts; none if nothing sets it.
///
/// # Errors
/// Why that can't be known.
pub fn value(subsystems: &Subsystems<'_>, key: &str) -> Result<Option<(Origin, String)>, String> {
    let settings = settings(subsystems).map_err(|gap| gap.reason)?;
    let last = settings.into_iter().rev().find(|(_, assignment)| assignment.key == key);
    Ok(last.map(|(origin, assignment)| (origin, assignment.value)).filter(|(_, value)| !value.is_empty()))
}

/// Whether systemd-networkd removes routes and rules of others when it starts, as it does unless it is told otherwise
/// (networkd.conf(5)): `ManageForeignRoutes=`, `ManageForeignRoutingPolicyRules=`.
///
/// # Errors
/// Why that can't be known.
pub fn networkd_manages(subsystems: &Subsystems<'_>, key: &str) -> Result<(Option<Origin>, bool), String> {
    let settings = assignments(subsystems, "systemd/networkd.conf", "Network").map_err(|gap| gap.reason)?;
    let last = settings.into_iter().rev().filter(|(_, assignment)| assignment.key == key);
    // What is no boolean is ignored with a line in the log: what was set before stays.
    let mut valid = last.filter_map(|(origin, assignment)| {
        let value = crate::parse::systemd::boolean(&assignment.value.to_ascii_lowercase())?;
        Some((Some(origin), value))
    });
    Ok(valid.next().unwrap_or((None, true)))
}

/// The directories in which the programs of units look for others, each asked once a run.
#[derive(Debug, Default)]
pub struct SearchPaths {
    by_unit: RefCell<BTreeMap<String, Directories>>,
}

type Directories = Result<(Vec<String>, Option<Origin>), String>;

impl SearchPaths {
    /// The directories of a unit, and what set them.
    ///
    /// # Errors
    /// Why that can't be known.
    pub fn of(&self, subsystems: &Subsystems<'_>, unit: &str) -> Directories {
        if let Some(known) = self.by_unit.borrow().get(unit) {
            return known.clone();
        }
        let found = directories(subsystems, unit);
        self.by_unit.borrow_mut().insert(unit.to_owned(), found.clone());
        found
    }
}

/// The directories in which a unit's program looks for others, and what set them: `PATH` of the unit, of its
/// environment files, `ExecSearchPath=`, `DefaultEnvironment=` of system.conf, else systemd's own default. The
/// environment of whoever looks has no part in it.
fn directories(subsystems: &Subsystems<'_>, name: &str) -> Directories {
    let split = |text: &str| text.split(':').filter(|part| part.starts_with('/')).map(String::from).collect();
    let launch = ExecContext::read(subsystems, name);
    if let Some(gap) = launch.gaps.first() {
        return Err(gap.reason.clone());
    }
    if let Some((origin, path)) = launch.environment.get("PATH") {
        return Ok((split(path), Some(origin.clone())));
    }
    let units = subsystems.units();
    let merged =
        units.merged_with_gaps(subsystems, name).unwrap_or_else(|| units.drop_ins_only(subsystems, name));
    let search = merged.list("Service", "ExecSearchPath");
    if let Some(last) = search.last() {
        return Ok((search.iter().flat_map(|setting| split(&setting.value)).collect(), Some(last.origin())));
    }
    Ok(match environment(subsystems)?.remove("PATH") {
        Some((origin, path)) => (split(&path), Some(origin)),
        None => (DEFAULT_PATH.map(String::from).to_vec(), None),
    })
}
