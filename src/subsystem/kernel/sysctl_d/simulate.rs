//! The writes of one boot simulated for one variable, with the variables that share its memory.

use foldhash::HashMap;

use super::merge::Merge;
use super::variable::{self, Written};
use crate::fact::{Origin, printable};

/// One write to one existing variable.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::subsystem::kernel) struct Write {
    /// Path below `/proc/sys`.
    pub(in crate::subsystem::kernel) path: String,
    /// The text.
    pub(in crate::subsystem::kernel) text: String,
    /// Who writes.
    pub(in crate::subsystem::kernel) origin: Origin,
    /// Whether the writer leaves a variable alone that shows the text already.
    pub(in crate::subsystem::kernel) skips_unchanged: bool,
    /// Whether the kernel itself writes before init starts, when no module is loaded yet.
    pub(in crate::subsystem::kernel) before_init: bool,
    /// What the kernel makes of the text.
    pub(in crate::subsystem::kernel) verdict: Verdict,
}

/// What the kernel makes of a written text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::subsystem::kernel) enum Verdict {
    /// What the table of variables says.
    ByTable,
    /// It refuses the text, because something that it needs isn't there.
    Refused(String),
    /// Whether it refuses the text can't be told.
    Unclear,
}

/// What the writes add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::subsystem::kernel) struct Outcome {
    /// What the kernel shows; none if that is not known.
    pub(in crate::subsystem::kernel) value: Option<String>,
    /// The write that decided; none if the start value stays.
    pub(in crate::subsystem::kernel) because: Option<Origin>,
    /// Writes that lost, in their order.
    pub(in crate::subsystem::kernel) overruled: Vec<Origin>,
    /// Writes that the kernel refuses, with why.
    pub(in crate::subsystem::kernel) rejected: Vec<(Origin, String)>,
    /// Whether the deciding text went to a variable that this program doesn't know.
    pub(in crate::subsystem::kernel) assumed: bool,
}

/// What writing one variable does to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// They are one variable.
    Same,
    /// The other takes the value.
    Copied,
    /// The other takes the value if the first changes.
    CopiedOnChange,
    /// The other becomes the opposite if the first changes.
    NegatedOnChange,
    /// The other becomes 0 if the first changes.
    ClearedOnChange,
}

/// The one name of a variable that has two.
pub(in crate::subsystem::kernel) fn canonical_path(path: &str) -> &str {
    match path {
        "net/ipv4/conf/all/forwarding" => "net/ipv4/ip_forward",
        "net/netfilter/nf_conntrack_max" => "net/nf_conntrack_max",
        path => path,
    }
}

/// All names of the variable that has this one, itself included.
pub(super) fn aliases_of(path: &str) -> Vec<&str> {
    const ALIASES: [&str; 4] = [
        "net/ipv4/conf/all/forwarding",
        "net/ipv4/ip_forward",
        "net/netfilter/nf_conntrack_max",
        "net/nf_conntrack_max",
    ];
    let is_same = |other: &&str| *other != path && canonical_path(other) == canonical_path(path);
    std::iter::once(path).chain(ALIASES.into_iter().filter(is_same)).collect()
}

const PAIRS: [(&str, &str); 3] = [
    ("vm/dirty_bytes", "vm/dirty_ratio"),
    ("vm/dirty_background_bytes", "vm/dirty_background_ratio"),
    ("vm/overcommit_kbytes", "vm/overcommit_ratio"),
];

/// Source: `inet_forward_change`, `addrconf_fixup_forwarding`, `addrconf_disable_ipv6`, and the handlers of
/// `vm.dirty_*` in Linux 6.1.
fn effect(written: &str, target: &str) -> Option<Effect> {
    let written = canonical_path(written);
    if written == canonical_path(target) {
        return Some(Effect::Same);
    }
    if PAIRS.iter().any(|pair| *pair == (written, target) || *pair == (target, written)) {
        return Some(Effect::ClearedOnChange);
    }
    let (family, _, name) = variable::interface_of(target)?;
    match (family, name) {
        ("ipv4", "forwarding") if written == "net/ipv4/ip_forward" => Some(Effect::CopiedOnChange),
        ("ipv4", "accept_redirects")
            if written == "net/ipv4/ip_forward" && target == "net/ipv4/conf/all/accept_redirects" =>
        {
            Some(Effect::NegatedOnChange)
        }
        ("ipv6", "forwarding" | "disable_ipv6" | "ignore_routes_with_linkdown")
            if written == format!("net/ipv6/conf/all/{name}") =>
        {
            Some(Effect::Copied)
        }
        _ => None,
    }
}

