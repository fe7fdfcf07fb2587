//! The graph of units that the next boot starts.

mod conditions;
mod enablement;
mod graph;
mod links;
mod live;
mod merged;
mod options;
mod order;
mod outcome;
mod paths;
mod presets;
mod refused;
mod search_path;
mod service;
mod start;
mod sysv;
mod triggers;
mod walk;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use foldhash::HashMap;

pub(crate) use live::CGROUPS;
pub use merged::{MergedUnit, Setting};
pub(crate) use options::full_name;

use crate::fact::{Answer, Knowledge, Moment, Origin};
use crate::host::Files;
use crate::parse::unit;
use crate::subsystem::Subsystems;
use graph::Graph;
use options::Options;
use outcome::Outcome;
use search_path::{Found, SearchPath, suffix};

/// The units of the next boot. Files are read as far as they are asked for.
#[derive(Debug, Default)]
pub struct Units {
    search: SearchPath,
    scenarios: OnceCell<Vec<BootScenario>>,
    commands: OnceCell<Vec<(Origin, String)>>,
    live: OnceCell<live::Live>,
}

/// One plausible boot.
#[derive(Debug)]
struct BootScenario {
    options: Options,
    graph: Graph,
    conflicts: outcome::Conflicts,
    /// Units that are dropped because of the order in which they are to be started.
    dropped: BTreeMap<String, order::Dropped>,
    /// Services made of init scripts.
    scripts: Rc<sysv::Scripts>,
    /// Units that presets enable, with the place; only on a first boot.
    presets: BTreeMap<String, Origin>,
    /// What may start units that no target pulls in.
    triggers: OnceCell<triggers::Triggers>,
    /// What becomes of units, by name and by how many requirements lead there.
    judged: RefCell<HashMap<(String, usize), outcome::Answer>>,
    /// Why units that aren't reached can't be known not to be.
    blind_spot: OnceCell<Option<String>>,
}

/// What a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// The word of `systemctl is-active`.
    pub active: Knowledge<&'static str>,
    /// The word of `systemctl is-enabled`.
    pub enabled: Knowledge<&'static str>,
    /// The unit file.
    pub fragment: Knowledge<String>,
}

/// Whether the next boot starts a unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Starts {
    /// It is started; the places that pull it in.
    Yes(Vec<Origin>),
    /// It is not; the places that keep it from starting (a mask, a failed condition), or none.
    No(Vec<Origin>),
    /// It can't be told, and why.
    Unknown(String),
}

impl BootScenario {
    fn triggers(&self, subsystems: &Subsystems<'_>) -> &triggers::Triggers {
        self.triggers.get_or_init(|| triggers::Triggers::read(subsystems, self))
    }
}

