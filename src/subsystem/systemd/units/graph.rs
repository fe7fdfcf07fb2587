//! The walk from the target that boots: which units it reaches, and through which places.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use foldhash::HashMap;

use super::links::{is_null, link_target};
use super::merged::{MergedUnit, side_entries};
use super::options::Options;
use super::refused::refused;
use super::search_path::{Found, SearchPath, place, suffix};
use crate::fact::Origin;
use crate::host::Files;
use crate::parse::systemd::VENDOR_UNITS;
use crate::parse::unit;
use crate::subsystem::Unreadable;

/// No honest host has more units.
const MAX_UNITS: usize = 20_000;

/// Keys of `[Unit]` that start other units, and whether the unit requires those.
const PULLING: [(&str, bool); 4] =
    [("Requires", true), ("BindsTo", true), ("Wants", false), ("Upholds", false)];

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
    pub(super) gaps: Vec<Unreadable>,
    /// The tree has no units of systemd itself; the usual ones were assumed.
    pub(super) assumed: bool,
    /// The walk was cut short.
    pub(super) cut: bool,
    /// Why systemd may start nothing at all.
    pub(super) stuck: Option<String>,
    root: String,
    /// The units that each unit requires by files.
    required: BTreeMap<String, BTreeSet<String>>,
    /// The units that each target pulls in.
    targets: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) found: Found,
    /// Who pulls it in.
    pub(super) pulled_by: Vec<Origin>,
    pub(super) unit: Option<Rc<MergedUnit>>,
    /// Why systemd does not load it, though a file describes it.
    pub(super) refused: Option<Origin>,
    /// Only what may not happen pulls it in.
    pub(super) doubtful: bool,
}

/// How far systemd gets with what a unit pulls in, if the unit requires what can't be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stumble {
    /// What it wants is not looked at; of what else it requires, some may be.
    Surely,
    /// So it is, unless another unit pulled in the one that stumbles before.
    Maybe,
}

impl Graph {
    pub(super) fn walk(files: &Files, search: &SearchPath, options: &Options, extra: &[Extra]) -> Self {
        let assumed = search.resolve(files, "basic.target") == Found::Missing
            && search.resolve(files, "sysinit.target") == Found::Missing;
        let walk = |stumbles: &HashMap<String, Stumble>| {
            let graph = Graph { assumed, ..Graph::default() };
            let (queue, doubtful) = (VecDeque::new(), VecDeque::new());
            let mut walk = Walk {
                files,
                search,
                options,
                extra,
                stumbles,
                graph,
                queue,
                doubtful,
                doubts: false,
                only_looks: false,
            };
            walk.start();
            while let Some(name) = walk.queue.pop_front().or_else(|| walk.doubtful.pop_front()) {
                walk.visit(&name);
            }
            walk.graph
        };
        let graph = walk(&HashMap::default());
        let stumbles = graph.stumbles(extra);
        if stumbles.is_empty() {
            return graph;
        }
        let mut graph = walk(&stumbles);
        if stumbles.contains_key(&graph.root) {
            graph.stuck = Some(format!("{} requires what can't be started, and may not start", graph.root));
        }
        graph
    }

    /// The units without which what boots can't be started.
    pub(super) fn what_matters(&self) -> BTreeSet<String> {
        let mut matter = BTreeSet::new();
        let mut queue = vec![&self.root];
        while let Some(unit) = queue.pop() {
            if matter.insert(unit.clone()) {
                queue.extend(self.required.get(unit).into_iter().flatten());
            }
        }
        matter
    }

    /// By unit those that require it.
    pub(super) fn requiring(&self) -> HashMap<&str, Vec<&str>> {
        let mut requiring: HashMap<&str, Vec<&str>> = HashMap::default();
        for (unit, others) in &self.required {
            for other in others {
                requiring.entry(other).or_default().push(unit);
            }
        }
        requiring
    }

    /// The units that a target pulls in.
    pub(super) fn pulled_by_target(&self, target: &str) -> &[String] {
        self.targets.get(target).map_or(&[], Vec::as_slice)
    }

