//! Kernel modules: what the next boot loads, what the next kernel has, and what blocks a module.

mod boot;
mod index;
mod load;
mod names;
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
use crate::fact::{Fact, Moment, Origin};
use crate::parse::modprobe_d::underscored;
use crate::subsystem::Subsystems;

/// Part of the kernel itself.
pub const BUILT_IN: &str = "built-in";
/// Loaded.
pub const LOADED: &str = "loaded";
/// On disk, and nothing keeps it from being loaded when it is asked for.
pub const LOADABLE: &str = "loadable";
/// On disk, and something keeps it from being loaded.
pub const BLOCKED: &str = "blocked";

/// The kernel has no such module.
const ABSENT: crate::fact::State = crate::fact::State::Absent;

/// Kernel modules at both moments.
#[derive(Debug, Default)]
pub struct Modules {
    indices: RefCell<HashMap<String, Rc<Index>>>,
    boot: OnceCell<boot::Boot>,
}

/// A line that asks for a module at boot.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
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

    /// One of [`BUILT_IN`], [`LOADED`], [`LOADABLE`], [`BLOCKED`] or absent at a moment. Attends to aliases.
    pub fn state(&self, subsystems: &Subsystems<'_>, name: &str, moment: Moment) -> Fact {
        match (moment, subsystems.host().running()) {
            (Moment::Boot, _) => self.at_boot(subsystems, name),
            (Moment::Now, Some(running)) => now::state(subsystems, running, &underscored(name)),
            (Moment::Now, None) => Fact::unknown("nothing is running here"),
        }
    }

    /// The state after the next boot.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, name: &str) -> Fact {
        self.boot(subsystems).state(subsystems, &underscored(name), boot::When::Booted)
    }

    /// The state when systemd-sysctl runs: after modules-load.d, before any other unit.
    pub fn when_sysctl_runs(&self, subsystems: &Subsystems<'_>, name: &str) -> Fact {
        self.boot(subsystems).state(subsystems, &underscored(name), boot::When::SysctlRuns)
    }

    /// The lines that ask for modules at boot, in the order in which they are tried, for the kernel that
    /// boots most likely.
    ///
    /// # Errors
    /// In words, if no kernel is known or a file that decides can't be read.
    pub fn asked_at_boot(&self, subsystems: &Subsystems<'_>) -> Result<&[Asked], String> {
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

/// A blacklist doesn't keep `modprobe NAME` from loading a module, only what loads it by itself.
fn blacklist_note(fact: Fact, loader: &Loader<'_>, name: &str) -> Fact {
    match loader.blacklisted(name) {
        Some(origin) => fact
            .note(format!(
                "blacklisted: neither modules-load.d nor the kernel's own request loads {name}, only `modprobe {name}`"
            ))
            .because(origin),
        None => fact,
    }
}
