//! What the kubelet reserves and where it evicts: maps of quantities, and the managers of CPUs, memory and topology
//! (pkg/kubelet/eviction/helpers.go, pkg/kubelet/cm, `parseResourceList` in cmd/kubelet/app/server.go).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::default_table::THRESHOLDS;
use super::view::{Judgement, View};
use crate::parse::document::Content;
use crate::parse::quantity::Quantity;
use crate::parse::{cpu_list, go_duration};

/// What can be reserved for the system and for Kubernetes.
const RESERVABLE: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "pid"];

/// Signals of eviction.
const SIGNALS: [&str; 9] = [
    "memory.available",
    "nodefs.available",
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "containerfs.available",
    "containerfs.inodesFree",
    "allocatableMemory.available",
    "pid.available",
];

pub(super) fn look(view: View<'_>, found: &mut Judgement) {
    reserved(view, found);
    eviction(view, found);
    enforced(view, found);
    memory_manager(view, found);
    reserved_cpus(view, found);
    for (name, value) in view.pairs("qosReserved") {
        let percent = value.ends_with('%').then(|| value.trim_end_matches('%').parse::<i64>());
        if name != "memory" || !matches!(percent, Some(Ok(0..=100))) {
            let text = format!(
                "qosReserved.{name} is `{value}`, must be memory with a whole percentage, such as 50%"
            );
            found.fault("qosReserved", text);
        }
    }
    let size = "containerLogMaxSize";
    if let Some(text) = view.text(size).filter(|text| !is_size(text)) {
        found.fault(size, format!("{size} is `{text}`, must be a whole quantity of bytes, such as 10Mi"));
    }
}

/// Whether a quantity is a number of bytes to the kubelet: `AsInt64` of apimachinery knows no fractions (0.5Gi is one to it)
/// and nothing beyond terabytes in binary units.
fn is_size(text: &str) -> bool {
    let is_binary = text.ends_with('i');
    let is_written = !(is_binary && (text.contains('.') || text.ends_with("Pi") || text.ends_with("Ei")));
    #[expect(clippy::cast_precision_loss, reason = "the bound needn't be exact")]
    let fits = |bytes: f64| bytes.fract() == 0.0 && bytes.abs() < i64::MAX as f64;
    is_written && Quantity::parse(text).is_some_and(|quantity| fits(quantity.value()))
}

fn reserved(view: View<'_>, found: &mut Judgement) {
    for field in ["systemReserved", "kubeReserved"] {
        for (name, value) in view.pairs(field) {
            let quantity = Quantity::parse(&value);
            if !RESERVABLE.contains(&name) {
                let text = format!("{field} has `{name}`, must be one of {}", RESERVABLE.join(", "));
                found.fault(field, text);
            } else if quantity.is_none_or(|quantity| quantity.sign() == Ordering::Less) {
                let wanted = "must be a quantity of 0 or more, such as 500m or 1Gi";
                found.fault(field, format!("{field}.{name} is `{value}`, {wanted}"));
            }
        }
    }
}

fn eviction(view: View<'_>, found: &mut Judgement) {
    let maps = ["evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim"];
    for field in maps {
        for (signal, value) in view.pairs(field) {
            if !SIGNALS.contains(&signal) {
                let text = format!("{field} has `{signal}`, must be one of {}", SIGNALS.join(", "));
                found.fault(field, text);
                continue;
            }
            let wanted = match field {
                "evictionSoftGracePeriod" => {
                    let span = go_duration::nanoseconds(&value);
                    span.is_none_or(|span| span < 0).then_some("a duration of 0s or more, such as 1m30s")
                }
                "evictionMinimumReclaim" => {
                    (!is_reclaim(&value)).then_some("a quantity of 0 or more, or a percentage above 0%")
                }
                _ => (!is_threshold(&value)).then_some("a quantity above 0, or a percentage up to 100%"),
            };
            if let Some(wanted) = wanted {
                found.fault(field, format!("{field}.{signal} is `{value}`, must be {wanted}"));
            }
        }
    }
    let has_grace = |signal: &str| view.pairs("evictionSoftGracePeriod").any(|(name, _)| name == signal);
    for (signal, value) in view.pairs("evictionSoft") {
        let is_off = ["0%", "100%"].contains(&&*value);
        if SIGNALS.contains(&signal) && !is_off && !has_grace(signal) {
            let text = format!("evictionSoft.{signal} needs evictionSoftGracePeriod.{signal}");
            found.fault("evictionSoft", text);
        }
    }
}

/// The number before a `%` (several count as one, and `nan` is a number: `parsePercentage`).
fn percentage(value: &str) -> Option<f64> {
    value.trim_end_matches('%').parse().ok()
}

fn is_threshold(value: &str) -> bool {
    if value.ends_with('%') {
        percentage(value).is_some_and(|number| number.is_nan() || (0.0..=100.0).contains(&number))
    } else {
        Quantity::parse(value).is_some_and(|quantity| quantity.sign() == Ordering::Greater)
    }
}

fn is_reclaim(value: &str) -> bool {
    if value.ends_with('%') {
        percentage(value).is_some_and(|number| number.is_nan() || number > 0.0)
    } else {
        Quantity::parse(value).is_some_and(|quantity| quantity.sign() != Ordering::Less)
    }
}

