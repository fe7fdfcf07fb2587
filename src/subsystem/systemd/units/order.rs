//! In which order a boot starts its units, and units ordered after themselves: systemd drops a unit of every such
//! circle. (Source: `transaction_verify_order` of systemd 252; seen with `systemd --test`.)

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use super::graph::Graph;
use super::merged::MergedUnit;
use super::search_path::{Found, suffix};
use crate::fact::DepthFirst;
use crate::parse::unit;

/// No honest circle is longer; who is dropped from such a one is not asked.
const MAX_CIRCLE: usize = 100;

/// What becomes of a unit because of a circle that it is in, or that a unit is in which it requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// It is dropped; the circle.
    Surely(String),
    /// It or another one is; the circle. Which one depends on the order of systemd's hash tables.
    Maybe(String),
}

/// The units that may be dropped, by name; `real` tells the own name of a unit. If what is dropped may only be what
/// the target that boots requires, systemd gives up.
pub(super) fn dropped(graph: &mut Graph, real: impl Fn(&str) -> String) -> BTreeMap<String, Dropped> {
    let jobs: Vec<&MergedUnit> = graph
        .nodes
        .values()
        .filter(|node| matches!(node.found, Found::Fragment { .. }) && node.refused.is_none())
        .filter_map(|node| node.unit.as_deref())
        .collect();
    let before = edges(&jobs, graph, real);
    let circles = circles(&before);
    if circles.is_empty() {
        return BTreeMap::new();
    }
    let matter = graph.what_matters();
    let requiring = graph.requiring();
    let mut dropped = BTreeMap::new();
    let mut stuck = None;
    for circle in circles {
        let text = says(&circle.iter().map(|index| jobs[*index].name.as_str()).collect::<Vec<_>>());
        let (needed, spare): (BTreeSet<usize>, BTreeSet<usize>) =
            circle.iter().partition(|index| matter.contains(&jobs[**index].name));
        if has_circle(&before, &needed) {
            stuck = Some(format!("{text}, and what boots requires them: systemd may start none of them"));
        }
        let lost = |index: usize| with_requiring(&requiring, [jobs[index].name.as_str()]);
        for name in with_requiring(&requiring, spare.iter().map(|index| jobs[*index].name.as_str())) {
            dropped.entry(name.to_owned()).or_insert_with(|| Dropped::Maybe(text.clone()));
        }
        let doubtful = circle.iter().any(|index| graph.nodes[&jobs[*index].name].doubtful);
        if doubtful || circle.len() > MAX_CIRCLE {
            continue;
        }
        // Of such a circle no other unit can be dropped instead.
        let alone = spare.iter().copied().filter(|index| {
            let with_it: BTreeSet<usize> = needed.iter().copied().chain([*index]).collect();
            has_circle(&before, &with_it)
        });
        // Whichever unit is dropped, these go with it.
        let whichever = spare.iter().copied().map(lost).reduce(|these, those| &these & &those);
        for name in alone.flat_map(lost).chain(whichever.into_iter().flatten()) {
            dropped.insert(name.to_owned(), Dropped::Surely(text.clone()));
        }
    }
    graph.stuck = graph.stuck.take().or(stuck);
    dropped
}

fn says(names: &[&str]) -> String {
    let more = if names.len() > 5 { ", ..." } else { "" };
    format!("{}{more} are ordered after each other in a circle", names[..names.len().min(5)].join(", "))
}

/// Units with all that require them: they are dropped together. What only wants them is started all the same.
fn with_requiring<'n>(
    requiring: &HashMap<&'n str, Vec<&'n str>>,
    units: impl IntoIterator<Item = &'n str>,
) -> BTreeSet<&'n str> {
    let mut found = BTreeSet::new();
    let mut queue: Vec<&str> = units.into_iter().collect();
    while let Some(unit) = queue.pop() {
        if found.insert(unit) {
            queue.extend(requiring.get(unit).into_iter().flatten());
        }
    }
    found
}

