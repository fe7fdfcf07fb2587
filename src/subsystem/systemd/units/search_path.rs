//! Where unit files are looked for, and which file or mask a name leads to (systemd.unit(5), systemd 252).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::rc::Rc;

use foldhash::HashMap;

use super::links::{is_empty, is_null, link_target};
use super::merged::MergedUnit;
use crate::fact::{Origin, printable};
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::systemd::{ETC_UNITS, UNITS_AT_BOOT, UNITS_NOW, is_unit_name_length};
use crate::parse::unit;
use crate::subsystem::Unreadable;

/// No honest chain of aliases is longer.
pub(super) const MAX_ALIASES: usize = 16;

/// The directories with what is in them.
#[derive(Debug, Default)]
pub(super) struct SearchPath {
    pub(super) directories: Vec<Directory>,
    /// All directories of the path, whether they are there or not.
    paths: &'static [&'static str],
    /// The directories beside a unit whose links pull units in.
    pub(super) links: &'static [&'static str],
    /// Directories that could not be listed.
    pub(super) gaps: Vec<Unreadable>,
    /// Other names of a unit: those that have drop-ins or wants of their own, and those of `/etc`.
    aliases: BTreeMap<String, Vec<String>>,
    /// Where a unit has a directory beside it (`X.d`, `X.wants`): by suffix and unit, highest first.
    beside: Beside,
    /// Whether some of them are for all units whose names begin alike: `a-.service.d`.
    pub(super) has_prefixes: bool,
    resolved: RefCell<HashMap<String, Found>>,
    /// Units that are loaded, by their own name and file.
    pub(super) loaded: RefCell<HashMap<(String, String), Rc<MergedUnit>>>,
    /// How many settings they have at most.
    pub(super) settings: Cell<usize>,
}

/// The directories, highest first, that have one beside a unit: by its suffix, and by the unit.
type Beside = BTreeMap<&'static str, BTreeMap<String, Vec<&'static str>>>;

#[derive(Debug)]
pub(super) struct Directory {
    pub(super) path: &'static str,
    pub(super) names: Rc<[OsString]>,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// No file has the name.
    Missing,
    /// A link to `/dev/null` or an empty file keeps the unit from being started.
    Masked(Origin),
    /// A file describes the unit.
    Fragment {
        /// The unit's own name, which may differ from the one asked for.
        name: String,
        /// The file, as it is found in the search path.
        path: String,
    },
    /// A file may describe it and can't be looked at.
    Unreadable(Unreadable),
}

impl Found {
    /// The unit's own name; the name asked for where no file describes it.
    pub(super) fn own_name<'n>(&'n self, asked: &'n str) -> &'n str {
        match self {
            Found::Fragment { name, .. } => name,
            _ => asked,
        }
    }
}

enum Step {
    /// Another name, and whether only its template counts.
    Alias(String, bool),
    End(Found),
}

impl SearchPath {
    pub(super) fn at_boot(files: &Files, systemd: Option<u32>) -> Self {
        SearchPath::open(files, systemd, UNITS_AT_BOOT)
    }

    pub(super) fn now(files: &Files, systemd: Option<u32>) -> Self {
        SearchPath::open(files, systemd, UNITS_NOW)
    }

