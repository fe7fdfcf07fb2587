//! `filesystem:NAME`: whether a type of filesystem can be mounted.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Value};
use crate::host::Read;
use crate::parse::lines;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::modules::ModuleState;

pub(super) static PROBE: Probe = Probe {
    name: "filesystem",
    summary: "Whether a type of filesystem can be mounted: available, loadable, blocked, or absent.",
    details: "\
Now: available if `/proc/filesystems` lists it; else by the state of its module, which the kernel loads when \
the filesystem is mounted. Boot: by the state of its module (`module:NAME`).",
    key: KeySyntax::Required(&KeyKind { noun: "filesystem", canonical }),
    answer: Shape::Word(&["available", "loadable", "blocked"]),
    moments: BOTH,
    examples: &["overlay"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if text.contains(['/', ' ']) {
        return Err("a filesystem is named like overlay".into());
    }
    Ok(text.to_owned())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    if let (Moment::Now, Some(running)) = (moment, subsystems.host().running()) {
        match running.files().read("/proc/filesystems") {
            Read::There(bytes) => {
                let listed = lines(&bytes)
                    .find(|(_, text)| text.split_ascii_whitespace().last() == Some(key.as_str()));
                if let Some((line, _)) = listed {
                    return Fact::new("available").because(Origin::line("/proc/filesystems", line));
                }
            }
            Read::Missing(path) => return Fact::unknown(format!("{path}: not found")),
            Read::Hidden(error) => return Fact::unknown(error),
        }
    }
    let answer = subsystems.modules().state(subsystems, key.as_str(), moment);
    answer.map(|state| {
        Value::from(match state {
            ModuleState::BuiltIn | ModuleState::Loaded => "available",
            ModuleState::Loadable | ModuleState::MaybeLoaded => "loadable",
            // What mounts it has the kernel load it, which a blacklist prevents.
            ModuleState::Blacklisted | ModuleState::Blocked => "blocked",
        })
    })
}
