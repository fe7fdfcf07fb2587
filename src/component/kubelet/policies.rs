//! Policies and their options: CPU manager, topology manager, and the sysctls that pods are allowed
//! (`policy_options.go` in pkg/kubelet/cm/cpumanager and in pkg/kubelet/cm/topologymanager; pkg/kubelet/sysctl).

use std::cmp::Ordering;

use super::view::{Judgement, View};
use crate::parse::go_bool;
use crate::parse::quantity::Quantity;

/// A feature gate, and the minor version from which on it is on; never, where that is none.
type Gate = (&'static str, Option<u64>);

/// Options of the static CPU manager, with the gate that must be on besides (and since when it is).
const CPU_OPTIONS: [(&str, Option<Gate>); 6] = [
    ("align-by-socket", Some(("CPUManagerPolicyAlphaOptions", None))),
    ("distribute-cpus-across-cores", Some(("CPUManagerPolicyAlphaOptions", None))),
    ("distribute-cpus-across-numa", Some(("CPUManagerPolicyBetaOptions", Some(33)))),
    ("full-pcpus-only", None),
    ("prefer-align-cpus-by-uncorecache", None),
    ("strict-cpu-reservation", None),
];

/// Pairs of these that exclude each other.
const EXCLUSIVE: [(&str, &str); 4] = [
    ("distribute-cpus-across-cores", "full-pcpus-only"),
    ("distribute-cpus-across-cores", "distribute-cpus-across-numa"),
    ("distribute-cpus-across-cores", "prefer-align-cpus-by-uncorecache"),
    ("distribute-cpus-across-numa", "prefer-align-cpus-by-uncorecache"),
];

pub(super) fn look(view: View<'_>, found: &mut Judgement) {
    cpus(view, found);
    topology(view, found);
    sysctls(view, found);
}

fn cpus(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "cpuManagerPolicyOptions";
    let options: Vec<_> = view.pairs(FIELD).collect();
    if view.text("cpuManagerPolicy").unwrap_or("none") == "none" {
        if let Some((name, _)) = options.first() {
            found.fault(FIELD, format!("{FIELD} has `{name}`, which needs cpuManagerPolicy: static"));
        }
        return;
    }
    let is_reserved = |field: &str| {
        let cpu = view.pairs(field).find(|(name, _)| *name == "cpu");
        let quantity = cpu.and_then(|(_, value)| Quantity::parse(&value));
        quantity.is_some_and(|quantity| quantity.sign() == Ordering::Greater)
    };
    if !view.has_text("reservedSystemCPUs") && !is_reserved("systemReserved") && !is_reserved("kubeReserved")
    {
        let text = "cpuManagerPolicy: static needs CPU that is reserved: reservedSystemCPUs, or cpu in systemReserved or \
                    kubeReserved";
        found.fault("cpuManagerPolicy", text);
    }
    for (name, value) in &options {
        let Some((_, gate)) = CPU_OPTIONS.iter().find(|(option, _)| option == name) else {
            // Older and later versions have others.
            if view.minor == Some(36) {
                let known: Vec<_> = CPU_OPTIONS.iter().map(|(option, _)| *option).collect();
                found.fault(FIELD, format!("{FIELD} has `{name}`, must be one of {}", known.join(", ")));
            }
            continue;
        };
        if let Some((gate, since)) = gate
            && view.since(36)
            && view.gate(gate, *since) == Some(false)
        {
            found.fault(FIELD, format!("`{name}` in {FIELD} needs the feature gate {gate}"));
        }
        if go_bool::parse(value).is_none() {
            found.fault(FIELD, format!("{FIELD}.{name} is `{value}`, must be true or false"));
        }
    }
    let is_on = |option: &str| {
        options.iter().any(|(name, value)| *name == option && go_bool::parse(value) == Some(true))
    };
    for (one, other) in EXCLUSIVE {
        if is_on(one) && is_on(other) {
            found.fault(FIELD, format!("{FIELD} can't have both {one} and {other}"));
        }
    }
    if is_on("align-by-socket") && view.text("topologyManagerPolicy") == Some("single-numa-node") {
        let text =
            format!("align-by-socket in {FIELD} can't be set with topologyManagerPolicy: single-numa-node");
        found.fault(FIELD, text);
    }
}

fn topology(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "topologyManagerPolicyOptions";
    // Without a policy nobody looks at its options.
    if view.text("topologyManagerPolicy").unwrap_or("none") == "none" {
        return;
    }
    for (name, value) in view.pairs(FIELD) {
        let wanted = match name {
            "prefer-closest-numa-nodes" => {
                go_bool::parse(&value).is_none().then_some("must be true or false")
            }
            "max-allowable-numa-nodes" => {
                let is_right = value.parse::<i64>().is_ok_and(|nodes| nodes >= 8);
                (!is_right).then_some("must be a number of 8 or more")
            }
            _ => Some("must be one of max-allowable-numa-nodes, prefer-closest-numa-nodes"),
        };
        if let Some(wanted) = wanted {
            found.fault(FIELD, format!("{FIELD} has {name}: `{value}`, {wanted}"));
        }
    }
}

fn sysctls(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "allowedUnsafeSysctls";
    for pattern in view.texts(FIELD) {
        if !is_pattern(pattern) {
            found.fault(FIELD, format!("{FIELD} has `{pattern}`, which is no name of a sysctl"));
        } else if !is_namespaced(&pattern.replace('/', ".")) {
            let wanted =
                "must be a namespaced one: kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.* or net.*";
            found.fault(FIELD, format!("{FIELD} has `{pattern}`, {wanted}"));
        }
    }
}

/// Names separated by dots or slashes; the last one may end in `*` (`SysctlContainSlashFmt` with a wildcard).
fn is_pattern(pattern: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inside = |byte: &u8| plain(byte) || matches!(byte, b'-' | b'_');
    let segments: Vec<&str> = pattern.split(['.', '/']).collect();
    let Some((last, first)) = segments.split_last() else { return false };
    let is_segment = |segment: &[u8], ends: &dyn Fn(&u8) -> bool| {
        segment.first().is_some_and(plain) && segment.last().is_some_and(ends) && segment.iter().all(inside)
    };
    let last = match last.strip_suffix('*') {
        Some(start) => {
            start.is_empty()
                || start.as_bytes().first().is_some_and(plain) && start.bytes().all(|b| inside(&b))
        }
        None => is_segment(last.as_bytes(), &plain),
    };
    pattern.len() <= 253 && last && first.iter().all(|segment| is_segment(segment.as_bytes(), &plain))
}

/// Whether all that a pattern covers are sysctls of a namespace (`NamespacedBy` in component-helpers/node/util/sysctl).
fn is_namespaced(pattern: &str) -> bool {
    const NAMES: [&str; 10] = [
        "kernel.msg",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shm",
        "kernel.shm_rmid_forced",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
    ];
    const PREFIXES: [&str; 2] = ["fs.mqueue.", "net."];
    let covered = pattern.strip_suffix('*').unwrap_or(pattern);
    NAMES.contains(&covered) || PREFIXES.iter().any(|prefix| covered.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sysctls_are_told_from_other_text() {
        for (pattern, is_right) in [
            ("kernel.msg*", true),
            ("net.core.somaxconn", true),
            ("net/core/somaxconn", true),
            ("kernel.shm_rmid_forced", true),
            ("net.*", true),
            ("a b", false),
            ("", false),
            ("net.", false),
            ("Net.core", false),
            ("net.*.x", false),
        ] {
            assert_eq!(is_pattern(pattern), is_right, "{pattern}");
        }
    }

    #[test]
    fn only_sysctls_of_a_namespace_are_allowed() {
        for (pattern, is_right) in [
            ("kernel.shm*", true),
            ("kernel.sem", true),
            ("kernel.semx", false),
            ("kernel.sem*", true),
            ("kernel.shma*", false),
            ("kernel.shmax", false),
            ("net*", false),
            ("net.*", true),
            ("fs.mqueue.*", true),
            ("fs.*", false),
            ("kernel.*", false),
            ("*", false),
            ("vm.swappiness", false),
        ] {
            assert_eq!(is_namespaced(pattern), is_right, "{pattern}");
        }
    }
}