    fn open(files: &Files, systemd: Option<u32>, paths: &'static [&'static str]) -> Self {
        // `.upholds` directories came with systemd 254; seen with 252: it doesn't look into them.
        let links: &[_] = if systemd.is_some_and(|version| version < 254) {
            &[".wants", ".requires"]
        } else {
            &[".wants", ".requires", ".upholds"]
        };
        let mut search = SearchPath { paths, links, ..SearchPath::default() };
        for path in files.distinct(paths.iter().copied()) {
            if let Some(names) = files.list(path).or_hidden(&mut search.gaps) {
                search.directories.push(Directory { path, names });
            }
        }
        let (beside, names) = search.find_beside();
        search.aliases = search.find_aliases(files, &names);
        search.has_prefixes = beside.values().flat_map(BTreeMap::keys).any(|unit| unit.contains("-."));
        search.beside = beside;
        search
    }

    /// Where units have directories beside them, and all names that may be other names of a unit: those of such
    /// directories, and those in `/etc`.
    fn find_beside(&self) -> (Beside, Vec<&str>) {
        let (mut beside, mut names) = (Beside::new(), Vec::new());
        for Directory { path, names: entries } in &self.directories {
            let is_etc = *path == ETC_UNITS;
            for entry in entries.iter() {
                if let Some((unit, side)) = split_side(entry) {
                    beside.entry(side).or_default().entry(unit.to_owned()).or_default().push(path);
                    names.push(unit);
                } else if is_etc {
                    names.extend(entry.to_str());
                }
            }
        }
        (beside, names)
    }

    /// The directories, highest first, that hold one beside a unit, or beside a kind of unit.
    pub(super) fn holding(&self, unit: &str, side: &str) -> &[&'static str] {
        self.beside.get(side).and_then(|units| units.get(unit)).map_or(&[], Vec::as_slice)
    }

    fn find_aliases(&self, files: &Files, names: &[&str]) -> BTreeMap<String, Vec<String>> {
        let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names.iter().copied().filter(|name| self.may_be_alias(files, name)) {
            if let Found::Fragment { name: real, .. } = self.resolve(files, name)
                && real != name
            {
                let names = aliases.entry(real).or_default();
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        aliases
    }

    /// Whether what a name leads to has to be looked at: a regular file by that name is the unit itself.
    fn may_be_alias(&self, files: &Files, name: &str) -> bool {
        let first = |name: &str| {
            let directory = self.directories.iter().find(|directory| directory.has(name))?;
            Some(files.kind(format!("{}/{name}", directory.path)))
        };
        let found = first(name).or_else(|| first(&unit::template(name)?));
        // What can't be looked at may be a link: following it tells why.
        found.is_some_and(|kind| kind != Read::There(Kind::File))
    }

    /// Whether the systemd that reads them is 254 or later, which brought `.upholds` and `ignore` in presets.
    pub(super) fn is_254(&self) -> bool {
        self.links.contains(&".upholds")
    }

    /// The keys of `[Install]` that make links beside other units.
    pub(super) fn install_keys(&self) -> impl Iterator<Item = &'static str> {
        let upholds = self.is_254().then_some("UpheldBy");
        ["WantedBy", "RequiredBy"].into_iter().chain(upholds)
    }

    /// The other names that a unit is known by.
    pub(super) fn aliases(&self, real: &str) -> impl Iterator<Item = &str> {
        self.aliases.get(real).into_iter().flatten().map(String::as_str)
    }

    /// What a name leads to, aliases and templates followed.
    pub(super) fn resolve(&self, files: &Files, name: &str) -> Found {
        if let Some(found) = self.resolved.borrow().get(name) {
            return found.clone();
        }
        let found = self.follow(files, name);
        self.resolved.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn follow(&self, files: &Files, name: &str) -> Found {
        if !is_unit_name_length(name) {
            return Found::Missing;
        }
        let mut name = name.to_owned();
        let mut by_template = false;
        for _ in 0..MAX_ALIASES {
            match self.step(files, &name, by_template) {
                Step::Alias(next, template) => (name, by_template) = (next, by_template || template),
                Step::End(found) => return found,
            }
        }
        Found::Missing
    }

    fn step(&self, files: &Files, name: &str, by_template: bool) -> Step {
        let template = unit::template(name);
        let own = (!by_template).then_some(name);
        for candidate in [own, template.as_deref()].into_iter().flatten() {
            for directory in self.directories.iter().filter(|directory| directory.has(candidate)) {
                let path = format!("{}/{candidate}", directory.path);
                if let Some(step) = self.entry(files, &path, candidate, name) {
                    return step;
                }
            }
        }
        Step::End(Found::Missing)
    }

    /// What one entry of the search path says; none if it says nothing and lower directories count.
    fn entry(&self, files: &Files, path: &str, candidate: &str, name: &str) -> Option<Step> {
        let end = |found| Some(Step::End(found));
        let fragment = || Found::Fragment { name: name.to_owned(), path: path.to_owned() };
        let unreadable = |error: HostError| end(Found::Unreadable(error.into()));
        let kind = match files.kind(path) {
            Read::There(kind) => kind,
            Read::Missing(_) => return None,
            Read::Hidden(error) => return unreadable(error),
        };
        match kind {
            Kind::File => match is_empty(files, path) {
                Ok(true) => end(Found::Masked(place(path).says("an empty file masks it"))),
                Ok(false) => end(fragment()),
                Err(error) => unreadable(error),
            },
            Kind::Link => {
                let target = match link_target(files, path) {
                    Ok(target) => target?,
                    Err(error) => return unreadable(error),
                };
                if target == Path::new("/dev/null") {
                    return end(Found::Masked(place(path).says("links to /dev/null")));
                }
                let is_inside = match self.alias(&target, candidate) {
                    Alias::Outside => false,
                    Alias::Same => true,
                    Alias::Invalid => return None,
                    Alias::To(other) => {
                        let instance = unit::instance(name).filter(|_| other.contains("@."));
                        return Some(match instance {
                            Some(instance) => {
                                Step::Alias(other.replacen("@.", &format!("@{instance}."), 1), true)
                            }
                            None => Step::Alias(other.to_owned(), false),
                        });
                    }
                };
                match files.stat(path) {
                    Read::There(there) if there.kind == Kind::File && there.size > 0 => {
                        return end(fragment());
                    }
                    Read::There(there) if matches!(there.kind, Kind::File | Kind::CharDevice) => {
                        return end(Found::Masked(place(path).says("leads to an empty file")));
                    }
                    Read::Hidden(error) if error.kind != HostErrorKind::Loop => return unreadable(error),
                    // Hidden is here a circle of links only.
                    Read::There(_) | Read::Missing(_) | Read::Hidden(_) => {}
                }
                // A link that leads nowhere, or round in a circle: seen with 252, one within the search path
                // is passed over, one out of it hides the files below and is not found.
                match is_null(files, path) {
                    Ok(true) => end(Found::Masked(place(path).says("leads to /dev/null"))),
                    Ok(false) if is_inside => None,
                    Ok(false) => end(Found::Missing),
                    Err(error) => unreadable(error),
                }
            }
            _ => None,
        }
    }

    /// What a link within the search path makes of a name.
    fn alias<'t>(&self, target: &'t Path, candidate: &str) -> Alias<'t> {
        let inside =
            target.parent().is_some_and(|parent| self.paths.iter().any(|path| Path::new(path) == parent));
        match target.file_name().and_then(OsStr::to_str).filter(|_| inside) {
            None => Alias::Outside,
            Some(other) if other == candidate || unit::template(candidate).as_deref() == Some(other) => {
                Alias::Same
            }
            Some(other) if may_alias(candidate, other) => Alias::To(other),
            Some(_) => Alias::Invalid,
        }
    }
}