/// All variables whose writing changes this one or what it accepts, itself included.
pub(in crate::subsystem::kernel) fn related(target: &str) -> Vec<String> {
    let mut paths = vec![target.to_owned()];
    let candidates = ["net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding"]
        .into_iter()
        .chain(["net/nf_conntrack_max", "net/netfilter/nf_conntrack_max"])
        .chain(PAIRS.iter().flat_map(|(one, other)| [*one, *other]))
        .map(str::to_owned)
        .chain(
            variable::interface_of(target).map(|(family, _, name)| format!("net/{family}/conf/all/{name}")),
        );
    for candidate in candidates {
        if effect(&candidate, target).is_some() && !paths.contains(&candidate) {
            paths.push(candidate);
        }
    }
    paths.extend(variable::ports_beside(target).map(str::to_owned));
    paths
}

/// The writes that systemd-sysctl makes to some variables, in their order.
pub(in crate::subsystem::kernel) fn writes(merge: &Merge, paths: &[String]) -> Vec<Write> {
    let written = merge.counting(paths).into_iter();
    let write = |(path, at): (&String, usize)| {
        Some(Write {
            path: path.clone(),
            text: merge.line(at).value.clone()?,
            origin: merge.origin(at),
            skips_unchanged: merge.skips_unchanged,
            before_init: false,
            verdict: Verdict::ByTable,
        })
    };
    written.filter_map(write).collect()
}

/// Simulates writes for one variable. `start` is what it shows before; none if that is not known.
pub(in crate::subsystem::kernel) fn simulate(
    target: &str,
    start: Option<String>,
    writes: &[Write],
) -> Outcome {
    let mut outcome = Outcome { value: start, ..Outcome::default() };
    let mut others: HashMap<&str, Option<String>> = HashMap::default();
    for write in writes {
        let name = canonical_path(&write.path);
        let is_target = name == canonical_path(target);
        let before = if is_target { outcome.value.clone() } else { current_value(&others, name) };
        let ports = variable::ports_beside(name)
            .and_then(|other| if is_target { current_value(&others, other) } else { outcome.value.clone() });
        let by_table = || match variable::write(variable::find(name), &write.text, before.as_deref()) {
            Written::Shows(new) => variable::beside(name, new, ports.as_deref()),
            other => other,
        };
        let written = match &write.verdict {
            Verdict::ByTable => by_table(),
            Verdict::Refused(reason) => Written::Rejected(reason.clone()),
            Verdict::Unclear => Written::Unclear,
        };
        if !is_target && let Written::Shows(new) = &written {
            others.insert(name, Some(new.clone()));
        } else if !is_target && written == Written::Unclear {
            others.insert(name, None);
        }
        let Some(effect) = effect(&write.path, target) else { continue };
        match written {
            Written::Rejected(reason) => outcome.rejected.push((write.origin.clone(), reason)),
            Written::Unclear => {
                outcome.take(None, &write.origin);
                outcome.assumed = true;
            }
            Written::Shows(new) => {
                let changes = before.as_deref() != Some(new.as_str());
                let is_skipped = write.skips_unchanged && before.as_deref() == Some(write.text.as_str());
                let value = match effect {
                    Effect::Same => new,
                    _ if is_skipped => continue,
                    Effect::Copied => new,
                    Effect::CopiedOnChange if changes => new,
                    Effect::NegatedOnChange if changes => u8::from(new == "0").to_string(),
                    Effect::ClearedOnChange if changes => "0".to_owned(),
                    _ => continue,
                };
                outcome.take(Some(value), &write.origin);
                outcome.assumed = variable::find(&write.path).is_none();
            }
        }
    }
    outcome
}

/// What another variable shows after the writes so far: its default before the first.
fn current_value(others: &HashMap<&str, Option<String>>, name: &str) -> Option<String> {
    let default = || variable::find(name)?.default.map(str::to_owned);
    others.get(name).cloned().unwrap_or_else(default)
}

