//! The units that a boot reaches, and through which places.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use foldhash::HashMap;

use super::merged::MergedUnit;
use super::options::Options;
use super::search_path::{Found, SearchPath, suffix};
use super::walk::Walk;
use crate::fact::Origin;
use crate::host::Files;
use crate::subsystem::Unreadable;

/// Links that no file holds: made by a generator, by presets or by the command line.
#[derive(Clone, Debug)]
pub(super) struct GeneratedLink {
    pub(super) from: String,
    pub(super) unit: String,
    pub(super) origin: Origin,
    /// What could not be read decides whether there is such a link.
    pub(super) is_doubtful: bool,
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
    /// A preset of a first boot that could not be read: it may enable or disable any unit.
    pub(super) preset_gap: Option<Unreadable>,
    /// Why systemd may start nothing at all.
    pub(super) stuck: Option<String>,
    pub(super) root: String,
    /// The units that each unit requires by files.
    pub(super) required: BTreeMap<String, BTreeSet<String>>,
    /// The units that each target pulls in.
    pub(super) targets: HashMap<String, Vec<String>>,
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

/// A unit requires what can't be started: how far systemd gets with what the unit pulls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BrokenRequirement {
    /// What it wants is not looked at; of what else it requires, some may be.
    Surely,
    /// So it is, unless another unit pulled in the one with the broken requirement before.
    Maybe,
}

impl Graph {
    pub(super) fn walk(
        files: &Files,
        search: &SearchPath,
        options: &Options,
        extra: &[GeneratedLink],
    ) -> Self {
        let assumed = search.resolve(files, "basic.target") == Found::Missing
            && search.resolve(files, "sysinit.target") == Found::Missing;
        let walk = |broken: &HashMap<String, BrokenRequirement>| {
            let graph = Graph { assumed, ..Graph::default() };
            Walk::of(files, search, options, extra, broken, graph).all()
        };
        let graph = walk(&HashMap::default());
        let broken_requirements = graph.broken_requirements(extra);
        if broken_requirements.is_empty() {
            return graph;
        }
        let mut graph = walk(&broken_requirements);
        if broken_requirements.contains_key(&graph.root) {
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
    fn broken_requirements(&self, extra: &[GeneratedLink]) -> HashMap<String, BrokenRequirement> {
        let mut broken_requirements = HashMap::default();
        if self.assumed {
            return broken_requirements;
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
                broken_requirements.insert(unit.clone(), BrokenRequirement::Surely);
            }
        }
        let mut queue: Vec<String> = broken_requirements.keys().cloned().collect();
        while let Some(broken) = queue.pop() {
            for unit in required_by.get(broken.as_str()).into_iter().flatten() {
                if !broken_requirements.contains_key(*unit) {
                    broken_requirements.insert((*unit).to_owned(), BrokenRequirement::Maybe);
                    queue.push((*unit).to_owned());
                }
            }
        }
        broken_requirements
    }
}
