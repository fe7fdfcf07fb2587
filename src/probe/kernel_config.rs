//! `kernel-config:OPTION`: an option that a kernel was built with.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::kernel_config::Found;

pub(super) static PROBE: Probe = Probe {
    name: "kernel-config",
    summary: "An option that the kernel was built with: y, m, a number or text; absent if it isn't set.",
    details: "\
Now: `/proc/config.gz`, else the file of the release: `/boot/config-RELEASE`, `config` or `build/.config` beside its \
modules, or where ostree, Flatcar, openSUSE and kernel sources keep it. Boot: the same files of every kernel that may \
boot next. A commented option isn't set. `/usr/src/linux/.config` is of any kernel, so that it isn't looked at. Unknown \
if no file is there.",
    key: KeySyntax::Required(&KeyKind { noun: "option", canonical }),
    answer: Shape::Text,
    moments: BOTH,
    examples: &["OVERLAY_FS"],
    ask,
};

pub(super) fn canonical(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("CONFIG_").unwrap_or(text);
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("an option is named like OVERLAY_FS".into());
    }
    Ok(name.to_owned())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let configs = subsystems.kernel_config();
    if moment == Moment::Now {
        return answer(configs.now(subsystems), key, "the running kernel");
    }
    let next = subsystems.next_boot();
    let mut facts = next.entries.iter().map(|entry| match &entry.release {
        Some(release) => answer(configs.of_release(subsystems, release), key, release),
        None => Fact::unknown("the release of the kernel that boots next is not known"),
    });
    let Some(first) = facts.next() else {
        let reason = next.reason.as_deref().unwrap_or("no kernel is found");
        return Fact::unknown(format!("it is not known which kernel boots next: {reason}"));
    };
    if facts.any(|fact| fact.state != first.state) {
        return Fact::unknown(format!("kernels that may boot differ in CONFIG_{key}"));
    }
    first.at_most(next.confidence)
}

fn answer(found: Found, key: &Key, kernel: &str) -> Fact {
    match found {
        Ok(Some(config)) => match config.option(key.as_str()) {
            Some((value, origin)) => Fact::new(State::from(value)).because(origin),
            None => {
                Fact::absent().because(Origin::file(&config.path).says(format!("CONFIG_{key} is not set")))
            }
        },
        Ok(None) => Fact::unknown(format!("the configuration of {kernel} is not on this host")),
        Err(trouble) => Fact::unknown(trouble),
    }
}
