//! `crio:KEY`: the effective configuration of crio.

use super::{BOTH, Key, KeySyntax, Probe, SettingKey, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::crio;

pub(super) static PROBE: Probe = Probe {
    name: "crio",
    summary: "A setting of crio after merging every file, drop-in, environment and flag.",
    details: "Now: what the running CRI-O says it works with (`GET /config` on its socket); the files where it can't be \
              asked. At boot: compiled-in defaults by version, storage.conf, /etc/crio/crio.conf, every file of \
              crio.conf.d at any depth and whatever its name, `CONTAINER_*` variables and flags of the unit. Tables \
              of runtime handlers replace each other as a whole. Absent if CRI-O is not installed. What is wrong is asked \
              with `crio-finding`; its words in their old spelling (`unknown_keys`) are still keys of this probe.",
    key: KeySyntax::Setting(&SettingKey {
        noun: "configuration key",
        unknown: crio::unknown_key,
        words: &["crio-finding"],
    }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &["api.listen", "runtime.cgroup_manager", "runtime.default_runtime"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    if moment == Moment::Now {
        // All sockets are asked together, so that all that hang cost the time of one.
        subsystems.cri().announce(subsystems.kubelet().candidates(subsystems).sockets());
    }
    subsystems.crio().ask(subsystems, key.as_str(), moment)
}