/// For every unit those that it is started before.
fn edges(jobs: &[&MergedUnit], graph: &Graph, real: impl Fn(&str) -> String) -> Vec<Vec<usize>> {
    let known: HashMap<&str, usize> =
        jobs.iter().enumerate().map(|(index, unit)| (unit.name.as_str(), index)).collect();
    let index_of = |name: &str| known.get(name).or_else(|| known.get(real(name).as_str())).copied();
    let mut before = vec![Vec::new(); jobs.len()];
    let mut add = |first: Option<usize>, second: Option<usize>| match (first, second) {
        (Some(first), Some(second)) if first != second => before[first].push(second),
        _ => {}
    };
    for (this, unit) in jobs.iter().enumerate() {
        for setting in unit.settings.iter().filter(|setting| *setting.section == *"Unit") {
            let is_after = match setting.key.as_str() {
                "After" => true,
                "Before" => false,
                _ => continue,
            };
            for name in unit::names(&setting.value) {
                let other = index_of(&unit::of_template(name, &unit.name));
                let (first, second) = if is_after { (other, Some(this)) } else { (Some(this), other) };
                add(first, second);
            }
        }
        let implied = Implied::of(unit);
        implied.after.iter().for_each(|name| add(index_of(name), Some(this)));
        implied.before.iter().for_each(|name| add(Some(this), index_of(name)));
    }
    // A target is started after what it pulls in, unless something says that it is started before.
    for (this, target) in jobs.iter().enumerate().filter(|(_, unit)| has_default_dependencies(unit)) {
        for name in graph.pulled_by_target(&target.name) {
            let other = known.get(name.as_str()).copied();
            let Some(other) = other.filter(|other| has_default_dependencies(jobs[*other])) else { continue };
            if !before[this].contains(&other) && other != this {
                before[other].push(this);
            }
        }
    }
    before
}

/// What the kind of a unit and its settings imply (the sections "Implicit Dependencies" and "Default Dependencies" of
/// systemd.service(5), systemd.socket(5), systemd.timer(5), systemd.path(5), systemd.mount(5) and systemd.exec(5)).
#[derive(Default)]
struct Implied {
    after: Vec<String>,
    before: Vec<String>,
}

impl Implied {
    fn of(unit: &MergedUnit) -> Self {
        let mut implied = Implied::default();
        let by_default = has_default_dependencies(unit);
        let stem = unit.name.rsplit_once('.').map_or(unit.name.as_str(), |(stem, _)| stem);
        let triggered = |section, key| {
            let named = unit.last(section, key).map(|setting| setting.value.clone());
            named.unwrap_or_else(|| format!("{stem}.service"))
        };
        match suffix(&unit.name) {
            "service" => {
                implied.after_service(unit);
                if by_default {
                    implied.after.extend(["sysinit.target", "basic.target"].map(String::from));
                }
            }
            "socket" => {
                implied.before.push(triggered("Socket", "Service"));
                implied.in_between(by_default, "sysinit.target", "sockets.target");
            }
            "timer" => {
                implied.before.push(triggered("Timer", "Unit"));
                implied.in_between(by_default, "sysinit.target", "timers.target");
                if by_default && unit.last("Timer", "OnCalendar").is_some() {
                    implied.after.extend(["time-sync.target", "time-set.target"].map(String::from));
                }
            }
            "path" => {
                implied.before.push(triggered("Path", "Unit"));
                implied.in_between(by_default, "sysinit.target", "paths.target");
            }
            "mount" if is_of_network(unit) => {
                implied.in_between(by_default, "remote-fs-pre.target", "remote-fs.target");
                implied.in_between(by_default, "network-online.target", "remote-fs.target");
                implied.in_between(by_default, "network.target", "remote-fs.target");
            }
            "mount" => implied.in_between(by_default, "local-fs-pre.target", "local-fs.target"),
            "swap" => implied.in_between(by_default, "systemd-modules-load.service", "swap.target"),
            _ => {}
        }
        implied
    }

    fn in_between(&mut self, by_default: bool, after: &str, before: &str) {
        if by_default {
            self.after.push(after.into());
            self.before.push(before.into());
        }
    }

