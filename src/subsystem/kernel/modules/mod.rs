//! Kernel modules: what the next boot loads, what the next kernel has, and what blocks a module.

mod boot;
mod during_boot;
mod index;
mod load;
pub(in crate::subsystem::kernel) mod names;
mod now;
mod rules;
mod support;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use foldhash::HashMap;

use self::index::Index;
use self::load::Loader;
use self::rules::{CommandLine, Rules};
use crate::fact::{Answer, Knowledge, Moment, Origin, Reason};
use crate::host::Files;
use crate::parse::modprobe_d::underscored;
use crate::subsystem::Subsystems;

/// What becomes of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleState {
    /// Part of the kernel itself.
    BuiltIn,
    /// Loaded.
    Loaded,
    /// On disk, and nothing keeps it from being loaded when it is asked for.
    Loadable,
    /// On disk, and loaded by `modprobe NAME` only: what loads modules by itself skips it.
    Blacklisted,
    /// On disk, and loaded during the boot or not: the first note says what may load it.
    MaybeLoaded,
    /// On disk, and something keeps it from being loaded.
    Blocked,
}

impl ModuleState {
    /// The words of the answer.
    pub const NAMES: &[&str] = &["built-in", "loaded", "loadable", "blocked"];

    /// The word for it. A blacklist doesn't keep `modprobe NAME` from loading a module.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ModuleState::BuiltIn => "built-in",
            ModuleState::Loaded => "loaded",
            ModuleState::Loadable | ModuleState::Blacklisted | ModuleState::MaybeLoaded => "loadable",
            ModuleState::Blocked => "blocked",
        }
    }

    /// Whether its code is in the kernel.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, ModuleState::BuiltIn | ModuleState::Loaded)
    }
}

/// The state of a module, with its provenance; absent if the kernel has no such module.
pub type State = Answer<ModuleState>;

/// Kernel modules at both moments.
#[derive(Debug, Default)]
pub struct Modules {
    indices: RefCell<HashMap<String, Rc<Index>>>,
    boot: OnceCell<boot::Boot>,
    running_rules: OnceCell<Rules>,
}

/// A line that asks for a module at boot.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadRequest {
    /// The text of the line: a module or an alias.
    pub text: String,
    /// The line.
    pub origin: Origin,
    /// Why it loads nothing; none if it loads a module or the module is built in.
    pub fails: Option<String>,
}

impl Modules {
    pub(in crate::subsystem) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        Modules::default()
    }

    /// The state at a moment. Attends to aliases.
    pub fn state(&self, subsystems: &Subsystems<'_>, name: &str, moment: Moment) -> State {
        match (moment, subsystems.host().running()) {
            (Moment::NextBoot, _) => self.at_boot(subsystems, name),
            (Moment::Now, Some(running)) => now::state(subsystems, running, &underscored(name)),
            (Moment::Now, None) => Answer::unknown(not_running()),
        }
    }

    /// The state after the next boot.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, name: &str) -> State {
        self.boot(subsystems).state(subsystems, &underscored(name), boot::When::Booted)
    }

    /// The state when systemd-sysctl runs: after modules-load.d, before any other unit.
    pub fn when_sysctl_runs(&self, subsystems: &Subsystems<'_>, name: &str) -> State {
        self.boot(subsystems).state(subsystems, &underscored(name), boot::When::SysctlRuns)
    }

    /// The lines that ask for modules at boot, in the order in which they are tried, for the kernel that
    /// boots most likely.
    ///
    /// # Errors
    /// In words, if no kernel is known or a file that decides can't be read.
    pub fn asked_at_boot(&self, subsystems: &Subsystems<'_>) -> Result<&[LoadRequest], Reason> {
        self.boot(subsystems).asked()
    }

    /// Whether the index of a release lists its modules, so that what it doesn't list isn't there.
    pub fn lists_modules(&self, subsystems: &Subsystems<'_>, release: &str) -> bool {
        let index = self.index(subsystems, release);
        index.trouble.is_none() && !index.modules.is_empty()
    }

    fn boot(&self, subsystems: &Subsystems<'_>) -> &boot::Boot {
        self.boot.get_or_init(|| boot::Boot::merge(self, subsystems))
    }

    /// What modprobe.d says on the running system.
    fn running_rules(&self, disk: &Files, live: &Files) -> &Rules {
        self.running_rules.get_or_init(|| Rules::on_disk(disk).with_runtime(live))
    }

    /// The modules of a release, read once.
    fn index(&self, subsystems: &Subsystems<'_>, release: &str) -> Rc<Index> {
        if let Some(index) = self.indices.borrow().get(release) {
            return Rc::clone(index);
        }
        let index = Rc::new(Index::read(subsystems.host().files(), release));
        self.indices.borrow_mut().insert(release.to_owned(), Rc::clone(&index));
        index
    }
}

fn loader<'a>(
    index: &'a Index,
    rules: &'a Rules,
    command_line: &'a CommandLine,
    refuses: Option<String>,
) -> Loader<'a> {
    Loader { index, rules, command_line, refuses, loaded: BTreeMap::new(), known: HashMap::default() }
}

/// The module that a name stands for; none if nothing has that name.
fn resolved(loader: &Loader<'_>, name: &str) -> Option<String> {
    loader.index.resolve(loader.rules, name).into_iter().next()
}

fn not_running() -> Reason {
    Reason::not_running()
}

/// A blacklist doesn't keep `modprobe NAME` from loading a module, only what loads it by itself.
fn unless_blacklisted(answer: State, loader: &Loader<'_>, name: &str) -> State {
    match loader.blacklisted(name) {
        Some(origin) if answer.state == Knowledge::Known(ModuleState::Loadable) => answer
            .map(|_| ModuleState::Blacklisted)
            .note(format!(
                "blacklisted: neither modules-load.d nor the kernel's own request loads {name}, only `modprobe {name}`"
            ))
            .because(origin),
        _ => answer,
    }
}
