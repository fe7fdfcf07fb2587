//! Which cases share a boot: those that can't see each other.

use std::collections::BTreeSet;

use crate::case::{Case, split_attribute};
use crate::root;

/// Cases that are booted together.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) base: String,
    pub(crate) cmdline: String,
    pub(crate) cases: Vec<Case>,
}

/// The fewest boots that a greedy look finds.
pub(crate) fn of(cases: &[Case]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for case in cases {
        match groups.iter_mut().find(|group| fits(group, case)) {
            Some(group) => group.cases.push(case.clone()),
            None => groups.push(Group {
                base: root::name(case),
                cmdline: case.cmdline.clone().unwrap_or_default(),
                cases: vec![case.clone()],
            }),
        }
    }
    groups
}

/// For every change to come: the largest groups, which hold most cases, as many as CI has time for.
pub(crate) fn core(mut groups: Vec<Group>) -> Vec<Group> {
    const BOOTS: usize = 8;
    groups.sort_by_key(|group| std::cmp::Reverse(group.cases.len()));
    groups.truncate(BOOTS);
    groups
}

fn fits(group: &Group, case: &Case) -> bool {
    // A first boot enables what presets say, for everybody.
    let is_alone = |case: &Case| {
        case.alone
            || case.disk.is_some()
            || !case.remove.is_empty()
            || case.file.contains_key("/etc/machine-id")
    };
    group.base == root::name(case)
        && group.cmdline == case.cmdline.as_deref().unwrap_or_default()
        && !is_alone(case)
        && group.cases.iter().all(|other| !is_alone(other) && touched(other).is_disjoint(&touched(case)))
}

/// What a case changes or asks for, coarse enough that what is disjoint does not meet.
fn touched(case: &Case) -> BTreeSet<String> {
    let paths = case.file.keys().chain(case.link.keys()).chain(case.program.keys()).cloned();
    let areas = case.expect.keys().flat_map(|question| {
        let (question, _) = split_attribute(question);
        let area = question.split(':').next().unwrap_or_default();
        match area {
            // One area switches off or fills the other.
            "swap" | "hostname" | "cgroup" => vec![area.to_owned()],
            _ => vec![question.to_owned()],
        }
    });
    let mut all: BTreeSet<String> = paths.chain(areas).collect();
    // Kernel variables that write each other, and lines for the same variable in files of different names.
    for text in case.file.values() {
        for line in text.lines() {
            if let Some((key, _)) = line.split_once('=')
                && let key = key.trim().trim_start_matches('-').replace('/', ".")
                && (key.starts_with("net.") || key.starts_with("vm.") || key.starts_with("kernel."))
            {
                all.insert(if key.contains("forward") { "forwarding".into() } else { format!("key {key}") });
            }
        }
    }
    if all.iter().any(|what| what.contains("forward")) {
        all.insert("forwarding".into());
    }
    all
}
