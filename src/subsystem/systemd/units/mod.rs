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
mod presets;
mod refused;
mod search_path;
mod service;
mod sysv;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(crate) use live::CGROUPS;
pub use merged::{MergedUnit, Setting};
pub(crate) use options::full_name;

use crate::fact::{Fact, Moment, Origin};
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
    worlds: OnceCell<Vec<World>>,
    commands: OnceCell<Vec<(Origin, String)>>,
    live: OnceCell<live::Live>,
}

/// One plausible boot.
#[derive(Debug)]
struct World {
    options: Options,
    graph: Graph,
    conflicts: outcome::Conflicts,
    /// Units that are dropped because of the order in which they are to be started.
    dropped: BTreeMap<String, order::Dropped>,
    /// Services made of init scripts.
    scripts: Rc<BTreeMap<String, Origin>>,
    /// Units that presets enable, with the place; only on a first boot.
    presets: BTreeMap<String, Origin>,
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

impl Units {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let search = SearchPath::at_boot(subsystems.host().files(), subsystems.systemd().version);
        Units { search, ..Units::default() }
    }

    fn worlds(&self, subsystems: &Subsystems<'_>) -> &[World] {
        self.worlds.get_or_init(|| {
            let files = subsystems.host().files();
            let scripts = Rc::new(sysv::services(subsystems, &self.search));
            let generated = sysv::links(files, &scripts);
            let world = |options: Options| {
                let enabled = match options.first_boot {
                    Some(true) => presets::links(files, &self.search),
                    _ => Vec::new(),
                };
                let presets = enabled.iter().map(|link| (link.unit.clone(), link.origin.clone())).collect();
                let extra: Vec<_> = generated.iter().cloned().chain(enabled).collect();
                let mut graph = Graph::walk(files, &self.search, &options, &extra);
                let conflicts = outcome::conflicts(&mut graph, |name| self.real_name(subsystems, name));
                let dropped = order::dropped(&mut graph, |name| self.real_name(subsystems, name));
                World { options, graph, conflicts, dropped, scripts: Rc::clone(&scripts), presets }
            };
            options::of_each_boot(subsystems).into_iter().map(world).collect()
        })
    }

    /// Whether the next boot starts a unit, by any name it has: masks, conditions and the graph considered.
    pub fn starts(&self, subsystems: &Subsystems<'_>, unit: &str) -> Starts {
        if let Some(doubt) = &subsystems.systemd().doubt {
            return Starts::Unknown(doubt.clone());
        }
        let mut answers =
            self.worlds(subsystems).iter().map(|world| Self::starts_in(subsystems, world, unit));
        let Some(first) = answers.next() else { return Starts::Unknown("no boot is known".into()) };
        let same = |other: &Starts| std::mem::discriminant(other) == std::mem::discriminant(&first);
        match answers.find(|other| !same(other)) {
            None => first,
            Some(_) => Starts::Unknown("the kernel command lines that could boot disagree".into()),
        }
    }

    fn starts_in(subsystems: &Subsystems<'_>, world: &World, name: &str) -> Starts {
        let usual =
            world.graph.assumed && world.graph.nodes.get(name).is_some_and(|n| n.found == Found::Missing);
        match outcome::of(subsystems, world, name).outcome {
            _ if usual && suffix(name) == "service" && !world.scripts.contains_key(name) => {
                Starts::Yes(Vec::new())
            }
            Outcome::Active(origins) | Outcome::Finished(origins) | Outcome::Failed(origins) => {
                Starts::Yes(origins)
            }
            Outcome::Skipped(origins) => Starts::No(origins),
            Outcome::Masked(origin) | Outcome::Refused(origin) => Starts::No(vec![origin]),
            Outcome::NotReached | Outcome::Missing => Starts::No(Vec::new()),
            Outcome::Unknown(reason) => Starts::Unknown(reason),
        }
    }

    /// The places that pull a unit in by name, whether or not it has a unit file: `dev-sda2.swap` is
    /// generated from fstab and may still be wanted by a unit that starts. Empty if nothing does.
    pub fn pulled_in_by(&self, subsystems: &Subsystems<'_>, unit: &str) -> Vec<Origin> {
        if subsystems.systemd().doubt.is_some() {
            return Vec::new();
        }
        let real = self.real_name(subsystems, unit);
        let nodes = self.worlds(subsystems).iter().filter_map(|world| world.graph.nodes.get(&real));
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
        self.worlds(subsystems).iter().find_map(|world| match outcome::of(subsystems, world, unit).outcome {
            Outcome::Masked(origin) => Some(origin),
            _ => None,
        })
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
        for world in self.worlds(subsystems) {
            for unit in world.graph.nodes.values().filter_map(|node| node.unit.as_deref()) {
                if suffix(&unit.name) != "service"
                    || matches!(
                        outcome::of(subsystems, world, &unit.name).outcome,
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
    pub fn merged(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<MergedUnit> {
        MergedUnit::load(&self.search, subsystems.host().files(), &full_name(name))
    }

    /// The same, for whoever asks what it says: what could not be read may hold its file or a drop-in. None if
    /// certainly no file describes it.
    pub fn said(&self, subsystems: &Subsystems<'_>, name: &str) -> Option<MergedUnit> {
        let (files, name) = (subsystems.host().files(), full_name(name));
        let unreadable = || match self.search.resolve(files, &name) {
            Found::Unreadable(gap) => Some(MergedUnit { gaps: vec![gap], ..self.drop_ins(files, &name) }),
            Found::Missing if !self.search.gaps.is_empty() => Some(self.drop_ins(files, &name)),
            _ => None,
        };
        let mut unit = MergedUnit::load(&self.search, files, &name).or_else(unreadable)?;
        unit.gaps.extend(self.search.gaps.iter().cloned());
        Some(unit)
    }

    /// The drop-ins of a unit, whether or not it has a file.
    pub fn drop_ins_alone(&self, subsystems: &Subsystems<'_>, name: &str) -> MergedUnit {
        self.drop_ins(subsystems.host().files(), &full_name(name))
    }

    fn drop_ins(&self, files: &Files, name: &str) -> MergedUnit {
        MergedUnit::drop_ins_alone(&self.search, files, name)
    }

    /// The answer for `service:UNIT`: attributes `active`, `enabled` and `fragment`.
    pub fn service(&self, subsystems: &Subsystems<'_>, unit: &str, moment: Moment) -> Fact {
        match moment {
            Moment::Now => live::service(subsystems, unit),
            Moment::Boot => match &subsystems.systemd().doubt {
                Some(doubt) => {
                    Fact::unknown(doubt.clone()).because_all(subsystems.systemd().because.iter().cloned())
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
