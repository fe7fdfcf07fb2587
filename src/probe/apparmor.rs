//! `apparmor`: whether the kernel confines programs with AppArmor.

use super::{Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State};
use crate::host::Read;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "apparmor",
    summary: "Whether AppArmor is enabled in the kernel.",
    details: "Now: /sys/module/apparmor/parameters/enabled, which is what runtimes look at; disabled where it isn't there.",
    key: KeySyntax::None,
    answer: Shape::Word(&["enabled", "disabled"]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";
    let Some(running) = subsystems.host().running() else {
        return Fact::unknown(Reason::not_running());
    };
    match running.files().read(ENABLED) {
        Read::There(bytes) => {
            let word = if bytes.starts_with(b"Y") { "enabled" } else { "disabled" };
            Fact::new(State::from(word)).because(Origin::file(ENABLED))
        }
        Read::Missing(_) => {
            Fact::new(State::from("disabled")).because(Origin::file(ENABLED).says("is not there"))
        }
        Read::Hidden(error) => Fact::unknown(error),
    }
}