impl Outcome {
    fn take(&mut self, value: Option<String>, origin: &Origin) {
        self.value = value;
        self.overruled.extend(self.because.replace(origin.clone()));
    }

    /// Notes about writes that the kernel refuses.
    pub(in crate::subsystem::kernel) fn rejections(&self) -> impl Iterator<Item = String> {
        self.rejected.iter().map(|(origin, reason)| {
            format!("the kernel refuses what {origin} sets, and keeps the old value: {}", printable(reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(target: &str, start: &str, writes: &[(&str, &str)]) -> Option<String> {
        let writes: Vec<Write> = writes
            .iter()
            .map(|(path, text)| Write {
                path: (*path).into(),
                text: (*text).into(),
                origin: Origin::file("x"),
                skips_unchanged: true,
                before_init: false,
                verdict: Verdict::ByTable,
            })
            .collect();
        simulate(target, Some(start.into()), &writes).value
    }

    #[test]
    fn forwarding_reaches_other_variables_when_it_changes() {
        const ALL: &str = "net/ipv4/conf/all/forwarding";
        const REDIRECTS: &str = "net/ipv4/conf/all/accept_redirects";
        let forward = ("net/ipv4/ip_forward", "1");
        assert_eq!(after("net/ipv4/ip_forward", "0", &[forward, (ALL, "0")]).as_deref(), Some("0"));
        assert_eq!(after("net/ipv4/conf/default/forwarding", "0", &[forward]).as_deref(), Some("1"));
        assert_eq!(after(REDIRECTS, "1", &[(REDIRECTS, "1"), forward]).as_deref(), Some("0"));
        assert_eq!(after(REDIRECTS, "1", &[forward, (REDIRECTS, "1"), (ALL, "1")]).as_deref(), Some("1"));
        let v6 = ("net/ipv6/conf/all/disable_ipv6", "1");
        assert_eq!(after("net/ipv6/conf/eth0/disable_ipv6", "0", &[v6]).as_deref(), Some("1"));
        assert_eq!(after("vm/dirty_ratio", "20", &[("vm/dirty_bytes", "8192")]).as_deref(), Some("0"));
    }

    #[test]
    fn what_shows_a_text_already_is_not_written() {
        const ALL: &str = "net/ipv6/conf/all/forwarding";
        const DEFAULT: &str = "net/ipv6/conf/default/forwarding";
        assert_eq!(after(DEFAULT, "0", &[(DEFAULT, "1"), (ALL, "0")]).as_deref(), Some("1"));
        assert_eq!(after(DEFAULT, "0", &[(DEFAULT, "1"), (ALL, "00")]).as_deref(), Some("0"));
        let always = [(DEFAULT, "1"), (ALL, "0")].map(|(path, text)| Write {
            path: path.into(),
            text: text.into(),
            origin: Origin::file("x"),
            skips_unchanged: false,
            before_init: false,
            verdict: Verdict::ByTable,
        });
        assert_eq!(simulate(DEFAULT, Some("0".into()), &always).value.as_deref(), Some("0"));
    }

    #[test]
    fn a_refused_value_leaves_the_start_value() {
        assert_eq!(after("vm/panic_on_oom", "0", &[("vm/panic_on_oom", "99")]).as_deref(), Some("0"));
    }

    #[test]
    fn local_ports_stay_above_the_privileged_ones() {
        const RANGE: &str = "net/ipv4/ip_local_port_range";
        const START: &str = "net/ipv4/ip_unprivileged_port_start";
        assert_eq!(after(RANGE, "32768 60999", &[(RANGE, "0")]).as_deref(), Some("32768 60999"));
        assert_eq!(after(RANGE, "32768 60999", &[(RANGE, "80 90")]).as_deref(), Some("32768 60999"));
        assert_eq!(after(RANGE, "32768 60999", &[(START, "80"), (RANGE, "80 90")]).as_deref(), Some("80 90"));
        assert_eq!(after(START, "1024", &[(START, "40000")]).as_deref(), Some("1024"));
        assert_eq!(after(START, "1024", &[(RANGE, "40000"), (START, "40000")]).as_deref(), Some("40000"));
    }

    #[test]
    fn related_variables_are_those_with_an_effect() {
        assert_eq!(related("net/ipv4/ip_forward"), ["net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding"]);
        assert_eq!(related("vm/swappiness"), ["vm/swappiness"]);
    }
}