    /// The units that require what can't be started. systemd adds a unit to what it will start, then what the unit
    /// requires, and stops there at the first that can't be; only then comes what the unit wants. (Source:
    /// `transaction_add_job_and_dependencies` of systemd 252; seen with `systemd --test`.)
    fn stumbles(&self, extra: &[Extra]) -> HashMap<String, Stumble> {
        let mut stumbles = HashMap::default();
        if self.assumed {
            return stumbles;
        }
        let is_made = |name: &str| extra.iter().any(|extra| extra.unit == name);
        let is_broken = |name: &str| {
            let Some(node) = self.nodes.get(name) else { return false };
            let by_file = ["service", "socket", "target", "timer", "path"].contains(&suffix(name));
            let is_out = matches!(node.found, Found::Missing | Found::Masked(_)) || node.refused.is_some();
            by_file && is_out && !is_made(name)
        };
        let required_by = self.requiring();
        for (unit, others) in &self.required {
            if others.iter().any(|other| is_broken(other)) {
                stumbles.insert(unit.clone(), Stumble::Surely);
            }
        }
        let mut queue: Vec<String> = stumbles.keys().cloned().collect();
        while let Some(broken) = queue.pop() {
            for unit in required_by.get(broken.as_str()).into_iter().flatten() {
                if !stumbles.contains_key(*unit) {
                    stumbles.insert((*unit).to_owned(), Stumble::Maybe);
                    queue.push((*unit).to_owned());
                }
            }
        }
        stumbles
    }
}

struct Walk<'a> {
    files: &'a Files,
    search: &'a SearchPath,
    options: &'a Options,
    extra: &'a [Extra],
    stumbles: &'a HashMap<String, Stumble>,
    graph: Graph,
    /// Keys of nodes whose own dependencies are still to be followed; those that are doubtful come last.
    queue: VecDeque<String>,
    doubtful: VecDeque<String>,
    /// Whether what is reached from here on is doubtful.
    doubts: bool,
    /// Whether nothing is reached from here on: a target that stumbles is still ordered after what it would pull in.
    only_looks: bool,
}

