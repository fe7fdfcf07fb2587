//! What a kernel of a release supports beyond its module files: by what it shows while it runs, else by its
//! configuration, which is large or has to be unpacked.

use super::index::Index;
use super::rules::CommandLine;
use super::{ModuleState, State, names, now};
use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason};
use crate::subsystem::Subsystems;

/// A module that isn't on disk: built into the kernel of a release, or absent.
pub(super) fn built_in(subsystems: &Subsystems<'_>, index: &Index, release: &str, name: &str) -> State {
    match now::shown_by_release(subsystems, release, name) {
        Ok(Some(origin)) => Answer::known(ModuleState::BuiltIn).because(origin).at_most(Confidence::High),
        Ok(None) => by_configuration(subsystems, index, release, name),
        Err(error) => match by_configuration(subsystems, index, release, name) {
            built_in @ Answer { state: Knowledge::Known(_), .. } => built_in,
            _ => Answer::unknown(error),
        },
    }
}

fn by_configuration(subsystems: &Subsystems<'_>, index: &Index, release: &str, name: &str) -> State {
    let option = names::option_of(name);
    let missing = Origin::file(format!("/lib/modules/{release}"));
    let absent = match &index.directory {
        Some(_) => Answer::absent().because(missing.says("has no such module")),
        None => Answer::absent()
            .because(missing.says("is missing"))
            .note(format!("no module can be loaded into {release}: its directory of modules is missing")),
    };
    match (subsystems.kernel_config().of_release(subsystems, release), option) {
        (Ok(Some(config)), Some(option)) => match config.option(option) {
            // That the running kernel says so is as good as its release is unchanged.
            Some(("y", origin)) if origin.path.starts_with("/proc/") => {
                Answer::known(ModuleState::BuiltIn).because(origin).at_most(Confidence::High)
            }
            Some(("y", origin)) => Answer::known(ModuleState::BuiltIn).because(origin),
            Some((_, origin)) => absent.because(origin),
            None => absent.because(Origin::file(&config.path).says(format!("CONFIG_{option} is not set"))),
        },
        (Ok(Some(_)), None) | (Ok(None), _) if !index.builtin.is_empty() => absent,
        (Ok(Some(_)), None) => absent.at_most(Confidence::High),
        (Ok(None), _) if index.directory.is_some() => absent.at_most(Confidence::High),
        (Ok(None), _) => Answer::unknown(format!(
            "neither /lib/modules/{release} nor the configuration of that kernel is on disk"
        )),
        (Err(trouble), _) => Answer::unknown(trouble),
    }
}

/// Whether a line of modules-load.d that no module file answers names one that is built in.
///
/// # Errors
/// What hides it.
pub(super) fn is_built_in(
    subsystems: &Subsystems<'_>,
    release: Option<&str>,
    text: &str,
) -> Result<bool, Reason> {
    let name = crate::parse::modprobe_d::underscored(text);
    let (Some(option), Some(release)) = (names::option_of(&name), release) else { return Ok(false) };
    let shown = now::shown_by_release(subsystems, release, &name);
    if matches!(shown, Ok(Some(_))) {
        return Ok(true);
    }
    let config = subsystems.kernel_config().of_release(subsystems, release)?;
    let is_set = config.is_some_and(|config| config.option(option).is_some_and(|(value, _)| value == "y"));
    match shown {
        Err(error) if !is_set => Err(error.into()),
        _ => Ok(is_set),
    }
}

/// Why a kernel loads no module at all.
pub(super) fn refusal(
    subsystems: &Subsystems<'_>,
    index: &Index,
    release: &str,
    command_line: &CommandLine,
) -> Option<String> {
    if command_line.no_modules {
        return Some("nomodule is on the kernel command line".to_owned());
    }
    // A kernel that has modules on disk was built to load them; its configuration need not be read for that.
    if !index.modules.is_empty() {
        return None;
    }
    match now::loads_modules(subsystems, release) {
        Some(true) => return None,
        Some(false) => {
            return Some("this release, as it runs, has no /proc/modules: it loads no modules".into());
        }
        None => {}
    }
    match subsystems.kernel_config().of_release(subsystems, release) {
        Ok(Some(config)) if !config.loads_modules() => {
            Some(format!("{} does not set CONFIG_MODULES", config.path))
        }
        _ => None,
    }
}
