//! What a kernel has: its modules on disk, its built-ins, and the names they go by.

use std::rc::Rc;

use super::rules::Rules;
use crate::fact::{Origin, Reason, ReasonCode};
use crate::host::{Files, HostError, Read};
use crate::parse::glob;
use crate::parse::modprobe_d::underscored;
use crate::parse::module_index::{self, Aliases, ModuleList, Softdeps};

/// Distributions list less than ten thousand modules and thirty thousand aliases.
const MAX_ENTRIES: usize = 200_000;

/// The modules of one kernel release.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// `/lib/modules/RELEASE`; none if there is no such directory.
    pub(super) directory: Option<String>,
    pub(super) modules: ModuleList,
    pub(super) builtin: ModuleList,
    pub(super) softdeps: Softdeps,
    aliases: Aliases,
    builtin_modinfo: Option<Rc<[u8]>>,
    /// What could not be read: any answer that depends on it is unknown.
    pub(super) trouble: Option<Reason>,
}

impl Index {
    pub(super) fn read(files: &Files, release: &str) -> Self {
        let mut index = Index::default();
        if release.is_empty() || release.contains('/') || release == ".." {
            return index;
        }
        for parent in ["/lib/modules", "/usr/lib/modules"] {
            let directory = format!("{parent}/{release}");
            match files.list(&directory) {
                Read::There(_) => {
                    index.directory = Some(directory);
                    break;
                }
                Read::Missing(_) => {}
                Read::Hidden(error) => index.blame(&error),
            }
        }
        let Some(directory) = index.directory.clone() else { return index };
        let mut read = |name: &str, end: u8| {
            let path = format!("{directory}/{name}");
            match files.read_database(&path) {
                // Every name that is asked for is held against each entry.
                Read::There(bytes) if memchr::memchr_iter(end, &bytes).nth(MAX_ENTRIES).is_some() => {
                    let more = format!("{path}: more than {MAX_ENTRIES} entries");
                    index.trouble.get_or_insert_with(|| Reason::new(ReasonCode::TooLarge, more));
                    None
                }
                Read::There(bytes) => Some(bytes),
                Read::Missing(_) => None,
                Read::Hidden(error) => {
                    index.blame(&error);
                    None
                }
            }
        };
        let dep = read("modules.dep", b'\n');
        let builtin = read("modules.builtin", b'\n');
        let softdep = read("modules.softdep", b'\n');
        let aliases = read("modules.alias", b'\n');
        let modinfo = read("modules.builtin.modinfo", 0);
        index.modules = dep.map_or_else(ModuleList::default, ModuleList::dependencies);
        index.builtin = builtin.map_or_else(ModuleList::default, ModuleList::builtin);
        index.softdeps = softdep.map_or_else(Softdeps::default, |bytes| module_index::softdeps(&bytes));
        index.aliases = aliases.map_or_else(Aliases::default, Aliases::new);
        index.builtin_modinfo = modinfo;
        index
    }

    fn blame(&mut self, error: &HostError) {
        self.trouble.get_or_insert_with(|| Reason::from(error.clone()));
    }

    /// The line of `modules.builtin` or `modules.dep` that has a module.
    pub(super) fn origin(&self, name: &str) -> Option<Origin> {
        let directory = self.directory.as_deref()?;
        let place = |(list, file): (&ModuleList, &str)| {
            Some(Origin::line(format!("{directory}/{file}"), list.line(name)?))
        };
        [(&self.builtin, "modules.builtin"), (&self.modules, "modules.dep")].into_iter().find_map(place)
    }

    /// The modules that a name or alias stands for, in kmod's order of search: aliases of modprobe.d, a
    /// module of that name, an install command, aliases of modules, built-ins. Empty if nothing has it.
    pub(super) fn resolve(&self, rules: &Rules, text: &str) -> Vec<String> {
        let name = underscored(text);
        let configured: Vec<String> = rules
            .aliases
            .iter()
            .filter(|(pattern, ..)| glob::covers_name(pattern, &name))
            .map(|(_, name, _)| name.clone())
            .collect();
        if !configured.is_empty() {
            return configured;
        }
        if self.modules.has(&name) || rules.install.get(&name).is_some() {
            return vec![name];
        }
        let covers = |(pattern, _): &(&str, &str)| glob::covers_name(&underscored(pattern), &name);
        let own = self.aliases.of(&name).into_iter().filter(covers);
        let own: Vec<String> = own.map(|(_, name)| underscored(name)).collect();
        if !own.is_empty() {
            return own;
        }
        if self.builtin.has(&name) {
            return vec![name];
        }
        let modinfo = self.builtin_modinfo.as_deref().unwrap_or_default();
        module_index::builtin_aliases(modinfo).filter(covers).map(|(_, name)| underscored(name)).collect()
    }
}
