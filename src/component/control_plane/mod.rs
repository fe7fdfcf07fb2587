//! What the programs of the control plane accept on their command line: flags, admission plugins, files that must be there.

mod flag_table;

use self::flag_table::{
    ADMISSION_PLUGINS, ADMISSION_PLUGINS_GONE, GONE, KNOWN, PLUGIN_FLAGS, Program as FlagsOf, SHARED,
};
use crate::fact::{did_you_mean, nearest};

/// What is wrong with a flag of a program: it was removed, or is a misspelt one. `minor` is the minor version of Kubernetes; a
/// flag whose end isn't known to lie before it is left in peace.
pub(crate) fn flag_mistake(program: &str, name: &str, value: &str, minor: Option<u64>) -> Option<String> {
    let flags = KNOWN.iter().find(|flags| flags.name == program)?;
    if let Some((.., last)) = GONE.iter().find(|(of, gone, _)| *of == program && *gone == name) {
        let is_gone = minor.map_or(*last < OLDEST, |minor| minor > *last);
        let text = format!(
            "`--{name}` was removed in Kubernetes 1.{}: {program} exits with `unknown flag`",
            last + 1
        );
        return is_gone.then_some(text);
    }
    if flags.has(name) {
        return plugin_mistake(program, name, value, minor);
    }
    // A flag that no table has may be a new one; one that is nearly a known one is a slip.
    let meant = nearest(name, flags.all(), |known| if known.len() > 6 { 2 } else { 1 })?;
    Some(format!("{program} has no flag `--{name}`: {}", did_you_mean(&format!("--{meant}"))))
}

/// Why a program of a minor version exits for a flag that a version before it took: the flag or an admission plugin is gone.
pub(crate) fn refusal(program: &str, name: &str, value: &str, minor: u64) -> Option<String> {
    let gone = GONE.iter().find(|(of, gone, _)| *of == program && *gone == name);
    if let Some((.., last)) = gone.filter(|(.., last)| minor > *last) {
        return Some(format!("{program} has no flag --{name} from 1.{} on", last + 1));
    }
    if program != "kube-apiserver" || !PLUGIN_FLAGS.contains(&name) {
        return None;
    }
    let plugins = value.split(',').map(str::trim);
    let gone = plugins.filter_map(|plugin| ADMISSION_PLUGINS_GONE.iter().find(|(gone, _)| *gone == plugin));
    let (plugin, last) = gone.into_iter().find(|(_, last)| minor > *last)?;
    Some(format!("{program} has no admission plugin {plugin} from 1.{} on", last + 1))
}

/// Versions before this one are not asked about: what was removed before it is gone everywhere.
const OLDEST: u64 = 28;

impl FlagsOf {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.flags.iter().chain(self.has_shared.then_some(SHARED).into_iter().flatten()).copied()
    }

    fn has(&self, name: &str) -> bool {
        self.all().any(|known| known == name)
    }
}

/// An admission plugin that the API server doesn't have: it exits.
fn plugin_mistake(program: &str, name: &str, value: &str, minor: Option<u64>) -> Option<String> {
    if program != "kube-apiserver" || !PLUGIN_FLAGS.contains(&name) {
        return None;
    }
    value.split(',').map(str::trim).filter(|plugin| !plugin.is_empty()).find_map(|plugin| {
        if let Some((_, last)) = ADMISSION_PLUGINS_GONE.iter().find(|(gone, _)| *gone == plugin) {
            let is_gone = minor.map_or(*last < OLDEST, |minor| minor > *last);
            let text = format!(
                "`--{name}`: the admission plugin {plugin} was removed in Kubernetes 1.{}: the API server exits",
                last + 1
            );
            return is_gone.then_some(text);
        }
        if ADMISSION_PLUGINS.contains(&plugin) {
            return None;
        }
        let meant = nearest(plugin, ADMISSION_PLUGINS.iter().copied(), |_| 2)?;
        Some(format!("`--{name}`: there is no admission plugin `{plugin}`: {}", did_you_mean(meant)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_flags_are_told_from_the_version_on_that_lacks_them() {
        let mistake = |name, minor| flag_mistake("kube-apiserver", name, "x", minor);
        assert!(mistake("insecure-port", Some(34)).unwrap().contains("removed in Kubernetes 1.24"));
        assert!(mistake("insecure-port", None).is_some());
        assert!(mistake("cloud-provider", Some(33)).is_some());
        for (name, minor) in [("cloud-provider", Some(32)), ("cloud-provider", None), ("profiling", Some(34))]
        {
            assert_eq!(mistake(name, minor), None, "{name} {minor:?}");
        }
    }

    #[test]
    fn misspelt_flags_are_told_and_unknown_ones_left_alone() {
        let mistake = |program, name| flag_mistake(program, name, "x", Some(34));
        assert!(mistake("kube-apiserver", "audit-log-maxagee").unwrap().contains("--audit-log-maxage`"));
        assert!(mistake("kube-scheduler", "bind-adress").unwrap().contains("--bind-address`"));
        assert!(mistake("etcd", "quota-backend-byte").is_some());
        for (program, name) in [
            ("kube-apiserver", "a-flag-of-tomorrow"),
            ("kube-controller-manager", "cluster-cidr"),
            ("etcd", "listen-metrics-urls"),
            ("kube-vip", "address"),
        ] {
            assert_eq!(mistake(program, name), None, "{program} {name}");
        }
    }

    #[test]
    fn admission_plugins_are_those_of_the_version() {
        let mistake = |value, minor| flag_mistake("kube-apiserver", "enable-admission-plugins", value, minor);
        assert!(
            mistake("NodeRestriction,PodSecurityPolicy", Some(34)).unwrap().contains("PodSecurityPolicy")
        );
        assert!(mistake("NodeRestrictions", Some(34)).unwrap().contains("NodeRestriction`"));
        assert!(mistake("SecurityContextDeny", Some(30)).is_some());
        for (value, minor) in [
            ("NodeRestriction,PodSecurity", Some(34)),
            ("SecurityContextDeny", Some(29)),
            ("SecurityContextDeny", None),
            ("PluginOfTomorrow", Some(34)),
            ("", None),
        ] {
            assert_eq!(mistake(value, minor), None, "{value} {minor:?}");
        }
    }

    #[test]
    fn flags_and_plugins_go_with_a_version() {
        for (program, flag, value, minor, is_refused) in [
            ("kube-controller-manager", "pod-eviction-timeout", "1m", 27, true),
            ("kube-controller-manager", "pod-eviction-timeout", "1m", 26, false),
            ("kube-scheduler", "pod-eviction-timeout", "1m", 27, false),
            ("kube-apiserver", "cloud-config", "", 33, true),
            ("kube-apiserver", "enable-admission-plugins", "NodeRestriction,PodSecurityPolicy", 25, true),
            ("kube-apiserver", "enable-admission-plugins", "NodeRestriction,OfTomorrow", 37, false),
            ("kube-apiserver", "disable-admission-plugins", "SecurityContextDeny", 29, false),
            ("etcd", "cloud-config", "", 33, false),
        ] {
            let found = refusal(program, flag, value, minor);
            assert_eq!(found.is_some(), is_refused, "{program} {flag} 1.{minor}: {found:?}");
        }
    }

    #[test]
    fn no_flag_is_both_known_and_gone_for_good() {
        for (program, flag, last) in GONE {
            let flags = KNOWN.iter().find(|flags| flags.name == *program).unwrap();
            assert!(*last >= OLDEST || !flags.has(flag), "{program} --{flag}");
        }
    }
}