/// `enforceNodeAllocatable`, and the cgroups that its words need.
fn enforced(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "enforceNodeAllocatable";
    const KEYS: [&str; 6] = [
        "pods",
        "system-reserved",
        "system-reserved-compressible",
        "kube-reserved",
        "kube-reserved-compressible",
        "none",
    ];
    let words: Vec<&str> = view.texts(FIELD).collect();
    let mut fault = |text: String| found.fault(FIELD, text);
    let mut seen = BTreeSet::new();
    for word in &words {
        if !seen.insert(*word) {
            fault(format!("{FIELD} has `{word}` twice"));
            continue;
        }
        let cgroup = match *word {
            "pods" => None,
            "system-reserved" | "system-reserved-compressible" => Some("systemReservedCgroup"),
            "kube-reserved" | "kube-reserved-compressible" => Some("kubeReservedCgroup"),
            "none" => {
                if words.len() > 1 {
                    fault(format!("{FIELD} has `none` beside others"));
                }
                continue;
            }
            _ => {
                fault(format!("{FIELD} has `{word}`, must be one of {}", KEYS.join(", ")));
                continue;
            }
        };
        if let Some(cgroup) = cgroup.filter(|cgroup| !view.has_text(cgroup)) {
            fault(format!("`{word}` in {FIELD} needs {cgroup}"));
        }
        if let Some(plain) = word.strip_suffix("-compressible").filter(|plain| words.contains(plain)) {
            fault(format!("{FIELD} has both `{plain}` and `{word}`"));
        }
        if view.bool("cgroupsPerQOS") == Some(false) {
            fault(format!("`{word}` in {FIELD} needs cgroupsPerQOS: true"));
        }
    }
    // The default is to enforce pods.
    if view.at(FIELD).is_none() && view.bool("cgroupsPerQOS") == Some(false) {
        let text = format!("cgroupsPerQOS: false needs {FIELD}: [none]");
        found.fault("cgroupsPerQOS", text);
    }
}

fn reserved_cpus(view: View<'_>, found: &mut Judgement) {
    let field = "reservedSystemCPUs";
    let Some(list) = view.text(field).filter(|list| !list.is_empty()) else { return };
    if cpu_list::ranges(list).is_none() {
        found.fault(field, format!("{field} is `{list}`, must be a list of CPUs, such as 0-3,8"));
    }
    for cgroup in ["systemReservedCgroup", "kubeReservedCgroup"] {
        if view.has_text(cgroup) {
            found.fault(field, format!("{field} can't be set together with {cgroup}"));
        }
    }
}

/// Whether memory of this name can be reserved.
pub(super) fn is_memory(name: &str) -> bool {
    name == "memory" || name.starts_with("hugepages-")
}

/// `reservedMemory`, and that the static policy gets as much as is reserved otherwise.
fn memory_manager(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "reservedMemory";
    let mut seen = BTreeSet::new();
    let mut total = 0.0;
    for item in view.list(FIELD) {
        let node = match item.at("numaNode").map(|node| &node.content) {
            Some(Content::Integer(node)) => *node,
            _ => 0,
        };
        let Some(Content::Table(limits)) = item.at("limits").map(|node| &node.content) else { continue };
        for (name, value) in limits {
            let text = match &value.content {
                Content::Text(text) => text.clone(),
                Content::Integer(number) => number.to_string(),
                _ => continue,
            };
            let place = format!("{FIELD} of NUMA node {node}");
            if !is_memory(name) {
                found.fault(FIELD, format!("{place} has `{name}`, must be memory or hugepages-SIZE"));
            }
            match Quantity::parse(&text) {
                // A negative one is none that the static policy could have, and else is not looked at.
                Some(quantity) if quantity.sign() != Ordering::Equal => {
                    if name == "memory" {
                        total += quantity.value();
                    }
                }
                _ => found
                    .fault(FIELD, format!("{place}: {name} is `{text}`, must be a quantity other than 0")),
            }
            if !seen.insert((node, name)) {
                found.fault(FIELD, format!("{place} has {name} twice"));
            }
        }
    }
    if view.text("memoryManagerPolicy") == Some("Static")
        && !view.unread.contains(&FIELD)
        && let Some(wanted) = reserved_bytes(view)
        && (total - wanted).abs() >= 1.0
    {
        let text = format!(
            "memoryManagerPolicy: Static needs reservedMemory of {wanted} bytes in all (kubeReserved, systemReserved and \
             evictionHard of memory together), found {total}"
        );
        found.fault("memoryManagerPolicy", text);
    }
}

/// The bytes of memory that are reserved and kept free; none if the threshold is a percentage, or none of the kubelet's.
fn reserved_bytes(view: View<'_>) -> Option<f64> {
    let of =
        |field: &str, name: &str| view.pairs(field).find(|(own, _)| *own == name).map(|(_, value)| value);
    let mut total = 0.0;
    for field in ["kubeReserved", "systemReserved"] {
        if let Some(value) = of(field, "memory") {
            total += Quantity::parse(&value)?.value();
        }
    }
    let threshold = match view.at("evictionHard") {
        None => THRESHOLDS
            .iter()
            .find(|(name, ..)| *name == "memory.available")
            .map(|(_, value, _)| (*value).into()),
        // With the built-in ones merged in, the version decides which there are.
        Some(_) if view.bool("mergeDefaultEvictionSettings") == Some(true) => return None,
        Some(_) => of("evictionHard", "memory.available"),
    };
    match threshold {
        Some(value) => Some(total + Quantity::parse(&value)?.value()),
        None => Some(total),
    }
}