impl Units {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let search = SearchPath::at_boot(subsystems.host().files(), subsystems.systemd().version);
        Units { search, ..Units::default() }
    }

    fn scenarios(&self, subsystems: &Subsystems<'_>) -> &[BootScenario] {
        self.scenarios.get_or_init(|| {
            let files = subsystems.host().files();
            let mut scripts = sysv::Scripts::read(subsystems, &self.search);
            let generated = scripts.links(files);
            let scripts = Rc::new(scripts);
            let scenario = |options: Options| {
                let mut gaps = Vec::new();
                let enabled = match options.first_boot {
                    Some(true) => presets::links(files, &self.search, &mut gaps),
                    _ => Vec::new(),
                };
                let presets = enabled.iter().map(|link| (link.unit.clone(), link.origin.clone())).collect();
                let extra: Vec<_> = generated.iter().cloned().chain(enabled).collect();
                let mut graph = Graph::walk(files, &self.search, &options, &extra);
                graph.preset_gap = gaps.into_iter().next();
                let conflicts = outcome::conflicts(&mut graph, |name| self.real_name(subsystems, name));
                let dropped = order::dropped(&mut graph, |name| self.real_name(subsystems, name));
                BootScenario {
                    options,
                    graph,
                    conflicts,
                    dropped,
                    scripts: Rc::clone(&scripts),
                    presets,
                    triggers: OnceCell::new(),
                    judged: RefCell::default(),
                    blind_spot: OnceCell::new(),
                }
            };
            options::of_each_boot(subsystems).into_iter().map(scenario).collect()
        })
    }

    /// Whether the next boot starts a unit, by any name it has: masks, conditions and the graph considered.
    pub fn starts(&self, subsystems: &Subsystems<'_>, unit: &str) -> Starts {
        if let Some(doubt) = &subsystems.systemd().doubt {
            return Starts::Unknown(doubt.clone());
        }
        let mut answers =
            self.scenarios(subsystems).iter().map(|scenario| Self::starts_in(subsystems, scenario, unit));
        let Some(first) = answers.next() else { return Starts::Unknown("no boot is known".into()) };
        let same = |other: &Starts| std::mem::discriminant(other) == std::mem::discriminant(&first);
        match answers.find(|other| !same(other)) {
            None => first,
            Some(_) => Starts::Unknown("the kernel command lines that could boot disagree".into()),
        }
    }

    fn starts_in(subsystems: &Subsystems<'_>, scenario: &BootScenario, name: &str) -> Starts {
        let usual = scenario.graph.assumed
            && scenario.graph.nodes.get(name).is_some_and(|n| n.found == Found::Missing);
        match outcome::of(subsystems, scenario, name).outcome {
            _ if usual && suffix(name) == "service" && !scenario.scripts.services.contains_key(name) => {
                Starts::Yes(Vec::new())
            }
            Outcome::Active(origins)
            | Outcome::Finished(origins)
            | Outcome::Failed(origins)
            | Outcome::Retrying(origins) => Starts::Yes(origins),
            Outcome::Skipped(origins) => Starts::No(origins),
            Outcome::Masked(origin) | Outcome::Refused(origin) => Starts::No(vec![origin]),
            Outcome::NotReached(_) | Outcome::Missing => Starts::No(Vec::new()),
            Outcome::Unknown(reason) => Starts::Unknown(reason),
        }
    }

    /// The places that pull a unit in by name, whether or not it has a unit file: `dev-sda2.swap` is
    /// generated from fstab and may still be wanted by a unit that starts. Empty if nothing does.
    pub fn wanted_by(&self, subsystems: &Subsystems<'_>, unit: &str) -> Vec<Origin> {
        if subsystems.systemd().doubt.is_some() {
            return Vec::new();
        }
        let real = self.real_name(subsystems, unit);
        let nodes = self.scenarios(subsystems).iter().filter_map(|scenario| scenario.graph.nodes.get(&real));
        let mut origins: Vec<Origin> = Vec::new();
        for origin in nodes.flat_map(|node| &node.pulled_by) {
            if !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
        origins
    }

    /// The link or empty file that masks a unit (in the files of the next boot, or `systemd.mask=`).
    pub fn masked_by(&self, subsystems: &Subsystems<'_>, unit: &str) -> Option<Origin> {
        if subsystems.systemd().doubt.is_some() {
            return None;
        }
        self.scenarios(subsystems).iter().find_map(|scenario| {
            match outcome::of(subsystems, scenario, unit).outcome {
                Outcome::Masked(origin) => Some(origin),
                _ => None,
            }
        })
    }

    /// What keeps a service of systemd that turns files into kernel state from running at boot: a mask, a failed condition,
    /// or that nothing starts it. Absent if it runs, unknown if that can't be told.
    pub(in crate::subsystem) fn blocked_by(
        &self,
        subsystems: &Subsystems<'_>,
        unit: &str,
    ) -> Knowledge<Origin> {
        if let Some(mask) = self.masked_by(subsystems, unit) {
            return Knowledge::Known(mask);
        }
        // Who asks says itself what another init leaves open.
        if subsystems.systemd().doubt.is_some() {
            return Knowledge::Absent;
        }
        match (self.starts(subsystems, unit), self.search.resolve(subsystems.host().files(), unit)) {
            (Starts::Yes(_), _) => Knowledge::Absent,
            (Starts::Unknown(reason), _) => Knowledge::unknown(reason),
            (Starts::No(origins), found) => match (origins.into_iter().next(), found) {
                (Some(origin), _) => Knowledge::Known(origin),
                (None, Found::Fragment { path, .. }) => {
                    Knowledge::Known(Origin::file(path).says("nothing starts it"))
                }
                // systemd brings these services along: a tree without them holds configuration only.
                (None, _) => Knowledge::Absent,
            },
        }
    }

    /// Whether the next boot may start a unit; one without a unit file can't be.
    pub(in crate::subsystem) fn may_start(&self, subsystems: &Subsystems<'_>, unit: &str) -> bool {
        match self.starts(subsystems, unit) {
            Starts::Yes(_) => true,
            Starts::No(_) => false,
            Starts::Unknown(_) => {
                let found = self.search.resolve(subsystems.host().files(), unit);
                found != Found::Missing || !self.search.gaps.is_empty()
            }
        }
    }

    /// The commands (`ExecStartPre=`, `ExecStart=`, `ExecStartPost=`) of every service that the next boot
    /// starts or may start, with their places: what may change a setting later.
    pub fn started_commands(&self, subsystems: &Subsystems<'_>) -> &[(Origin, String)] {
        self.commands.get_or_init(|| self.commands_of_all(subsystems))
    }

    fn commands_of_all(&self, subsystems: &Subsystems<'_>) -> Vec<(Origin, String)> {
        if subsystems.systemd().doubt.is_some() {
            return Vec::new();
        }
        let mut commands: Vec<(Origin, String)> = Vec::new();
        let mut seen = foldhash::HashSet::default();
        for scenario in self.scenarios(subsystems) {
            let triggered = scenario.triggers(subsystems).soon(subsystems, scenario);
            let reached = scenario.graph.nodes.values().filter_map(|node| node.unit.clone());
            for unit in reached.chain(triggered) {
                if suffix(&unit.name) != "service"
                    || matches!(
                        outcome::of(subsystems, scenario, &unit.name).outcome,
                        Outcome::Skipped(_) | Outcome::Masked(_) | Outcome::Refused(_)
                    )
                {
                    continue;
                }
                for key in ["ExecStartPre", "ExecStart", "ExecStartPost"] {
                    for setting in unit.list("Service", key) {
                        let command = (setting.origin(), setting.value.clone());
                        if seen.insert(command.clone()) {
                            commands.push(command);
                        }
                    }
                }
            }
        }
        commands
    }

    /// A unit with its drop-ins as the next boot loads it; none if no file describes it.
    pub fn merged(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<Rc<MergedUnit>> {
        MergedUnit::load(&self.search, subsystems.host().files(), &full_name(name))
    }

    /// Like `merged`, but files and directories that can't be read are among its gaps. None if certainly no file
    /// describes it.
    pub fn merged_with_gaps(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<Rc<MergedUnit>> {
        let (files, name) = (subsystems.host().files(), full_name(name));
        let unreadable = || match self.search.resolve(files, &name) {
            Found::Unreadable(gap) => Some(MergedUnit { gaps: vec![gap], ..self.drop_ins(files, &name) }),
            Found::Missing if !self.search.gaps.is_empty() => Some(self.drop_ins(files, &name)),
            _ => None,
        };
        let unit = MergedUnit::load(&self.search, files, &name).or_else(|| unreadable().map(Rc::new))?;
        if self.search.gaps.is_empty() {
            return Some(unit);
        }
        let mut unit = MergedUnit::clone(&unit);
        unit.gaps.extend(self.search.gaps.iter().cloned());
        Some(Rc::new(unit))
    }

    /// The drop-ins of a unit, whether or not it has a file.
    pub fn drop_ins_only(&self, subsystems: &Subsystems<'_>, name: &str) -> Rc<MergedUnit> {
        Rc::new(self.drop_ins(subsystems.host().files(), &full_name(name)))
    }

    fn drop_ins(&self, files: &Files, name: &str) -> MergedUnit {
        MergedUnit::drop_ins_only(&self.search, files, name)
    }

    /// What a unit is at a moment.
    pub fn service(&self, subsystems: &Subsystems<'_>, unit: &str, moment: Moment) -> Answer<UnitState> {
        match moment {
            Moment::Now => live::service(subsystems, unit),
            Moment::NextBoot => match &subsystems.systemd().doubt {
                Some(doubt) => {
                    Answer::unknown(doubt.clone()).because_all(subsystems.systemd().because.iter().cloned())
                }
                None => service::at_boot(self, subsystems, unit),
            },
        }
    }

    fn real_name(&self, subsystems: &Subsystems<'_>, name: &str) -> String {
        match self.search.resolve(subsystems.host().files(), name) {
            Found::Fragment { name, .. } => name,
            _ => unit::expand(name, name),
        }
    }
}
