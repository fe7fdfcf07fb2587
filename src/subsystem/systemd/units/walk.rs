//! The walk from the target that boots, from unit to unit.

use std::collections::{BTreeSet, VecDeque};

use foldhash::HashMap;

use super::graph::{BrokenRequirement, GeneratedLink, Graph, Node};
use super::links::{is_null, link_target};
use super::merged::{MergedUnit, side_entries};
use super::options::Options;
use super::refused::refused;
use super::search_path::{Found, SearchPath, place, suffix};
use crate::fact::Origin;
use crate::host::Files;
use crate::parse::systemd::{VENDOR_UNITS, is_unit_name_length};
use crate::parse::unit;

/// No honest host has more units.
const MAX_UNITS: usize = 8192;
/// Nor do its units pull each other in more often.
const MAX_PULLS: usize = 200_000;

/// Keys of `[Unit]` that start other units, and whether the unit requires those.
const PULLING: [(&str, bool); 4] =
    [("Requires", true), ("BindsTo", true), ("Wants", false), ("Upholds", false)];

/// What every systemd brings along, for trees that hold only what an administrator wrote.
const STANDARD_TARGETS: &[(&str, &[&str])] = &[
    ("graphical.target", &["multi-user.target"]),
    ("multi-user.target", &["basic.target", "remote-fs.target"]),
    ("basic.target", &["sysinit.target", "sockets.target", "timers.target", "paths.target"]),
    (
        "sysinit.target",
        &["local-fs.target", "swap.target", "systemd-sysctl.service", "systemd-modules-load.service"],
    ),
];

/// One walk.
pub(super) struct Walk<'a> {
    files: &'a Files,
    search: &'a SearchPath,
    options: &'a Options,
    extra: &'a [GeneratedLink],
    broken_requirements: &'a HashMap<String, BrokenRequirement>,
    graph: Graph,
    /// Keys of nodes whose own dependencies are still to be followed; those that are doubtful come last.
    queue: VecDeque<String>,
    doubtful: VecDeque<String>,
    /// Whether what is reached from here on is doubtful.
    doubts: bool,
    /// Whether nothing is reached from here on: a target with a broken requirement is still ordered after what it would pull in.
    only_looks: bool,
    /// How often one unit pulled in another.
    pulls: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn of(
        files: &'a Files,
        search: &'a SearchPath,
        options: &'a Options,
        extra: &'a [GeneratedLink],
        broken_requirements: &'a HashMap<String, BrokenRequirement>,
        graph: Graph,
    ) -> Self {
        let (queue, doubtful) = (VecDeque::new(), VecDeque::new());
        let (doubts, only_looks, pulls) = (false, false, 0);
        Walk {
            files,
            search,
            options,
            extra,
            broken_requirements,
            graph,
            queue,
            doubtful,
            doubts,
            only_looks,
            pulls,
        }
    }

    /// All that is reached.
    pub(super) fn all(mut self) -> Graph {
        self.start();
        while self.pulls <= MAX_PULLS
            && let Some(name) = self.queue.pop_front().or_else(|| self.doubtful.pop_front())
        {
            self.visit(&name);
        }
        self.graph
    }

    fn start(&mut self) {
        let wanted = self.options.target.as_deref().unwrap_or("default.target");
        let origin = match &self.options.target {
            Some(target) => Origin::file("kernel command line").says(format!("boots {target}")),
            None => self.default_target(),
        };
        let root = match self.search.resolve(self.files, wanted) {
            Found::Fragment { name, .. } if !self.is_refused(&name) => name,
            Found::Unreadable(gap) => {
                self.graph.stuck = Some(gap.reason);
                wanted.to_owned()
            }
            _ if self.graph.assumed && self.options.target.is_none() => "multi-user.target".into(),
            _ if self.graph.assumed => wanted.to_owned(),
            _ => "rescue.target".into(),
        };
        self.graph.root = self.reach(&root, origin);
        for name in self.options.wants.iter().filter(|name| is_unit_name_length(name)) {
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
        // What it pulls in is unknown with it.
        if let Found::Unreadable(gap) = &found {
            self.graph.gaps.push(gap.clone());
        }
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
        // systemd passes over a name that is too long.
        if !is_unit_name_length(name) {
            return;
        }
        self.pulls += 1;
        if self.pulls > MAX_PULLS {
            self.graph.cut = true;
            return;
        }
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
        let unit = MergedUnit::load(self.search, self.files, name);
        let mut is_doubtful = false;
        if let Some(node) = self.graph.nodes.get_mut(name) {
            node.unit.clone_from(&unit);
            node.refused = unit.as_deref().and_then(refused);
            is_doubtful = node.doubtful;
            if node.refused.is_some() {
                return;
            }
        }
        let broken = self.broken_requirements.get(name).copied();
        self.doubts = is_doubtful || broken.is_some();
        if let Some(unit) = &unit {
            self.follow_settings(unit, true);
        }
        self.follow_links(name, ".requires");
        self.only_looks = broken == Some(BrokenRequirement::Surely);
        if let Some(unit) = &unit {
            self.follow_settings(unit, false);
        }
        for side in self.search.links.iter().filter(|side| **side != ".requires") {
            self.follow_links(name, side);
        }
        for extra in self.extra.iter().filter(|extra| extra.from == name) {
            let before = self.doubts;
            self.doubts |= extra.is_doubtful;
            self.pull(name, &extra.unit, false, extra.origin.clone());
            self.doubts = before;
        }
        self.only_looks = false;
        if self.graph.assumed {
            let usual = STANDARD_TARGETS.iter().find(|(target, _)| *target == name);
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
            let counts = match link_target(self.files, &path) {
                Ok(None) => continue,
                Ok(Some(target)) => is_null(self.files, target).map(|is_null| !is_null),
                Err(error) => Err(error),
            };
            let before = self.doubts;
            match counts {
                Ok(true) => {}
                Ok(false) => continue,
                // It may be a link, and lead to anything.
                Err(error) => {
                    self.graph.gaps.push(error.into());
                    self.doubts = true;
                }
            }
            let name = unit::of_template(&name, unit);
            self.pull(unit, &name, side == ".requires", place(&path));
            self.doubts = before;
        }
    }
}
