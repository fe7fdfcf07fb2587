//! What can be asked of the kubelet besides the fields of its configuration: what is wrong with it, as lists that rules can
//! judge, and what follows from the configuration and is no field of it.

use super::running::{self, Process};
use super::{
    Kubelet, RunningKubelet, drivers, environment, eviction, files, machine, removed, resolver,
    user_namespaces, values,
};
use crate::fact::{Fact, KeyWord, Moment, State};
use crate::subsystem::Subsystems;

/// A question about the kubelet.
pub struct Question {
    /// The word that asks it, and what the answer holds.
    pub word: KeyWord,
    pub(super) ask: Ask,
}

/// Who answers a question.
pub(super) enum Ask {
    /// The configuration: of the running kubelet, where one runs and the question is about now.
    Configuration(fn(&Kubelet, &Subsystems<'_>, Moment) -> Fact),
    /// The unit's configuration and the kubelet that runs.
    Process(fn(&Kubelet, &RunningKubelet, &Subsystems<'_>) -> Fact),
}
use Ask::{Configuration, Process as OfProcess};

/// What is wrong: lists that are empty if all is well. Sorted by word.
pub const FINDINGS: &[Question] = &[
    Question {
        word: KeyWord::new(
            "absent-reserved-cpus",
            "absentReservedCPUs",
            "Of `reservedSystemCPUs` those that are not online; if it is set, unknown at boot.",
        ),
        ask: Configuration(machine::reserved_cpus),
    },
    Question {
        word: KeyWord::new(
            "changed-files",
            "changedFiles",
            "Configuration files that were changed after the running kubelet was started, by their time stamps; absent if none runs.",
        )
        .now(),
        ask: OfProcess(changed_files),
    },
    Question {
        word: KeyWord::new(
            "config-errors",
            "configErrors",
            "Why the kubelet exits: files that don't parse, the wrong `apiVersion` or `kind`, values of a wrong type, flags.",
        ),
        ask: Configuration(|kubelet, _, _| Fact::findings(kubelet.config.errors.clone())),
    },
    Question {
        word: KeyWord::new("deprecated-flags", "deprecatedFlags", "Flags on its command line that still work and will go."),
        ask: Configuration(|kubelet, _, _| removed::deprecated(&kubelet.line, kubelet.minor)),
    },
    Question {
        word: KeyWord::new(
            "file-errors",
            "file-errors",
            "Files that the configuration names and that the kubelet can't start without, where they don't exist or hold \
             something else: `clientCAFile`, and `tlsCertFile` with `tlsPrivateKeyFile`.",
        ),
        ask: Configuration(|kubelet, subsystems, _| files::errors(kubelet, subsystems)),
    },
    Question {
        word: KeyWord::new(
            "ignored-drop-ins",
            "ignored-drop-ins",
            "Files in the directory of `--config-dir` that look like configuration and that the kubelet skips: it reads those that \
             end in `.conf`.",
        ),
        ask: Configuration(|kubelet, _, _| Fact::findings(kubelet.config.ignored.clone())),
    },
    Question {
        word: KeyWord::new(
            "loopback-name-servers",
            "loopbackNameServers",
            "Of the name servers in `resolvConf`, which pods inherit, those that lead CoreDNS back to itself: on the loopback \
             interface, or among `clusterDNS`.",
        ),
        ask: Configuration(resolver::loopback),
    },
    Question {
        word: KeyWord::new(
            "missing-cgroup-root",
            "missingCgroupRoot",
            "What is missing of `cgroupRoot`: the cgroup, or controllers in it; if it is set, unknown at boot.",
        ),
        ask: Configuration(machine::cgroup_root),
    },
    Question {
        word: KeyWord::new(
            "missing-kubeadm-flags",
            "missing-kubeadm-flags",
            "Flags without which the kubelet doesn't read what kubeadm writes, `--config` and `--kubeconfig`, where its unit doesn't \
             pass them.",
        ),
        ask: Configuration(|kubelet, _, _| machine::missing_kubeadm_flags(kubelet)),
    },
    Question {
        word: KeyWord::new(
            "missing-resolv-conf",
            "missing-resolv-conf",
            "The file of `resolvConf`, if it isn't there; below /run it is there at boot if what writes it starts. Without one no pod \
             starts.",
        ),
        ask: Configuration(resolver::missing),
    },
    Question {
        word: KeyWord::new(
            "removed-flags",
            "removedFlags",
            "Flags on its command line that the installed version no longer knows.",
        ),
        ask: Configuration(|kubelet, _, _| removed::removed(&kubelet.line, kubelet.minor)),
    },
    Question {
        word: KeyWord::new(
            "stale-flags",
            "staleFlags",
            "Flags that the running kubelet was started with and its unit has otherwise, or the other way round; absent if none runs.",
        )
        .now(),
        ask: OfProcess(stale_flags),
    },
    Question {
        word: KeyWord::new(
            "subordinate-id-errors",
            "subordinateIDErrors",
            "Why the kubelet exits over the ranges that /etc/subuid and /etc/subgid give a user named `kubelet`, from which pods \
             with user namespaces get theirs. Without such a user it needs none; with one and without getsubids it exits.",
        ),
        ask: Configuration(|kubelet, subsystems, _| user_namespaces::errors(kubelet, subsystems)),
    },
    Question {
        word: KeyWord::new(
            "unknown-fields",
            "unknownFields",
            "Fields that the kubelet drops with a line in its log (it decodes v1beta1 leniently in all versions).",
        ),
        ask: Configuration(unknown_fields),
    },
    Question {
        word: KeyWord::new(
            "unset-thresholds",
            "thresholdsUnset",
            "Signals of memory, space and inodes at which no pod is evicted: where a file sets one of `evictionHard`, the \
             built-in ones for the others are gone, unless `mergeDefaultEvictionSettings` keeps them. Those of imagefs only \
             where CRI-O's images have a file system of their own.",
        ),
        ask: Configuration(eviction::unset),
    },
    Question {
        word: KeyWord::new(
            "value-errors",
            "value-errors",
            "Values with which the kubelet exits though it could read them: out of their range, no word that it knows, feature \
             gates that it doesn't know or that are locked, fields that exclude or need each other, labels that it must not \
             set. Judged after files, drop-ins and flags are merged.",
        ),
        ask: Configuration(|kubelet, _, _| values::errors(kubelet)),
    },
];

/// What follows from the configuration and is no field of it: one text each. Sorted by word.
pub const PROPERTIES: &[Question] = &[
    Question {
        word: KeyWord::new(
            "cgroup-driver-setting",
            "cgroupDriverSetting",
            "`cgroupDriver` where a file or flag sets it; absent where its default applies.",
        ),
        ask: Configuration(|kubelet, _, _| kubelet.set("cgroupDriver")),
    },
    Question {
        word: KeyWord::new(
            "cgroup-driver-source",
            "cgroupDriverSource",
            "`runtime` if the kubelet takes the cgroup driver from its runtime (1.31 and later, with CRI-O 1.28 or containerd 2.0 \
             and later, or by a feature gate; now by what the running one answers), else `configuration`.",
        ),
        ask: Configuration(drivers::source),
    },
    Question {
        word: KeyWord::new(
            "config-file",
            "configFile",
            "The file of `--config`; absent before kubeadm has written it.",
        ),
        ask: Configuration(|kubelet, _, _| kubelet.config_file()),
    },
    Question {
        word: KeyWord::new(
            "environment-file",
            "environmentFile",
            "Of `/etc/default/kubelet` and `/etc/sysconfig/kubelet` the one that the unit reads.",
        ),
        ask: Configuration(|kubelet, _, _| environment::read(&kubelet.launch)),
    },
    Question {
        word: KeyWord::new(
            "ignored-environment-file",
            "ignoredEnvironmentFile",
            "Of these two files the one that sets something and that the unit doesn't read.",
        ),
        ask: Configuration(|kubelet, subsystems, _| {
            environment::ignored(subsystems.host().files(), &kubelet.launch)
        }),
    },
    Question {
        word: KeyWord::new(
            "kubeconfig",
            "kubeconfig",
            "The file with which it connects to a cluster: that of `--kubeconfig`, else of `--bootstrap-kubeconfig`; absent if \
             neither is there, as before kubeadm has run.",
        ),
        ask: Configuration(|kubelet, subsystems, _| machine::kubeconfig(kubelet, subsystems)),
    },
    Question {
        word: KeyWord::new(
            "runtime",
            "runtime",
            "`cri-o` if `containerRuntimeEndpoint` is CRI-O's `listen` in any spelling, else the socket, even if it is the default.",
        ),
        ask: Configuration(|kubelet, subsystems, _| drivers::runtime(kubelet, subsystems)),
    },
];

/// The question of a word.
#[must_use]
pub fn find(word: &str) -> Option<&'static Question> {
    FINDINGS.iter().chain(PROPERTIES).find(|question| question.word.word == word)
}

/// The question that a key of the configuration asked before it had a probe of its own.
pub(super) fn of_key(key: &str) -> Option<&'static Question> {
    FINDINGS.iter().chain(PROPERTIES).find(|question| question.word.old == key)
}

fn unknown_fields(kubelet: &Kubelet, _: &Subsystems<'_>, _: Moment) -> Fact {
    match &kubelet.unread {
        Some(unread) if kubelet.config.unknown.is_empty() => Fact::unknown(unread.as_str()),
        _ => Fact::findings(kubelet.config.unknown.clone()),
    }
}

fn changed_files(unit: &Kubelet, found: &RunningKubelet, subsystems: &Subsystems<'_>) -> Fact {
    let kubelet = found.kubelet.as_deref().unwrap_or(unit);
    let ask = |process: &Process| running::changed_files(kubelet, subsystems, process);
    unless_unknown(kubelet, found, ask)
}

fn stale_flags(unit: &Kubelet, found: &RunningKubelet, _: &Subsystems<'_>) -> Fact {
    unless_unknown(unit, found, |process| running::stale_flags(&unit.line, process))
}

/// Too little could be read of the configuration to compare the process with it.
fn unless_unknown(kubelet: &Kubelet, found: &RunningKubelet, ask: impl FnOnce(&Process) -> Fact) -> Fact {
    match kubelet.unreadable() {
        Some(Fact { state: State::Unknown(reason), .. }) => Fact::unknown(reason),
        _ => ask(&found.process),
    }
}
