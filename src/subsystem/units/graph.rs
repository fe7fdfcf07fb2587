//! The walk from the target that boots: which units it reaches, and through which places.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::merged::{MergedUnit, side_entries};
use super::options::Options;
use super::search_path::{Found, SearchPath, link_target, place, suffix};
use crate::fact::Origin;
use crate::format::unit;
use crate::host::Files;
use crate::subsystem::Gap;

/// No honest host has more units.
const MAX_UNITS: usize = 20_000;

/// Keys of `[Unit]` that start other units.
const PULLING: [&str; 4] = ["Wants", "Requires", "BindsTo", "Upholds"];

/// What every systemd brings along, for trees that hold only what an administrator wrote.
const USUAL: &[(&str, &[&str])] = &[
    ("graphical.target", &["multi-user.target"]),
    ("multi-user.target", &["basic.target", "remote-fs.target"]),
    ("basic.target", &["sysinit.target", "sockets.target", "timers.target", "paths.target"]),
    (
        "sysinit.target",
        &["local-fs.target", "swap.target", "systemd-sysctl.service", "systemd-modules-load.service"],
    ),
];

/// Links that no file holds: made by a generator, by presets or by the command line.
#[derive(Clone, Debug)]
pub(super) struct Extra {
    pub(super) from: String,
    pub(super) unit: String,
    pub(super) origin: Origin,
}

/// The units that one boot reaches.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// By the unit's own name, or by the name asked for where there is no such unit.
    pub(super) nodes: BTreeMap<String, Node>,
    /// Directories that could not be read while walking.
    pub(super) gaps: Vec<Gap>,
    /// The tree has no units of systemd itself; the usual ones were assumed.
    pub(super) assumed: bool,
    /// The walk was cut short.
    pub(super) cut: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) found: Found,
    /// Who pulls it in.
    pub(super) pulled_by: Vec<Origin>,
    pub(super) unit: Option<Rc<MergedUnit>>,
}

impl Graph {
    pub(super) fn walk(files: &Files, search: &SearchPath, options: &Options, extra: &[Extra]) -> Self {
        let assumed = search.resolve(files, "basic.target") == Found::Missing
            && search.resolve(files, "sysinit.target") == Found::Missing;
        let graph = Graph { assumed, ..Graph::default() };
        let mut walk = Walk { files, search, options, extra, graph, queue: VecDeque::new() };
        walk.start();
        while let Some(name) = walk.queue.pop_front() {
            walk.visit(&name);
        }
        walk.graph
    }
}

struct Walk<'a> {
    files: &'a Files,
    search: &'a SearchPath,
    options: &'a Options,
    extra: &'a [Extra],
    graph: Graph,
    /// Keys of nodes whose own dependencies are still to be followed.
    queue: VecDeque<String>,
}

impl Walk<'_> {
    fn start(&mut self) {
        let wanted = self.options.target.as_deref().unwrap_or("default.target");
        let origin = match &self.options.target {
            Some(target) => Origin::file("kernel command line").says(format!("boots {target}")),
            None => self.default_target(),
        };
        let root = match self.search.resolve(self.files, wanted) {
            Found::Fragment { name, .. } => name,
            _ if self.graph.assumed && self.options.target.is_none() => "multi-user.target".into(),
            _ if self.graph.assumed => wanted.to_owned(),
            _ => "rescue.target".into(),
        };
        self.reach(&root, origin);
        for name in &self.options.wants {
            let says = format!("systemd.wants={name}");
            self.reach(name, Origin::file("kernel command line").says(says));
        }
    }

    fn default_target(&self) -> Origin {
        let holder = self.search.directories.iter().find(|directory| directory.has("default.target"));
        let path = holder.map_or("/usr/lib/systemd/system", |directory| directory.path);
        place(&format!("{path}/default.target")).says("is the target that boots")
    }

    /// Notes that a place pulls a unit in, by whatever name.
    fn reach(&mut self, name: &str, origin: Origin) {
        let found = self.search.resolve(self.files, name);
        let key = match &found {
            Found::Fragment { name, .. } => name.clone(),
            _ => name.to_owned(),
        };
        if let Some(node) = self.graph.nodes.get_mut(&key) {
            node.pulled_by.push(origin);
            return;
        }
        if self.graph.nodes.len() >= MAX_UNITS {
            self.graph.cut = true;
            return;
        }
        let masked = self.options.masks.contains(&key);
        let found = if masked {
            Found::Masked(Origin::file("kernel command line").says(format!("systemd.mask={key}")))
        } else {
            found
        };
        let follow =
            matches!(found, Found::Fragment { .. }) || (found == Found::Missing && self.is_usual(&key));
        let node = Node { found, pulled_by: vec![origin], unit: None };
        self.graph.nodes.insert(key.clone(), node);
        if follow {
            self.queue.push_back(key);
        }
    }

    fn is_usual(&self, name: &str) -> bool {
        self.graph.assumed && suffix(name) == "target"
    }

    fn visit(&mut self, name: &str) {
        let unit = MergedUnit::load(self.search, self.files, name).map(Rc::new);
        if let Some(node) = self.graph.nodes.get_mut(name) {
            node.unit.clone_from(&unit);
        }
        if let Some(unit) = &unit {
            self.follow_settings(unit);
        }
        for side in self.search.links {
            let mut gaps = Vec::new();
            let entries = side_entries(self.search, self.files, name, side, &mut gaps);
            self.graph.gaps.append(&mut gaps);
            self.follow_links(entries);
        }
        for extra in self.extra.iter().filter(|extra| extra.from == name) {
            self.reach(&extra.unit, extra.origin.clone());
        }
        if self.graph.assumed {
            let usual = USUAL.iter().find(|(target, _)| *target == name);
            for other in usual.into_iter().flat_map(|(_, others)| others.iter()) {
                self.reach(other, Origin::file(name).says("starts it on every systemd"));
            }
        }
    }

    fn follow_settings(&mut self, unit: &MergedUnit) {
        for key in PULLING {
            for setting in unit.every("Unit", key) {
                for other in unit::words(&setting.value) {
                    self.reach(&other, setting.origin().says(format!("{key}={other}")));
                }
            }
        }
        for setting in unit.every("Service", "Sockets") {
            for other in unit::words(&setting.value) {
                self.reach(&other, setting.origin().says(format!("Sockets={other}")));
            }
        }
        let implied = matches!(suffix(&unit.name), "service" | "socket" | "timer" | "path");
        if implied && unit.boolean("Unit", "DefaultDependencies") != Some(false) {
            let origin = unit.fragment.as_deref().map_or_else(|| place(&unit.name), place);
            self.reach("sysinit.target", origin.says("requires sysinit.target by default"));
        }
    }

    /// The file name of a link counts, not its target; a link to /dev/null cancels those below it.
    fn follow_links(&mut self, entries: Vec<(String, String)>) {
        let mut seen = std::collections::BTreeSet::new();
        for (name, path) in entries {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(target) = link_target(self.files, &path) else { continue };
            if target != std::path::Path::new("/dev/null") {
                self.reach(&name, place(&path));
            }
        }
    }
}
