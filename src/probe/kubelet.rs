//! `kubelet:KEY`: the effective configuration of the kubelet, and what is odd about it.

use super::key::{KeyKind, verbatim};
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "kubelet",
    summary: "A field of the kubelet's configuration after merging files, drop-ins and flags; or a finding about them.",
    details: "\
A dotted field of `KubeletConfiguration`, such as `memorySwap.swapBehavior`: the default of the installed version, the file \
of `--config` (without a unit, kubeadm's), the drop-ins of `--config-dir`, then the flags of the unit. `nodeIP` and \
`hostnameOverride` are flags without a field. (`instance-config.yaml` is no part of it: kubeadm lays it over the file when it \
writes that.) Findings:

- `absentReservedCPUs`: of `reservedSystemCPUs` those that are not online; if it is set, unknown at boot.
- `changedFiles`: configuration files that were changed after the running kubelet was started, by their time stamps.
- `cgroupDriverSetting`: `cgroupDriver` where a file or flag sets it.
- `cgroupDriverSource`: `runtime` if the kubelet takes the cgroup driver from its runtime (1.31 and later, with CRI-O 1.28 or \
  containerd 2.0 and later, or by a feature gate; now by what the running one answers), else `configuration`.
- `configErrors`: why the kubelet exits: files that don't parse, the wrong `apiVersion` or `kind`, values of a wrong type, flags.
- `configFile`: the file of `--config`; absent before kubeadm has written it.
- `deprecatedFlags`, `removedFlags`: flags on its command line that still work, or that the installed version no longer knows.
- `environmentFile`, `ignoredEnvironmentFile`: of `/etc/default/kubelet` and `/etc/sysconfig/kubelet` the one that the unit \
  reads, and the one that sets something in vain.
- `kubeconfig`: the file with which it comes to a cluster: that of `--kubeconfig`, else of `--bootstrap-kubeconfig`; absent if \
  neither is there, as before kubeadm has run.
- `loopbackNameServers`: of the name servers in `resolvConf`, which pods inherit, those on the loopback interface.
- `missingCgroupRoot`: what is missing of `cgroupRoot`: the cgroup, or controllers in it; if it is set, unknown at boot.
- `runtime`: `cri-o` if `containerRuntimeEndpoint` is CRI-O's `listen` in any spelling, else the socket, be it the default one.
- `staleFlags`: flags that the running kubelet was started with and its unit has otherwise, or the other way round.
- `subordinateIDErrors`: why the kubelet exits over the ranges that /etc/subuid and /etc/subgid give a user named `kubelet`, \
  from which pods with user namespaces get theirs. Without such a user it needs none; with one and without getsubids it exits.
- `swapBehavior`: `memorySwap.swapBehavior`.
- `thresholdsUnset`: signals of memory, space and inodes at which no pod is evicted: where a file sets one of `evictionHard`, \
  the built-in ones for the others are gone, unless `mergeDefaultEvictionSettings` keeps them. Those of imagefs only where \
  CRI-O's images have a file system of their own.
- `unknownFields`: fields that the kubelet drops with a line in its log (it decodes v1beta1 leniently in all versions).

Merged from files at both moments; now with the flags of the running process, where the cgroup of kubelet.service has one. \
`changedFiles` and `staleFlags` are absent where none runs, and at boot. Absent if the kubelet is not installed, unknown if it \
will not start.",
    key: KeySyntax::Required(&KeyKind { noun: "field", canonical: verbatim }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &[
        "cgroupDriver",
        "configErrors",
        "containerRuntimeEndpoint",
        "failSwapOn",
        "removedFlags",
        "runtime",
    ],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    subsystems.kubelet().value(subsystems, key.as_str(), moment)
}
