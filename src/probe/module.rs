//! `module:NAME`: a kernel module.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Knowledge, Moment, Reason, ReasonCode, Value};
use crate::parse::modprobe_d::underscored;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::modules::ModuleState;

pub(super) static PROBE: Probe = Probe {
    name: "module",
    summary: "The state of a kernel module: built-in, loaded, loadable, blocked, or absent.",
    details: "\
Now: `/proc/modules`; built-in by `modules.builtin`, `/sys/module`, the kernel's configuration, or what only \
its code brings; else whether it is on disk (`modules.dep`, compressed modules too) and may be loaded.

Boot: modules-load.d, `modules_load=`, and commands of started units, played through for every kernel that \
may boot, with aliases, dependencies and soft dependencies. `blacklist` keeps a module from modules-load.d \
but not from `modprobe`; `install NAME /bin/false` and `module_blacklist=` keep it from both, which is \
blocked. Unknown where an install command or a file that can't be read decides, and where a service or a command \
that starts may load it.",
    key: KeySyntax::Required(&KeyKind { noun: "module", canonical }),
    answer: Shape::Word(ModuleState::NAMES),
    moments: BOTH,
    examples: &["br_netfilter", "nf_conntrack", "overlay"],
    ask,
};

/// The kernel and kmod take a dash and an underscore for the same.
fn canonical(text: &str) -> Result<String, String> {
    if text.contains(['/', ' ']) {
        return Err("a module is named like br_netfilter".into());
    }
    Ok(underscored(text))
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let mut answer = subsystems.modules().state(subsystems, key.as_str(), moment);
    if answer.state == Knowledge::Known(ModuleState::MaybeLoaded) {
        // The first note says what may load it.
        let reason = answer.notes.remove(0);
        answer.state = Knowledge::Unknown(Reason::new(ReasonCode::Undecided, reason));
    }
    answer.map(|state| Value::from(state.name()))
}