    fn after_service(&mut self, unit: &MergedUnit) {
        let output = unit.last("Service", "StandardOutput");
        if output.is_none_or(|output| ["journal", "kmsg"].iter().any(|word| output.value.contains(word))) {
            self.after.push("systemd-journald.socket".into());
        }
        if unit.boolean("Service", "PrivateTmp") == Some(true) {
            self.after.push("systemd-tmpfiles-setup.service".into());
        }
        if unit.last("Service", "BusName").is_some() {
            self.after.push("dbus.socket".into());
        }
        for setting in unit.every("Service", "Sockets") {
            self.after.extend(unit::names(&setting.value).map(str::to_owned));
        }
    }
}

pub(super) fn has_default_dependencies(unit: &MergedUnit) -> bool {
    unit.boolean("Unit", "DefaultDependencies") != Some(false)
}

/// Whether a mount needs the network (systemd.mount(5), "Default Dependencies").
fn is_of_network(unit: &MergedUnit) -> bool {
    const NETWORK: &[&str] =
        &["nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "ocfs2", "gfs2", "sshfs", "9p"];
    let options = unit.last("Mount", "Options").is_some_and(|options| options.value.contains("_netdev"));
    let kind = unit
        .last("Mount", "Type")
        .is_some_and(|kind| NETWORK.contains(&kind.value.strip_prefix("fuse.").unwrap_or(&kind.value)));
    options || kind
}

/// The strongly connected components of more than one vertex (Kosaraju's algorithm, without recursion).
fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let all: BTreeSet<usize> = (0..edges.len()).collect();
    if !has_circle(edges, &all) {
        return Vec::new();
    }
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, others) in edges.iter().enumerate() {
        for to in others {
            reversed[*to].push(from);
        }
    }
    let finished = DepthFirst::new(edges).whole_order();
    let mut search = DepthFirst::new(&reversed);
    let components = finished.into_iter().rev().map(|start| search.leave_order(start));
    components.filter(|component| component.len() > 1).collect()
}

/// Whether some of the vertices lie on a circle that leaves out all others.
fn has_circle(edges: &[Vec<usize>], vertices: &BTreeSet<usize>) -> bool {
    let mut entering = vec![0_usize; edges.len()];
    let within = |others: &[usize]| -> Vec<usize> {
        others.iter().copied().filter(|other| vertices.contains(other)).collect()
    };
    for other in vertices.iter().flat_map(|vertex| within(&edges[*vertex])) {
        entering[other] += 1;
    }
    let mut free: Vec<usize> = vertices.iter().copied().filter(|vertex| entering[*vertex] == 0).collect();
    let mut left = vertices.len();
    while let Some(vertex) = free.pop() {
        left -= 1;
        for other in within(&edges[vertex]) {
            entering[other] -= 1;
            if entering[other] == 0 {
                free.push(other);
            }
        }
    }
    left > 0
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Whether one vertex leads to another in at least one step, by brute force.
    fn leads(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut queue = edges[from].clone();
        while let Some(vertex) = queue.pop() {
            if seen.insert(vertex) {
                queue.extend(&edges[vertex]);
            }
        }
        seen.contains(&to)
    }

    proptest! {
        #[test]
        fn circles_are_the_vertices_that_lead_to_each_other(
            edges in (1..9_usize).prop_flat_map(|n| vec(vec(0..n, 0..4), n)),
        ) {
            let edges: Vec<Vec<usize>> = edges
                .into_iter()
                .enumerate()
                .map(|(this, others)| others.into_iter().filter(|other| *other != this).collect())
                .collect();
            let circles = circles(&edges);
            for this in 0..edges.len() {
                for other in 0..edges.len() {
                    let both = circles.iter().any(|circle| circle.contains(&this) && circle.contains(&other));
                    let expected = leads(&edges, this, other) && leads(&edges, other, this);
                    prop_assert_eq!(both, expected, "{} and {} of {:?}", this, other, &edges);
                }
            }
        }
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let mut edges: Vec<Vec<usize>> = (1..100_000).map(|next| vec![next]).collect();
        edges.push(vec![0]);
        assert_eq!(circles(&edges).iter().map(Vec::len).collect::<Vec<_>>(), [100_000]);
    }
}
