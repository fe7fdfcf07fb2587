//! What a kernel has: its modules on disk, its built-ins, and the names they go by.

use std::rc::Rc;

use super::rules::Rules;
use crate::fact::Origin;
use crate::host::{Files, HostError, HostErrorKind};
use crate::parse::glob;
use crate::parse::modprobe_d::underscored;
use crate::parse::module_index::{self, Aliases, ModuleList, Softdeps};

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
    pub(super) trouble: Option<String>,
}

impl Index {
    pub(super) fn read(files: &Files, release: &str) -> Self {
        let mut index = Index::default();
        if release.is_empty() || release.contains('/') || release == ".." {
            return index;
        }
        for parent in ["/lib/modules", "/usr/lib/modules"] {
            let directory = format!("{parent}/{release}");
            match files.list(&directory).legacy() {
                Ok(_) => {
                    index.directory = Some(directory);
                    break;
                }
                Err(error) => index.blame(&error),
            }
        }
        let Some(directory) = index.directory.clone() else { return index };
        let mut read = |name: &str| match files.read_database(format!("{directory}/{name}")).legacy() {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                index.blame(&error);
                None
            }
        };
        let dep = read("modules.dep");
        let builtin = read("modules.builtin");
        let softdep = read("modules.softdep");
        let aliases = read("modules.alias");
        let modinfo = read("modules.builtin.modinfo");
        index.modules = dep.map(ModuleList::dependencies).unwrap_or_default();
        index.builtin = builtin.map(ModuleList::builtin).unwrap_or_default();
        index.softdeps = softdep.map(|bytes| module_index::softdeps(&bytes)).unwrap_or_default();
        index.aliases = aliases.map(Aliases::new).unwrap_or_default();
        index.builtin_modinfo = modinfo;
        index
    }

    fn blame(&mut self, error: &HostError) {
        if !matches!(error.kind, HostErrorKind::NotFound) {
            self.trouble.get_or_insert_with(|| error.to_string());
        }
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