impl Walk<'_> {
    fn start(&mut self) {
        let wanted = self.options.target.as_deref().unwrap_or("default.target");
        let origin = match &self.options.target {
            Some(target) => Origin::file("kernel command line").says(format!("boots {target}")),
            None => self.default_target(),
        };
        let root = match self.search.resolve(self.files, wanted) {
            Found::Fragment { name, .. } if !self.is_refused(&name) => name,
            _ if self.graph.assumed && self.options.target.is_none() => "multi-user.target".into(),
            _ if self.graph.assumed => wanted.to_owned(),
            _ => "rescue.target".into(),
        };
        self.graph.root = self.reach(&root, origin);
        for name in &self.options.wants {
            let says = format!("systemd.wants={name}");
            self.reach(name, Origin::file("kernel command line").says(says));
        }
    }

    fn is_refused(&self, name: &str) -> bool {
        suffix(name) != "target"
            && MergedUnit::load(self.search, self.files, name).is_some_and(|unit| refused(&unit).is_some())
    }

    fn default_target(&self) -> Origin {
        let holder = self.search.directories.iter().find(|directory| directory.has("default.target"));
        let path = holder.map_or(VENDOR_UNITS, |directory| directory.path);
        place(&format!("{path}/default.target")).says("is the target that boots")
    }

    /// Notes that a place pulls a unit in, by whatever name; the name that it has in the graph.
    fn reach(&mut self, name: &str, origin: Origin) -> String {
        let found = self.search.resolve(self.files, name);
        let key = found.own_name(name).to_owned();
        if let Some(node) = self.graph.nodes.get_mut(&key) {
            node.pulled_by.push(origin);
            return key;
        }
        if self.graph.nodes.len() >= MAX_UNITS {
            self.graph.cut = true;
            return key;
        }
        let masked = self.options.masks.contains(&key);
        let found = if masked {
            Found::Masked(Origin::file("kernel command line").says(format!("systemd.mask={key}")))
        } else {
            found
        };
        let follow =
            matches!(found, Found::Fragment { .. }) || (found == Found::Missing && self.is_usual(&key));
        let node = Node { found, pulled_by: vec![origin], unit: None, refused: None, doubtful: self.doubts };
        self.graph.nodes.insert(key.clone(), node);
        if follow {
            let queue = if self.doubts { &mut self.doubtful } else { &mut self.queue };
            queue.push_back(key.clone());
        }
        key
    }

    /// The same for a unit that another one pulls in.
    fn pull(&mut self, unit: &str, name: &str, required: bool, origin: Origin) {
        let key = if self.only_looks {
            self.search.resolve(self.files, name).own_name(name).to_owned()
        } else {
            self.reach(name, origin)
        };
        if key == unit {
            return;
        }
        if suffix(unit) == "target" {
            self.graph.targets.entry(unit.to_owned()).or_default().push(key.clone());
        }
        if required {
            self.graph.required.entry(unit.to_owned()).or_default().insert(key);
        }
    }

    fn is_usual(&self, name: &str) -> bool {
        self.graph.assumed && suffix(name) == "target"
    }

    fn visit(&mut self, name: &str) {
        let unit = MergedUnit::load(self.search, self.files, name).map(Rc::new);
        let mut is_doubtful = false;
        if let Some(node) = self.graph.nodes.get_mut(name) {
            node.unit.clone_from(&unit);
            node.refused = unit.as_deref().and_then(refused);
            is_doubtful = node.doubtful;
            if node.refused.is_some() {
                return;
            }
        }
        let stumble = self.stumbles.get(name).copied();
        self.doubts = is_doubtful || stumble.is_some();
        if let Some(unit) = &unit {
            self.follow_settings(unit, true);
        }
        self.follow_links(name, ".requires");
        self.only_looks = stumble == Some(Stumble::Surely);
        if let Some(unit) = &unit {
            self.follow_settings(unit, false);
        }
        for side in self.search.links.iter().filter(|side| **side != ".requires") {
            self.follow_links(name, side);
        }
        for extra in self.extra.iter().filter(|extra| extra.from == name) {
            self.pull(name, &extra.unit, false, extra.origin.clone());
        }
        self.only_looks = false;
        if self.graph.assumed {
            let usual = USUAL.iter().find(|(target, _)| *target == name);
            for other in usual.into_iter().flat_map(|(_, others)| others.iter()) {
                self.reach(other, Origin::file(name).says("starts it on every systemd"));
            }
        }
        self.doubts = false;
    }

    fn follow_settings(&mut self, unit: &MergedUnit, required: bool) {
        for (key, _) in PULLING.into_iter().filter(|(_, requires)| *requires == required) {
            for setting in unit.every("Unit", key) {
                for other in unit::names(&setting.value) {
                    let origin = setting.origin().says(format!("{key}={other}"));
                    let other = unit::of_template(other, &unit.name);
                    self.pull(&unit.name, &other, required, origin);
                }
            }
        }
        if !required {
            for setting in unit.every("Service", "Sockets") {
                for other in unit::names(&setting.value) {
                    self.pull(&unit.name, other, false, setting.origin().says(format!("Sockets={other}")));
                }
            }
            return;
        }
        if let Some(setting) = unit.last("Service", "BusName") {
            self.pull(&unit.name, "dbus.socket", true, setting.origin().says("a bus name needs dbus.socket"));
        }
        let implied = matches!(suffix(&unit.name), "service" | "socket" | "timer" | "path");
        if implied && unit.boolean("Unit", "DefaultDependencies") != Some(false) {
            let origin = unit.fragment.as_deref().map_or_else(|| place(&unit.name), place);
            self.pull(&unit.name, "sysinit.target", true, origin.says("requires sysinit.target by default"));
        }
    }

    /// The file name of a link counts, not its target; a link to /dev/null cancels those below it.
    fn follow_links(&mut self, unit: &str, side: &'static str) {
        let mut gaps = Vec::new();
        let entries = side_entries(self.search, self.files, unit, side, &mut gaps);
        self.graph.gaps.append(&mut gaps);
        let mut seen = BTreeSet::new();
        for (name, path) in entries {
            if !seen.insert(name.clone()) {
                continue;
            }
            if link_target(self.files, &path).is_none_or(|target| is_null(self.files, target)) {
                continue;
            }
            let name = unit::of_template(&name, unit);
            self.pull(unit, &name, side == ".requires", place(&path));
        }
    }
}