/// What a link makes of a name.
enum Alias<'t> {
    /// Another name of this unit.
    To(&'t str),
    /// Nothing: it leads to a file of the same unit.
    Same,
    /// Nothing: it leads out of the search path.
    Outside,
    /// Nothing, and systemd passes it over: it leads to a unit of another kind.
    Invalid,
}

/// Whether a link by one name may lead to another unit: both of a kind, plain or template or instance alike; an
/// instance may lead to a template, too.
fn may_alias(name: &str, other: &str) -> bool {
    const KINDS: [&str; 6] = ["service", "socket", "target", "device", "timer", "path"];
    let shape = |name: &str| (name.contains("@."), unit::instance(name).map(str::to_owned));
    let (mine, others) = (shape(name), shape(other));
    suffix(name) == suffix(other)
        && KINDS.contains(&suffix(name))
        && (mine == others || (mine.1.is_some() && others.0))
}

/// The unit beside which a directory lies, and how: `x.service.wants` → `x.service`, `.wants`.
fn split_side(name: &OsStr) -> Option<(&str, &'static str)> {
    // Of most names the last letter tells.
    let sides: &[_] = match name.as_encoded_bytes().last()? {
        b'd' => &[".d"],
        b's' => &[".wants", ".requires", ".upholds"],
        _ => return None,
    };
    let name = name.to_str()?;
    sides.iter().find_map(|side| Some((name.strip_suffix(side)?, *side)))
}

impl Directory {
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| known.as_os_str().cmp(OsStr::new(name))).is_ok()
    }
}

/// The type of a unit: `service`.
pub(super) fn suffix(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, suffix)| suffix)
}

/// A path of the host as an origin; names come from the host and may hold anything.
pub(super) fn place(path: &str) -> Origin {
    Origin::file(printable(path))
}
